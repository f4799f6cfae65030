"""Writes of documents that are refused where they take the golden questions under their floor.

Each is made, judged and kept, or undone (faq.rehearsal). What no visitor sees before or after it,
and what search does not read, is not judged.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from core.errors import ApiError, ErrorCode
from core.search.remote import EmbeddingUnavailable
from faq import writing
from faq.models import Document, GoldenQuestion, Status
from faq.rehearsal import Verdict, prepared

Saved = TypeVar("Saved", bound=Document | None)

# What search reads of a document.
SEARCHED = ("question", "answer", "alternate_questions", "language", "status")
WORSE = (
    "This would take the golden questions under their floor: nothing was written. "
    "Send it again with accept_worse=true to write it all the same."
)


def create_document(values: dict[str, Any], *, accept_worse: bool, actor: UUID | None) -> Document:
    create = partial(writing.create_document, values, actor=actor)
    if accept_worse or values.get("status") != Status.PUBLISHED:
        return create()
    return above_floor(create)


def change_document(
    id: UUID, values: dict[str, Any], *, replace: bool, accept_worse: bool, actor: UUID | None
) -> Document:
    change = partial(writing.change_document, id, values, replace=replace, actor=actor)
    said = writing.defaults(Document) | values if replace else values
    if accept_worse or not changes_search(id, said):
        return change()
    return above_floor(change, id)


def restore(id: UUID, number: int, *, accept_worse: bool, actor: UUID | None) -> Document:
    bring_back = partial(writing.restore, id, number, actor=actor)
    if accept_worse or not is_published(id):
        return bring_back()
    return above_floor(bring_back, id)


def delete_document(id: UUID, *, accept_worse: bool, actor: UUID | None) -> None:
    """Its own golden questions are judged as they were asked before: they go with it."""
    delete = partial(writing.delete, Document.objects.all(), id, actor=actor)
    if accept_worse or not is_published(id):
        delete()
    else:
        above_floor(delete, id)


def is_published(id: UUID) -> bool:
    return Document.objects.published().filter(pk=id).exists()


def changes_search(id: UUID, values: dict[str, Any]) -> bool:
    """Whether a document that visitors see, before or after it, would say something else."""
    before = Document.objects.filter(pk=id).values(*SEARCHED).first()
    if before is None:
        return False
    after = before | {name: values[name] for name in SEARCHED if name in values}
    return after != before and Status.PUBLISHED in (before["status"], after["status"])


def above_floor(edit: Callable[[], Saved], id: UUID | None = None) -> Saved:
    """Raises CONFLICT, with what falls and which golden questions come later.

    Where the embedding model gives no vectors nothing can be judged, and the edit is kept.
    """
    if not GoldenQuestion.objects.exists():
        return edit()
    try:
        rehearsal = prepared(lambda: saved_by(edit()), id)
    except EmbeddingUnavailable:
        return edit()
    with writing.catalogue_locked():
        saved = edit()
        verdict = rehearsal.verdict(saved_by(saved), settings.FAQ.golden_floor)
        if any(fall.is_under_floor for fall in verdict.fallen):
            raise ApiError(ErrorCode.CONFLICT, WORSE, details=details(verdict))
    return saved


def saved_by(saved: Document | None) -> list[Document]:
    return [] if saved is None else [saved]


def details(verdict: Verdict) -> dict[str, Any]:
    """As JSON: of each measure that falls, and of each golden question that comes later."""
    return {
        "fallen": [
            {
                "measure": fall.measure,
                "language": fall.language,
                "before": round(fall.before, 4),
                "after": round(fall.after, 4),
                "floor": fall.floor,
            }
            for fall in verdict.fallen
        ],
        "later": [
            {
                "question": was.question,
                "language": was.language,
                "expected": was.expected,
                "before": was.place,
                "after": now.place,
            }
            for was, now in verdict.worse
        ],
    }
