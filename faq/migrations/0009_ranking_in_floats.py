"""The same ranking, reckoned in floats throughout.

`0.75 * length(...)` is exact decimal arithmetic, of each word in each document that is ranked, and
what came of it was turned into a float each time: a quarter of what ranking took.
"""

from importlib import import_module

from django.db import migrations

scale = import_module("faq.migrations.0006_scale")

# As migration 0003 explains it.
OCCURRENCES = "round(1 / (1.644934066848::float * (1 - ts_rank({weights}, d.search, t.word))) - 0.5)"
IN_QUESTION = OCCURRENCES.format(weights="'{0,0,0,1}'")
IN_ALL = OCCURRENCES.format(weights="'{1,1,1,1}'")
BM25 = f"""
    SELECT coalesce(sum(t.rarity * 2.2 * found.times / (found.times + 1.2)), 0) AS rank
    FROM unnest(words, rarities) AS t (word, rarity)
    CROSS JOIN LATERAL (
        SELECT (1.5 * {IN_QUESTION} + 0.5 * {IN_ALL})
            / (0.25 + 0.75::float * length(d.search) / average) AS times
    ) found
    WHERE d.search @@ t.word
"""


def replacing(function):
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):

    dependencies = [("faq", "0008_finer_graph")]

    operations = [
        migrations.RunSQL(
            replacing(scale.RANKED.replace(scale.before.BM25, BM25)), replacing(scale.RANKED)
        ),
    ]
