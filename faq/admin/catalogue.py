from typing import Any

from django.http import HttpRequest

from core.admin import ModelAdmin
from faq.models import Catalogue


class CatalogueFirst(ModelAdmin):
    """Locks the catalogue before a row's own lock, as every other write does: an import that has
    the one and waits for the other would be stopped by the database."""

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        lock_catalogue()
        return super().save_form(request, form, change)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        lock_catalogue()
        return super().log_deletions(request, queryset)


def lock_catalogue() -> None:
    Catalogue.objects.select_for_update().filter(id=1).first()
