from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin import ModelAdmin
from faq import indexing
from faq.models import Document


@admin.register(Document)
class DocumentAdmin(ModelAdmin):
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
