from django.db import migrations, models


class Migration(migrations.Migration):
    """The worker looks every ten minutes for what has no vector. It finds all it needs to know in
    this index, and reads no table of vectors (docs/search.md has it measured)."""

    dependencies = [("faq", "0006_scale")]

    operations = [
        migrations.RemoveConstraint("embedding", "faq_embedding_unique"),
        migrations.AddConstraint(
            "embedding",
            models.UniqueConstraint(
                fields=["document", "model"],
                include=["content_hash", "dims"],
                name="faq_embedding_unique",
            ),
        ),
    ]
