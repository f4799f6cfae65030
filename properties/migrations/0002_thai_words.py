"""Thai is looked up by words now; until here it was cut into trigrams."""

from django.db import migrations
from django.db.models import Q

from core.search.text import searchable

THAI = "[\u0e01-\u0e4e]"
WRITTEN = ("title", "description", "city", "district")


def segment_thai(apps, schema_editor):
    listings = apps.get_model("properties", "Property").objects
    listings = listings.using(schema_editor.connection.alias)
    holds_thai = Q()
    for field in WRITTEN:
        holds_thai |= Q(**{f"{field}__regex": THAI})
    for listing in listings.filter(holds_thai).iterator(chunk_size=500):
        text = "\n".join([*(getattr(listing, field) for field in WRITTEN), *listing.amenities])
        words = searchable(text, listing.language)
        listings.filter(pk=listing.pk).update(search_text=words)


class Migration(migrations.Migration):

    dependencies = [("properties", "0001_initial")]

    operations = [migrations.RunPython(segment_thai, migrations.RunPython.noop)]
