"""Writes of categories and documents that stand up to two at the same moment.

Each locks the catalogue first, as the triggers would, so that writes come one after the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from core import audit
from core.databases import APP
from core.errors import ApiError, ErrorCode
from faq import indexing, statuses
from faq.models import Catalogue, Category, Document, Version

# Columns for the search engine alone, which no answer needs to read.
DERIVED = ("question_text", "answer_text", "content_hash", "search")
# What a version brings back, besides its category.
RESTORED = ("slug", "language", "question", "answer", "alternate_questions", "position")
CONFLICTS = {
    "faq_category_slug": "There is already a category with this slug.",
    "faq_document_slug": "There is already a document with this slug.",
    "faq_document_answered": "Without an answer it cannot be published.",
    "faq_document_category": "This category was deleted, or still has documents.",
}


@contextmanager
def catalogue_locked() -> Iterator[None]:
    """A transaction with the catalogue's lock. Raises CONFLICT for a violated constraint.

    PostgreSQL checks foreign keys at the commit, so the error may come after the last statement.
    """
    try:
        with transaction.atomic(using=APP):
            Catalogue.objects.select_for_update().filter(id=1).first()
            yield
    except IntegrityError as error:
        for constraint, message in CONFLICTS.items():
            if constraint in str(error):
                raise ApiError(ErrorCode.CONFLICT, message) from error
        raise


def create_document(values: dict[str, Any], *, actor: UUID | None = None) -> Document:
    document = Document(**values)
    with catalogue_locked():
        indexing.save(document, actor=actor)
        audit.created(document, actor=actor)
    return document


def change_document(
    id: UUID, values: dict[str, Any], *, replace: bool, actor: UUID | None = None
) -> Document:
    """Set the given fields; with `replace`, the others go back to their defaults."""
    with catalogue_locked():
        document = existing(Document.objects.select_related("category"), id)
        before = audit.values(document)
        assign(document, values, replace=replace)
        statuses.refuse(before["status"], document.status)
        if audit.values(document) != before:
            indexing.save(document, actor=actor)
            audit.changed(document, before, actor=actor)
    return document


def restore(id: UUID, number: int, *, actor: UUID | None = None) -> Document:
    """Bring back what a version says, as an edit of its own: all but the status, because to put a
    text right must not take it from visitors or show it to them.

    Raises NOT_FOUND, and CONFLICT when its category is no more or its slug is another's by now.
    """
    with catalogue_locked():
        version = only(Version.objects.of(id).filter(number=number))
        values = {name: getattr(version, name) for name in RESTORED}
        if values["alternate_questions"] is None:
            del values["alternate_questions"]
        values["category"] = category_of(version)
        return change_document(id, values, replace=False, actor=actor)


def category_of(version: Version) -> Category:
    """The same one, whatever it is called now; or another that has its slug."""
    found = Category.objects.filter(Q(id=version.category_id) | Q(slug=version.category))
    for category in sorted(found, key=lambda category: category.pk != version.category_id):
        return category
    message = f"Its category “{version.category}” is no more. Make one with this slug first."
    raise ApiError(ErrorCode.CONFLICT, message, details={"category": [message]})


def create_category(values: dict[str, Any], *, actor: UUID | None = None) -> Category:
    category = Category(**values)
    with catalogue_locked():
        category.save()
        audit.created(category, actor=actor)
    return category


def change_category(
    id: UUID, values: dict[str, Any], *, replace: bool, actor: UUID | None = None
) -> Category:
    with catalogue_locked():
        category = existing(Category.objects.all(), id)
        before = audit.values(category)
        assign(category, values, replace=replace)
        if audit.values(category) != before:
            category.save()
            audit.changed(category, before, actor=actor)
    return category


def delete(rows: models.QuerySet[Any], id: UUID, *, actor: UUID | None = None) -> None:
    """Raises NOT_FOUND, or CONFLICT for a category that still has documents."""
    with catalogue_locked():
        row = existing(rows, id)
        audit.deleted(row, actor=actor)
        try:
            row.delete()
        except models.ProtectedError as error:
            raise ApiError(ErrorCode.CONFLICT, "This category still has documents.") from error


def existing(rows: models.QuerySet[Any], id: UUID) -> Any:
    return only(rows.filter(pk=id))


def only(rows: models.QuerySet[Any]) -> Any:
    row = rows.first()
    if row is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    return row


def assign(row: Document | Category, values: dict[str, Any], *, replace: bool) -> None:
    if replace:
        values = defaults(type(row)) | values
    for name, value in values.items():
        setattr(row, name, value)


def defaults(model: type[models.Model]) -> dict[str, Any]:
    return {
        field.name: field.get_default()
        for field in model._meta.concrete_fields
        if field.editable and field.has_default() and not field.primary_key
    }
