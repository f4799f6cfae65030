"""A document that has no vector yet is ranked by its words alone, and a walk leaves nothing out.

Its closeness counted as 0: after an edit, until the model had made the new vector, whatever was
near to the question stood before the document that held all of its words.

In strict order pgvector leaves out what it comes upon after something farther away, behind the
vectors of deleted rows or of those that a filter keeps out. The order is of no use here.
"""

from importlib import import_module

from django.db import migrations

floats = import_module("faq.migrations.0009_ranking_in_floats")

before = floats.scale.RANKED.replace(floats.scale.before.BM25, floats.BM25)
RANKED = before.replace("strict_order", "relaxed_order").replace(
    "CASE WHEN max(f.cosine) OVER () IS NULL THEN 0 ELSE vector_weight END AS of_vector",
    "CASE WHEN f.cosine IS NULL THEN 0 ELSE vector_weight END AS of_vector",
)


class Migration(migrations.Migration):

    dependencies = [("faq", "0010_any_script")]

    operations = [
        migrations.RunSQL(floats.replacing(RANKED), floats.replacing(before)),
    ]
