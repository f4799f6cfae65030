"""Reads of listings as JSON that PostgreSQL itself writes.

One hand-written statement a page: the ORM took longer to compile its own than PostgreSQL to answer
it, and rows that become model instances, then dicts, then JSON were slower still (measured with
`benchmarks/`). Django's psycopg cursors put literals into the statement, so each one is planned for
its own values; a prepared, generic plan of a filtered list is ten times slower. What filters
nothing has one plan, which is kept (`steady_rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from core.databases import steady_rows
from core.search.text import ANY_CONFIG
from properties.filters import Filters
from properties.vocabulary import indexed
from properties.words import AMENITIES

COUNT_CAP = 1000

SUMMARY = (
    "id, title, type, transaction, price, currency, bedrooms, bathrooms, max_guests, area, "
    "land_area, city, district, latitude, longitude, amenities, status, "
    "created_at, updated_at, agent_id"
)
DETAIL = SUMMARY.replace("title,", "title, description,") + ", source, external_id"

# Lists that are ordered and bounded in the same way as the indexes of the model.
PAGE = """
SELECT row_to_json(page)::text FROM (
    SELECT {columns} FROM properties_property WHERE {where}
    ORDER BY created_at DESC, id DESC LIMIT {limit:d}
) page ORDER BY created_at DESC, id DESC"""

# No index gives these orders.
FIRST = """
SELECT row_to_json(page)::text FROM (
    SELECT {columns} FROM properties_property WHERE {where}
    ORDER BY {order}, created_at DESC, id DESC LIMIT {limit:d}
) page ORDER BY {order}, created_at DESC, id DESC"""

COUNT = f"""
SELECT count(*) FROM (SELECT FROM properties_property WHERE {{where}} LIMIT {COUNT_CAP + 1}) rows"""

ONE = f"""
SELECT row_to_json(one)::text, status, agent_id
FROM (SELECT {DETAIL} FROM properties_property WHERE id = %s) one"""

CONDITIONS = {
    "city": "lower(city) = lower(%s)",
    "district": "lower(district) = lower(%s)",
    "transaction": "transaction = %s",
    "min_price": "price >= %s",
    "max_price": "price <= %s",
    "currency": "currency = %s",
    "bedrooms": "bedrooms >= %s",
    "bathrooms": "bathrooms >= %s",
    "guests": "max_guests >= %s",
    "min_area": "area >= %s",
    "max_area": "area <= %s",
    "min_land_area": "land_area >= %s",
    "max_land_area": "land_area <= %s",
}


@dataclass(frozen=True)
class Condition:
    """SQL for a WHERE, and what its placeholders stand for."""

    sql: str
    values: tuple[Any, ...] = ()


AFTER = "(created_at, id) < (%s::timestamptz, %s::uuid)"
PUBLISHED = Condition("status = 'published'")
EVERYTHING = Condition("true")


def of_agent(agent_id: UUID) -> Condition:
    return Condition("agent_id = %s", (agent_id,))


def with_status(status: str) -> Condition:
    return Condition("status = %s", (status,))


def conditions(filters: Filters) -> list[Condition]:
    """All that narrows the list but `q`, which is `ranking`'s."""
    wanted = filters.given()
    found = [Condition(CONDITIONS[name], (wanted[name],)) for name in CONDITIONS if name in wanted]
    if filters.type:
        # one type as an equality: only then the index of types gives the order of the pages
        among = "= %s" if len(filters.type) == 1 else "= ANY(%s)"
        values = filters.type if len(filters.type) == 1 else (list(filters.type),)
        found.append(Condition(f"type {among}", values))
    if filters.places:
        names = [name.lower() for name in filters.places]
        found.append(
            Condition("(lower(city) = ANY(%s) OR lower(district) = ANY(%s))", (names, names))
        )
    if filters.amenities:
        found.append(Condition("amenity_names @> %s", (list(filters.amenities),)))
    return found


def loosely(filters: Filters) -> list[Condition]:
    """As an assistant reads a wish: an amenity may also be told of in the text of a listing."""
    strict = conditions(replace(filters, amenities=()))
    return [*strict, *(has_or_tells(amenity) for amenity in filters.amenities)]


def avoiding(unwanted: Sequence[Filters]) -> list[Condition]:
    """That a listing has none of these."""
    parts = (part for each in unwanted for part in loosely(each))
    return [Condition(f"({part.sql}) IS NOT TRUE", part.values) for part in parts]


def has_or_tells(name: str) -> Condition:
    known = AMENITIES.get(name)
    stored = (name, *known.also) if known else (name,)
    told = known.told if known else (name,)
    has = Condition("amenity_names && %s", (list(stored),))
    tells = [phrase(text) for text in told]
    return Condition(
        f"({' OR '.join(part.sql for part in [has, *tells])})",
        tuple(value for part in [has, *tells] for value in part.values),
    )


def told(id: str, amenities: Sequence[str]) -> tuple[str, ...]:
    """Those that a listing has or tells of."""
    held = met([id], [Filters(amenities=(name,)) for name in amenities])[id]
    return tuple(name for name, holds in zip(amenities, held, strict=True) if holds)


def met(ids: Sequence[str], wishes: Sequence[Filters]) -> dict[str, tuple[bool, ...]]:
    """Which of the wishes each listing meets, as `loosely` reads them."""
    if not wishes:
        return dict.fromkeys(ids, ())
    each = [loosely(wish) for wish in wishes]
    columns = ", ".join(f"({' AND '.join(part.sql for part in parts)}) IS TRUE" for parts in each)
    values = [value for parts in each for part in parts for value in part.values]
    sql = f"SELECT id::text, {columns} FROM properties_property WHERE id = ANY(%s::uuid[])"
    return {id: tuple(held) for id, *held in rows_of(sql, [*values, list(ids)])}


def phrase(text: str) -> Condition:
    return Condition(f"search_vector @@ phraseto_tsquery('{ANY_CONFIG}', %s)", (indexed(text),))


def as_sent(rows: str) -> bytes:
    """JSON of listings with times that end in Z, as all others do; PostgreSQL writes +00:00.

    Known by the names that follow: within a text, quotes are escaped. Put into the statement, it
    made a page a sixth dearer.
    """
    sent = rows.encode()
    for following in (b'","updated_at":', b'","agent_id":'):
        sent = sent.replace(b"+00:00" + following, b"Z" + following)
    return sent


def after(position: tuple[Any, ...] | None) -> list[Condition]:
    """The rows that follow one in the order of the pages, by one comparison of rows."""
    return [Condition(AFTER, position)] if position else []


def all_of(parts: Sequence[Condition]) -> Condition:
    sql = " AND ".join(part.sql for part in parts)
    return Condition(sql, tuple(value for part in parts for value in part.values))


@dataclass(frozen=True)
class Page:
    """`rows` are JSON objects; `last` is the position to go on after, None on the last page."""

    rows: list[str]
    last: tuple[Any, ...] | None


def page(parts: Sequence[Condition], limit: int, columns: str = SUMMARY) -> Page:
    """The newest listings that meet all `parts`."""
    where = all_of(parts)
    sql = PAGE.format(columns=columns, where=where.sql, limit=limit + 1)
    rows = steady_rows(sql, where.values) if is_steady(parts) else rows_of(sql, where.values)
    found = [json for [json] in rows]
    if len(found) <= limit:
        return Page(found, None)
    last = orjson.loads(found[limit - 1])
    return Page(found[:limit], (last["created_at"], last["id"]))


@dataclass(frozen=True)
class Order:
    """`by` what of ORDERS; prices are compared in `currency`: in other money nobody here can. What
    is unknown comes last."""

    by: str
    currency: str = ""


PRICED = "price IS NULL, currency <> %s, currency, price"
ORDERS = {
    "cheapest": PRICED,
    "dearest": f"{PRICED} DESC",
    "largest": "area DESC NULLS LAST, bedrooms DESC NULLS LAST",
    "smallest": "area, bedrooms",
    "largest land": "land_area DESC NULLS LAST",
    "smallest land": "land_area",
}


def first(
    parts: Sequence[Condition], order: Order, limit: int, columns: str = SUMMARY
) -> list[str]:
    """JSON of the first ones in an order."""
    where = all_of(parts)
    by = ORDERS[order.by]
    sql = FIRST.format(columns=columns, where=where.sql, limit=limit, order=by)
    compared = (order.currency,) * by.count("%s")
    return [json for [json] in rows_of(sql, (*where.values, *compared, *compared))]


def is_steady(parts: Sequence[Condition]) -> bool:
    """What holds for every value alike is planned once; whatever filters, for its own values."""
    return all(part in (PUBLISHED, EVERYTHING) or part.sql == AFTER for part in parts)


def rows_of(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def capped_count(parts: Sequence[Condition]) -> int:
    """How many meet all `parts`, counted to COUNT_CAP + 1 at most."""
    where = all_of(parts)
    [[count]] = rows_of(COUNT.format(where=where.sql), where.values)
    return int(count)


@dataclass(frozen=True)
class Listing:
    """One listing as JSON, with what decides who may see it."""

    json: str
    status: str
    agent_id: UUID | None


def one(id: UUID) -> Listing | None:
    rows = steady_rows(ONE, [id])
    return Listing(*rows[0]) if rows else None
