"""This product's sample FAQs, out of `faqs.json`, and golden questions, out of `golden.json`."""

import json
from typing import Any

from django.conf import settings
from django.db import transaction

from core import audit
from core.databases import APP
from core.seeding import SeedReport
from faq import indexing
from faq.models import Category, Document, GoldenQuestion, Status


def seed() -> SeedReport:
    """Make what is missing, by slug. A row that is there belongs to the staff and is left alone."""
    report = SeedReport("FAQs")
    data = json.loads((settings.SEED_DIR / "faqs.json").read_text())
    with transaction.atomic(using=APP):
        categories = {given["slug"]: seed_category(given, report) for given in data["categories"]}
        made = [
            document
            for position, given in enumerate(data["documents"])
            if (document := seed_document(given, categories, position, report))
        ]
        seed_golden(report)
        if report.created:
            after = {"created": report.created}
            audit.record("faqs.seeded", Document(id=None), after=after)
        indexing.schedule(made)
    return report


def seed_golden(report: SeedReport) -> None:
    """Those of FAQs that are there; a product may have none."""
    path = settings.SEED_DIR / "golden.json"
    given = json.loads(path.read_text()) if path.exists() else []
    slugs = {row["document"] for row in given}
    documents = Document.objects.filter(slug__in=slugs).in_bulk(field_name="slug")
    wanted = [
        GoldenQuestion(**row | {"document": documents[row["document"]]})
        for row in given
        if row["document"] in documents
    ]
    before = GoldenQuestion.objects.count()
    GoldenQuestion.objects.bulk_create(wanted, ignore_conflicts=True)
    made = GoldenQuestion.objects.count() - before
    report.created += made
    report.unchanged += len(wanted) - made


def seed_category(given: dict[str, Any], report: SeedReport) -> Category:
    category, created = Category.objects.get_or_create(slug=given["slug"], defaults=given)
    count(report, created)
    return category


def seed_document(
    given: dict[str, Any], categories: dict[str, Category], position: int, report: SeedReport
) -> Document | None:
    """The document if it was made now."""
    own = {"category": categories[given["category"]], "position": position}
    defaults = given | own | {"status": Status.PUBLISHED}
    document, created = Document.objects.get_or_create(slug=given["slug"], defaults=defaults)
    count(report, created)
    return document if created else None


def count(report: SeedReport, created: bool) -> None:
    report.created += created
    report.unchanged += not created
