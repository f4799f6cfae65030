"""Reading a file of FAQs and storing it, batch by batch; a line of the report for each bad row.

Safe to interrupt: each batch is one transaction, and a second run finds the first one's FAQs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from core import audit, files
from core.databases import APP
from core.files import Rejection, RowError, UnreadableFile
from faq import indexing
from faq.duplicates import Questions
from faq.feeds import Format
from faq.feeds.rows import POSITION_MAX, Row, more_than
from faq.models import Category, Document, Status
from faq.neighbours import Near, near_new
from faq.plan import Planned, Verdict, compared, plan
from faq.writing import catalogue_locked

BATCH = 50
CHARACTERS_MAX = 20_000_000
ROWS_MAX = 20_000
REPORT_COLUMNS = ("line", "slug", "field", "reason")

Read = list[Row | Rejection]


@dataclass(frozen=True)
class Order:
    """What is to be done with a file. `skip_alike` leaves out new FAQs that are likely there
    already; `actor` is a person's id, or None for a command."""

    name: str
    dry_run: bool = False
    skip_alike: bool = False
    actor: UUID | None = None


@dataclass
class Progress:
    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    left_out: int = 0
    planned: list[Planned] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def listed(self) -> list[Planned]:
        """What is unchanged last, since of many rows only the first are shown."""
        return sorted(self.planned, key=lambda one: one.verdict == Verdict.UNCHANGED)

    @property
    def alike(self) -> list[Planned]:
        return [planned for planned in self.planned if planned.alike]

    def __str__(self) -> str:
        told = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items())
        left_out = f", {self.left_out} left out" if self.left_out else ""
        return (
            f"{self.rows} rows: {told}{left_out}, {len(self.rejections)} rejected; "
            f"{len(self.alike)} likely duplicates"
        )


def read(name: str, file: Any, format: Format, most: int, longest: int) -> Read:
    """All rows of a buffered binary file, plain or gzipped: at most so many, and so many characters
    once it is unpacked. Raises UnreadableFile."""
    with files.as_text(name, file) as opened:
        text = opened.read(longest + 1)
    if len(text) > longest:
        raise UnreadableFile(f"{name} is longer than {longest} characters: divide it.")
    rows = list(islice(format.read(name, text, most), most + 1))
    if len(rows) > most:
        raise more_than(most, name)
    if not rows:
        raise UnreadableFile(f"{name} holds no FAQ.")
    return rows


def run(rows: Read, order: Order, progress: Progress, advanced: Callable[[int], Any]) -> None:
    """Import rows, or tell what would become of them. `progress` is up to date whenever this ends,
    also by an interruption; `advanced` is called with the number of rows done since the last call.
    """
    accepted = without_repeats(rows, progress)
    progress.rows += len(rows) - len(accepted)
    advanced(len(rows) - len(accepted))
    positions = {row.slug: place for place, row in enumerate(accepted)}
    questions = questions_of(accepted)
    if not order.dry_run:
        record("faqs.import_begun", order, {})
    try:
        for start in range(0, len(accepted), BATCH):
            batch = accepted[start : start + BATCH]
            # Before the catalogue is locked.
            near = near_new([(row.slug, row.question, row.spoken) for row in batch])
            compare = partial(compared_with, questions, near)
            if order.dry_run:
                done = decided(batch, documents_by_slug(batch), compare, order)
            else:
                done = carried_out(batch, positions, compare, order)
            note(progress, done)
            advanced(len(batch))
    finally:
        if not order.dry_run:
            record("faqs.imported", order, progress.counts)


def record(action: str, order: Order, counts: Mapping[str, int]) -> None:
    """One entry as a run begins and one as it ends: a run that was killed leaves only the first."""
    after = {"file": order.name, **{str(name): count for name, count in counts.items()}}
    with transaction.atomic(using=APP):
        audit.record(action, Document(id=None), actor=order.actor, after=after)


def without_repeats(rows: Read, progress: Progress) -> list[Row]:
    first: dict[str, Row] = {}
    for row in rows:
        if isinstance(row, Rejection):
            progress.rejections.append(row)
        elif row.slug in first:
            reason = f"is the slug of line {first[row.slug].line} too"
            progress.rejections.append(Rejection(row.line, row.slug, "slug", reason))
        else:
            first[row.slug] = row
    return list(first.values())


def questions_of(rows: list[Row]) -> dict[str, Questions]:
    """By language, for what a file says twice; none is there before it was decided."""
    asked: dict[str, list[str]] = {}
    for row in rows:
        asked.setdefault(row.spoken, []).append(row.question)
    return {language: Questions(texts) for language, texts in asked.items()}


def documents_by_slug(rows: list[Row]) -> dict[str, Document]:
    slugs = [row.slug for row in rows]
    documents = Document.objects.select_related("category").filter(slug__in=slugs)
    return {document.slug: document for document in documents}


@dataclass(frozen=True)
class LeftOut:
    planned: Planned


Done = list[Planned | LeftOut | Rejection]
Compare = Callable[[Planned], Planned]


def compared_with(
    questions: Mapping[str, Questions], near: Mapping[str, Near], planned: Planned
) -> Planned:
    """What was there a moment ago may have been deleted since, and is new."""
    return compared(planned, questions, near.get(planned.row.slug, ()))


def decided(
    rows: list[Row], stored: Mapping[str, Document], compare: Compare, order: Order
) -> Done:
    done: Done = []
    for row in rows:
        try:
            planned = compare(plan(row, stored))
        except RowError as error:
            done.append(Rejection(row.line, row.slug, error.field, error.reason))
            continue
        done.append(LeftOut(planned) if planned.alike and order.skip_alike else planned)
    return done


def carried_out(
    rows: list[Row], positions: Mapping[str, int], compare: Compare, order: Order
) -> Done:
    """In one transaction, decided by what is stored by then."""
    with catalogue_locked():
        stored = documents_by_slug(rows)
        done = decided(rows, stored, compare, order)
        to_write = [
            planned
            for planned in done
            if isinstance(planned, Planned) and planned.verdict != Verdict.UNCHANGED
        ]
        categories = categories_of([planned.row for planned in to_write], order.actor)
        for planned in to_write:
            row = planned.row
            document = stored.get(row.slug) or new(row, positions[row.slug])
            if row.category:
                document.category = categories[row.category]
            for name in set(planned.changed) - {"category"}:
                setattr(document, name, getattr(row, name))
            indexing.save(document, actor=order.actor)
    return done


def new(row: Row, position: int) -> Document:
    """Where the file says no position, it is the row's place in it."""
    return Document(
        slug=row.slug,
        language=row.spoken,
        status=row.status or Status.DRAFT,
        position=min(position, POSITION_MAX) if row.position is None else row.position,
        question=row.question,
        answer=row.answer or "",
        alternate_questions=row.alternate_questions or [],
    )


def categories_of(rows: list[Row], actor: UUID | None) -> dict[str, Category]:
    """By slug; made where there is none. What is there belongs to the staff and is left alone."""
    slugs = {row.category for row in rows if row.category}
    found = {category.slug: category for category in Category.objects.filter(slug__in=slugs)}
    for row in rows:
        if row.category and row.category not in found:
            name = row.category_name or row.category.replace("-", " ").capitalize()
            category = Category(slug=row.category, name=name, position=row.category_position or 0)
            category.save()
            audit.created(category, actor=actor)
            found[category.slug] = category
    return found


def note(progress: Progress, done: Done) -> None:
    progress.rows += len(done)
    for one in done:
        if isinstance(one, Rejection):
            progress.rejections.append(one)
            continue
        planned = one.planned if isinstance(one, LeftOut) else one
        if isinstance(one, LeftOut):
            progress.left_out += 1
        else:
            progress.counts[planned.verdict] += 1
        progress.planned.append(planned)
