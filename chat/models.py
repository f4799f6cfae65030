import uuid
from typing import Any, Self, TypeVar, cast

from django.db import connections, models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from core import audit
from core.databases import APP

CONTENT_MAX_LENGTH = 4000
TITLE_MAX_LENGTH = 80


Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def rows_before(rows: Rows, moment: str, position: tuple[str, ...]) -> Rows:
    """What a list ordered by (-moment, -id) shows after `position`.

    One row comparison, which an index on (moment, id) answers; Q objects would make an OR of it.
    """
    comparison = f"({moment}, id) < (%s::timestamptz, %s::uuid)"
    return cast(Rows, rows.extra(where=[comparison], params=[*position]))


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of_user(self, user_id: uuid.UUID) -> Self:
        return self.filter(user_id=user_id)

    def of_guest(self, session_id: uuid.UUID | None) -> Self:
        """A guest with no session of ours owns nothing."""
        return self.none() if session_id is None else self.filter(session_id=session_id)

    def before(self, *position: str) -> Self:
        """`position` is a row's (updated_at, id)."""
        return rows_before(self, "updated_at", position)


class Conversation(models.Model):
    """Belongs to a signed-in person (`user_id`) or to a guest's session, never to both."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    session_id = models.UUIDField(null=True, editable=False)
    title = models.CharField(max_length=TITLE_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Of the latest question: the database's clock, written by chat.turns.
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConversationQuerySet.as_manager()

    AUDIT_MASKED = frozenset({"title"})  # the beginning of the first question

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id=None, session_id__isnull=False)
                | Q(user_id__isnull=False, session_id=None),
                name="chat_conversation_one_owner",
            )
        ]
        indexes = [
            models.Index(fields=["user_id", "updated_at", "id"], name="chat_conversation_user"),
            models.Index(
                fields=["session_id", "updated_at", "id"], name="chat_conversation_session"
            ),
            models.Index(fields=["updated_at", "id"], name="chat_conversation_latest"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class MessageRole(models.TextChoices):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(models.TextChoices):
    COMPLETE = "complete"
    PARTIAL = "partial", "partial: the answer broke off"
    FAILED = "failed", "failed: there was no answer"


class MessageQuerySet(models.QuerySet["Message"]):
    def before(self, *position: str) -> Self:
        """`position` is a row's (created_at, id)."""
        return rows_before(self, "created_at", position)


class Message(models.Model):
    """One side's words. `sources` is a list of {kind, id, title, url, score} (core.tools.Source).

    The tokens are those of the whole answer: what other models than `model` used of them is in
    `other_usage`, {model: [prompt, completion]}. Two kinds of answers have no model that wrote
    them. Of one that broke off, all that is known is in both. An offline one has no tokens; what
    was used in vain before it is in `other_usage` alone.

    `client_id` is the id that a front end gave its message: the same one again in the same
    conversation is the same question, not a second one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", db_index=False
    )
    role = models.CharField(max_length=10, choices=MessageRole)
    content = models.TextField()
    sources = models.JSONField(default=list)
    model = models.CharField(max_length=200, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    other_usage = models.JSONField(default=dict, db_default={}, editable=False)
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.COMPLETE)
    client_id = models.CharField(max_length=100, null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()

    AUDIT_MASKED = frozenset({"content", "sources"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=Q(client_id__isnull=False),
                name="chat_message_client_id_unique",
            )
        ]
        indexes = [
            models.Index(
                fields=["conversation", "created_at", "id"], name="chat_message_conversation"
            ),
            models.Index(
                fields=["created_at"],
                include=["model", "status", "prompt_tokens", "completion_tokens"],
                condition=Q(role="assistant"),
                name="chat_message_usage",
            ),
            models.Index(
                fields=["created_at"],
                include=["model", "other_usage"],
                condition=Q(role="assistant") & ~Q(other_usage={}),
                name="chat_message_other_usage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"


class Usage(Message):
    """Messages once more, for the page of the admin that sums them up."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "usage"


class ImmutablePrompt(Exception):
    """A version's text was to be changed. Add a version instead."""


class ChatPromptQuerySet(models.QuerySet["ChatPrompt"]):
    def live(self) -> Self:
        return self.filter(live=True)

    def before(self, *position: str) -> Self:
        """`position` is a row's (created_at, id)."""
        return rows_before(self, "created_at", position)


def one_at_a_time() -> None:
    """Whoever adds a version or makes one live waits here for the other. In a transaction."""
    with connections[APP].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('chat_prompt'))")


class ChatPrompt(models.Model):
    """One version of the system prompt. Its text never changes; at most one version is live.

    With no live version the product's settings speak.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.TextField(max_length=20_000)
    note = models.CharField(max_length=200, blank=True, help_text="What changed, and why.")
    created_by = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    live = models.BooleanField(default=False, editable=False)

    objects = ChatPromptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["live"], condition=Q(live=True), name="chat_prompt_one_live"
            )
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="chat_prompt_created")]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        created_at = timezone.localtime(self.created_at)  # as the admin's lists show it
        return f"{created_at:%Y-%m-%d %H:%M} {self.note}".strip()

    def save(self, *args: object, **kwargs: object) -> None:
        """Only `activate` changes a stored row. The database refuses another text as well."""
        if not self._state.adding:
            raise ImmutablePrompt
        super().save(force_insert=True)

    def activate(self, actor: uuid.UUID | None = None) -> None:
        """Make this version the live one, in one transaction.

        Of two that are made live at once, the second waits, and the last one holds. They wait for a
        lock of their own: rows that another transaction has just made cannot be locked.
        """
        with transaction.atomic(using=APP):
            one_at_a_time()
            before = ChatPrompt.objects.live().values_list("id", flat=True).first()
            ChatPrompt.objects.live().exclude(id=self.id).update(live=False)
            ChatPrompt.objects.filter(id=self.id).update(live=True)
            if before != self.id:
                audit.record(
                    "chat_prompt.made_live",
                    self,
                    actor=actor,
                    before={"live_id": before},
                    after={"live_id": self.id},
                )
        self.live = True


class ChatTool(models.Model):
    """What staff changed about a tool that the settings list. No row: as the settings say."""

    name = models.CharField(max_length=64, unique=True)
    enabled = models.BooleanField(default=True)
    description = models.TextField(
        max_length=2000,
        blank=True,
        help_text="What the model is told. Empty: the tool's own words.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
