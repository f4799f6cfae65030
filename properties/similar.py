"""Listings like one: candidates that the indexes find, scored by a pure rule.

Candidates are for the same transaction: of the same type in the same city, then of related types in
that city, then of the same type elsewhere, in its money and last in others; those in the same money
by how near they are in price.
No more are read than are scored, however large the table is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from core.search import hybrid
from properties.catalogue import SUMMARY, Condition, all_of
from properties.indexing import model_of_questions
from properties.words import RELATED

CANDIDATES = 120
EACH = CANDIDATES // 2
# Of a kind in other money, cities mixed, so many are looked at for those elsewhere.
LOOKED_AT = 600
WEIGHTS = {
    "place": 0.25, "type": 0.15, "price": 0.2, "bedrooms": 0.1, "amenities": 0.15, "text": 0.15,
}  # fmt: skip
# What one of the two listings does not tell is neither alike nor different.
UNKNOWN = 0.5
SAME_CITY, RELATED_TYPE = 0.6, 0.5
# Prices that differ by this factor have nothing in common, nor do so many bedrooms more or less.
PRICE_FACTOR = 4.0
BEDROOMS_APART = 3

VECTOR = """
    SELECT e.v FROM properties_embedding e
    WHERE e.listing_id = p.id AND e.model = %s AND e.dims = %s
    AND e.content_hash = p.content_hash"""
FEATURES = (
    "p.id, p.type, p.city, p.district, p.price::float, p.currency, p.bedrooms, "
    "ARRAY(SELECT jsonb_array_elements_text(p.amenities))"
)
OWN = f"""
SELECT status, agent_id, transaction, tsvector_to_array(ts_filter(search_vector, '{{a}}')),
    ({VECTOR})::text, {FEATURES}
FROM properties_property p WHERE id = %s"""
WALK = "(SELECT id FROM properties_property WHERE status = 'published' AND {} ORDER BY {} LIMIT %s)"
WALK_ELSEWHERE = (
    "(SELECT id FROM (SELECT id, city FROM properties_property WHERE status = 'published' AND {} "
    "ORDER BY {} LIMIT %s) looked_at WHERE lower(city) <> lower(%s) LIMIT %s)"
)
CANDIDATE = """
WITH candidates AS MATERIALIZED (
    SELECT id FROM ({walks}) found WHERE id <> %s LIMIT %s
)
SELECT {told}, {cosine}, {features}
FROM candidates JOIN properties_property p USING (id)"""
ROWS = f"""
SELECT id, row_to_json(shown)::text FROM (
    SELECT {SUMMARY} FROM properties_property WHERE id = ANY(%s) AND status = 'published'
) shown"""


class Features(NamedTuple):
    """What two listings are compared by. `price` in `currency`; None is unknown."""

    id: UUID
    type: str
    city: str
    district: str
    price: float | None
    currency: str
    bedrooms: int | None
    amenities: list[str]


@dataclass(frozen=True)
class Own:
    """The listing that others are compared with; `title` holds its lexemes, `vector` is text."""

    status: str
    agent_id: UUID | None
    transaction: str
    title: list[str]
    vector: str | None
    features: Features


def own(id: UUID) -> Own | None:
    model = model_of_questions()
    with connection.cursor() as cursor:
        cursor.execute(OWN, (model.model, model.dimensions, id))
        row = cursor.fetchone()
    if row is None:
        return None
    status, agent_id, transaction, title, vector, *features = row
    return Own(status, agent_id, transaction, title, vector, Features(*features))


def similar(listing: Own, limit: int) -> list[tuple[str, float]]:
    """Published listings as JSON objects, each with its likeness (0..1), the most alike first."""
    scored = [
        (likeness(listing.features, other, text), other.id) for other, text in candidates(listing)
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    best = scored[:limit]
    with connection.cursor() as cursor:
        cursor.execute(ROWS, ([id for _, id in best],))
        rows = dict(cursor.fetchall())
    return [(rows[id], score) for score, id in best if id in rows]


def candidates(listing: Own) -> list[tuple[Features, float]]:
    """At most CANDIDATES, each with how alike the texts are, 0..1."""
    found = walks(listing)
    told, cosine = words_told(listing.title), cosine_to(listing.vector)
    sql = CANDIDATE.format(
        walks=" UNION ALL ".join(walk.sql for walk in found),
        told=told.sql,
        cosine=cosine.sql,
        features=FEATURES,
    )
    walked = [value for walk in found for value in walk.values]
    with connection.cursor() as cursor:
        cursor.execute(
            sql, (*walked, listing.features.id, CANDIDATES, *told.values, *cosine.values)
        )
        rows = cursor.fetchall()
    return [(Features(*row[2:]), text_likeness(*row[:2])) for row in rows]


def text_likeness(told: float, cosine: float | None) -> float:
    """By meaning where a model knows both, else the share of the title's words."""
    return told if cosine is None else settings.LISTINGS.meaning(cosine)


def words_told(title: Sequence[str]) -> Condition:
    """The share of a title's lexemes that a listing holds anywhere."""
    if not title:
        return Condition("%s::float", (UNKNOWN,))
    held = " + ".join(["(p.search_vector @@ %s::tsquery)::integer"] * len(title))
    return Condition(f"({held})::float / {len(title)}", tuple(map(hybrid.quoted, title)))


def cosine_to(vector: str | None) -> Condition:
    model = model_of_questions()
    if vector is None or not model.semantic:
        return Condition("NULL::float")
    return Condition(f"1 - (({VECTOR}) <=> %s::vector)", (model.model, model.dimensions, vector))


def walks(listing: Own) -> list[Condition]:
    """Subselects of ids, the closest kind first; PostgreSQL begins none before it is needed."""
    it = listing.features
    same = Condition("transaction = %s AND type = %s", (listing.transaction, it.type))
    here = Condition("lower(city) = lower(%s)", (it.city,))
    elsewhere = Condition("lower(city) <> lower(%s)", (it.city,))
    related = Condition(
        "transaction = %s AND type = ANY(%s)",
        (listing.transaction, [str(type) for type in RELATED.get(it.type, ())]),
    )
    found = []
    if it.city:
        found += by_price([same, here], it)
        found += [walk([same, here, money], "currency, price") for money in other_money(it)]
        found += [walk([related, here], "type")] if related.values[1] else []
    found += by_price([same, elsewhere] if it.city else [same], it)
    return found + [
        walk_elsewhere([same, money], "currency, price", it.city)
        if it.city
        else walk([same, money], "currency, price")
        for money in other_money(it)
    ]


def other_money(it: Features) -> list[Condition]:
    """Two conditions, not one of `<>`, which no index bounds: it would pass all in its own."""
    return [Condition(f"currency {side} %s", (it.currency,)) for side in "<>"]


def by_price(parts: Sequence[Condition], it: Features) -> list[Condition]:
    """From its price up, then down, then those whose price is unknown: along one index."""
    money = Condition("currency = %s", (it.currency,))
    if it.price is None:
        return [walk([*parts, money], "price")]
    up, down = Condition("price >= %s", (it.price,)), Condition("price < %s", (it.price,))
    return [
        walk([*parts, money, up], "price"),
        walk([*parts, money, down], "price DESC"),
        walk([*parts, money, Condition("price IS NULL")], "price"),
    ]


def walk(parts: Sequence[Condition], order: str) -> Condition:
    where = all_of(parts)
    return Condition(WALK.format(where.sql, order), (*where.values, EACH))


def walk_elsewhere(parts: Sequence[Condition], order: str, city: str) -> Condition:
    """A walk that may have to pass many of the city itself, and so ends after LOOKED_AT."""
    where = all_of(parts)
    return Condition(
        WALK_ELSEWHERE.format(where.sql, order), (*where.values, LOOKED_AT, city, EACH)
    )


def likeness(one: Features, other: Features, text: float) -> float:
    """0..1, the weighted mean of how alike two listings are in each respect."""
    alike = {
        "place": place_likeness(one, other),
        "type": type_likeness(one.type, other.type),
        "price": price_likeness(one, other),
        "bedrooms": bedrooms_likeness(one.bedrooms, other.bedrooms),
        "amenities": amenities_likeness(one.amenities, other.amenities),
        "text": text,
    }
    return round(sum(WEIGHTS[name] * value for name, value in alike.items()), 4)


def place_likeness(one: Features, other: Features) -> float:
    if not one.city or not other.city:
        return UNKNOWN
    if one.city.lower() != other.city.lower():
        return 0.0
    same_district = one.district and one.district.lower() == other.district.lower()
    return 1.0 if same_district else SAME_CITY


def type_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return RELATED_TYPE if other in RELATED.get(one, ()) else 0.0


def price_likeness(one: Features, other: Features) -> float:
    """By the ratio of the two. Nothing can be said of prices in two currencies."""
    if not one.price or not other.price or one.currency != other.currency:
        return UNKNOWN
    apart = abs(math.log(one.price / other.price)) / math.log(PRICE_FACTOR)
    return max(0.0, 1 - apart)


def bedrooms_likeness(one: int | None, other: int | None) -> float:
    if one is None or other is None:
        return UNKNOWN
    return max(0.0, 1 - abs(one - other) / BEDROOMS_APART)


def amenities_likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of those that either has which both have (Jaccard)."""
    if not one or not other:
        return UNKNOWN
    return len({*one} & {*other}) / len({*one, *other})
