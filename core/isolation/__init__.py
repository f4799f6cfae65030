"""Proof that the wall around a product holds, from inside a live deployment.

Each part of `settings.ISOLATION` tries, with the deployment's own credentials, what must be
refused, and tells what it saw. An attempt that the wall fails to stop leaves nothing behind: it
stands in a transaction that is rolled back (PostgreSQL) or discarded (Redis), or is a request that
would be refused one step later.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from textwrap import shorten

REFUSED = "refused"
SEEN_WIDTH = 80  # characters: one gap must not push the verdicts of all lines out of sight


class Verdict(StrEnum):
    OK = "ok"
    FAIL = "FAIL"
    NOT_DONE = "not done"


@dataclass(frozen=True)
class Finding:
    """One attempt: at which stone of the wall, and what came of it."""

    stone: str
    tried: str
    expected: str
    seen: str
    verdict: Verdict


class CannotTry(Exception):
    """What was to be asked gives no answer; why, in words for the operator."""


Part = Callable[[str], Iterable[Finding]]
"""Given the base URL of the deployment, or "" to ask the application within this process."""


def compared(stone: str, tried: str, expected: str, seen: str) -> Finding:
    return Finding(stone, tried, expected, seen, Verdict.OK if seen == expected else Verdict.FAIL)


def allowed(stone: str, tried: str, what: Iterable[str]) -> Finding:
    """All of it should have been refused; `what` was not."""
    return compared(stone, tried, REFUSED, ", ".join(what) or REFUSED)


def findings(parts: Iterable[tuple[str, Part]], url: str) -> Iterator[Finding]:
    """A part that cannot go on says so, and the others are tried all the same."""
    for name, part in parts:
        try:
            yield from part(url)
        except CannotTry as error:
            yield Finding(name, "", "an answer", str(error), Verdict.NOT_DONE)


def table(rows: Iterable[Finding]) -> str:
    """As fixed columns under a heading."""
    heading = ("stone", "tried", "expected", "seen", "")
    lines = [heading] + [
        (row.stone, row.tried, row.expected, shorten(row.seen, SEEN_WIDTH), row.verdict.value)
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
