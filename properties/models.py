import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Func, GeneratedField, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from core.models import Timestamped
from core.search.text import ANY_CONFIG, is_blank
from core.search.vectors import StoredVector, content_hash
from properties.enquiries.model import Enquiry as Enquiry
from properties.vocabulary import indexed, named

CURRENCY = r"^[A-Z]{3}$"
# What `search_text` is made of.
SEARCHED_FIELDS = (
    "title", "description", "type", "transaction", "city", "district", "amenities",
)  # fmt: skip
PRICE_DIGITS = 14
# What is not known is null, and not zero: a price of 0 would be the cheapest of all.
LEAST = Decimal("0.01")


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


def line_vector(line: int, weight: str) -> SearchVector:
    """The tsvector of one line of `search_text`."""
    text = Func(
        "search_text",
        models.Value("\n"),
        models.Value(line),
        function="split_part",
        output_field=models.TextField(),
    )
    return SearchVector(text, weight=weight, config=models.Value(ANY_CONFIG))


class AmenityNames(Func):
    """text[] of `amenities` (migration 0003).

    Of an array PostgreSQL knows how common each element is, of JSON nothing: it took "wifi and
    kitchen" for a rare wish and gathered a tenth of the table.
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
        """Listings with all words of `text`."""
        return self.filter(search_vector=SearchQuery(indexed(text), config=ANY_CONFIG))


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


def alike_indexes() -> list[models.Index]:
    """For what is like a listing: its kind (in its city), from its own price up and down."""
    published = Q(status="published")
    kind, money = ("transaction", "type"), ("currency", "price")
    return [
        models.Index(*kind, *money, name="properties_kind", condition=published),
        models.Index(
            *kind, Lower("city"), *money, name="properties_kind_city", condition=published
        ),
    ]


ALREADY_THERE = "There is already a listing with this source and external_id."


class Property(Timestamped):
    """A listing. Null means unknown; a rent price is per night; areas are in square metres.

    `source` and `external_id` name it where it came from (a feed, the sample data), and
    `source_hash` tells whether it has changed there since: what staff edit here stays until then.
    `agent_id` is the id of an account. Title and description are plain text.

    `search_text` is the listing as the search engine sees it, in three lines: the title; its place,
    kind and amenities; the description. `content_hash` ties a vector to the text it was made from.
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
        validators=[MinValueValidator(LEAST)],
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
    max_guests = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    area = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST)],
    )
    land_area = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST)],
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
    content_hash = models.CharField(max_length=32, default="", editable=False)
    search_text = models.TextField(default="", editable=False)
    search_vector = GeneratedField(
        expression=line_vector(1, "A") + line_vector(2, "B") + line_vector(3, "D"),
        output_field=SearchVectorField(),
        db_persist=True,
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
                violation_error_message=ALREADY_THERE,
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
            *alike_indexes(),
            models.Index(fields=["agent_id", "-created_at", "-id"], name="properties_agent"),
            models.Index(fields=["-created_at", "-id"], name="properties_all_newest"),
            GinIndex(fields=["amenity_names"], name="properties_amenities"),
            # An import is much faster with a pending list, but every search has to scan it, until
            # it is full (kB).
            GinIndex(
                fields=["search_vector"], name="properties_search", gin_pending_list_limit=512
            ),
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
        kind = named([self.type, self.transaction, *self.amenities])
        lines = self.title, f"{self.city} {self.district} {kind}", self.description
        self.search_text = "\n".join(map(indexed, lines))
        self.content_hash = content_hash(self.embedded_text)
        return {"amenities", "search_text", "content_hash"}

    @property
    def embedded_text(self) -> str:
        place = ", ".join(filter(None, [self.district, self.city]))
        kind = ", ".join(filter(None, [self.type, place, *self.amenities]))
        return f"{self.title}\n{kind}\n{self.description}"


def tidy_amenities(amenities: Iterable[str]) -> list[str]:
    """Lower case, single spaces, each one once, in the order given; none that shows nothing."""
    tidy = (" ".join(amenity.lower().split()) for amenity in amenities)
    return list(dict.fromkeys(amenity for amenity in tidy if not is_blank(amenity)))


class Embedding(StoredVector):
    """One model's vector of one listing."""

    listing = models.ForeignKey(Property, models.CASCADE, related_name="embeddings")

    class Meta(StoredVector.Meta):
        constraints = [
            *StoredVector.Meta.constraints,
            # With what tells whether a vector is missing: else that is seen in the table alone.
            models.UniqueConstraint(
                fields=["listing", "model"],
                include=["content_hash", "dims"],
                name="properties_embedding_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} by {self.model}"


class Lexeme(models.Model):
    """How many listings, drafts too, hold a lexeme: the sum over its rows. Under "" all of them.

    Kept by triggers. Each write adds rows of what it changed, and folds those it finds into one if
    no other write is folding at the moment: so none waits for another, nor do two crosswise.
    """

    lexeme = models.TextField()
    documents = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["lexeme"], include=["documents"], name="properties_lexeme_counts")
        ]

    def __str__(self) -> str:
        return self.lexeme
