"""What other models than the writer of an answer used for it. The default is a constant, so no row
is written; its index is a migration of its own, which may be stopped and begun again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("chat", "0003_usage")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="other_usage",
            field=models.JSONField(db_default={}, default=dict, editable=False),
        ),
    ]
