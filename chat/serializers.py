"""The shapes of the chat API's answers, for the reference and the admin's writes."""

from typing import Any

from rest_framework import serializers

from chat.models import MessageRole, MessageStatus
from chat.requests import FlagField
from core.api import StrictSerializer, TextField


class SourceSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="faq or listing")
    id = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Path of the API that shows it whole.")
    score = serializers.FloatField(allow_null=True)


class UsageSerializer(serializers.Serializer[Any]):
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()


class AnswerMessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=MessageRole.choices)
    content = serializers.CharField()
    created_at = serializers.DateTimeField()


class ChatAnswerSerializer(serializers.Serializer[Any]):
    message = AnswerMessageSerializer()
    model = serializers.CharField(help_text='"offline" when no model had a part in it.')
    usage = UsageSerializer()
    conversation_id = serializers.UUIDField()
    session_id = serializers.UUIDField(help_text="A guest sends it along the next time.")
    sources = SourceSerializer(many=True)


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When the latest question was asked.")


class ConversationPageSerializer(serializers.Serializer[Any]):
    results = ConversationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class StoredMessageSerializer(AnswerMessageSerializer):
    status = serializers.ChoiceField(choices=MessageStatus.choices)
    model = serializers.CharField()
    sources = SourceSerializer(many=True)


class NamedUserSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ConversationDetailSerializer(ConversationSerializer):
    messages = StoredMessageSerializer(many=True, help_text="Oldest first.")
    next = serializers.CharField(allow_null=True, help_text="Cursor of the messages before these.")
    user = NamedUserSerializer(
        required=False, allow_null=True, help_text="With include=user; null: a guest's."
    )


class PromptSerializer(StrictSerializer):
    """One version of the system prompt. Its text never changes."""

    id = serializers.UUIDField(read_only=True)
    text = TextField(max_length=20_000, style={"base_template": "textarea.html", "rows": 10})
    note = TextField(max_length=200, required=False, allow_blank=True, default="")
    live = FlagField(
        required=False, default=True, initial=True, help_text="Use it from the next turn on."
    )
    created_by = serializers.UUIDField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class PromptPageSerializer(serializers.Serializer[Any]):
    results = PromptSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ActivationSerializer(StrictSerializer):
    """Nothing to say: the version is in the path."""


class ToolSerializer(StrictSerializer):
    """A tool as the model is told of it. An empty description gives the tool its own words back."""

    name = serializers.CharField(read_only=True)
    enabled = FlagField(required=False)
    description = TextField(
        max_length=2000,
        required=False,
        allow_blank=True,
        style={"base_template": "textarea.html", "rows": 4},
    )
    reworded = serializers.BooleanField(read_only=True)
    default_description = serializers.CharField(read_only=True)


class ToolListSerializer(serializers.Serializer[Any]):
    results = ToolSerializer(many=True)
