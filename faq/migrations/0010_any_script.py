"""Documents are stemmed as questions are, whatever script a word is written in.

A question does not say whose words it looks for, and stems each by its script. A Thai document kept
"booking" as it is written, and an English one a Russian word: no question found either.
"""

from importlib import import_module

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models
from django.db.models import F, Func, Value

scale = import_module("faq.migrations.0006_scale")

COUNT_AGAIN = f"""
DELETE FROM faq_lexeme;
INSERT INTO faq_lexeme (lexeme, documents, levels) {scale.COUNTED.format(rows="faq_document")};
UPDATE faq_catalogue SET version = gen_random_uuid(), lexemes = (
    SELECT coalesce(sum(length(search)), 0) FROM faq_document WHERE status = 'published'
);
"""

question = SearchVector("question_text", weight="A", config=Value("russian"))
answer = SearchVector("answer_text", weight="B", config=Value("russian"))


class Migration(migrations.Migration):

    dependencies = [("faq", "0009_ranking_in_floats")]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, COUNT_AGAIN),
        migrations.RemoveIndex("document", "faq_document_levels"),
        migrations.RemoveField("document", "search"),
        migrations.AddField(
            "document",
            "search",
            models.GeneratedField(
                db_persist=True, expression=question + answer, output_field=SearchVectorField()
            ),
        ),
        migrations.AddIndex(
            "document",
            GinIndex(
                Func(F("search"), function="faq_levels"),
                name="faq_document_levels",
                fastupdate=False,
            ),
        ),
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
    ]
