"""`q` of a list: what a model finds near in meaning first, where there is one, then by words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from properties import catalogue, meaning, ranking
from properties.catalogue import SUMMARY, Condition, Page, all_of
from properties.indexing import model_of_questions
from properties.market import market
from properties.ranking import Block, Words
from properties.wishes.refusals import may_refuse, refused_in

ROWS = """
SELECT id::text, row_to_json(shown)::text
FROM (SELECT {columns} FROM properties_property WHERE id = ANY(%s::uuid[]) AND {where}) shown"""


@dataclass(frozen=True)
class Start:
    """Where a page begins: after `shown` of the `near` ones, then at `by_words` among the rest.

    `degraded`: no listing is near, because the model gave no vector in time.
    """

    by_words: ranking.Start
    near: tuple[str, ...] = ()
    shown: int = 0
    degraded: bool = False


def asked(text: str) -> tuple[str, list[Condition]]:
    """The words to look for, maybe none, and that listings have nothing of what is refused among
    them: "villa not in Phuket"."""
    if not may_refuse(text):
        return text, []
    words, unwanted = refused_in(text, market())
    return words, catalogue.avoiding(unwanted)


def beginning(text: str, parts: Sequence[Condition]) -> Start:
    start = ranking.beginning(text)
    model = model_of_questions()
    if not model.semantic:
        return Start(start)
    vector = meaning.vector_of(text, model)
    if vector is None:
        return Start(start, degraded=True)
    best, _ = ranking.page(parts, start, meaning.LEG_ROWS)
    ids = list({*meaning.nearest(vector, model, parts), *best})
    by_words = ranking.scores(start.words, ids)
    close = meaning.closeness(vector, model, ids)
    near = meaning.combined(by_words, close, most=len(start.words.lexemes) + 1)
    return Start(start, tuple(near))


def page(parts: Sequence[Condition], start: Start, limit: int) -> Page:
    """The best listings that meet all `parts`, from `start` on."""
    near = start.near[start.shown :]
    rows = rows_of(parts, near)
    if len(rows) > limit:
        *_, last = list(rows)[:limit]
        after = replace(start, shown=start.near.index(last) + 1)
        return Page(list(rows.values())[:limit], position(after))
    others = [*parts, *none_of(start.near)]
    ids, following = ranking.page(others, start.by_words, limit - len(rows))
    rows |= rows_of(parts, ids)
    all_near = replace(start, by_words=following, shown=len(start.near)) if following else None
    return Page(list(rows.values()), position(all_near) if all_near else None)


def capped_count(parts: Sequence[Condition], start: Start) -> int:
    """How many there are on all pages, counted as `catalogue.capped_count` does."""
    either = [ranking.matching(start.by_words.words)]
    if start.near:
        either.append(Condition("id = ANY(%s::uuid[])", (list(start.near),)))
    return catalogue.capped_count([*parts, any_of(either)])


def rows_of(
    parts: Sequence[Condition], ids: Sequence[str], columns: str = SUMMARY
) -> dict[str, str]:
    """JSON objects of those that meet all `parts`, in the order of the ids."""
    if not ids:
        return {}
    where = all_of(parts)
    sql = ROWS.format(columns=columns, where=where.sql)
    with connection.cursor() as cursor:
        cursor.execute(sql, (list(ids), *where.values))
        found: dict[str, str] = dict(cursor.fetchall())
    return {id: found[id] for id in ids if id in found}


def none_of(ids: Sequence[str]) -> list[Condition]:
    return [Condition("id <> ALL(%s::uuid[])", (list(ids),))] if ids else []


def any_of(parts: Sequence[Condition]) -> Condition:
    sql = " OR ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(value for part in parts for value in part.values))


def position(start: Start) -> tuple[Any, ...]:
    """For a cursor. It holds the figures that were ranked by, since every listing that comes or
    goes makes words rarer or less rare; the near ones, for which no model is asked again; and
    whether it was in vain that one was asked."""
    it = start.by_words
    near = [id.replace("-", "") for id in start.near]
    block = it.block and values(it.block)
    return values(it.words), block, it.place, it.until, near, start.shown, start.degraded


def values(it: Words | Block) -> tuple[Any, ...]:
    return tuple(vars(it).values())


def resumed(position: tuple[Any, ...]) -> Start:
    words, block, place, until, near, shown, degraded = position
    lexemes, shares, *counts = words
    by_words = ranking.Start(
        Words(tuple(lexemes), tuple(shares), *counts),
        block and Block(*block),
        place and tuple(place),
        until,
    )
    return Start(by_words, tuple(str(UUID(id)) for id in near), shown, degraded)
