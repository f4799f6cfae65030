"""A turn in the database: opened with the question, closed with the answer.

Opening is one statement. At hundreds of streams each round trip before the first token counts, so
the question is stored and the history, the live prompt and the tools' rows are read together;
reading them each time is also why the next turn always uses what staff changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import IntegrityError

from chat.models import TITLE_MAX_LENGTH, Conversation, Message, MessageRole
from core.databases import steady_rows
from core.errors import ApiError, ErrorCode

# Messages of a conversation that the model is shown, the newest.
HISTORY_MESSAGES = 20


@dataclass(frozen=True)
class Visitor:
    """Who asks. `session_id` is one of ours; a signed-in person's conversations do not use it."""

    user_id: UUID | None
    session_id: UUID


@dataclass(frozen=True)
class Question:
    """`conversation_id` None: a new conversation. `client_id`: the front end's message id."""

    content: str
    conversation_id: UUID | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class Turn:
    """What the assistant needs to answer. `message_id` is the answer's, `history` oldest first.

    `prompt` is the live version's text or None; `tools` holds the rows of ChatTool by name, as
    {enabled, description}.
    """

    visitor: Visitor
    conversation_id: UUID
    message_id: UUID
    content: str
    history: tuple[tuple[str, str], ...]
    prompt: str | None
    tools: Mapping[str, Mapping[str, Any]]


NEW = """
    INSERT INTO chat_conversation (id, user_id, session_id, title)
    VALUES (%(conversation)s, %(user)s, %(session)s, %(title)s) RETURNING id"""
OF_USER = """
    UPDATE chat_conversation SET updated_at = statement_timestamp()
    WHERE id = %(conversation)s AND user_id = %(user)s RETURNING id"""
OF_GUEST = """
    UPDATE chat_conversation SET updated_at = statement_timestamp()
    WHERE id = %(conversation)s AND session_id = %(session)s RETURNING id"""
# The parts of one statement see the same snapshot: the history does not hold the question. Sent
# again with its client_id, a question is stored once and answered anew from the history before it;
# what the visitor changed in it meanwhile (an edit in `useChat` keeps the id) is what is kept.
OPEN = """
WITH conversation AS ({conversation}
), question AS (
    INSERT INTO chat_message (id, conversation_id, role, content, sources, model, prompt_tokens,
                              completion_tokens, status, client_id)
    SELECT %(message)s, id, 'user', %(content)s, '[]', '', 0, 0, 'complete', %(client)s
    FROM conversation
    ON CONFLICT (conversation_id, client_id) WHERE client_id IS NOT NULL
        DO UPDATE SET content = excluded.content WHERE chat_message.content <> excluded.content
)
SELECT id, (SELECT text FROM chat_chatprompt WHERE live),
    (SELECT json_object_agg(name, json_build_object('enabled', enabled,
                                                    'description', description))::text
     FROM chat_chattool),
    (SELECT json_agg(json_build_array(role, content) ORDER BY created_at, id)::text FROM (
        SELECT role, content, created_at, id FROM chat_message
        WHERE conversation_id = conversation.id AND content <> '' AND created_at < coalesce(
            (SELECT created_at FROM chat_message
             WHERE conversation_id = conversation.id AND client_id = %(client)s), 'infinity')
        ORDER BY created_at DESC, id DESC LIMIT {limit}) AS latest)
FROM conversation
"""


def open_turn(visitor: Visitor, question: Question) -> Turn:
    """Store the question and read what its answer needs.

    Raises NOT_FOUND when the conversation is missing or another's: the two look the same.
    """
    conversation = NEW
    if question.conversation_id:
        conversation = OF_USER if visitor.user_id else OF_GUEST
    row = execute(OPEN.format(conversation=conversation, limit=HISTORY_MESSAGES), visitor, question)
    if row is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    conversation_id, prompt, tools, history = row
    return Turn(
        visitor=visitor,
        conversation_id=conversation_id,
        message_id=uuid4(),
        content=question.content,
        history=tuple((role, content) for role, content in orjson.loads(history or "[]")),
        prompt=prompt,
        tools=orjson.loads(tools or "{}"),
    )


def conversation_with(visitor: Visitor, client_id: str | None) -> UUID | None:
    """The visitor's latest conversation with a message that their front end gave this id: all that
    `useChat` has to go by when the first answer is to come anew."""
    if client_id is None:
        return None
    rows = Conversation.objects
    own = rows.of_user(visitor.user_id) if visitor.user_id else rows.of_guest(visitor.session_id)
    found = own.filter(messages__client_id=client_id).order_by("-updated_at", "-id")
    return found.values_list("id", flat=True).first()


def rename(turn: Turn) -> None:
    Conversation.objects.filter(id=turn.conversation_id).update(title=title_of(turn.content))


def execute(statement: str, visitor: Visitor, question: Question) -> Any:
    parameters = {
        "conversation": question.conversation_id or uuid4(),
        "message": uuid4(),
        "user": visitor.user_id,
        "session": None if visitor.user_id else visitor.session_id,
        "title": title_of(question.content),
        "content": question.content,
        "client": question.client_id,
    }
    rows = steady_rows(statement, parameters)
    return rows[0] if rows else None


def title_of(content: str) -> str:
    """First words of a question on one line, as a conversation's title."""
    line = " ".join(content.split())
    if len(line) <= TITLE_MAX_LENGTH:
        return line
    return line[: TITLE_MAX_LENGTH - 1].rstrip() + "…"


def close_turn(turn: Turn, answer: Mapping[str, Any]) -> datetime:
    """Store the answer (fields of Message); when it was stored.

    Raises NOT_FOUND when the conversation is gone: whose it is was erased meanwhile.
    """
    try:
        message = Message.objects.create(
            id=turn.message_id,
            conversation_id=turn.conversation_id,
            role=MessageRole.ASSISTANT,
            **answer,
        )
    except IntegrityError as error:
        if "chat_message_conversation_id" not in str(error):
            raise
        raise ApiError(ErrorCode.NOT_FOUND) from error
    return message.created_at
