"""What a file's rows come to, against what is stored: the rule alone, which writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from core.files import RowError
from faq.duplicates import Questions
from faq.feeds.rows import Row
from faq.models import Document
from faq.statuses import refusal

COMPARED = (
    "category", "language", "status", "position", "question", "answer", "alternate_questions",
)  # fmt: skip


class Verdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Planned:
    """`changed` names the fields of a changed FAQ; `alike` is the slug of another FAQ that asks
    nearly the same as a new one, "" if none does, and `likeness` (0..1) is how nearly."""

    row: Row
    verdict: Verdict
    changed: tuple[str, ...] = ()
    alike: str = ""
    likeness: float = 0.0


def plan(row: Row, stored: Mapping[str, Document]) -> Planned:
    """`stored` has the documents of these rows by slug, with their categories.

    Raises RowError for a row that cannot be stored.
    """
    document = stored.get(row.slug)
    if document is None:
        if row.category is None:
            raise RowError("category", "is missing, and the FAQ is new")
        return Planned(row, Verdict.NEW)
    if reason := refusal(document.status, row.status or document.status):
        raise RowError("status", reason)
    changed = changes(row, document)
    return Planned(row, Verdict.CHANGED if changed else Verdict.UNCHANGED, changed)


def changes(row: Row, document: Document) -> tuple[str, ...]:
    """Fields that the row says something else of. Line ends, and spaces around a text or within a
    question, are no difference: a form of a browser or a file writes them in its own way."""
    said = {name: getattr(row, name) for name in COMPARED}
    there: dict[str, Any] = {name: getattr(document, name) for name in COMPARED}
    there["category"] = document.category.slug
    there["question"] = " ".join(document.question.split())
    there["answer"] = document.answer.replace("\r\n", "\n").replace("\r", "\n").strip()
    return tuple(name for name in COMPARED if said[name] not in (None, there[name]))


def compared(
    planned: Planned, questions: Mapping[str, Questions], near: Iterable[tuple[str, str]] = ()
) -> Planned:
    """With the question most like a new one's, among those that are stored `near` it (slugs and
    questions) and the file's own: `questions` has those of each language, and the new one from now
    on."""
    if planned.verdict != Verdict.NEW:
        return planned
    row, known = planned.row, questions[planned.row.spoken]
    found = known.nearest(row.question, near)
    known.add(row.slug, row.question)
    return replace(planned, alike=found[0], likeness=found[1]) if found else planned
