"""What a question may look like over HTTP: our own body, or the one that `useChat` posts.

`useChat` sends `{id, messages, trigger, messageId?}`: its own chat id and every message so far.
Only the last message of the user is the question; the history is read from the database, never
taken from the browser.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from rest_framework import serializers

from chat import sessions
from chat.models import CONTENT_MAX_LENGTH
from chat.turns import Question
from core.api import StrictSerializer, TextField

CLIENT_ID_MAX_LENGTH = 100
MESSAGES_MAX = 1000


@dataclass(frozen=True)
class ChatRequest:
    """`hint` is a conversation to go on with if it is the visitor's own, else to be ignored.
    `is_again`: an answer is wanted anew, to a message that was sent before and may be edited."""

    question: Question
    session_id: UUID | None
    stream: bool
    hint: UUID | None = None
    is_again: bool = False


class IdField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """true or false; as text only from an HTML form, where a box that is not ticked is not sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.default_empty_html = False  # DRF would take `default`

    def to_internal_value(self, data: Any) -> bool:
        form = isinstance(getattr(self.parent, "initial_data", None), QueryDict)
        if not (form or isinstance(data, bool)):
            self.fail("invalid", input=data)
        return super().to_internal_value(data)


class ContentField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=CONTENT_MAX_LENGTH,
            style={"base_template": "textarea.html", "rows": 3},
            **kwargs,
        )


class UIMessageSerializer(serializers.Serializer[Any]):
    """One message of `useChat`; of its parts, those of type "text" are read."""

    id = TextField(required=False)
    role = serializers.ChoiceField(choices=["user", "assistant", "system"])
    parts = serializers.ListField(child=serializers.DictField())
    metadata = serializers.JSONField(required=False, allow_null=True)


class ChatRequestSerializer(StrictSerializer):
    """A question: `content`, or the `messages` of `useChat`, never both."""

    content = ContentField(required=False, help_text="The question; at most 4,000 characters.")
    session_id = TextField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="As an earlier answer gave it. An unknown one is a new guest.",
    )
    conversation_id = IdField(
        required=False, allow_null=True, help_text="To go on with; absent: a new conversation."
    )
    stream = FlagField(
        required=False, help_text="Server-Sent Events. If absent: true with `messages`, else false."
    )
    id = TextField(required=False, allow_blank=True, help_text="useChat's own id of the chat.")
    messages = serializers.ListField(
        child=UIMessageSerializer(), required=False, max_length=MESSAGES_MAX
    )
    trigger = serializers.ChoiceField(
        required=False, allow_blank=True, choices=["submit-message", "regenerate-message"]
    )
    messageId = TextField(required=False, allow_blank=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("content" in attrs) == ("messages" in attrs):
            raise serializers.ValidationError({"content": ["Give this, or `messages`."]})
        return attrs


def read_request(data: Mapping[str, Any]) -> ChatRequest:
    """The question in a validated body. Raises ValidationError when `messages` holds none."""
    if "messages" not in data:
        question = Question(data["content"], data.get("conversation_id"))
        session_id = sessions.read(data.get("session_id"))
        return ChatRequest(question, session_id, data.get("stream", False))
    return read_ui_request(data)


def read_ui_request(data: Mapping[str, Any]) -> ChatRequest:
    """Ids at the top of the body come first, then those that our own answers left in the
    messages' metadata: with these, `useChat` needs no code of its own to go on. The metadata are
    hints, as they may be of a guest who has signed in meanwhile."""
    messages = data["messages"]
    asked = next((item for item in reversed(messages) if item["role"] == "user"), None)
    content = question_text(asked)
    told = latest_metadata(messages)
    conversation_id = data.get("conversation_id")
    hint = as_uuid(told.get("conversation_id")) or as_uuid(data.get("id"))
    client_id = asked.get("id") if asked else None
    if not client_id or len(client_id) > CLIENT_ID_MAX_LENGTH:
        client_id = None
    return ChatRequest(
        question=Question(content, conversation_id, client_id),
        session_id=sessions.read(data.get("session_id")) or sessions.read(told.get("session_id")),
        stream=data.get("stream", True),
        hint=None if conversation_id else hint,
        is_again=data.get("trigger") == "regenerate-message" or bool(data.get("messageId")),
    )


def question_text(message: Mapping[str, Any] | None) -> str:
    if message is None:
        raise serializers.ValidationError({"messages": ["There is no message of the user."]})
    texts = [part.get("text") for part in message["parts"] if part.get("type") == "text"]
    try:
        if not all(isinstance(text, str) for text in texts):
            raise serializers.ValidationError(["Not a valid string."])
        return ContentField().run_validation("\n".join(texts))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"messages": error.detail}) from error


def latest_metadata(messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the last answer told the front end: {conversation_id, session_id, ...}."""
    for message in reversed(messages):
        metadata = message.get("metadata")
        if message["role"] == "assistant" and isinstance(metadata, dict):
            return metadata
    return {}


def as_uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
