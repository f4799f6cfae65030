from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from core.admin import ModelAdmin
from faq import indexing, unanswered_admin  # noqa: F401  registers its model
from faq.golden_admin import RehearsedAdmin
from faq.models import Category, Document


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ("name", "slug", "position", "documents", "updated_at")
    list_editable = ("position",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(document_count=Count("documents"))

    @admin.display(ordering="document_count")
    def documents(self, category: Any) -> int:
        count: int = category.document_count
        return count


@admin.register(Document)
class DocumentAdmin(RehearsedAdmin):
    list_display = ("question", "category", "language", "status", "position", "updated_at")
    list_editable = ("status", "position")
    list_filter = ("status", "language", "category")
    list_select_related = ("category",)
    search_fields = ("question", "answer", "slug")
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("question",)}
    readonly_fields = ("created_at", "updated_at")
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        indexing.save(obj)
        self.note_saved(request, obj)
