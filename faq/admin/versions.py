"""A document's versions, each with what it changed, and a button that brings one back."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import directory
from core.errors import ApiError
from faq import writing
from faq.admin.rehearsed import ANYWAY, BACK, back_to
from faq.models import Document, Status, Version
from faq.versions import TEXTS, changes

SHOWN = 20


def history(admin: Any, request: HttpRequest, id: UUID) -> HttpResponse:
    """The newest first; `?before=12` goes on below version 12. A POST restores `number`."""
    document = Document.objects.defer(*writing.DERIVED).filter(pk=id).first()
    if document is None:
        raise Http404
    if not admin.has_view_or_change_permission(request, document):
        raise PermissionDenied
    may_restore = admin.has_change_permission(request, document)
    if request.method == "POST":
        if not may_restore:
            raise PermissionDenied
        return restored(admin, request, document)
    # One more than is shown: what the last one changed, and whether there are older ones.
    found = list(older(document, request.GET.get("before", ""))[: SHOWN + 1])
    shown: list[Any] = found[:SHOWN]
    people = directory.names(version.made_by for version in shown)
    for version, before in zip(shown, [*found[1:], None], strict=False):
        version.changes = changes(before, version)
        version.person = people.get(version.made_by)
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Versions: {document}",
        "opts": admin.opts,
        "object": document,
        "versions": shown,
        "newest": Version.objects.of(id).values_list("number", flat=True).first(),
        "older": shown[-1].number if len(found) > SHOWN else None,
        "texts": TEXTS,
        "may_restore": may_restore,
    }
    return TemplateResponse(request, "faq/versions.html", context)


def older(document: Document, before: str) -> Any:
    rows = Version.objects.of(document.pk)
    number = before.isascii() and before.isdigit() and int(before[:9])
    return rows.filter(number__lt=number) if number else rows


def restored(admin: Any, request: HttpRequest, document: Document) -> HttpResponse:
    number = request.POST.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    if BACK in request.POST:
        return back_to(request)
    save = partial(restore, admin, request, document.pk, int(number))
    if ANYWAY in request.POST or document.status != Status.PUBLISHED:
        return save()
    rehearsed: HttpResponse = admin.rehearsed(request, save, document.pk)
    return rehearsed


def restore(admin: Any, request: HttpRequest, id: UUID, number: int) -> HttpResponse:
    try:
        document = writing.restore(id, number, actor=request.user.pk)
    except ApiError as error:
        admin.message_user(request, error.message, messages.ERROR)
    else:
        admin.note_saved(request, document)
        text = f"Version {number} is back. The status stays as it is."
        admin.message_user(request, text, messages.SUCCESS)
    return HttpResponseRedirect(reverse("admin:faq_document_versions", args=[id]))
