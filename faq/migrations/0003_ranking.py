"""The ranking of a search as functions of the database.

PostgreSQL keeps the plans of a function's statements for each of its sessions, also behind a
PgBouncer that shares them out. Planned at every call, the same statements took longer to plan than
the keyword leg takes to run.
"""

from django.db import migrations, models
from django.db.models import Q

from core.search.dimensions import SUPPORTED_DIMENSIONS
from core.search.text import searchable

# `lexemes` of the catalogue over its `documents` is the average length that BM25 compares with.
COUNT_LEXEMES = """
CREATE OR REPLACE FUNCTION faq_count_lexemes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        WITH gone AS (
            SELECT lexeme, count(*) AS documents
            FROM removed, unnest(tsvector_to_array(removed.search)) AS lexeme
            WHERE removed.status = 'published' GROUP BY lexeme
        )
        UPDATE faq_lexeme AS kept SET documents = kept.documents - gone.documents
        FROM gone WHERE kept.lexeme = gone.lexeme;
        UPDATE faq_catalogue SET documents = faq_catalogue.documents - gone.documents,
            lexemes = faq_catalogue.lexemes - gone.lexemes
        FROM (
            SELECT count(*) AS documents, coalesce(sum(length(search)), 0) AS lexemes
            FROM removed WHERE removed.status = 'published'
        ) gone;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO faq_lexeme AS kept (lexeme, documents)
        SELECT lexeme, count(*)
        FROM added, unnest(tsvector_to_array(added.search)) AS lexeme
        WHERE added.status = 'published' GROUP BY lexeme
        ON CONFLICT (lexeme) DO UPDATE SET documents = kept.documents + excluded.documents;
        UPDATE faq_catalogue SET documents = faq_catalogue.documents + come.documents,
            lexemes = faq_catalogue.lexemes + come.lexemes
        FROM (
            SELECT count(*) AS documents, coalesce(sum(length(search)), 0) AS lexemes
            FROM added WHERE added.status = 'published'
        ) come;
    END IF;
    RETURN NULL;
END $$;
UPDATE faq_catalogue SET lexemes = (
    SELECT coalesce(sum(length(search)), 0) FROM faq_document WHERE status = 'published'
);
"""

# What a question is looked up by: the catalogue as it is now, and in how many documents each of
# its lexemes stands. This configuration also stems English words, and leaves Thai as it is: it
# fits a question of any script, and of several.
WORDS = """
CREATE FUNCTION faq_words(
    asked text,
    OUT version uuid, OUT documents integer, OUT average double precision,
    OUT lexemes text[], OUT held integer[]
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT c.version, c.documents, c.lexemes::float / nullif(c.documents, 0)
    INTO version, documents, average FROM faq_catalogue c WHERE c.id = 1;
    SELECT array_agg(word.lexeme), array_agg(coalesce(l.documents, 0)) INTO lexemes, held
    FROM unnest(tsvector_to_array(to_tsvector('russian', asked))) AS word (lexeme)
    LEFT JOIN faq_lexeme l ON l.lexeme = word.lexeme;
END $$;
"""

# BM25F (Robertson, Zaragoza & Taylor 2004) of one document: k1 1.2, b 0.75, a word of the question
# counts 2, of the answer 0.5; the length is the number of different lexemes.
#
# How often a word stands in the document is read out of ts_rank, the only function that finds a
# lexeme in a tsvector without unpacking the others: of one word that stands n times with a weight
# of 1 it is (1/1 + 1/4 + ... + 1/(n * n)) / (pi * pi / 6); see calc_rank_or in tsrank.c. What is
# missing to its limit is 1 / (n + 0.5), but for less than a fiftieth. Words of the question, of
# weight A, come before those of the answer.
OCCURRENCES = "round(1 / (1.644934066848 * (1 - {rank})) - 0.5)"
IN_ALL = OCCURRENCES.format(rank="ts_rank('{{1,1,1,1}}', d.search, t.word)")
IN_QUESTION = OCCURRENCES.format(rank="ts_rank('{{0,0,0,1}}', d.search, t.word)")
BM25 = f"""
    SELECT coalesce(sum(t.rarity * 2.2 * found.times / (found.times + 1.2)), 0) AS rank
    FROM unnest(words, rarities) AS t (word, rarity)
    CROSS JOIN LATERAL (
        SELECT (1.5 * {IN_QUESTION} + 0.5 * {IN_ALL})
            / (0.25 + 0.75 * length(d.search) / average) AS times
    ) found
    WHERE d.search @@ t.word
""".replace("{{", "{").replace("}}", "}")

# A vector whose hash is not its document's is of a text that has changed since. Behind OFFSET 0
# the planner looks documents up one by one as the index hands out vectors: it takes the equality
# of two hashes for a rare event, and would rather sort the whole table.
NEAREST = """
        SELECT array_agg(near.id), array_agg(near.cosine) INTO near_ids, near_cosines FROM (
            SELECT e.document_id AS id, 1 - (e.{v} <=> asked) AS cosine
            FROM faq_embedding e CROSS JOIN LATERAL (
                SELECT 1 FROM faq_document d
                WHERE d.id = e.document_id AND d.content_hash = e.content_hash
                AND d.status = 'published' AND (of_language IS NULL OR d.language = of_language)
                OFFSET 0
            ) d
            WHERE e.dims = {dims} AND e.model = by_model ORDER BY e.{v} <=> asked LIMIT 20
        ) near;
"""
# An index can be used only where the statement names its dimensions.
BY_INDEX = "".join(
    f"    ELSIF vector_dims(asked) = {size} THEN{NEAREST.format(v=f'v::vector({size})', dims=size)}"
    for size in SUPPORTED_DIMENSIONS
)

RANKED = f"""
CREATE FUNCTION faq_ranked(
    picks tsquery[], words tsquery[], rarities double precision[], average double precision,
    asked vector, by_model text, exact boolean, noise double precision,
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
BEGIN
    -- Until the end of the transaction. pgvector goes on until the filters have let enough through.
    PERFORM set_config('hnsw.iterative_scan', 'strict_order', true),
        set_config('hnsw.ef_search', '40', true);
    IF asked IS NULL THEN
        near_ids := '{{}}';
    ELSIF exact THEN{NEAREST.format(v="v", dims="vector_dims(asked)")}{BY_INDEX}    END IF;
    RETURN QUERY
    WITH by_words AS (
        SELECT DISTINCT d.id, r.rank
        FROM unnest(picks) AS pick (query) CROSS JOIN LATERAL (
            SELECT d.id, d.search FROM faq_document d
            WHERE d.search @@ pick.query AND d.status = 'published'
            AND (of_language IS NULL OR d.language = of_language) LIMIT 200
        ) d CROSS JOIN LATERAL ({BM25}) r
        ORDER BY r.rank DESC, d.id LIMIT 20
    ), legs AS (
        SELECT id, max(rank) AS rank, max(cosine) AS cosine FROM (
            SELECT b.id, b.rank, NULL::float AS cosine FROM by_words b UNION ALL
            SELECT n.id, NULL, n.cosine FROM unnest(near_ids, near_cosines) AS n (id, cosine)
        ) either GROUP BY id
    ), found AS MATERIALIZED (
        SELECT l.id, coalesce(l.rank, r.rank) AS rank, coalesce(l.cosine, (
            SELECT 1 - (e.v <=> asked) FROM faq_embedding e
            WHERE e.document_id = d.id AND e.model = by_model
            AND e.dims = vector_dims(asked) AND e.content_hash = d.content_hash
        )) AS cosine
        FROM legs l JOIN faq_document d ON d.id = l.id
        LEFT JOIN LATERAL ({BM25}) r ON l.rank IS NULL
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


def segment_thai(apps, schema_editor):
    """Cut what is Thai into words, which were trigrams."""
    documents = apps.get_model("faq", "Document").objects.using(schema_editor.connection.alias)
    thai = "[\u0e01-\u0e4e]"
    rows = documents.filter(Q(question__regex=thai) | Q(answer__regex=thai))
    for document in rows.only("question", "answer", "language").iterator(chunk_size=500):
        documents.filter(pk=document.pk).update(
            question_text=searchable(document.question, document.language),
            answer_text=searchable(document.answer, document.language),
        )


class Migration(migrations.Migration):

    dependencies = [("faq", "0002_catalogue")]

    operations = [
        migrations.AddField("catalogue", "lexemes", models.BigIntegerField(db_default=0)),
        migrations.RunSQL(COUNT_LEXEMES, migrations.RunSQL.noop),
        migrations.RunSQL(WORDS, "DROP FUNCTION faq_words"),
        migrations.RunSQL(RANKED, "DROP FUNCTION faq_ranked"),
        migrations.RunPython(segment_thai, migrations.RunPython.noop),
    ]
