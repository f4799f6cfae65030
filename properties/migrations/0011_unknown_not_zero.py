"""What is not known is null: a price of 0 was the cheapest of all."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import migrations, models

UNKNOWN = ";".join(
    f"UPDATE properties_property SET {field} = NULL WHERE {field} = 0"
    for field in ("price", "max_guests", "area", "land_area")
)
ABOVE_ZERO = {"blank": True, "null": True, "validators": [MinValueValidator(Decimal("0.01"))]}


class Migration(migrations.Migration):

    dependencies = [("properties", "0010_vocabulary")]

    operations = [
        migrations.RunSQL(UNKNOWN, migrations.RunSQL.noop, elidable=True),
        migrations.AlterField(
            model_name="property",
            name="price",
            field=models.DecimalField(max_digits=14, decimal_places=2, **ABOVE_ZERO),
        ),
        migrations.AlterField(
            model_name="property",
            name="area",
            field=models.DecimalField(max_digits=12, decimal_places=2, **ABOVE_ZERO),
        ),
        migrations.AlterField(
            model_name="property",
            name="land_area",
            field=models.DecimalField(max_digits=14, decimal_places=2, **ABOVE_ZERO),
        ),
        migrations.AlterField(
            model_name="property",
            name="max_guests",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, validators=[MinValueValidator(1)]
            ),
        ),
    ]
