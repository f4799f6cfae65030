import re
from datetime import UTC
from typing import Any

from rest_framework import serializers

from core.api import StrictSerializer, TextField
from faq.conf import RESULTS_MAX
from faq.models import (
    ALTERNATE_MAX_LENGTH,
    ALTERNATES_MAX,
    Category,
    Document,
    Language,
    Version,
    tidy_alternates,
)
from faq.search import QUERY_MAX_LENGTH

NO_VALIDATORS: tuple[Any, ...] = ()  # the database's constraints answer, as conflicts


class Slug(TextField, serializers.SlugField):
    """As text alone."""


def slug_field(model: type[Category] | type[Document]) -> Slug:
    return Slug(max_length=model._meta.get_field("slug").max_length)


class Moment(serializers.DateTimeField):
    """In UTC, as in every answer of the API; DRF would take the time zone of the admin's pages."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class CategorySerializer(StrictSerializer, serializers.ModelSerializer[Category]):
    slug = slug_field(Category)
    name = TextField(max_length=120)
    created_at = Moment(read_only=True)
    updated_at = Moment(read_only=True)

    class Meta:
        model = Category
        fields = ("id", "slug", "name", "position", "created_at", "updated_at")
        validators = NO_VALIDATORS


class CategoryField(serializers.SlugRelatedField[Category]):
    """A category by its slug. PostgreSQL refuses to look for a text with a NUL."""

    def to_internal_value(self, data: Any) -> Category:
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


class AlternatesField(serializers.ListField):
    """Texts, tidied (`tidy_alternates`); in an HTML form, which has no lists, one on each line."""

    child = TextField(max_length=ALTERNATE_MAX_LENGTH)

    def get_value(self, dictionary: Any) -> Any:
        given = dictionary.get(self.field_name, serializers.empty)
        if isinstance(given, str) and hasattr(dictionary, "getlist"):
            return tidy_alternates(given.splitlines())
        return given

    def to_internal_value(self, data: Any) -> list[str]:
        return tidy_alternates(super().to_internal_value(data))


class DocumentSerializer(StrictSerializer, serializers.ModelSerializer[Document]):
    """One question and its answer: what is sent to create or change it, and what comes back."""

    slug = slug_field(Document)
    category = CategoryField(
        slug_field="slug", queryset=Category.objects.all(), help_text="The category's slug."
    )
    question = TextField(max_length=500)
    answer = TextField(max_length=20_000, style={"base_template": "textarea.html", "rows": 8})
    alternate_questions = AlternatesField(
        required=False,
        max_length=ALTERNATES_MAX,
        style={"template": "faq/alternates.html", "rows": 4},
        help_text="Other ways to ask it, by which search and the assistant find it. In the "
        "HTML form: one on each line.",
    )
    created_at = Moment(read_only=True)
    updated_at = Moment(read_only=True)

    class Meta:
        model = Document
        fields = (
            "id",
            "slug",
            "category",
            "language",
            "question",
            "answer",
            "alternate_questions",
            "status",
            "position",
            "created_at",
            "updated_at",
        )
        validators = NO_VALIDATORS


class CategoryPageSerializer(serializers.Serializer[Any]):
    results = CategorySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class DocumentPageSerializer(serializers.Serializer[Any]):
    results = DocumentSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class VersionSerializer(serializers.ModelSerializer[Version]):
    """A document as one edit left it."""

    category = serializers.CharField(help_text="The slug that its category had.")
    made_by = serializers.UUIDField(
        allow_null=True, help_text="Null: the system, a command, or somebody who was erased."
    )
    at = Moment()

    class Meta:
        model = Version
        fields = (
            "number",
            "slug",
            "category",
            "language",
            "question",
            "answer",
            "alternate_questions",
            "status",
            "position",
            "made_by",
            "at",
        )


class RestoreSerializer(StrictSerializer):
    """Nothing: the path says which version of which document."""


class VersionPageSerializer(serializers.Serializer[Any]):
    results = VersionSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class CountField(serializers.IntegerField):
    """A whole number: as JSON, or in the ASCII digits of a query string."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not re.fullmatch("[0-9]{1,6}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class FaqQuestionSerializer(StrictSerializer):
    """A question, as it comes in a query string or as JSON."""

    query = TextField(
        max_length=QUERY_MAX_LENGTH,
        help_text=f"A question in any language, up to {QUERY_MAX_LENGTH} characters.",
        style={"base_template": "textarea.html", "rows": 3},
    )
    limit = CountField(
        required=False,
        min_value=1,
        max_value=RESULTS_MAX,
        help_text=f"Results, 1 to {RESULTS_MAX}.",
    )
    language = serializers.ChoiceField(
        required=False, choices=Language.choices, help_text="Only documents in this language."
    )
    explain = serializers.BooleanField(
        required=False,
        help_text="Agents and admins: how each result came by its place. Never from the cache.",
    )


class FaqSourceSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="Always faq.")
    id = serializers.UUIDField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Path of the document in this API.")


class FaqSearchResultSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField()
    category = serializers.CharField(help_text="The category's slug.")
    language = serializers.CharField()
    score = serializers.FloatField(help_text="0 to 1, among the results of this query.")
    confidence = serializers.FloatField(
        help_text="0 to 1: how much of what was asked this document holds."
    )
    source = FaqSourceSerializer()  # type: ignore[assignment]  # a field may have this name


class TermSerializer(serializers.Serializer[Any]):
    lexeme = serializers.CharField()
    documents = serializers.IntegerField(help_text="Published documents that hold it.")
    rarity = serializers.FloatField(help_text="Its weight in BM25.")


class WeightsSerializer(serializers.Serializer[Any]):
    keyword = serializers.FloatField()
    vector = serializers.FloatField(help_text="0 when the model gave no vector in time.")


class KeywordLegSerializer(serializers.Serializer[Any]):
    raw = serializers.FloatField(help_text="BM25.")
    normalised = serializers.FloatField(help_text="0 to 1; the best of this query is 1.")
    in_question = serializers.ListField(child=serializers.CharField())
    in_answer = serializers.ListField(child=serializers.CharField())


class VectorLegSerializer(serializers.Serializer[Any]):
    raw = serializers.FloatField(allow_null=True, help_text="Cosine; null: it has no vector.")
    normalised = serializers.FloatField(help_text="0 to 1, from the least to the greatest.")


class ReasonsSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="1 is the first result.")
    id = serializers.UUIDField()
    slug = serializers.CharField()
    score = serializers.FloatField()
    keyword = KeywordLegSerializer()
    vector = VectorLegSerializer()


class ExplanationSerializer(serializers.Serializer[Any]):
    weights = WeightsSerializer()
    confidence_floor = serializers.FloatField()
    documents = serializers.IntegerField(help_text="Published documents in all.")
    degraded_today = serializers.IntegerField(
        help_text="Searches since midnight UTC that the embedding model gave no vector for in time."
    )
    terms = TermSerializer(many=True, help_text="What the question was looked up by, rarest first.")
    results = ReasonsSerializer(many=True)


class FaqSearchSerializer(serializers.Serializer[Any]):
    query = serializers.CharField()
    matched = serializers.BooleanField(
        help_text="False: none of the results answers the question; they are only the nearest."
    )
    results = FaqSearchResultSerializer(many=True)
    degraded = serializers.BooleanField(
        help_text="True: the embedding model gave no vector in time; keywords alone answered."
    )
    cached = serializers.BooleanField()
    embedding_model = serializers.CharField()
    explanation = ExplanationSerializer(required=False, help_text="With `explain`.")
