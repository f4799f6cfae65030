"""Whether the audit log of a database is whole: each link against the one before it.

What a database cannot tell of itself: somebody with the owner's credentials may rewrite all of the
log and its chain, or put back a whole older database. Against that stands a head that was noted
elsewhere, which a later log must still hold (`Head`).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

BATCH = 1000

# The same as in the trigger that chains (migration core.0004).
CONTENT = """jsonb_build_array(entry.id, (extract(epoch FROM entry.at) * 1000000)::bigint,
    entry.actor, entry.action, entry.subject_type, entry.subject_id, entry.before,
    entry.after, entry.request_id)::text"""
HEAD = """
SELECT head.position, head.hash, (SELECT max(position) FROM core_auditlink)
FROM (SELECT 1) AS always LEFT JOIN core_audithead AS head ON head.id = 1"""
LINKS = f"""
SELECT link.position, link.entry_id, link.hash, entry.id IS NOT NULL, {CONTENT}
FROM (
    SELECT position, entry_id, hash FROM core_auditlink
    WHERE position > %s AND position <= %s ORDER BY position LIMIT {BATCH}
) AS link LEFT JOIN core_auditentry AS entry ON entry.id = link.entry_id ORDER BY link.position"""
# In one statement: an entry and its link are committed together.
ENTRIES = f"""
SELECT entry.id, link.position IS NOT NULL
FROM (SELECT id FROM core_auditentry WHERE id > %s ORDER BY id LIMIT {BATCH}) AS entry
LEFT JOIN core_auditlink AS link ON link.entry_id = entry.id ORDER BY entry.id"""


@dataclass(frozen=True)
class Head:
    """The end of a database's chain; as text "default:81:3fa9...", 0 and no hash when empty."""

    alias: str
    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.alias}:{self.position}:{self.hash.hex()}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Raises ValueError."""
        alias, position, digest = text.split(":")
        return cls(alias, int(position), bytes.fromhex(digest))


def rows_of(alias: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def head_of(alias: str) -> tuple[Head, int]:
    """With the position of the last link, which is the head's unless one of them was touched."""
    [(position, digest, last)] = rows_of(alias, HEAD)
    return Head(alias, position or 0, bytes(digest or b"")), last or 0


def links(alias: str, until: int) -> Iterator[tuple[Any, ...]]:
    position = -(2**63)
    while batch := rows_of(alias, LINKS, position, until):
        yield from batch
        position = batch[-1][0]


def faults(head: Head, last: int, advanced: Callable[[int], Any]) -> Iterator[str]:
    """One sentence for each place where the log is not what was written; in bounded memory.

    Entries written meanwhile are left to the next time. `advanced` is called for each link.
    """
    before: bytes | None = b""
    expected = 1
    for position, entry_id, own, is_there, content in links(head.alias, head.position):
        advanced(1)
        if position != expected:
            yield f"{between(expected, position - 1)} removed from the chain"
            before = None
        if not is_there:
            yield f"position {position}: entry {entry_id} was removed"
        elif before is not None and hash_of(before, content) != bytes(own):
            yield f"position {position}: entry {entry_id} was altered, moved or replaced"
        before, expected = bytes(own), position + 1
    if expected <= head.position:
        yield f"{between(expected, head.position)} removed from the end of the chain"
    elif before != head.hash:
        yield f"position {head.position}: the end of the chain is not the one that was written"
    if last > head.position:
        yield f"{between(head.position + 1, last)} added to the chain, or its head removed"
    yield from strangers(head.alias)


def between(first: int, last: int) -> str:
    return f"position {first}:" if first == last else f"positions {first} to {last}:"


def hash_of(before: bytes, content: str) -> bytes:
    return hashlib.sha256(before + content.encode()).digest()


def strangers(alias: str) -> Iterator[str]:
    id = -(2**63)
    while batch := rows_of(alias, ENTRIES, id):
        yield from (f"entry {id} is not in the chain" for id, linked in batch if not linked)
        id = batch[-1][0]


def holds(head: Head) -> bool:
    """Whether the chain, of today, still has this head of an earlier day in it."""
    if head.position == 0:
        return True
    found = rows_of(
        head.alias, "SELECT hash FROM core_auditlink WHERE position = %s", head.position
    )
    return [(head.hash,)] == [(bytes(digest),) for (digest,) in found]
