"""This product's sample FAQs, out of `faqs.json`, and golden questions, out of `golden.json`."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction

from core import audit
from core.databases import APP
from core.seeding import Row, SeedReport, rows
from faq import indexing
from faq.models import Category, Document, GoldenQuestion, Status

FILE = "faqs.json"


def seed() -> SeedReport:
    """Make what is missing, by slug. A row that is there belongs to the staff and is left alone.

    Raises CommandError for what is wrong with a sample; nothing is written then.
    """
    report = SeedReport("FAQs")
    given = rows(FILE, "slug", part="documents")
    with transaction.atomic(using=APP):
        categories = {
            row.text("slug"): seed_category(row, report)
            for row in rows(FILE, "slug", part="categories")
        }
        made = [
            document
            for position, row in enumerate(given)
            if (document := seed_document(row, categories, position, report))
        ]
        seed_golden({row.text("slug") for row in given}, report)
        if report.created:
            after = {"created": report.created}
            audit.record("faqs.seeded", Document(id=None), after=after)
        indexing.schedule(made)
    return report


def seed_golden(sampled: Iterable[str], report: SeedReport) -> None:
    """Those of FAQs that are there; a product may have none."""
    is_there = (settings.SEED_DIR / "golden.json").exists()
    given = rows("golden.json", "question", "language") if is_there else []
    slugs = {row.text("document") for row in given}
    documents = Document.objects.filter(slug__in=slugs).in_bulk(field_name="slug")
    wanted = []
    for row in given:
        slug = row.text("document")
        if slug in documents:
            wanted.append(row.made(GoldenQuestion, document=documents[slug]))
        elif slug not in sampled:
            raise row.refusal(f"there is no document {slug} in {FILE}.")
    before = GoldenQuestion.objects.count()
    GoldenQuestion.objects.bulk_create(wanted, ignore_conflicts=True)
    made = GoldenQuestion.objects.count() - before
    report.created += made
    report.unchanged += len(wanted) - made


def seed_category(row: Row, report: SeedReport) -> Category:
    row.made(Category)
    category, created = Category.objects.get_or_create(
        slug=row.text("slug"), defaults=dict(row.values)
    )
    count(report, created)
    return category


def seed_document(
    row: Row, categories: dict[str, Category], position: int, report: SeedReport
) -> Document | None:
    """The document if it was made now."""
    category = categories.get(row.text("category"))
    if category is None:
        raise row.refusal(f"there is no category {row.text('category')} in {FILE}.")
    own: dict[str, Any] = {"category": category, "status": Status.PUBLISHED, "position": position}
    row.made(Document, **own)
    document, created = Document.objects.get_or_create(
        slug=row.text("slug"), defaults={**row.values, **own}
    )
    count(report, created)
    return document if created else None


def count(report: SeedReport, created: bool) -> None:
    report.created += created
    report.unchanged += not created
