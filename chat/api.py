"""The assistant over HTTP: ask, and read back what was said."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, replace
from typing import Any, cast
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpResponseBase, QueryDict, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import directory
from chat import sessions, threads, ui_stream
from chat.assistant import respond
from chat.events import Event, Failed, Finished
from chat.models import Conversation, ConversationQuerySet, Message, MessageRole
from chat.requests import ChatRequest, ChatRequestSerializer, read_request
from chat.serializers import (
    ChatAnswerSerializer,
    ConversationDetailSerializer,
    ConversationPageSerializer,
)
from chat.turns import Question, Turn, Visitor, conversation_with, open_turn, rename
from core.api import PRIVATE, limit_parameter, page_size, query_parameters
from core.errors import ApiError, ErrorCode
from core.paging import binding_of, decode_cursor, encode_cursor
from core.throttling import ScopedThrottle

EVENT_STREAM = "text/event-stream"
LISTED = [
    OpenApiParameter("session_id", str, description="A guest's; of no use to a signed-in person."),
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    limit_parameter("Rows"),
]

# One for all: to make its fields anew for each question cost a sixth of what taking it does.
ASKED_IN_JSON = ChatRequestSerializer()

INCLUDE = OpenApiParameter(
    "include", str, enum=["user"], description="user: `user`, the owner's id and name."
)


class Chat(GenericAPIView):
    """Ask the assistant. Guests may."""

    serializer_class = ChatRequestSerializer
    throttle_classes = [ScopedThrottle]
    throttle_scope = "chat"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A client that accepts event streams alone gets its errors as JSON."""
        wants_stream = EVENT_STREAM in request.headers.get("Accept", "")
        return super().perform_content_negotiation(request, force or wants_stream)

    def get_throttles(self) -> list[BaseThrottle]:
        """A question counts, and no other method, whose answer costs nothing."""
        return super().get_throttles() if self.request.method == "POST" else []

    @extend_schema(
        operation_id="llm_chat",
        request=ChatRequestSerializer,
        responses={
            (200, "application/json"): ChatAnswerSerializer,
            (200, EVENT_STREAM): OpenApiTypes.STR,
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = read_request(validated(request.data))
        if asked.stream:
            refuse_without_event_loop(request)
        turn = begin(asked, visitor_of(request, asked.session_id))
        # Nothing of a turn holds a connection while it waits for the model.
        connections.close_all()
        if asked.stream:
            body = ui_stream.Stream(turn, respond(turn), request.path)
            return StreamingHttpResponse(body, headers=ui_stream.HEADERS)
        finished = threads.run(last_event(respond(turn)))
        return Response(answer_json(turn, finished), headers=PRIVATE)


def validated(data: Any) -> Mapping[str, Any]:
    """Raises ValidationError. Fields of a form are read by a serializer that knows of the form."""
    if not isinstance(data, QueryDict):
        return cast(Mapping[str, Any], ASKED_IN_JSON.run_validation(data))
    serializer = ChatRequestSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    return cast(Mapping[str, Any], serializer.validated_data)


def refuse_without_event_loop(request: Request) -> None:
    """Under WSGI Django would collect the whole stream before its first byte."""
    if not isinstance(request._request, ASGIRequest):
        reason = "This server does not stream. Ask the chat server, or leave `stream` false."
        raise ApiError(ErrorCode.VALIDATION_ERROR, details={"stream": [reason]})


def visitor_of(request: Request, session_id: UUID | None) -> Visitor:
    """A session that was not issued here is a new guest's."""
    return Visitor(request.user.pk, session_id or sessions.issue())


def begin(asked: ChatRequest, visitor: Visitor) -> Turn:
    question = asked.question
    turn = go_on(visitor, question, asked.hint)
    if turn is None and asked.is_again and not question.conversation_id:
        turn = go_on(visitor, question, conversation_with(visitor, question.client_id))
    if turn is None:
        return open_turn(visitor, question)
    if asked.is_again and not turn.history:
        rename(turn)  # its title is its first question
    return turn


def go_on(visitor: Visitor, question: Question, hint: UUID | None) -> Turn | None:
    """None where the hint is no conversation of the visitor's."""
    if hint is None:
        return None
    try:
        return open_turn(visitor, replace(question, conversation_id=hint))
    except ApiError as error:
        if error.code != ErrorCode.NOT_FOUND:
            raise
    return None


async def last_event(events: AsyncIterator[Event]) -> Finished:
    """The whole answer. Raises ApiError when it broke off; what there was is stored."""
    async for event in events:
        if isinstance(event, Failed):
            raise ApiError(event.code, event.message)
        if isinstance(event, Finished):
            return event
    raise ApiError(ErrorCode.INTERNAL_ERROR)


def answer_json(turn: Turn, finished: Finished) -> dict[str, Any]:
    return {
        "message": {
            "id": turn.message_id,
            "role": MessageRole.ASSISTANT.value,
            "content": finished.content,
            "created_at": finished.created_at,
        },
        "model": finished.model,
        "usage": finished.usage.as_json(),
        "conversation_id": turn.conversation_id,
        "session_id": turn.visitor.session_id,
        "sources": [asdict(source) for source in finished.sources],
    }


def own_conversations(request: Request, parameters: dict[str, str]) -> ConversationQuerySet:
    if request.user.pk:
        return Conversation.objects.of_user(request.user.pk)
    return Conversation.objects.of_guest(sessions.read(parameters.get("session_id")))


def owner_binding(name: str, request: Request, parameters: dict[str, str]) -> str:
    owner = request.user.pk or sessions.read(parameters.get("session_id"))
    return binding_of(name, {"owner": owner})


class Conversations(APIView):
    """The caller's own conversations, the latest first."""

    @extend_schema(
        operation_id="llm_conversations", parameters=LISTED, responses=ConversationPageSerializer
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("session_id", "cursor", "limit"))
        limit = page_size(parameters)
        binding = owner_binding("conversations", request, parameters)
        rows = own_conversations(request, parameters).order_by("-updated_at", "-id")
        if cursor := parameters.get("cursor"):
            rows = rows.before(*decode_cursor(cursor, binding))
        found = list(rows.values("id", "title", "created_at", "updated_at")[: limit + 1])
        body = {
            "results": found[:limit],
            "next": next_cursor(found, limit, "updated_at", binding),
        }
        return Response(body, headers=PRIVATE)


class ConversationDetail(APIView):
    """One conversation with its latest messages; `next` leads to those before them."""

    @extend_schema(
        operation_id="llm_conversation",
        parameters=[*LISTED, INCLUDE],
        responses=ConversationDetailSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        parameters = query_parameters(request, ("session_id", "cursor", "limit", "include"))
        if parameters.get("include", "user") != "user":
            details = {"include": ["Only `user` can be included."]}
            raise ApiError(ErrorCode.VALIDATION_ERROR, details=details)
        limit = page_size(parameters)
        binding = owner_binding(f"messages of {id}", request, parameters)
        found = own_conversations(request, parameters).filter(id=id)
        conversation = found.values("id", "title", "created_at", "updated_at").first()
        if conversation is None:
            raise ApiError(ErrorCode.NOT_FOUND)
        rows = Message.objects.filter(conversation_id=id).order_by("-created_at", "-id")
        if cursor := parameters.get("cursor"):
            rows = rows.before(*decode_cursor(cursor, binding))
        fields = ("id", "role", "content", "created_at", "status", "model", "sources")
        messages = list(rows.values(*fields)[: limit + 1])
        after = next_cursor(messages, limit, "created_at", binding)
        body = conversation | {"messages": messages[:limit][::-1], "next": after}
        if "include" in parameters:
            body["user"] = named_user(request.user.pk)
        return Response(body, headers=PRIVATE)


def named_user(id: UUID | None) -> dict[str, Any] | None:
    return {"id": id, "name": directory.names([id])[id].name} if id else None


def next_cursor(rows: list[Any], limit: int, moment: str, binding: str) -> str | None:
    """`rows` holds one more than a page when there is a page after it."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return encode_cursor((last[moment], last["id"]), binding)
