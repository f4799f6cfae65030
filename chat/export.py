from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from chat.models import ChatPrompt, Conversation, Message
from core.databases import APP
from core.export import Kept, Row, pages

CONVERSATION = ("id", "title", "created_at", "updated_at")
MESSAGE = ("id", "conversation_id", "role", "content", "sources", "model", "status", "created_at")


def kept(user_id: UUID) -> Kept:
    theirs = Conversation.objects.using(APP).of_user(user_id)
    prompts = ChatPrompt.objects.using(APP).filter(created_by=user_id)
    return {
        "conversations": pages(theirs.values(*CONVERSATION)),
        "messages": messages(theirs),
        "prompts": pages(prompts.values("id", "note", "text", "created_at")),
    }


def messages(conversations: QuerySet[Conversation]) -> Iterator[list[Row]]:
    """By conversation, the oldest first: a query for each page, not for each conversation."""
    for some in pages(conversations.values("id")):
        rows = Message.objects.using(APP).filter(conversation_id__in=[row["id"] for row in some])
        yield from pages(rows.values(*MESSAGE), "conversation_id", "created_at", "id")
