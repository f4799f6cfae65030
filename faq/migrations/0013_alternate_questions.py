"""Other ways to ask a document, which are edited, kept in versions and searched like the rest."""

from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.validators
from django.db import migrations, models

versions = import_module("faq.migrations.0004_versions")


def keeping(fields):
    """The function of the triggers of 0004, for edits of these fields."""
    old, new = (", ".join(f"{row}.{name}" for name in fields) for row in ("r", "a"))
    function = versions.KEEP.partition("CREATE TRIGGER")[0]
    for before, after in (
        (versions.OLD, old), (versions.NEW, new), (versions.EDITED, ", ".join(fields)),
        ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
    ):  # fmt: skip
        function = function.replace(before, after)
    return function


def alternates():
    return django.contrib.postgres.fields.ArrayField(
        models.CharField(max_length=200),
        blank=True,
        db_default=[],
        default=list,
        size=None,
        validators=[django.contrib.postgres.validators.ArrayMaxLengthValidator(30)],
    )


WITHOUT_ALTERNATES = r"""
UPDATE faq_document SET answer_text = split_part(answer_text, E'\n', 1)
WHERE strpos(answer_text, E'\n') > 0"""


class Migration(migrations.Migration):

    dependencies = [("faq", "0012_words_in_two_parts")]

    operations = [
        migrations.AddField("document", "alternate_questions", alternates()),
        migrations.AddField(
            "version",
            "alternate_questions",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=200), null=True, size=None
            ),
        ),
        migrations.RunSQL(
            keeping((*versions.FIELDS, "alternate_questions")), keeping(versions.FIELDS)
        ),
        # What is searched by them goes with them: its first line is the answer.
        migrations.RunSQL(migrations.RunSQL.noop, WITHOUT_ALTERNATES),
    ]
