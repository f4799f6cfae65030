from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from core.admin import spoken
from core.errors import ApiError
from faq import indexing, statuses
from faq.admin import importing, versions
from faq.admin.catalogue import CatalogueFirst, SluggedForm
from faq.admin.rehearsed import RehearsedAdmin
from faq.feeds import FORMATS
from faq.models import Document, tidy_alternates
from faq.versions import TEXTS


class Lines(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[str]:
        return tidy_alternates(super().clean(value).splitlines())

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != tidy_alternates((data or "").splitlines())


class DocumentForm(SluggedForm):
    """Tells of a step between statuses that is not allowed where it was chosen.

    A draft may wait for its answer; the model sees to it that nothing is published without.
    """

    slug_from = "question"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "answer" in self.fields:  # it is not in the list's
            self.fields["answer"].required = False
        if "alternate_questions" in self.fields:
            self.fields["alternate_questions"] = Lines(
                required=False,
                help_text="Other ways to ask it, one on each line, by which search and assistant"
                " find it.",
            )
        for name in set(TEXTS) & set(self.fields):  # whose voice reads them aloud
            self.fields[name].widget.attrs["lang"] = self.instance.language

    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"]
        is_new = self.instance._state.adding
        reason = "" if is_new else statuses.refusal(self.initial["status"], status)
        if reason:
            raise forms.ValidationError(reason)
        return status


@admin.register(Document)
class DocumentAdmin(CatalogueFirst, RehearsedAdmin):
    form = DocumentForm
    change_list_template = "faq/documents.html"
    change_form_template = "faq/document.html"
    list_display = ("wording", "category", "language", "status", "position", "updated_at")
    list_editable = ("status", "position")
    list_filter = ("status", "language", "category")
    list_select_related = ("category",)
    search_fields = ("question", "answer", "slug")
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("question",)}
    readonly_fields = ("created_at", "updated_at")
    actions = ("export_csv", "export_json", "export_markdown")
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        def view(function: Any) -> Any:
            return self.admin_site.admin_view(
                lambda request, **kwargs: function(self, request, **kwargs)
            )

        own = [
            path("import/", view(importing.send), name="faq_document_import"),
            path("import/<uuid:id>/", view(importing.preview), name="faq_document_import_preview"),
            path("export/<slug:format>/", view(importing.export), name="faq_document_export"),
            path("<uuid:id>/versions/", view(versions.history), name="faq_document_versions"),
        ]
        return own + super().get_urls()

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": DocumentForm} | kwargs)

    @admin.display(description="question", ordering="question")
    def wording(self, document: Document) -> str:
        return spoken(document.question, document.language)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            context = {"formats": FORMATS, **(extra_context or {})}
            return super().changelist_view(request, context)
        except ApiError as error:
            return self.refused(request, error)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ApiError as error:
            return self.refused(request, error)

    def refused(self, request: HttpRequest, error: ApiError) -> HttpResponse:
        """Somebody else was faster: the form was right by what its page had shown."""
        messages.error(request, error.message)
        return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            statuses.refuse(obj.before_form["status"], obj.status)
        indexing.save(obj, actor=request.user.pk)
        self.note_saved(request, obj)

    @admin.action(description="Export the chosen ones as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, chosen: QuerySet[Document]) -> HttpResponse:
        return importing.download(chosen, FORMATS["csv"])

    @admin.action(description="Export the chosen ones as JSON", permissions=["view"])
    def export_json(self, request: HttpRequest, chosen: QuerySet[Document]) -> HttpResponse:
        return importing.download(chosen, FORMATS["json"])

    @admin.action(description="Export the chosen ones as Markdown", permissions=["view"])
    def export_markdown(self, request: HttpRequest, chosen: QuerySet[Document]) -> HttpResponse:
        return importing.download(chosen, FORMATS["markdown"])
