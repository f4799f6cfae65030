from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from core.admin import ReadOnlyAdmin, spoken
from core.errors import ApiError, ErrorCode
from faq import drafting
from faq.models import REASON_MAX_LENGTH, Document, UnansweredQuestion

LIST = "admin:faq_unansweredquestion_changelist"
DRAFT_BUTTON = (
    '<button class="button" style="white-space: nowrap" formmethod="post" formaction="{}"'
    ' aria-label="Make a draft FAQ: {}">Make a draft FAQ</button>'
)


class Reason(ActionForm):
    reason = forms.CharField(required=False, max_length=REASON_MAX_LENGTH, label="Reason:")


class ByState(admin.SimpleListFilter):
    """Open ones unless another is chosen."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("drafted", "Drafted"), ("dismissed", "Dismissed"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "drafted":
            return queryset.exclude(draft=None)
        if self.value() == "dismissed":
            return queryset.filter(draft=None).exclude(reason="")
        return queryset if self.value() == "all" else queryset.open()


class BySurface(admin.SimpleListFilter):
    title = "asked in"
    parameter_name = "surface"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("searches", "Search"), ("turns", "Assistant")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(**{f"{chosen}__gt": 0})


@admin.register(UnansweredQuestion)
class UnansweredQuestionAdmin(ReadOnlyAdmin):
    """Groups of questions alike, the most asked first."""

    list_display = ("wording", "asked", "language", "step", "last_asked")
    list_filter = (ByState, BySurface, "language")
    list_select_related = ("draft",)
    search_fields = ("text",)
    ordering = ("-asked", "-last_asked", "id")
    list_per_page = 50
    show_full_result_count = False
    fields = (
        "wording", "language", "asked", "searches", "turns", "first_asked", "last_asked",
        "state", "reason", "draft",
    )  # fmt: skip
    readonly_fields = fields
    action_form = Reason
    actions = ("dismiss", "open_again")
    change_form_template = "admin/faq/unansweredquestion/one.html"

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:id>/draft/",
            self.admin_site.admin_view(require_POST(self.draft_view)),
            name="faq_unansweredquestion_draft",
        )
        return [own, *super().get_urls()]

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Whoever may write FAQs decides what becomes of a question."""
        return request.user.has_perm("faq.add_document")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A visitor may have written of themselves what scrubbing does not know."""
        return self.has_work_permission(request)

    def draft_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        if not self.has_work_permission(request):
            raise PermissionDenied
        try:
            document = drafting.make_draft(id, actor=cast(UUID, request.user.pk))
        except ApiError as error:
            if error.code == ErrorCode.NOT_FOUND:
                raise Http404 from error
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse(LIST))
        self.message_user(request, "A draft: write its answer, then publish it.", messages.SUCCESS)
        return HttpResponseRedirect(address(document))

    @admin.display(description="text", ordering="text")
    def wording(self, asked: UnansweredQuestion) -> str:
        return spoken(asked.text, asked.language)

    @admin.display(description="next step")
    def step(self, asked: UnansweredQuestion) -> str:
        if asked.draft is not None:
            return format_html('<a href="{}">{}</a>', address(asked.draft), asked.draft.status)
        if asked.reason:
            return f"Dismissed: {asked.reason}"
        url = reverse("admin:faq_unansweredquestion_draft", args=[asked.pk])
        return format_html(DRAFT_BUTTON, url, asked.text)

    @admin.action(description="Dismiss, for the reason given", permissions=["work"])
    def dismiss(self, request: HttpRequest, chosen: QuerySet[UnansweredQuestion]) -> None:
        reason = request.POST.get("reason", "").strip()[:REASON_MAX_LENGTH]
        if not reason:
            self.message_user(request, "Give a reason beside the action.", messages.ERROR)
            return
        count = drafting.dismiss(ids(chosen), reason, actor=cast(UUID, request.user.pk))
        if count:
            self.message_user(request, f"{count} dismissed.", messages.SUCCESS)
        else:
            told = "None of them is open: open it again first, to give another reason."
            self.message_user(request, told, messages.WARNING)

    @admin.action(description="Open again", permissions=["work"])
    def open_again(self, request: HttpRequest, chosen: QuerySet[UnansweredQuestion]) -> None:
        count = drafting.open_again(ids(chosen), actor=cast(UUID, request.user.pk))
        self.message_user(request, f"{count} open again.", messages.SUCCESS)


def ids(chosen: QuerySet[UnansweredQuestion]) -> list[UUID]:
    return list(chosen.values_list("pk", flat=True))


def address(document: Document) -> str:
    return reverse("admin:faq_document_change", args=[document.pk])
