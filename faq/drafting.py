"""What staff do with a question that nobody answered: draft a FAQ, or give a reason why not."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from core import audit
from core.databases import APP
from core.errors import ApiError, ErrorCode
from faq import writing
from faq.models import Category, Document, Status, UnansweredQuerySet, UnansweredQuestion

SLUG_WORDS_MAX = 80


def make_draft(id: UUID, *, actor: UUID | None = None) -> Document:
    """A FAQ without an answer yet; asked for twice, the same one.

    The catalogue is locked first, as everywhere: whoever waited for it with the question's row
    locked would hold up the visitors who ask that.
    Raises NOT_FOUND, or CONFLICT where there is no category to put it in.
    """
    with writing.catalogue_locked():
        asked = locked(id)
        if asked.draft is not None:
            return asked.draft
        before = audit.values(asked)
        document = writing.create_document(draft_values(asked), actor=actor)
        asked.draft, asked.reason = document, ""
        asked.save(update_fields=["draft", "reason"])
        audit.changed(asked, before, actor=actor)
    return document


def draft_values(asked: UnansweredQuestion) -> dict[str, object]:
    category = Category.objects.first()
    if category is None:
        raise ApiError(ErrorCode.CONFLICT, "Make a category first.")
    words = slugify(asked.text)[:SLUG_WORDS_MAX].strip("-") or asked.language
    return {
        "slug": f"{words}-{asked.pk.hex[:8]}",
        "category": category,
        "language": asked.language,
        "question": asked.text,
        "answer": "",
        "status": Status.DRAFT,
    }


def dismiss(ids: Iterable[UUID], reason: str, *, actor: UUID | None = None) -> int:
    """How many were open and are so no more. Others are left alone."""
    return set_reason(UnansweredQuestion.objects.open().filter(pk__in=ids), reason, actor)


def open_again(ids: Iterable[UUID], *, actor: UUID | None = None) -> int:
    """How many were dismissed and are open again."""
    dismissed = UnansweredQuestion.objects.filter(draft=None, pk__in=ids).exclude(reason="")
    return set_reason(dismissed, "", actor)


def set_reason(rows: UnansweredQuerySet, reason: str, actor: UUID | None) -> int:
    with transaction.atomic(using=APP):
        chosen = list(rows.select_for_update(of=("self",)).order_by("pk"))
        for asked in chosen:
            before = audit.values(asked)
            asked.reason = reason
            asked.save(update_fields=["reason"])
            audit.changed(asked, before, actor=actor)
    return len(chosen)


def locked(id: UUID) -> UnansweredQuestion:
    rows = UnansweredQuestion.objects.select_related("draft").select_for_update(of=("self",))
    asked = rows.filter(pk=id).first()
    if asked is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    return asked
