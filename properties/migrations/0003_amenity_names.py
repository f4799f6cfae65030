"""Amenities as an array beside the JSON, for an index whose statistics know each amenity."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import properties.models

# Whatever is no list is refused by the table's own constraint, not here.
FUNCTION = """
CREATE FUNCTION properties_amenity_names(amenities jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN jsonb_typeof(amenities) = 'array'
         THEN ARRAY(SELECT jsonb_array_elements_text(amenities)) END
"""


class Migration(migrations.Migration):

    dependencies = [("properties", "0002_thai_words")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION properties_amenity_names(jsonb)"),
        migrations.RemoveIndex(model_name="property", name="properties_amenities"),
        migrations.AddField(
            model_name="property",
            name="amenity_names",
            field=models.GeneratedField(
                db_persist=True,
                expression=properties.models.AmenityNames("amenities"),
                output_field=django.contrib.postgres.fields.ArrayField(
                    base_field=models.TextField(), size=None
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="property",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["amenity_names"], name="properties_amenities"
            ),
        ),
        # Until autovacuum comes by, PostgreSQL would take every amenity for a rare one.
        migrations.RunSQL("ANALYZE properties_property (amenity_names)", migrations.RunSQL.noop),
    ]
