"""The warning before an edit in the admin that makes search worse."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from core.admin import ModelAdmin
from core.databases import APP
from core.search.remote import EmbeddingUnavailable
from faq.models import Document, Status
from faq.rehearsal import Verdict, prepared

ANYWAY, BACK = "_anyway", "_back"


class NotYet:
    """Makes a form, or a set of them, show what was typed once more, and save nothing."""

    def clean(self) -> None:
        super().clean()  # type: ignore[misc]  # of the form
        raise ValidationError("Nothing was saved yet.")


class RehearsedAdmin(ModelAdmin):
    """Saves an edit only once it is known to leave the golden questions no worse, or was confirmed.

    It is saved, judged, and rolled back if it lowers a measure; then a page names what gets worse.
    """

    lowers_template = "admin/faq/document/lowers.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        save = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST" or {ANYWAY, BACK} & set(request.POST):
            return save()
        stored = self.get_object(request, object_id) if object_id else None
        statuses = {request.POST.get("status"), getattr(stored, "status", None)}
        if Status.PUBLISHED not in statuses:
            return save()
        return self.rehearsed(request, save, stored.pk if stored else None)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        save = partial(super().changelist_view, request, extra_context)
        if request.method != "POST" or ANYWAY in request.POST:
            return save()
        if BACK not in request.POST:
            return self.rehearsed(request, save, None)
        # An action on chosen rows has nothing typed to go back to, and would be carried out.
        return save() if "_save" in request.POST else back_to(request)

    def rehearsed(
        self, request: Any, save: Callable[[], HttpResponse], document_id: UUID | None
    ) -> HttpResponse:
        request.saved, request.held = [], []
        try:
            rehearsal = prepared(partial(self.once, request, save), document_id)
        except EmbeddingUnavailable:
            request.held = None
            self.warn_unjudged(request, "the embedding model did not answer")
            return save()
        with transaction.atomic(using=APP):
            response = save()
            # A popup answers a page that closes it.
            if response.status_code != 302 and not request.saved:
                self.tell_held(request)
                return response
            verdict = rehearsal.verdict(request.saved, settings.FAQ.golden_floor)
            if verdict.fallen:
                transaction.set_rollback(True, using=APP)
                request.held = None
                return self.lowers(request, verdict)
        self.tell_held(request)
        if verdict.unjudged:
            self.warn_unjudged(request, f"no time for {verdict.unjudged} of them")
        return response

    def once(self, request: Any, save: Callable[[], HttpResponse]) -> list[Document]:
        """What it saves; as if it had not been."""
        save()
        saved: list[Document] = request.saved
        request.saved, request.held = [], []
        return saved

    def lowers(self, request: HttpRequest, verdict: Verdict) -> HttpResponse:
        typed = [
            (name, value)
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken"
            for value in values
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "This edit makes search worse",
            "opts": self.opts,
            "verdict": verdict,
            "typed": typed,
            "anyway": ANYWAY,
            "back": BACK,
        }
        return TemplateResponse(request, self.lowers_template, context)

    def message_user(self, request: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        """Held back until it is true."""
        if getattr(request, "held", None) is None:
            super().message_user(request, message, *args, **kwargs)
        else:
            request.held.append((message, args, kwargs))

    def tell_held(self, request: Any) -> None:
        held, request.held = request.held, None
        for message, args, kwargs in held:
            self.message_user(request, message, *args, **kwargs)

    def warn_unjudged(self, request: HttpRequest, reason: str) -> None:
        message = f"Golden questions were not all judged: {reason}. Run them from their list."
        self.message_user(request, message, messages.WARNING)

    def note_saved(self, request: Any, obj: Document) -> None:
        """Its vector is made before it is judged. To be called by `save_model`."""
        if hasattr(request, "saved"):
            request.saved.append(obj)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return type("NotYet", (NotYet, form), {}) if BACK in request.POST else form

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = super().get_changelist_formset(request, **kwargs)
        return type("NotYet", (NotYet, formset), {}) if BACK in request.POST else formset


def back_to(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(request.get_full_path())
