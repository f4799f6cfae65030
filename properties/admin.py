from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.validators import MaxLengthValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts import directory
from accounts.models import Role
from accounts.permissions import has_role
from core.admin import ModelAdmin, spoken_by_script
from core.search.text import is_blank
from properties import indexing, market
from properties.answers import money
from properties.currencies import CODES, UNKNOWN
from properties.enquiries.admin import EnquiryAdmin as EnquiryAdmin  # registered by its import
from properties.models import Property
from properties.plain_text import plain_text
from properties.serializers import (
    AMENITY_MAX_LENGTH,
    DESCRIPTION_MAX_LENGTH,
    LISTED_AMENITIES_MAX,
)
from properties.wishes.gazetteer import spelt
from properties.words import by_common_names
from properties.writing import may_write

ADMINS = frozenset({Role.ADMIN})


class AmenitiesField(forms.CharField):
    """A list of texts, written with commas."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return by_common_names((value or "").replace("\n", ",").split(","))

    def run_validators(self, value: list[str]) -> None:
        if len(value) > LISTED_AMENITIES_MAX:
            raise forms.ValidationError(f"{LISTED_AMENITIES_MAX} at most; these are {len(value)}.")
        for amenity in value:
            super().run_validators(amenity)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class PropertyForm(forms.ModelForm):
    amenities = AmenitiesField(
        required=False,
        validators=[MaxLengthValidator(AMENITY_MAX_LENGTH)],
        help_text="Separated by commas.",
    )

    class Meta:
        model = Property
        fields = "__all__"
        help_texts: ClassVar[dict[str, str]] = {
            "price": "A rent is per night. Empty: on request.",
            "currency": "Its code in ISO 4217, such as THB.",
            "area": "Square metres.",
            "land_area": "Square metres; a rai is 1,600 of them.",
            "agent_id": "The id on the agent's page under Users. Empty in a new listing: yours.",
        }

    def clean_title(self) -> str:
        title = " ".join(plain_text(self.cleaned_data["title"]).split())
        if is_blank(title):
            raise forms.ValidationError("This shows nothing: write a text.")
        return title

    def clean_description(self) -> str:
        description = plain_text(self.cleaned_data["description"])
        MaxLengthValidator(DESCRIPTION_MAX_LENGTH)(description)
        return description

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"]
        if code not in CODES:
            raise forms.ValidationError(UNKNOWN)
        return code

    def clean_city(self) -> str:
        return spelt(self.cleaned_data["city"])

    def clean_district(self) -> str:
        return spelt(self.cleaned_data["district"])

    def clean_agent_id(self) -> UUID | None:
        """The admin is only where the people are: nobody else is asked."""
        agent_id: UUID | None = self.cleaned_data["agent_id"]
        if agent_id and directory.strangers([agent_id]):
            raise forms.ValidationError("There is nobody with this id.")
        return agent_id


def identified_by(text: str) -> Q:
    named = Q(external_id=text)
    with suppress(ValueError):
        named |= Q(id=UUID(text))
    return named


class WithAgents(ChangeList):
    """A page of listings with the names of their agents, by one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        people = directory.names(listing.agent_id for listing in page)
        for listing in page:
            person = people.get(listing.agent_id)
            listing.agent_name = person and person.shown
        self.result_list = page


class ByValue(admin.AllValuesFieldListFilter):
    """Has a word for no value, whose link would have none."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "Empty"}


@admin.register(Property)
class PropertyAdmin(ModelAdmin):
    """Admins see and edit every listing, agents their own."""

    form = PropertyForm
    list_display = (
        "titled", "status", "asked", "type", "transaction", "city", "district", "bedrooms",
        "agent", "source", "created_at",
    )  # fmt: skip
    list_filter = (
        "status", "type", "transaction", ("city", ByValue), ("source", ByValue), "currency",
    )  # fmt: skip
    search_fields = ("title",)  # shows the box; `get_search_results` searches
    search_help_text = "Words of the listing, its id or its external id"
    readonly_fields = ("id", "created_at", "updated_at")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithAgents

    @admin.display(description="title", ordering="title")
    def titled(self, listing: Property) -> str:
        return spoken_by_script(listing.title)

    @admin.display(description="price", ordering="price", empty_value="-")
    def asked(self, listing: Property) -> str | None:
        return None if listing.price is None else money(listing.price, listing.currency)

    @admin.display(empty_value="-")
    def agent(self, listing: Any) -> str | None:
        name: str | None = listing.agent_name
        return name

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "currency": settings.PRODUCT.currency,
            **super().get_changeform_initial_data(request),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Property]:
        listings = Property.objects.defer("search_text", "search_vector")
        if has_role(request.user, ADMINS):
            return listings
        return listings.filter(agent_id=request.user.pk)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Property], search_term: str
    ) -> tuple[QuerySet[Property], bool]:
        if not search_term:
            return queryset, False
        named = queryset.filter(identified_by(search_term))
        if named.exists():
            return named, False
        return queryset.holding(search_term), False  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = () if has_role(request.user, ADMINS) else ("agent_id",)
        return (*self.readonly_fields, *own)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return has_role(request.user, frozenset({Role.ADMIN, Role.AGENT}))

    def has_view_permission(self, request: HttpRequest, obj: Property | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Property | None = None) -> bool:
        own = obj is None or may_write(request.user, obj.agent_id)
        return own and self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Property | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Property, form: Any, change: bool) -> None:
        if not change and obj.agent_id is None:
            obj.agent_id = request.user.pk
        super().save_model(request, obj, form, change)
        indexing.schedule(obj)
        market.forget()
