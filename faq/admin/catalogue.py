from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from core.admin import ModelAdmin
from faq.feeds.rows import slug_for
from faq.models import Catalogue


class SluggedForm(forms.ModelForm):
    """Makes the slug that is left empty, as an import does: a browser makes none of Thai."""

    slug_from: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if slug := self.fields.get("slug"):  # it is not in a list's
            slug.required = False
            slug.help_text = f"In Latin letters. Empty: made of the {self.slug_from}."

    def clean(self) -> dict[str, Any]:
        super().clean()
        name = self.cleaned_data.get(self.slug_from)
        if name and self.cleaned_data.get("slug") == "":
            self.cleaned_data["slug"] = slug_for(name, self._meta.model)
        return self.cleaned_data


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
