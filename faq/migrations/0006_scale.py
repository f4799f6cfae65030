"""What keeps a search fast among a million FAQs: words indexed by how well a document has them.

An index of words alone says which documents hold a common word, and all of them would have to be
ranked to find the best. So the index also says at what level a document holds it: LEVELS steps of
how often it stands there, in the question or the answer, for the document's length. "villa~7"
finds the documents that hold "villa" at level 7 or above; core/search/sieve.py picks by these the
few that can be among the best, and only they are ranked.
"""

from importlib import import_module

import pgvector.django.halfvec
import pgvector.django.indexes
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast

SIZES = (384, 768, 1024, 1536)
THRESHOLDS = (0.4, 0.6, 0.9, 1.3, 1.7, 2.1, 2.6, 3.1, 3.6, 4.2)
LEVELS = range(1, len(THRESHOLDS) + 1)

before = import_module("faq.migrations.0003_ranking")

# The index needs the same answer for ever, so the length is compared with a fixed one. The ranking
# itself compares with the catalogue's average; these levels only choose what is ranked.
USUAL_LENGTH = 40
LEVELS_OF = f"""
CREATE FUNCTION faq_lexeme_levels(words tsvector) RETURNS TABLE (lexeme text, level integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT w.lexeme, pg_catalog.width_bucket(
        (1.5 * pg_catalog.cardinality(pg_catalog.array_positions(w.weights, 'A'))
            + 0.5 * pg_catalog.cardinality(w.weights))
        / (0.25 + 0.75 * pg_catalog.length(words) / {USUAL_LENGTH}),
        ARRAY[{", ".join(map(str, THRESHOLDS))}]::double precision[])
    FROM pg_catalog.unnest(words) AS w (lexeme, positions, weights)
$$;
CREATE FUNCTION faq_levels(words tsvector) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT pg_catalog.array_to_tsvector(coalesce(pg_catalog.array_agg(
        CASE WHEN l.level = 0 THEN o.lexeme ELSE o.lexeme || '~' || l.level END), '{{}}'))
    FROM public.faq_lexeme_levels(words) o, pg_catalog.generate_series(0, o.level) l (level)
$$;
"""
DROP_LEVELS_OF = "DROP FUNCTION faq_levels; DROP FUNCTION faq_lexeme_levels"


def each_level(expression):
    return ", ".join(expression.format(level) for level in LEVELS)


COUNTED = f"""
            SELECT word.lexeme, count(*) AS documents, ARRAY[
                {each_level("count(*) FILTER (WHERE word.level >= {})")}
            ]::integer[] AS levels
            FROM {{rows}} d, faq_lexeme_levels(d.search) AS word
            WHERE d.status = 'published' GROUP BY word.lexeme
"""
COUNT_LEXEMES = f"""
CREATE OR REPLACE FUNCTION faq_count_lexemes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        WITH gone AS ({COUNTED.format(rows="removed")})
        UPDATE faq_lexeme AS kept SET documents = kept.documents - gone.documents,
            levels = ARRAY[{each_level("kept.levels[{0}] - gone.levels[{0}]")}]
        FROM gone WHERE kept.lexeme = gone.lexeme;
        UPDATE faq_catalogue SET documents = faq_catalogue.documents - gone.documents,
            lexemes = faq_catalogue.lexemes - gone.lexemes
        FROM (
            SELECT count(*) AS documents, coalesce(sum(length(search)), 0) AS lexemes
            FROM removed WHERE removed.status = 'published'
        ) gone;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO faq_lexeme AS kept (lexeme, documents, levels)
        {COUNTED.format(rows="added")}
        ON CONFLICT (lexeme) DO UPDATE SET documents = kept.documents + excluded.documents,
            levels = ARRAY[{each_level("kept.levels[{0}] + excluded.levels[{0}]")}];
        UPDATE faq_catalogue SET documents = faq_catalogue.documents + come.documents,
            lexemes = faq_catalogue.lexemes + come.lexemes
        FROM (
            SELECT count(*) AS documents, coalesce(sum(length(search)), 0) AS lexemes
            FROM added WHERE added.status = 'published'
        ) come;
    END IF;
    RETURN NULL;
END $$;
"""
COUNT_AGAIN = f"""
UPDATE faq_lexeme AS kept SET levels = counted.levels
FROM ({COUNTED.format(rows="faq_document")}) counted WHERE kept.lexeme = counted.lexeme;
"""

# As before, and of each lexeme in how many documents it stands at level 1 or above, 2, and so on.
WORDS = """
CREATE FUNCTION faq_words(
    asked text,
    OUT version uuid, OUT documents integer, OUT average double precision,
    OUT lexemes text[], OUT held integer[], OUT levels integer[]
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT c.version, c.documents, c.lexemes::float / nullif(c.documents, 0)
    INTO version, documents, average FROM faq_catalogue c WHERE c.id = 1;
    SELECT array_agg(word.lexeme), array_agg(coalesce(l.documents, 0)),
        array_agg(coalesce(l.levels, array_fill(0, ARRAY[{levels}])))
    INTO lexemes, held, levels
    FROM unnest(tsvector_to_array(to_tsvector('russian', asked))) AS word (lexeme)
    LEFT JOIN faq_lexeme l ON l.lexeme = word.lexeme;
END $$;
""".format(levels=len(LEVELS))

# The index orders by half-precision numbers; the cosines are of the whole ones.
NEAREST = """
        SELECT array_agg(near.id), array_agg(near.cosine) INTO near_ids, near_cosines FROM (
            SELECT e.document_id AS id, 1 - (e.v <=> asked) AS cosine
            FROM faq_embedding e CROSS JOIN LATERAL (
                SELECT 1 FROM faq_document d
                WHERE d.id = e.document_id AND d.content_hash = e.content_hash
                AND d.status = 'published' AND (of_language IS NULL OR d.language = of_language)
                OFFSET 0
            ) d
            WHERE e.dims = {dims} AND e.model = by_model ORDER BY {distance} LIMIT 20
        ) near;
"""
BY_INDEX = "".join(
    f"    ELSIF vector_dims(asked) = {size} THEN"
    + NEAREST.format(
        distance=f"e.v::halfvec({size}) <=> asked::halfvec({size})", dims=size
    )
    for size in SIZES
)
EXACTLY = NEAREST.format(distance="e.v <=> asked", dims="vector_dims(asked)")


def by_words(picks):
    """Where a document is picked by several queries it is ranked once."""
    return f"""
        SELECT array_agg(best.id), array_agg(best.rank) INTO word_ids, word_ranks FROM (
            SELECT d.id, r.rank FROM (
                SELECT DISTINCT ON (d.id) d.id, d.search FROM (
                    SELECT d.id, d.search
                    FROM unnest({picks}) AS pick (query) CROSS JOIN LATERAL (
                        SELECT d.id, d.search FROM faq_document d
                        WHERE faq_levels(d.search) @@ pick.query AND d.status = 'published'
                        AND (of_language IS NULL OR d.language = of_language) LIMIT most_each
                    ) d LIMIT most_ranked
                ) d
            ) d CROSS JOIN LATERAL ({before.BM25}) r
            ORDER BY r.rank DESC, d.id LIMIT 20
        ) best;
"""


RANKED = f"""
CREATE FUNCTION faq_ranked(
    picks tsquery[], otherwise tsquery[], most_each integer, most_ranked integer,
    words tsquery[], rarities double precision[], average double precision,
    asked vector, by_model text, ef_search integer, noise double precision,
    keyword_weight double precision, vector_weight double precision, of_language text, most integer
) RETURNS TABLE (
    id uuid, slug varchar, question varchar, answer text, category varchar, language varchar,
    score double precision, rank double precision, keyword double precision,
    cosine double precision, closeness double precision,
    in_question integer[], in_answer integer[]
) LANGUAGE plpgsql STABLE ROWS 20
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    near_ids uuid[];
    near_cosines double precision[];
    word_ids uuid[];
    word_ranks double precision[];
BEGIN
    -- Until the end of the transaction. pgvector goes on until the filters have let enough through.
    PERFORM set_config('hnsw.iterative_scan', 'strict_order', true),
        set_config('hnsw.ef_search', ef_search::text, true) WHERE ef_search IS NOT NULL;
    -- A bitmap of a common word that does not fit has its documents' levels worked out one by one.
    PERFORM set_config('work_mem', '32MB', true);
    IF asked IS NULL THEN
        near_ids := '{{}}';
    ELSIF ef_search IS NULL THEN{EXACTLY}{BY_INDEX}    END IF;
    IF cardinality(picks) > 0 THEN{by_words("picks")}    END IF;
    -- Fewer than the counts let expect: a filter, or words that keep away from each other.
    IF cardinality(otherwise) > 0 AND coalesce(cardinality(word_ids), 0) < 20 THEN{by_words("picks || otherwise")}    END IF;
    RETURN QUERY
    WITH legs AS (
        SELECT id, max(rank) AS rank, max(cosine) AS cosine FROM (
            SELECT w.id, w.rank, NULL::float AS cosine
            FROM unnest(word_ids, word_ranks) AS w (id, rank) UNION ALL
            SELECT n.id, NULL, n.cosine FROM unnest(near_ids, near_cosines) AS n (id, cosine)
        ) either GROUP BY id
    ), found AS MATERIALIZED (
        SELECT l.id, coalesce(l.rank, r.rank) AS rank, coalesce(l.cosine, (
            SELECT 1 - (e.v <=> asked) FROM faq_embedding e
            WHERE e.document_id = d.id AND e.model = by_model
            AND e.dims = vector_dims(asked) AND e.content_hash = d.content_hash
        )) AS cosine
        FROM legs l JOIN faq_document d ON d.id = l.id
        LEFT JOIN LATERAL ({before.BM25}) r ON l.rank IS NULL
    ), normalised AS (
        SELECT f.*,
            -- 0 is a true zero, no word in common; the best row is 1.
            coalesce(f.rank / nullif(max(f.rank) OVER (), 0), 0) AS keyword,
            -- A model's cosines crowd into a narrow band that says nothing by itself.
            CASE WHEN f.cosine IS NULL THEN 0 ELSE coalesce(
                (f.cosine - min(f.cosine) OVER ())
                / nullif(max(f.cosine) OVER () - min(f.cosine) OVER (), 0), 1
            ) END AS closeness,
            -- A leg in which nothing was found takes its weight out of the sum.
            CASE WHEN max(f.rank) OVER () > 0 THEN keyword_weight ELSE 0 END AS of_keyword,
            CASE WHEN max(f.cosine) OVER () IS NULL THEN 0 ELSE vector_weight END AS of_vector
        FROM found f
    ), best AS (
        SELECT n.*, coalesce((n.of_keyword * n.keyword + n.of_vector * n.closeness)
            / nullif(n.of_keyword + n.of_vector, 0), 0) AS score
        FROM normalised n WHERE n.rank > 0 OR n.cosine >= noise
        ORDER BY score DESC, n.rank DESC, n.id LIMIT most
    )
    SELECT d.id, d.slug, d.question, d.answer,
        (SELECT c.slug FROM faq_category c WHERE c.id = d.category_id), d.language,
        b.score, b.rank, b.keyword, b.cosine, b.closeness, held.in_question, held.in_answer
    FROM best b JOIN faq_document d ON d.id = b.id CROSS JOIN LATERAL (
        SELECT array_agg(t.place::integer) FILTER (WHERE t.title > 0) AS in_question,
            array_agg(t.place::integer) FILTER (WHERE t.title = 0) AS in_answer
        FROM (
            SELECT t.place, ts_rank('{{0,0,0,1}}', d.search, t.word) AS title
            FROM unnest(words) WITH ORDINALITY AS t (word, place) WHERE d.search @@ t.word
        ) t
    ) held
    ORDER BY b.score DESC, b.rank DESC, b.id;
END $$;
"""


def half_index(size):
    half = Cast("v", pgvector.django.halfvec.HalfVectorField(dimensions=size))
    return pgvector.django.indexes.HnswIndex(
        OpClass(half, name="halfvec_cosine_ops"),
        name=f"faq_embedding_half{size}",
        m=16,
        ef_construction=64,
        condition=Q(dims=size),
    )


class Migration(migrations.Migration):

    dependencies = [("faq", "0005_golden_and_unanswered")]

    operations = [
        migrations.RunSQL(LEVELS_OF, DROP_LEVELS_OF),
        migrations.AddField(
            "lexeme",
            "levels",
            ArrayField(models.IntegerField(), db_default=[0] * len(LEVELS)),
        ),
        migrations.RunSQL(COUNT_LEXEMES + COUNT_AGAIN, before.COUNT_LEXEMES),
        migrations.RemoveIndex("document", "faq_document_search"),
        migrations.AddIndex(
            "document",
            GinIndex(
                Func(F("search"), function="faq_levels"),
                name="faq_document_levels",
                fastupdate=False,
            ),
        ),
        *(migrations.RemoveIndex("embedding", f"faq_embedding_v{size}") for size in SIZES),
        *(migrations.AddIndex("embedding", half_index(size)) for size in SIZES),
        migrations.RunSQL("DROP FUNCTION faq_words", before.WORDS),
        migrations.RunSQL(WORDS, "DROP FUNCTION faq_words"),
        migrations.RunSQL("DROP FUNCTION faq_ranked", before.RANKED),
        migrations.RunSQL(RANKED, "DROP FUNCTION faq_ranked"),
    ]
