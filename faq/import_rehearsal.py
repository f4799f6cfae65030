"""What an import would do to search: carried out, judged by the golden questions, and undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from core.databases import APP
from core.search.remote import EmbeddingUnavailable
from faq import imports
from faq.feeds.rows import Row
from faq.imports import Order, Progress
from faq.models import Document, GoldenQuestion, Status
from faq.plan import Planned, Verdict
from faq.rehearsal import Verdict as Judgement, prepared

# Other writes of FAQs wait while the rows are written and judged: about 2 s for so many.
ROWS_MAX = 200


@dataclass(frozen=True)
class Foreseen:
    """`judgement` is None where there was none to make, or `obstacle` says why it could not be."""

    judgement: Judgement | None = None
    obstacle: str = ""


def foreseen(planned: Sequence[Planned], order: Order) -> Foreseen:
    """Of what a dry run of the order has planned."""
    rows = seen_by_visitors([one for one in planned if not (order.skip_alike and one.alike)])
    if not rows or not GoldenQuestion.objects.exists():
        return Foreseen()
    if len(rows) > ROWS_MAX:
        return Foreseen(obstacle=f"more than {ROWS_MAX} FAQs that visitors see would change")
    # Those that are alike are out of it by now.
    order = replace(order, dry_run=False, skip_alike=False)

    def edit() -> list[Document]:
        imports.run(list(rows), order, Progress(), lambda done: None)
        return list(Document.objects.filter(slug__in=[row.slug for row in rows]))

    try:
        rehearsal = prepared(edit)
    except EmbeddingUnavailable:
        return Foreseen(obstacle="the embedding model did not answer")
    with transaction.atomic(using=APP):
        judgement = rehearsal.verdict(edit(), settings.FAQ.golden_floor)
        transaction.set_rollback(True, using=APP)
    return Foreseen(judgement)


def seen_by_visitors(planned: Sequence[Planned]) -> list[Row]:
    """Rows whose FAQ is published, before the import or after it."""
    rows = [one.row for one in planned if one.verdict != Verdict.UNCHANGED]
    before = Document.objects.published().filter(slug__in=[row.slug for row in rows])
    published = set(before.values_list("slug", flat=True))
    return [row for row in rows if row.status == Status.PUBLISHED or row.slug in published]
