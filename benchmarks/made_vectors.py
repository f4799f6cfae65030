"""Made-up vectors that lie as those of a text model do: by topics, in few dimensions.

Vectors of independent numbers are all equally far from each other, and no index finds the nearest
of them. Here a vector is its topic's plus a deviation from it, both out of BASIS directions that
matter ever less. On 719 of them, against as many of all-MiniLM-L6-v2 (StackFAQ): the effective
dimension is 38 (MiniLM 47), the local intrinsic dimension by 20 neighbours (Levina & Bickel 2004)
25 (MiniLM 5), so the neighbours of the made-up ones are the harder to tell apart.

PostgreSQL makes them, from the document's id: the same for the same document in every run.
"""

from typing import Any

import psycopg

BASIS = 256
TOPICS = 2000
DEVIATIONS = 2048
# Length of a deviation, of which each vector has two, when a topic's is 1.
DEVIATION = 0.8
BLOCKS = 256  # of ids, by their first byte
QUERY_SEED = 7

PALETTE = """
SELECT setseed(0.5);
CREATE TEMP TABLE basis AS
    SELECT k, array_agg(random_normal() / sqrt({size}))::vector AS v, 1 / sqrt(k) AS scale
    FROM generate_series(1, {basis}) k, generate_series(1, {size}) GROUP BY k;
CREATE TEMP TABLE topic AS
    SELECT i, l2_normalize(sum(
        v * array_fill((random_normal() * scale)::real, ARRAY[{size}])::vector)) AS v
    FROM generate_series(0, {topics} - 1) i, basis GROUP BY i;
CREATE TEMP TABLE deviation AS
    SELECT i, l2_normalize(sum(v * array_fill((
        random_normal() / sqrt(1 + (k * 97) % {basis}))::real, ARRAY[{size}])::vector))
        * array_fill({deviation}::real, ARRAY[{size}])::vector AS v
    FROM generate_series(0, {deviations} - 1) i, basis GROUP BY i;
ALTER TABLE topic ADD PRIMARY KEY (i);
ALTER TABLE deviation ADD PRIMARY KEY (i);
ANALYZE topic; ANALYZE deviation;
"""

# A number from 0 to 1 that depends on the id alone. Squared, it makes some topics much asked about.
SHARE = "((hashtextextended({key}, {seed}) & 1048575) / 1048576.0)"
PICKED = """
    JOIN topic t ON t.i = floor({topics} * power({first}, 2))::int
    JOIN deviation a ON a.i = floor({deviations} * {second})::int
    JOIN deviation b ON b.i = floor({deviations} * {third})::int
"""
VECTOR = "l2_normalize(t.v + a.v + b.v)"


def model_name(size: int) -> str:
    return f"made-up-{size}"


def make_palette(connection: psycopg.Connection[Any], size: int) -> None:
    """What the vectors of `size` numbers are mixed from, for the rest of the session."""
    statements = PALETTE.format(
        size=size, basis=BASIS, topics=TOPICS, deviations=DEVIATIONS, deviation=DEVIATION
    )
    connection.execute("SET max_parallel_workers_per_gather = 0")  # which would mix the dice
    connection.execute(statements.encode())


def picked(key: str, seed: int) -> str:
    shares = {
        name: SHARE.format(key=key, seed=seed + place)
        for place, name in enumerate(("first", "second", "third"))
    }
    return PICKED.format(topics=TOPICS, deviations=DEVIATIONS, **shares)


def fill_block(connection: psycopg.Connection[Any], size: int, block: int) -> None:
    """Vectors of all documents whose id begins with this byte and that have none yet."""
    low, high = f"{block:02x}" + "0" * 30, f"{block:02x}" + "f" * 30
    statement = f"""
        INSERT INTO faq_embedding (document_id, model, dims, content_hash, v, created_at)
        SELECT d.id, %(model)s::varchar, %(size)s, d.content_hash, {VECTOR}, d.created_at
        FROM faq_document d {picked("d.id::text", 1)}
        WHERE d.id BETWEEN %(low)s AND %(high)s AND d.status = 'published' AND NOT EXISTS (
            SELECT 1 FROM faq_embedding e
            WHERE e.document_id = d.id AND e.model = %(model)s::varchar
        )
    """
    values = {"model": model_name(size), "size": size, "low": low, "high": high}
    connection.execute(statement.encode(), values)


def of_questions(connection: psycopg.Connection[Any], count: int) -> list[list[float]]:
    """`count` vectors of questions on the same topics; no document has one of these."""
    statement = f"""
        SELECT {VECTOR}::real[] FROM generate_series(1, {count}) q
        {picked("q::text", QUERY_SEED)} ORDER BY q
    """
    return [row[0] for row in connection.execute(statement.encode()).fetchall()]
