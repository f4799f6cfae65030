import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.contrib.postgres.validators import ArrayMaxLengthValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from core.models import Timestamped
from core.search.sieve import LEVELS
from core.search.text import ANY_CONFIG, is_blank, searchable
from core.search.vectors import StoredVector, content_hash


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    THAI = "th", "Thai"
    RUSSIAN = "ru", "Russian"


class Status(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    ARCHIVED = "archived", "Archived"


ALTERNATES_MAX = 30
ALTERNATE_MAX_LENGTH = 200


def alternates() -> ArrayField:
    each = models.CharField(max_length=ALTERNATE_MAX_LENGTH)
    most = ArrayMaxLengthValidator(ALTERNATES_MAX)
    return ArrayField(each, default=list, db_default=[], blank=True, validators=[most])


def tidy_alternates(texts: Iterable[str]) -> list[str]:
    """Each on one line and once, in whatever case; those that show nothing are left out."""
    found: dict[str, str] = {}
    for text in texts:
        line = " ".join(text.split())
        if not is_blank(line):
            found.setdefault(line.casefold(), line)
    return list(found.values())


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


def weighted_vector() -> CombinedExpression:
    config = Value(ANY_CONFIG)
    question = SearchVector("question_text", weight="A", config=config)
    return question + SearchVector("answer_text", weight="B", config=config)


class DocumentQuerySet(models.QuerySet["Document"]):
    def published(self) -> "DocumentQuerySet":
        return self.filter(status=Status.PUBLISHED)

    def not_embedded_by(self, model: str, dimensions: int | None = None) -> "DocumentQuerySet":
        """Those whose present text has no vector of this model, in these dimensions if given."""
        current = Embedding.objects.filter(
            document=models.OuterRef("pk"),
            model=model,
            content_hash=models.OuterRef("content_hash"),
        )
        if dimensions:
            current = current.filter(dims=dimensions)
        return self.filter(~models.Exists(current))


def refuse_blank(exclude: Collection[str] | None, **texts: str) -> None:
    """Raises ValidationError for a text that shows nothing, by its field; not for one of `exclude`,
    which was not given or is wrong in another way."""
    given = {name: text for name, text in texts.items() if name not in (exclude or ())}
    if blank := [name for name, text in given.items() if is_blank(text)]:
        raise ValidationError(dict.fromkeys(blank, "This shows nothing: write a text."))


class Document(Timestamped):
    """A question and its answer, in one language.

    `alternate_questions` are other ways to ask it, at most ALTERNATES_MAX, by which it is found.
    `question_text` and `answer_text` are the texts as the search engine sees them (folded, Thai
    segmented); the alternates are further lines of the answer's. `search` is the tsvector over
    both. `content_hash` ties a vector to the text that it was made from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=120, unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="documents")
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    question = models.CharField(max_length=500)
    answer = models.TextField(max_length=20_000)
    alternate_questions = alternates()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    position = models.PositiveSmallIntegerField(default=0)
    question_text = models.TextField(editable=False)
    answer_text = models.TextField(editable=False)
    content_hash = models.CharField(max_length=32, editable=False)
    search = models.GeneratedField(
        expression=weighted_vector(), output_field=SearchVectorField(), db_persist=True
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
            # A draft that was made of an unanswered question has no answer yet.
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | ~Q(answer=""), name="faq_document_answered"
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

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        answer = {"answer": self.answer} if self.answer else {}  # a draft may wait for it
        refuse_blank(exclude, question=self.question, **answer)

    def clean(self) -> None:
        if not self.answer and self.status == Status.PUBLISHED:
            raise ValidationError("Without an answer it cannot be published.")

    def segment(self) -> None:
        """Set what is derived from the texts. `save` does; only a bulk write must call it."""
        self.question_text = searchable(self.question, self.language)
        told = (self.answer, *self.alternate_questions)
        self.answer_text = "\n".join(searchable(text, self.language) for text in told)
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


class VersionQuerySet(models.QuerySet["Version"]):
    def of(self, document_id: uuid.UUID) -> "VersionQuerySet":
        """The newest first."""
        return self.filter(document_id=document_id).order_by("-number")


class Version(models.Model):
    """A document as one edit left it; `number` counts its edits from 1.

    Written by a trigger on the documents' table alone (migration 0004), in the transaction of the
    edit, whoever writes: the API, the admin, an import or psql. The runtime role cannot add, change
    or remove one; they go with their document, by the foreign key. The category is kept by id and
    by the slug that it had; it may have gone since. `made_by` is null for the system, for commands,
    and when the person was erased.
    """

    document = models.ForeignKey(
        Document, models.DO_NOTHING, related_name="versions", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    slug = models.CharField(max_length=120)
    category_id = models.UUIDField()
    category = models.CharField(max_length=80)
    language = models.CharField(max_length=2)
    question = models.CharField(max_length=500)
    answer = models.TextField()
    # Null of those from before there were any: they say nothing of them.
    alternate_questions = ArrayField(models.CharField(max_length=ALTERNATE_MAX_LENGTH), null=True)
    status = models.CharField(max_length=10)
    position = models.PositiveSmallIntegerField()
    made_by = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="faq_version_number")
        ]
        indexes = [
            models.Index(
                fields=["made_by"], condition=Q(made_by__isnull=False), name="faq_version_maker"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question} ({self.number})"


class ImportFile(models.Model):
    """A file of FAQs that somebody has sent to the admin, between its preview and its import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    content = models.BinaryField()
    sent_by = models.UUIDField()
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["sent_at"], name="faq_importfile_sent"),
        ]

    def __str__(self) -> str:
        return self.name


class Embedding(StoredVector):
    """One model's vector of one document."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="embeddings")

    class Meta(StoredVector.Meta):
        constraints = [
            *StoredVector.Meta.constraints,
            # With what tells whether a vector is missing: else that is seen in the table alone.
            models.UniqueConstraint(
                fields=["document", "model"],
                include=["content_hash", "dims"],
                name="faq_embedding_unique",
            ),
        ]

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


QUESTION_MAX_LENGTH = 300
REASON_MAX_LENGTH = 200


class GoldenQuestion(Timestamped):
    """A question as visitors ask it, and the FAQ that should come first (see faq.evaluation)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.CharField(max_length=500)
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    document = models.ForeignKey(
        Document, models.CASCADE, related_name="golden_questions", verbose_name="expected FAQ"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "language"], name="faq_goldenquestion_once"
            ),
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="faq_goldenquestion_language"
            ),
        ]
        ordering = ["language", "question"]

    def __str__(self) -> str:
        return self.question

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        refuse_blank(exclude, question=self.question)


class UnansweredQuerySet(models.QuerySet["UnansweredQuestion"]):
    def open(self) -> "UnansweredQuerySet":
        """Those that nobody has dealt with."""
        return self.filter(reason="", draft=None)


class UnansweredQuestion(models.Model):
    """Questions alike that no FAQ answered, and how often they were asked; nothing about by whom.

    `text` is the first of them, scrubbed (faq.scrubbing); `lexemes` and `key` are what makes others
    alike (faq.unanswered). It is open until staff make a draft of it, or dismiss it with a reason.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.CharField(max_length=QUESTION_MAX_LENGTH, editable=False)
    language = models.CharField(max_length=2, choices=Language, editable=False)
    lexemes = ArrayField(models.TextField(), editable=False)
    key = models.CharField(max_length=32, unique=True, editable=False)
    searches = models.PositiveIntegerField(default=0, editable=False)
    turns = models.PositiveIntegerField("assistant turns", default=0, editable=False)
    asked = models.GeneratedField(
        expression=F("searches") + F("turns"),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    first_asked = models.DateTimeField(db_default=Now(), editable=False)
    last_asked = models.DateTimeField(db_default=Now(), editable=False)
    reason = models.CharField("dismissed because", max_length=REASON_MAX_LENGTH, blank=True)
    draft = models.ForeignKey(
        Document, models.SET_NULL, null=True, blank=True, related_name="unanswered_questions"
    )

    objects = UnansweredQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="faq_unanswered_language"
            ),
        ]
        indexes = [
            models.Index(
                F("asked").desc(), F("last_asked").desc(), "id", name="faq_unanswered_asked"
            ),
            models.Index(
                Func("lexemes", function="cardinality"), "language", name="faq_unanswered_size"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def state(self) -> str:
        if self.draft_id:
            return "drafted"
        return "dismissed" if self.reason else "open"
