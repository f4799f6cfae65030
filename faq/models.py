import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from pgvector.django import HalfVectorField, HnswIndex, VectorField

from core.models import Timestamped
from core.search.dimensions import SUPPORTED_DIMENSIONS
from core.search.sieve import LEVELS
from core.search.text import searchable, ts_config


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    THAI = "th", "Thai"
    RUSSIAN = "ru", "Russian"


class Status(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    ARCHIVED = "archived", "Archived"


class Category(Timestamped):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


def weighted_vector(language: str) -> CombinedExpression:
    config = Value(ts_config(language))
    question = SearchVector("question_text", weight="A", config=config)
    return question + SearchVector("answer_text", weight="B", config=config)


class DocumentQuerySet(models.QuerySet["Document"]):
    def published(self) -> "DocumentQuerySet":
        return self.filter(status=Status.PUBLISHED)

    def not_embedded_by(self, model: str) -> "DocumentQuerySet":
        """Those whose present text has no vector of this model."""
        current = Embedding.objects.filter(
            document=models.OuterRef("pk"),
            model=model,
            content_hash=models.OuterRef("content_hash"),
        )
        return self.filter(~models.Exists(current))


class Document(Timestamped):
    """A question and its answer, in one language.

    `question_text` and `answer_text` are the two as the search engine sees them (folded, Thai
    segmented); `search` is the tsvector over both. `content_hash` ties a vector to the text that
    it was made from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=120, unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="documents")
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    question = models.CharField(max_length=500)
    answer = models.TextField(max_length=20_000)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    position = models.PositiveSmallIntegerField(default=0)
    question_text = models.TextField(editable=False)
    answer_text = models.TextField(editable=False)
    content_hash = models.CharField(max_length=32, editable=False)
    search = models.GeneratedField(
        expression=Case(
            When(language=Language.THAI, then=weighted_vector("th")),
            When(language=Language.RUSSIAN, then=weighted_vector("ru")),
            default=weighted_vector("en"),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="faq_document_language"
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="faq_document_status"
            ),
        ]
        indexes = [
            # Of words with their levels (core/search/sieve.py), which hold the words alone too.
            # Without a pending list, which every search after a bulk load would have to scan.
            GinIndex(
                Func(F("search"), function="faq_levels"),
                name="faq_document_levels",
                fastupdate=False,
            ),
            models.Index(fields=["position", "created_at", "id"], name="faq_document_page"),
        ]
        ordering = ["position", "created_at", "id"]

    def __str__(self) -> str:
        return self.question

    def segment(self) -> None:
        """Set what is derived from the texts. `save` does; only a bulk write must call it."""
        self.question_text = searchable(self.question, self.language)
        self.answer_text = searchable(self.answer, self.language)
        self.content_hash = content_hash(self.embedded_text)

    @property
    def embedded_text(self) -> str:
        return f"{self.question}\n{self.answer}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.segment()
        if update_fields is not None:
            derived = ("question_text", "answer_text", "content_hash", "updated_at")
            update_fields = {*update_fields, *derived}
        super().save(*args, update_fields=update_fields, **kwargs)


def content_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def vector_index(dimensions: int) -> HnswIndex:
    """Of half-precision numbers: half as large as one of the whole ones, and quicker to search
    (docs/search.md has both measured)."""
    half = Cast("v", HalfVectorField(dimensions=dimensions))
    return HnswIndex(
        OpClass(half, name="halfvec_cosine_ops"),
        name=f"faq_embedding_half{dimensions}",
        m=16,
        ef_construction=64,
        condition=Q(dims=dimensions),
    )


class Embedding(models.Model):
    """One model's vector of one document.

    The column has no dimensions, so that another model needs no migration. A vector whose
    `content_hash` is not the document's is of a text that changed, and is never searched.
    """

    document = models.ForeignKey(Document, models.CASCADE, related_name="embeddings")
    model = models.CharField(max_length=200)
    dims = models.PositiveSmallIntegerField()
    content_hash = models.CharField(max_length=32)
    v = VectorField()
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "model"], name="faq_embedding_unique"),
            models.CheckConstraint(
                condition=Q(dims__in=SUPPORTED_DIMENSIONS), name="faq_embedding_dims"
            ),
            models.CheckConstraint(
                condition=Q(dims=Func("v", function="vector_dims", output_field=IntegerField())),
                name="faq_embedding_dims_of_v",
            ),
        ]
        indexes = [vector_index(dimensions) for dimensions in SUPPORTED_DIMENSIONS]

    def __str__(self) -> str:
        return f"{self.document_id} by {self.model}"


class Catalogue(models.Model):
    """One row, kept by triggers on every table a search reads: whoever writes, by whatever way.

    `version` changes with each write, in its transaction; cached answers carry it in their key. It
    is random: a counter would repeat after a restore, and old answers would come back to life.
    `documents` counts the published ones, `lexemes` the different ones of each. Each write locks
    this row before any other, so two of them never wait for each other crosswise.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField()
    documents = models.PositiveIntegerField(default=0)
    lexemes = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="faq_one_catalogue")]

    def __str__(self) -> str:
        return str(self.version)


class Lexeme(models.Model):
    """How many published documents hold a lexeme: what makes a word rare. Kept by triggers.

    `levels` counts those that hold it at level 1 or above, at 2 or above, ... (sieve.py).
    """

    lexeme = models.TextField(primary_key=True)
    documents = models.IntegerField()
    levels = ArrayField(models.IntegerField(), db_default=[0] * len(LEVELS))

    def __str__(self) -> str:
        return self.lexeme
