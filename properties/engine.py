"""`q` of a list: what a model finds near in meaning first, where there is one, then by words."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from properties import catalogue, meaning, ranking
from properties.catalogue import SUMMARY, Condition, Page, all_of
from properties.ranking import Block, Words

ROWS = """
SELECT id, row_to_json(shown)::text
FROM (SELECT {columns} FROM properties_property WHERE id = ANY(%s) AND {where}) shown"""


@dataclass(frozen=True)
class Start:
    """Where a page begins: after `shown` of the `near` ones, then at `by_words` among the rest."""

    by_words: ranking.Start
    near: tuple[UUID, ...] = ()
    shown: int = 0


def beginning(text: str, parts: Sequence[Condition]) -> Start:
    start = ranking.beginning(text)
    vector = meaning.vector_of(text)
    if vector is None:
        return Start(start)
    best, _ = ranking.page(parts, start, meaning.LEG_ROWS, "id")
    ids = {*meaning.nearest(vector, parts), *(UUID(orjson.loads(row)["id"]) for row in best)}
    by_words = ranking.scores(start.words, list(ids))
    close = meaning.closeness(vector, list(ids))
    near = meaning.combined(by_words, close, most=len(start.words.lexemes) + 1)
    return Start(start, tuple(near))


def page(parts: Sequence[Condition], start: Start, limit: int) -> Page:
    """The best listings that meet all `parts`, from `start` on."""
    near = rows_of(parts, start.near[start.shown :])
    if len(near) > limit:
        last, _ = near[limit - 1]
        next = replace(start, shown=start.near.index(last) + 1)
        return Page([json for _, json in near[:limit]], position(next))
    room = limit - len(near)
    rest, after = ranking.page([*parts, *none_of(start.near)], start.by_words, room)
    rows = [json for _, json in near] + rest
    all_near = replace(start, by_words=after, shown=len(start.near)) if after else None
    return Page(rows, position(all_near) if all_near else None)


def capped_count(parts: Sequence[Condition], start: Start) -> int:
    """How many there are on all pages, counted as `catalogue.capped_count` does."""
    either = [ranking.matching(start.by_words.words)]
    if start.near:
        either.append(Condition("id = ANY(%s)", (list(start.near),)))
    return catalogue.capped_count([*parts, any_of(either)])


def rows_of(parts: Sequence[Condition], ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Those that still meet all `parts`, in the order of their ids."""
    if not ids:
        return []
    where = all_of(parts)
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(columns=SUMMARY, where=where.sql), (list(ids), *where.values))
        found = dict(cursor.fetchall())
    return [(id, found[id]) for id in ids if id in found]


def none_of(ids: Sequence[UUID]) -> list[Condition]:
    return [Condition("id <> ALL(%s)", (list(ids),))] if ids else []


def any_of(parts: Sequence[Condition]) -> Condition:
    sql = " OR ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(value for part in parts for value in part.values))


def position(start: Start) -> tuple[Any, ...]:
    """For a cursor. It holds the figures that were ranked by, since every listing that comes or
    goes makes words rarer or less rare; and the near ones, for which no model is asked again."""
    return *astuple(start.by_words), [id.hex for id in start.near], start.shown


def resumed(position: tuple[Any, ...]) -> Start:
    (lexemes, shares, *counts), block, place, until, near, shown = position
    words = Words(tuple(lexemes), tuple(shares), *counts)
    start = ranking.Start(words, Block(*block) if block else None, place and tuple(place), until)
    return Start(start, tuple(map(UUID, near)), shown)
