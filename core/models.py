import uuid
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class Timestamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


class ProductStamp(models.Model):
    """Whose database this is: one row, written by `migrate`, read at every start.

    Only the owner may write it: a process that could would be able to move the wall.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    product_id = models.CharField(max_length=50)
    stamped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="core_one_product_stamp")
        ]

    def __str__(self) -> str:
        return self.product_id


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def about(self, subject: models.Model) -> Self:
        """The latest first."""
        kind, id = subject._meta.label_lower, str(subject.pk)
        return self.filter(subject_id=id, subject_type=kind).order_by("-at", "-id")


class AuditEntry(models.Model):
    """Who changed what. Written by `core.audit.record` in the transaction of the change, in the
    database of the change, and never again: UPDATE, DELETE and TRUNCATE are refused.

    `actor` is a person's id, null for the system and for commands; `subject_id` is "" where a whole
    table was the subject, such as an import.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.UUIDField(null=True, blank=True, editable=False)
    action = models.CharField(max_length=100, editable=False)
    subject_type = models.CharField(max_length=100, editable=False)
    subject_id = models.CharField(max_length=100, blank=True, editable=False)
    before = models.JSONField(null=True, blank=True, editable=False, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, blank=True, editable=False, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True, editable=False)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["at", "id"], name="core_audit_at"),
            models.Index(fields=["action", "at", "id"], name="core_audit_action"),
            models.Index(fields=["subject_type", "at", "id"], name="core_audit_type"),
            models.Index(fields=["subject_id", "at", "id"], name="core_audit_subject"),
            models.Index(fields=["actor", "at", "id"], name="core_audit_actor"),
            models.Index(fields=["request_id"], name="core_audit_request"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}".strip()


class AuditLink(models.Model):
    """An entry's place in the chain: `hash` is over the hash before it and the entry's content.

    Written at the commit by a trigger alone, as the owner: the runtime role may only read it.
    `entry_id` is no foreign key, so that a removed entry shows rather than blocks.
    """

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.position)


class AuditHead(models.Model):
    """The last link, once more: without it nobody would miss links removed from the end."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="core_one_audit_head")]

    def __str__(self) -> str:
        return str(self.position)


class Outbox(models.Model):
    """Work that a transaction has promised and that is still to be done, in another database.

    The row is written in that transaction and goes when the work is done (core/outbox.py). It is
    not given to anybody else before `due_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=50, editable=False)
    payload = models.JSONField(editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(db_default=Now(), editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(
        "latest error", max_length=100, blank=True, editable=False, help_text="Its kind alone."
    )

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [models.Index(fields=["due_at", "id"], name="core_outbox_due")]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"


class OutboxEffect(models.Model):
    """A part of an outbox entry that was done here: written in the transaction that did it, so that
    doing it once more only reads `result`. `entry_id` is of a row in another database."""

    entry_id = models.UUIDField()
    part = models.CharField(max_length=200)
    result = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "part"], name="core_outboxeffect_once")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.entry_id}"


class ServingModel(models.Model):
    """Whose vectors answer the searches of a collection: the model that has made them all.

    While another one is at it, the old one's go on serving (core/search/serving.py).
    """

    collection = models.CharField(max_length=100, primary_key=True)
    model = models.CharField(max_length=200)
    dims = models.PositiveSmallIntegerField()
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.model} for {self.collection}"


class Unembedded(models.Model):
    """A text that an embedding model refuses: the text of a row of `collection`, a model's label.

    It is tried again a few times, then parked for the staff. It is of `content_hash` alone: another
    text of the same row is another try.
    """

    class State(models.TextChoices):
        TRYING = "trying", "Trying again"
        PARKED = "parked", "Parked"
        DISMISSED = "dismissed", "Dismissed"

    collection = models.CharField(max_length=100, editable=False)
    row_id = models.UUIDField(editable=False)
    content_hash = models.CharField(max_length=32, editable=False)
    model = models.CharField(max_length=200, editable=False)
    dims = models.PositiveSmallIntegerField(editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.TRYING, editable=False)
    reason = models.CharField(max_length=200, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    first_at = models.DateTimeField(db_default=Now(), editable=False)
    last_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "text without a vector"
        verbose_name_plural = "texts without a vector"
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "row_id", "model"], name="core_unembedded_once"
            )
        ]
        indexes = [models.Index(fields=["-last_at", "-id"], name="core_unembedded_latest")]

    def __str__(self) -> str:
        return f"{self.collection} {self.row_id}"
