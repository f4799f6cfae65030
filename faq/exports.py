"""FAQs out of the database, in the order that files have them: by category, then by position."""

from collections.abc import Iterator

from django.db.models import QuerySet

from faq.feeds import Format
from faq.models import Document
from faq.writing import DERIVED

AT_ONCE = 500


def exported(documents: QuerySet[Document], format: Format) -> Iterator[str]:
    rows = documents.select_related("category").defer(*DERIVED)
    rows = rows.order_by("category__position", "category__slug", "position", "created_at", "id")
    return format.write(rows.iterator(chunk_size=AT_ONCE))
