from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from faq.admin.catalogue import CatalogueFirst, SluggedForm
from faq.models import Category


class CategoryForm(SluggedForm):
    slug_from = "name"


@admin.register(Category)
class CategoryAdmin(CatalogueFirst):
    form = CategoryForm
    list_display = ("name", "slug", "position", "documents", "updated_at")
    list_editable = ("position",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("position", "slug")  # the model's own counts for nothing where rows are grouped

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(document_count=Count("documents"))

    @admin.display(ordering="document_count")
    def documents(self, category: Any) -> int:
        count: int = category.document_count
        return count
