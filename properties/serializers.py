import math
from typing import Any

from django.db import models
from rest_framework import serializers

from core.api import StrictSerializer, TextField
from core.search.text import is_blank
from properties.currencies import CODES, UNKNOWN
from properties.models import LEAST, Property
from properties.plain_text import plain_text
from properties.wishes.gazetteer import spelt
from properties.words import by_common_names

DESCRIPTION_MAX_LENGTH = 20_000
LISTED_AMENITIES_MAX = 200
AMENITY_MAX_LENGTH = 200


class PlainText(TextField):
    """Stored without markup, whatever was sent."""

    def to_internal_value(self, data: Any) -> str:
        return plain_text(super().to_internal_value(data))


class PlainLine(PlainText):
    def to_internal_value(self, data: Any) -> str:
        line = " ".join(super().to_internal_value(data).split())
        if not is_blank(line):
            return line
        if not self.allow_blank:
            self.fail("blank")
        return ""


class PlaceName(PlainLine):
    """ "koh samui" and "Koh Samui" are not two places to whoever lists the places there are."""

    def to_internal_value(self, data: Any) -> str:
        return spelt(super().to_internal_value(data))


class Amenities(serializers.ListField):
    """A list of texts; in an HTML form, which has no lists, separated by commas or lines."""

    child = TextField(max_length=AMENITY_MAX_LENGTH)

    def get_value(self, dictionary: Any) -> Any:
        given = dictionary.get(self.field_name, serializers.empty)
        if isinstance(given, str) and hasattr(dictionary, "getlist"):
            items = given.replace("\n", ",").split(",") if given.strip() else []
            return [item.strip() for item in items]
        return given

    def to_internal_value(self, data: Any) -> list[str]:
        """An amenity with a comma is several: a filter could not ask for it."""
        if isinstance(data, list):
            texts = [item.split(",") if isinstance(item, str) else [item] for item in data]
            data = [
                item
                for items in texts
                for item in items
                if not isinstance(item, str) or not is_blank(item)
            ]
        return by_common_names(super().to_internal_value(data))

    def to_representation(self, data: Any) -> Any:
        return list(data)


class AgentField(serializers.UUIDField):
    """Left empty in an HTML form, it is not given: the listing is its maker's, or stays whose it
    is. JSON says null for a listing of nobody."""

    def get_value(self, dictionary: Any) -> Any:
        given = super().get_value(dictionary)
        is_form = hasattr(dictionary, "getlist")
        return serializers.empty if is_form and given in ("", None) else given


class Coordinate(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if isinstance(data, bool) or not math.isfinite(value):
            self.fail("invalid")
        return value


class Amount(serializers.DecimalField):
    """A number that may be unknown (null), and is a number in JSON too."""

    def __init__(self, max_digits: int, decimal_places: int, **options: Any) -> None:
        options = {"min_value": 0, "required": False, "allow_null": True} | options
        super().__init__(max_digits, decimal_places, coerce_to_string=False, **options)


class PropertySerializer(StrictSerializer, serializers.ModelSerializer[Property]):
    """One listing: what is sent to create or change it, and what comes back."""

    # A large `external_id` that came as a number would be kept rounded.
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: TextField
    }
    title = PlainLine(max_length=200)
    description = PlainText(
        required=False,
        allow_blank=True,
        max_length=DESCRIPTION_MAX_LENGTH,
        style={"base_template": "textarea.html", "rows": 6},
    )
    price = Amount(14, 2, min_value=LEAST, help_text="A rent is per night. Null: on request.")
    bathrooms = Amount(4, 1)
    area = Amount(12, 2, min_value=LEAST, help_text="Square metres.")
    land_area = Amount(14, 2, min_value=LEAST, help_text="Square metres.")
    city = PlaceName(max_length=100, required=False, allow_blank=True)
    district = PlaceName(max_length=100, required=False, allow_blank=True)
    latitude = Coordinate(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = Coordinate(min_value=-180, max_value=180, required=False, allow_null=True)
    amenities = Amenities(
        required=False,
        max_length=LISTED_AMENITIES_MAX,
        style={"template": "properties/amenities.html", "rows": 3},
        help_text="Stored in lower case, by the name that filters know (`wi-fi`: `wifi`). In the "
        "HTML form: separated by commas.",
    )
    agent_id = AgentField(
        required=False,
        allow_null=True,
        help_text="The agent it belongs to: whoever creates it; admins may name another.",
    )

    class Meta:
        model = Property
        fields: tuple[str, ...] = (
            "id",
            "title",
            "description",
            "type",
            "transaction",
            "price",
            "currency",
            "bedrooms",
            "bathrooms",
            "max_guests",
            "area",
            "land_area",
            "city",
            "district",
            "latitude",
            "longitude",
            "amenities",
            "status",
            "agent_id",
            "source",
            "external_id",
            "created_at",
            "updated_at",
        )
        validators: tuple[Any, ...] = ()  # the database's constraint answers, as a conflict

    def validate_currency(self, code: str) -> str:
        if code not in CODES:
            raise serializers.ValidationError(UNKNOWN)
        return code


class NamedAgentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ShownPropertySerializer(PropertySerializer):
    """A listing as it is read."""

    sometimes = ("agent",)
    # Not read-only, which would be "always there" in the document; nothing is written by this.
    agent = NamedAgentSerializer(required=False, allow_null=True, help_text="With include=agent.")

    class Meta(PropertySerializer.Meta):
        fields = (*PropertySerializer.Meta.fields, "agent")


class PropertySummarySerializer(ShownPropertySerializer):
    """A listing as lists show it: without its description."""

    class Meta(PropertySerializer.Meta):
        fields = tuple(
            name
            for name in ShownPropertySerializer.Meta.fields
            if name not in ("description", "source", "external_id")
        )


class SimilarPropertySerializer(PropertySummarySerializer):
    likeness = serializers.FloatField(read_only=True, help_text="From 0 to 1.")

    class Meta(PropertySummarySerializer.Meta):
        fields = (
            *(name for name in PropertySummarySerializer.Meta.fields if name != "agent"),
            "likeness",
        )


class SimilarPropertiesSerializer(serializers.Serializer[Any]):
    results = SimilarPropertySerializer(many=True)


class PropertyPageSerializer(serializers.Serializer[Any]):
    results = PropertySummarySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")
    count = serializers.IntegerField(allow_null=True)
    count_is_capped = serializers.BooleanField(help_text="True: there are more than `count`.")
    degraded = serializers.BooleanField(
        help_text="True: the embedding model gave no vector for `q` in time; words alone decided "
        "what was found, on this page and those after it."
    )
