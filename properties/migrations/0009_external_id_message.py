from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What the admin says of it; the database's constraint stays as it is."""

    dependencies = [("properties", "0008_words_in_two_parts")]

    operations = [
        migrations.AlterConstraint(
            model_name="property",
            name="properties_external_unique",
            constraint=models.UniqueConstraint(
                condition=~Q(external_id=""),
                fields=("source", "external_id"),
                name="properties_external_unique",
                violation_error_message="There is already a listing with this source and "
                "external_id.",
            ),
        ),
    ]
