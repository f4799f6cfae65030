import uuid
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Func, GeneratedField, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from core.models import Timestamped
from core.search.text import LANGUAGES, language_of, searchable, ts_config
from properties.enquiry_model import Enquiry as Enquiry

CURRENCY = r"^[A-Z]{3}$"
# What `search_text` is made of.
SEARCHED_FIELDS = ("title", "description", "city", "district", "amenities")
PRICE_DIGITS = 14


class Type(models.TextChoices):
    VILLA = "villa"
    HOUSE = "house"
    BUNGALOW = "bungalow"
    CONDO = "condo"
    APARTMENT = "apartment"
    TOWNHOUSE = "townhouse"
    ROOM = "room"
    LAND = "land"
    COMMERCIAL = "commercial"
    OTHER = "other"


class Transaction(models.TextChoices):
    RENT = "rent"
    SALE = "sale"


class Status(models.TextChoices):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class TextVector(Func):
    """tsvector of `search_text` with the configuration of `language` (core.search.text).

    `SearchVector(config=F("language"))` casts text to regconfig, which is not immutable and
    thus not allowed in a generated column.
    """

    template = (
        "to_tsvector(CASE language WHEN 'en' THEN 'english'::regconfig "
        "WHEN 'ru' THEN 'russian'::regconfig ELSE 'simple'::regconfig END, %(expressions)s)"
    )
    output_field = SearchVectorField()


class AmenityNames(Func):
    """text[] of `amenities` (migration 0003). Of an array PostgreSQL knows how common each element
    is, of JSON nothing: it took "wifi and kitchen" for a rare wish and gathered a tenth of the table.
    """

    function = "properties_amenity_names"
    output_field = ArrayField(models.TextField())


class JSONType(Func):
    function = "jsonb_typeof"
    output_field = models.CharField()


def is_list_of_texts(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError("A list of texts.")


class PropertyQuerySet(models.QuerySet["Property"]):
    def published(self) -> "PropertyQuerySet":
        return self.filter(status=Status.PUBLISHED)

    def holding(self, text: str) -> "PropertyQuerySet":
        """Listings with all words of `text`, whichever of our languages each is written in."""
        words = searchable(text, language_of(text))
        configs = (ts_config(language) for language in LANGUAGES)
        queries = (SearchQuery(words, config=config) for config in configs)
        return self.filter(search_vector=reduce(or_, queries))


def is_one_of(field: str, choices: Iterable[Any]) -> models.CheckConstraint:
    values = [str(choice) for choice in choices]
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": values}), name=f"properties_{field}_known"
    )


def is_between(field: str, low: float, high: float | None = None) -> models.CheckConstraint:
    condition = Q(**{f"{field}__gte": low})
    if high is not None:
        condition &= Q(**{f"{field}__lte": high})
    return models.CheckConstraint(condition=condition, name=f"properties_{field}_range")


def place_index(field: str) -> models.Index:
    """Places are matched in any case. Not partial: PostgreSQL then ignores the statistics of
    the expression, takes every place for a rare one and plans accordingly.
    """
    return models.Index(
        Lower(field),
        "status",
        models.F("created_at").desc(),
        models.F("id").desc(),
        name=f"properties_{field}",
    )


def published_index(name: str, *fields: Any) -> models.Index:
    """For a public list: first what is filtered by, then the order of the pages."""
    return models.Index(
        *fields,
        models.F("created_at").desc(),
        models.F("id").desc(),
        name=f"properties_{name}",
        condition=Q(status="published"),
    )


class Property(Timestamped):
    """A listing. Null means unknown; a rent price is per night; areas are in square metres.

    `source` and `external_id` name it where it came from (a feed, the sample data), and
    `source_hash` tells whether it has changed there since: what staff edit here stays until then.
    `agent_id` is the id of an account. Title and description are plain text.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    type = models.CharField(max_length=12, choices=Type.choices)
    transaction = models.CharField(max_length=4, choices=Transaction.choices)
    price = models.DecimalField(
        max_digits=PRICE_DIGITS,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(max_length=3, validators=[RegexValidator(CURRENCY)])
    bedrooms = models.PositiveSmallIntegerField(null=True, blank=True)
    bathrooms = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    max_guests = models.PositiveSmallIntegerField(null=True, blank=True)
    area = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    land_area = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    city = models.CharField(max_length=100, blank=True)
    district = models.CharField(max_length=100, blank=True)
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    amenities = models.JSONField(default=list, blank=True, validators=[is_list_of_texts])
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    agent_id = models.UUIDField(null=True, blank=True)
    source = models.CharField(max_length=50, blank=True)
    external_id = models.CharField(max_length=100, blank=True)

    source_hash = models.CharField(max_length=32, blank=True, editable=False)
    language = models.CharField(max_length=2, default="en", editable=False)
    search_text = models.TextField(default="", editable=False)
    search_vector = GeneratedField(
        expression=TextVector("search_text"), output_field=SearchVectorField(), db_persist=True
    )

    amenity_names = GeneratedField(
        expression=AmenityNames("amenities"),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
    )

    objects = PropertyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "listing", "listings"
        constraints = [
            is_one_of("type", Type.values),
            is_one_of("transaction", Transaction.values),
            is_one_of("status", Status.values),
            is_one_of("language", ("en", "th", "ru")),
            is_between("price", 0),
            is_between("bedrooms", 0),
            is_between("bathrooms", 0),
            is_between("max_guests", 0),
            is_between("area", 0),
            is_between("land_area", 0),
            is_between("latitude", -90, 90),
            is_between("longitude", -180, 180),
            models.CheckConstraint(
                condition=Exact(JSONType("amenities"), models.Value("array")),
                name="properties_amenities_list",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=CURRENCY), name="properties_currency_iso"
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="properties_external_unique",
            ),
        ]
        indexes = [
            published_index("newest"),
            place_index("city"),
            place_index("district"),
            published_index("type", "type"),
            published_index("price", "price"),
            published_index("bedrooms", "bedrooms"),
            published_index("guests", "max_guests"),
            models.Index(fields=["agent_id", "-created_at", "-id"], name="properties_agent"),
            models.Index(fields=["-created_at", "-id"], name="properties_all_newest"),
            GinIndex(fields=["search_vector"], name="properties_search"),
            GinIndex(fields=["amenity_names"], name="properties_amenities"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            update_fields = {*update_fields, "updated_at"}
        if update_fields is None or not update_fields.isdisjoint(SEARCHED_FIELDS):
            derived = self.derive()
            update_fields = update_fields and update_fields | derived
        super().save(*args, update_fields=update_fields, **kwargs)

    def derive(self) -> set[str]:
        """Set what follows from the other fields; their names. Bulk writes call this themselves."""
        self.amenities = tidy_amenities(self.amenities)
        text = "\n".join([self.title, self.description, self.city, self.district, *self.amenities])
        self.language = language_of(f"{self.title}\n{self.description}")
        self.search_text = searchable(text, self.language)
        return {"amenities", "language", "search_text"}


def tidy_amenities(amenities: Iterable[str]) -> list[str]:
    """Lower case, single spaces, each one once, in the order given."""
    tidy = (" ".join(amenity.lower().split()) for amenity in amenities)
    return list(dict.fromkeys(filter(None, tidy)))
