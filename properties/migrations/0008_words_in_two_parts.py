"""Words that are written in two parts as well (core/search/text.py), in the texts that are stored."""

from django.db import migrations

from core.postgresql.operations import words_rewritten

CHANGES = {
    "wi fi": "wifi",
    "e mail": "email",
    "check in": "check in checkin",
    "check out": "check out checkout",
}


class Migration(migrations.Migration):

    dependencies = [("properties", "0007_finer_graph")]

    operations = [words_rewritten("properties_property", ["search_text"], CHANGES)]
