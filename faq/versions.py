"""Who makes the versions that the database keeps, and how two of them differ."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from uuid import UUID

from django.db import connections

from core.databases import APP
from faq.models import Version

SHOWN_FIELDS = ("status", "category", "language", "slug", "position")
TEXTS = ("question", "answer", "alternate_questions")

WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# Pairs of lines, or of words, that are compared at most: the time grows with their number. Texts
# that have more are shown as removed and added.
PAIRS_COMPARED = 500_000
# Of what is the same, so much is shown around a change.
CONTEXT = 60


def made_by(actor: UUID | None) -> None:
    """The versions of this transaction, until it is told otherwise; None is the system.

    The trigger that keeps them (migration 0004) reads it. In a transaction.
    """
    with connections[APP].cursor() as cursor:
        cursor.execute("SELECT set_config('faq.editor', %s, true)", [str(actor or "")])


@dataclass(frozen=True)
class Piece:
    """A stretch of text: `kind` is "same", "removed", "added" or "left out" (then `text` is "")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    field: str
    pieces: tuple[Piece, ...]

    @property
    def label(self) -> str:
        return self.field.replace("_", " ")


def changes(before: Version | None, after: Version) -> list[Change]:
    """What an edit changed, field by field; everything of a first version."""
    found = []
    for name in (*TEXTS, *SHOWN_FIELDS):
        was, now = (told(version, name) for version in (before, after))
        if was != now:
            pieces = differences(was, now) if name in TEXTS else replaced(was, now)
            found.append(Change(name, tuple(pieces)))
    return found


def told(version: Version | None, name: str) -> str:
    value = getattr(version, name, None)
    return "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)


def replaced(before: str, after: str) -> list[Piece]:
    return [
        Piece(kind, text) for kind, text in (("removed", before), ("added", after)) if text != ""
    ]


def differences(before: str, after: str) -> list[Piece]:
    """Line by line, and word by word where a line changed; far from any change, nothing."""
    was, now = (text.splitlines(keepends=True) for text in (before, after))
    pieces: list[Piece] = []
    for kind, old, new in blocks(was, now):
        if kind == "same":
            pieces.append(Piece("same", old))
        else:
            pieces.extend(by_words(old, new))
    return shortened(merged(pieces))


def by_words(before: str, after: str) -> Iterator[Piece]:
    """Spaces alone between two changes are part of both: words are read together."""
    old = new = ""
    for kind, was, now in blocks(WORDS.findall(before), WORDS.findall(after)):
        if kind == "same" and (was.strip(" ") or not old + new):
            yield from replaced(old, new)
            yield Piece("same", was)
            old = new = ""
        else:
            old, new = old + was, new + now
    yield from replaced(old, new)


def blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """("same" or "changed", what was there, what is there now), in order."""
    if len(before) * len(after) > PAIRS_COMPARED:
        yield "changed", "".join(before), "".join(after)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield "same" if tag == "equal" else "changed", "".join(before[i:j]), "".join(after[k:m])


def merged(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def shortened(pieces: list[Piece]) -> list[Piece]:
    short: list[Piece] = []
    for place, piece in enumerate(pieces):
        head = CONTEXT if place else 0  # after a change
        tail = CONTEXT if place < len(pieces) - 1 else 0  # before the next
        if piece.kind != "same" or len(piece.text) <= 2 * CONTEXT:
            short.append(piece)
            continue
        start, end = piece.text[:head], piece.text[len(piece.text) - tail :]
        parts = (Piece("same", start), Piece("left out", ""), Piece("same", end))
        short.extend(part for part in parts if part.text or part.kind == "left out")
    return short
