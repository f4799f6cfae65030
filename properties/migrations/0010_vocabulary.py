"""Words that the vocabulary has by now (properties/vocabulary.py), in the texts that are stored."""

from django.db import migrations

from properties.vocabulary import indexed, named

BATCH = 500


def derive(apps, schema_editor):
    """`search_text` as the model makes it, where that is another one than before."""
    Property = apps.get_model("properties", "Property")
    listings = Property.objects.using(schema_editor.connection.alias).order_by("id")
    ids = list(listings.values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = listings.filter(id__in=ids[start : start + BATCH])
        listings.bulk_update([each for each in batch if rederived(each)], ["search_text"])


def rederived(listing):
    kind = named([listing.type, listing.transaction, *listing.amenities])
    lines = listing.title, f"{listing.city} {listing.district} {kind}", listing.description
    before, listing.search_text = listing.search_text, "\n".join(map(indexed, lines))
    return listing.search_text != before


class Migration(migrations.Migration):

    dependencies = [("properties", "0009_external_id_message")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
