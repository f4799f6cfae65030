"""Words that the vocabulary has by now (properties/vocabulary.py), in the texts that are stored."""

from django.db import migrations

from properties.vocabulary import indexed, named

BATCH = 500


def derive(apps, schema_editor):
    """`search_text` as the model makes it, where that is another one than before."""
    Property = apps.get_model("properties", "Property")
    listings = Property.objects.using(schema_editor.connection.alias)
    changed = []
    for listing in listings.iterator(chunk_size=BATCH):
        kind = named([listing.type, listing.transaction, *listing.amenities])
        place = f"{listing.city} {listing.district}"
        lines = listing.title, f"{place} {kind}", listing.description
        search_text = "\n".join(map(indexed, lines))
        if search_text != listing.search_text:
            listing.search_text = search_text
            changed.append(listing)
    listings.bulk_update(changed, ["search_text"], batch_size=BATCH)


class Migration(migrations.Migration):

    dependencies = [("properties", "0009_external_id_message")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
