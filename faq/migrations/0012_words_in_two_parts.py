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

    dependencies = [("faq", "0011_without_a_vector")]

    operations = [words_rewritten("faq_document", ["question_text", "answer_text"], CHANGES)]
