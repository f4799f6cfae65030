from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from core.admin import ModelAdmin, spoken
from core.search.indexing import BATCH_TIMEOUT
from core.search.remote import EmbeddingUnavailable
from core.search.serving import serving
from faq.evaluation import Remembering, below, by_language, judged, misses
from faq.models import Document, GoldenQuestion

# Golden questions that the button asks at most; `manage.py faq_eval` asks all.
EVALUATED_MAX = 500


class GoldenQuestionForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "question" in self.fields:  # of who may change it
            self.fields["question"].widget.attrs["lang"] = self.instance.language


@admin.register(GoldenQuestion)
class GoldenQuestionAdmin(ModelAdmin):
    form = GoldenQuestionForm
    list_display = ("wording", "language", "expected", "note", "updated_at")
    list_filter = ("language", "document__category")
    list_select_related = ("document",)
    search_fields = ("question", "document__question", "document__slug", "note")
    autocomplete_fields = ("document",)
    readonly_fields = ("created_at", "updated_at")
    show_full_result_count = False
    change_list_template = "admin/faq/goldenquestion/list.html"

    @admin.display(description="question", ordering="question")
    def wording(self, golden: GoldenQuestion) -> str:
        return spoken(golden.question, golden.language)

    @admin.display(description="document", ordering="document")
    def expected(self, golden: GoldenQuestion) -> str:
        return spoken(golden.document.question, golden.document.language)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.evaluate_view)
        own = path("evaluate/", view, name="faq_goldenquestion_evaluate")
        return [own, *super().get_urls()]

    def evaluate_view(self, request: HttpRequest) -> HttpResponse:
        """A button; pressed, the measures and what was missed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Ask search the golden questions",
            "opts": self.opts,
            "questions": GoldenQuestion.objects.count(),
            "most": EVALUATED_MAX,
        }
        if request.method == "POST":
            context |= evaluated()
        return TemplateResponse(request, "admin/faq/goldenquestion/evaluation.html", context)


def evaluated() -> dict[str, Any]:
    rows = GoldenQuestion.objects.select_related("document").order_by("language", "question")
    questions = list(rows[:EVALUATED_MAX])
    model = Remembering(serving(Document._meta.label_lower), BATCH_TIMEOUT)
    try:
        model.embed([golden.question.strip() for golden in questions], BATCH_TIMEOUT)
    except EmbeddingUnavailable as error:
        return {"failure": f"{model.model} gave no vectors: {error}."}
    results = list(judged(questions, model))
    table = by_language(results)
    return {
        "model": model.model,
        "table": table,
        "floor": settings.FAQ.golden_floor,
        "failures": below(table, settings.FAQ.golden_floor),
        "misses": misses(results),
    }
