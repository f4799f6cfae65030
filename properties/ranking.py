"""Listings by free words (`q`): which of them match, in which order, page by page.

A listing matches that holds at least half of the words asked for. Those that hold more of them come
first. Among those that hold as many, the newest BLOCK are ranked by where the words stand and how
rare they are, then the next BLOCK, and so on: to rank every listing that holds a common word is
what makes full text slow. So a page costs the same at any size, and the pages reach each match.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from core.search import hybrid
from core.search.hybrid import Term
from core.search.tsqueries import at_least, exactly
from properties.catalogue import SUMMARY, Condition, all_of
from properties.vocabulary import indexed

BLOCK = 100
# Of a longer question the rarest words count.
WORDS_COUNTED = 6
HALF, EVERY = 0.5, 1.0
# What a word weighs in the description (D), in place, kind and amenities (B), in the title (A).
FIELD_WEIGHTS = "{0.2, 0, 0.5, 1}"

LOOK_UP = "SELECT documents, lexemes, held FROM properties_words(%s)"
# ts_rank of one word is how often it stands there, weighted by field and saturated: 0.6 for once in
# the title, less than 0.2 for ever so often in the description. It stays below 1, and shares add up
# to 1: whoever holds one word more has the higher score.
HELD = "(search_vector @@ %s::tsquery)::integer"
RANK = f"ts_rank('{FIELD_WEIGHTS}', search_vector, %s::tsquery) * %s::float"
NEWEST_FIRST, OLDEST_FIRST = "created_at DESC, id DESC", "created_at, id"
EDGE = "(SELECT ARRAY[created_at::text, id::text] FROM block ORDER BY {} LIMIT 1)"
# The score is computed for the rows of the block alone, and whole rows are read for those of the
# page: so each has a SELECT of its own.
PAGE = f"""
WITH block AS MATERIALIZED (
    SELECT created_at, id, {{score}} AS score FROM (
        SELECT created_at, id, search_vector FROM properties_property WHERE {{where}}
        ORDER BY {NEWEST_FIRST} LIMIT {{size}}
    ) newest
), best AS MATERIALIZED (
    SELECT * FROM block WHERE {{after}}
    ORDER BY score DESC, created_at DESC, id DESC LIMIT {{limit:d}}
)
SELECT row_to_json(shown)::text, best.score, best.created_at::text, best.id::text,
    {EDGE.format(NEWEST_FIRST)}, {EDGE.format(OLDEST_FIRST)}, (SELECT count(*) FROM block)
FROM best CROSS JOIN LATERAL (
    SELECT {{columns}} FROM properties_property p WHERE p.id = best.id
) shown
ORDER BY best.score DESC, best.created_at DESC, best.id DESC"""
AFTER = "(score, created_at, id) < (%s::float, %s::timestamptz, %s::uuid)"

Edge = tuple[str, str]  # created_at, id


@dataclass(frozen=True)
class Words:
    """What of a question counts: lexemes that listings hold, rarest first; the share of each in
    how rare they are together; and how many of them a match `needs`, perhaps more than there are.
    """

    lexemes: tuple[str, ...]
    shares: tuple[float, ...]
    needs: int
    listings: int  # hold any of them, at most

    @property
    def may_match(self) -> bool:
        return self.needs <= len(self.lexemes)


@dataclass(frozen=True)
class Block:
    """Listings that hold `most` to `least` of the words and are ranked together.

    One that was not read yet begins below an edge, or at the newest listing. Of one that was read
    the edges are known, and whether it was `full`: then older ones may follow.
    """

    most: int
    least: int
    below: Edge | None = None
    newest: Edge | None = None
    oldest: Edge | None = None
    full: bool = True


@dataclass(frozen=True)
class Start:
    """Where a page begins: in a block, after a place in it if there is one. No block: nowhere.

    A later page knows `until` when: what is listed since then would shift the blocks.
    """

    words: Words
    block: Block | None
    place: tuple[Any, ...] | None = None
    until: str | None = None


@dataclass(frozen=True)
class Row:
    json: str
    place: tuple[float, str, str]  # score, created_at, id
    block: Block


def look_up(text: str, share: float) -> Words:
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [indexed(text)])
        documents, lexemes, held = cursor.fetchone()
    counts = zip(lexemes or (), held or (), strict=True)
    return words_of(hybrid.rarest_terms(counts, documents), share)


def words_of(terms: Sequence[Term], share: float) -> Words:
    """From a question's terms, rarest first. A word that no listing holds was asked for as well."""
    known = [term for term in terms if term.documents][:WORDS_COUNTED]
    unknown = (term for term in terms if not term.documents)
    asked = len(known) + sum(map(hybrid.asked_share, unknown))
    rarity = sum(term.rarity for term in known)
    return Words(
        tuple(term.lexeme for term in known),
        tuple(round(term.rarity / rarity, 6) for term in known),
        needs=max(1, math.ceil(share * asked - 0.01)),
        listings=sum(term.documents for term in known),
    )


def matching(words: Words) -> Condition:
    if not words.may_match:
        return Condition("false")
    return holding(at_least(words.needs, words.lexemes))


def holding(query: str) -> Condition:
    return Condition("search_vector @@ %s::tsquery", (query,))


def page(
    parts: Sequence[Condition], start: Start, limit: int, columns: str = SUMMARY
) -> tuple[list[str], Start | None]:
    """The best listings that meet all `parts` as JSON objects, from `start` on; and where the next
    page begins, if there is one."""
    found: list[Row] = []
    at: Start | None = start if start.block else None
    while at and len(found) <= limit:
        rows, block = ranked(parts, at, limit + 1 - len(found), columns)
        found += rows
        following_block = next_block(block, start.words)
        at = replace(start, block=following_block, place=None) if following_block else None
    jsons = [row.json for row in found[:limit]]
    if len(found) <= limit:
        return jsons, None
    following = replace(start, until=start.until or timezone.now().isoformat())
    if not limit:
        return jsons, following
    return jsons, replace(following, block=found[limit - 1].block, place=found[limit - 1].place)


def beginning(text: str, share: float = HALF) -> Start:
    """For matches that hold at least `share` of the words of a question."""
    words = look_up(text, share)
    if not words.may_match:
        return Start(words, None)
    most = len(words.lexemes)
    # Few listings are ranked together, whichever of the words they hold.
    return Start(words, Block(most, words.needs if words.listings <= BLOCK else most))


def next_block(block: Block, words: Words) -> Block | None:
    if block.full:
        return Block(block.most, block.least, below=block.oldest)
    if block.least > words.needs:
        return Block(block.least - 1, block.least - 1)
    return None


def ranked(
    parts: Sequence[Condition], start: Start, limit: int, columns: str
) -> tuple[list[Row], Block]:
    """The best rows of a block, after a place in it; and the block, with its edges."""
    words, block = start.words, start.block
    assert block  # else there is nothing to rank
    where = all_of([*parts, *within(block, start)])
    score = score_of(block, words)
    after = Condition(AFTER, start.place) if start.place else Condition("true")
    sql = PAGE.format(
        columns=columns,
        score=score.sql,
        where=where.sql,
        size="ALL" if block.newest else BLOCK,
        after=after.sql,
        limit=limit,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (*score.values, *where.values, *after.values))
        found = cursor.fetchall()
    if not block.newest:
        newest, oldest, count = found[0][4:] if found else (None, None, 0)
        block = replace(block, newest=newest, oldest=oldest, full=count == BLOCK)
    return [Row(json, tuple(place), block) for json, *place, _, _, _ in found], block


def within(block: Block, start: Start) -> list[Condition]:
    """In the block, as far as it is known."""
    lexemes = start.words.lexemes
    query = exactly if block.most == block.least else at_least
    parts = [holding(query(block.least, lexemes))]
    if start.until and not block.newest:
        parts.append(Condition("created_at <= %s::timestamptz", (start.until,)))
    for sign, edge in (("<", block.below), ("<=", block.newest), (">=", block.oldest)):
        if edge:
            sql = f"(created_at, id) {sign} (%s::timestamptz, %s::uuid)"
            parts.append(Condition(sql, tuple(edge)))
    return parts


def scores(words: Words, ids: Sequence[UUID]) -> dict[UUID, float]:
    """What each listing scores, 0 where it is no match."""
    if not words.may_match:
        return {}
    score = score_of(Block(len(words.lexemes), 0), words)
    sql = f"SELECT id, {score.sql} FROM properties_property WHERE id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, (*score.values, list(ids)))
        return {id: score if score >= words.needs else 0.0 for id, score in cursor.fetchall()}


def score_of(block: Block, words: Words) -> Condition:
    """How many of the words a listing holds, and after the point how well."""
    terms = [hybrid.quoted(lexeme) for lexeme in words.lexemes]
    if block.most == block.least:
        held = Condition("%s::float", (block.most,))
    else:
        held = Condition(" + ".join([HELD] * len(terms)), tuple(terms))
    pairs = [value for pair in zip(terms, words.shares, strict=True) for value in pair]
    return Condition(f"{held.sql} + {' + '.join([RANK] * len(terms))}", (*held.values, *pairs))
