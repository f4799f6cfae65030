"""Import and export in the admin: a file is sent, looked at, and then imported.

Between the two it is kept in the database, where every process finds it, for an hour and for
whoever sent it alone. An import takes it away once it is through, so that one that was cut off can
be begun again. Of a button pressed twice both import: each batch locks the catalogue and finds what
the other has written, so that every row is written once, and one of the two tells of it.
"""

import logging
from datetime import timedelta
from io import BufferedReader, BytesIO
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from core.databases import APP
from core.files import UnreadableFile
from faq import imports
from faq.exports import exported
from faq.feeds import FORMATS, Format, format_of
from faq.import_rehearsal import foreseen
from faq.imports import Order, Progress
from faq.models import Document, ImportFile
from faq.plan import Verdict

logger = logging.getLogger("faq.importing")
KEPT = timedelta(hours=1)
BYTES_MAX = 1_000_000  # nginx lets 2 MB through; and characters, of what is unpacked
# What a request has the time for; the command has all of it.
ROWS_MAX = 500
EXPORTED_MAX = 20_000
SHOWN = 200
GONE = (
    "This file is not kept any more: it was imported just now, or an hour has passed. See whether "
    "its FAQs are there before you send it again."
)
STOPPED = "The import stopped after {} of {} rows. The file is kept: press Import again to go on."


class FileForm(forms.Form):
    file = forms.FileField(
        help_text=f"CSV (.csv), JSON (.json) or Markdown (.md) in UTF-8, up to {ROWS_MAX} FAQs and "
        f"{BYTES_MAX // 1_000_000} MB, unpacked. Nothing is changed yet: the next page shows what "
        "would be."
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > BYTES_MAX:
            raise forms.ValidationError("This file is too large: use manage.py import_faqs.")
        if format_of(file.name) is None:
            raise forms.ValidationError("Its name ends in none of .csv, .json, .md.")
        return file


def send(admin: Any, request: HttpRequest) -> HttpResponse:
    refuse_readers(admin, request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        format = cast(Format, format_of(file.name))
        kept = ImportFile(
            name=file.name[-200:], format=format.name, content=file.read(),
            sent_by=cast(UUID, request.user.pk),
        )  # fmt: skip
        try:
            rows_of(kept)
        except UnreadableFile as error:
            form.add_error("file", str(error))
        else:
            with transaction.atomic(using=APP):
                ImportFile.objects.filter(sent_at__lt=timezone.now() - KEPT).delete()
                kept.save()
            return HttpResponseRedirect(
                reverse("admin:faq_document_import_preview", args=[kept.pk])
            )
    context = {**shared(admin, request, "Import FAQs"), "form": form}
    return TemplateResponse(request, "faq/import.html", context)


def preview(admin: Any, request: HttpRequest, id: UUID) -> HttpResponse:
    refuse_readers(admin, request)
    mine = ImportFile.objects.filter(
        id=id, sent_by=cast(UUID, request.user.pk), sent_at__gte=timezone.now() - KEPT
    )
    kept = mine.first()
    if kept is None:
        return gone(request)
    rows, progress = rows_of(kept), Progress()
    order = Order(
        kept.name,
        dry_run=request.method != "POST",
        skip_alike="skip_duplicates" in request.POST,
        actor=request.user.pk,
    )
    try:
        imports.run(rows, order, progress, lambda done: None)
        is_second = not order.dry_run and not mine.delete()[0]
    except Exception as error:
        if order.dry_run:
            raise
        logger.error("an import stopped", exc_info=error)
        close_old_connections()  # the message is kept in the database, by one that is not lost
        messages.error(request, STOPPED.format(progress.rows, len(rows)))
        return HttpResponseRedirect(request.path)
    if is_second:
        return gone(request)
    context = {
        **shared(admin, request, f"{'Preview' if order.dry_run else 'Imported'}: {kept.name}"),
        "file": kept,
        "progress": progress,
        "foreseen": foreseen(progress.planned, order) if order.dry_run else None,
        "counts": [(str(verdict), count) for verdict, count in progress.counts.items()],
        "planned": [one for one in progress.listed if not one.alike][:SHOWN],
        "alike": progress.alike[:SHOWN],
        "rejections": progress.rejections[:SHOWN],
        "shown": SHOWN,
        "dry_run": order.dry_run,
        "has_changes": any(one.verdict != Verdict.UNCHANGED for one in progress.planned),
    }
    return TemplateResponse(request, "faq/import_preview.html", context)


def gone(request: HttpRequest) -> HttpResponse:
    messages.error(request, GONE)
    return HttpResponseRedirect(reverse("admin:faq_document_import"))


def rows_of(kept: ImportFile) -> imports.Read:
    """Raises UnreadableFile."""
    file = BufferedReader(cast(Any, BytesIO(bytes(kept.content))))
    return imports.read(kept.name, file, FORMATS[kept.format], ROWS_MAX, BYTES_MAX)


def export(admin: Any, request: HttpRequest, format: str) -> HttpResponse:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if format not in FORMATS:
        raise Http404
    return download(Document.objects.all(), FORMATS[format])


def download(documents: QuerySet[Document], format: Format) -> HttpResponse:
    """At once, not streamed: under asgi a stream would be read in whole before it is sent."""
    if documents[EXPORTED_MAX : EXPORTED_MAX + 1].exists():
        text = f"More than {EXPORTED_MAX} FAQs: use manage.py export_faqs."
        return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
    body = "".join(exported(documents, format)).encode()
    name = f"{settings.PRODUCT.id}-faqs-{timezone.localdate()}{format.suffixes[0]}"
    return HttpResponse(
        body,
        content_type=f"{format.media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def refuse_readers(admin: Any, request: HttpRequest) -> None:
    if not (admin.has_add_permission(request) and admin.has_change_permission(request)):
        raise PermissionDenied


def shared(admin: Any, request: HttpRequest, title: str) -> dict[str, Any]:
    return {**admin.admin_site.each_context(request), "title": title, "opts": admin.opts}
