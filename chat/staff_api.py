"""What admins change about the assistant: its prompt and its tools. The next turn uses it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsAdmin
from chat import toolbox
from chat.api import next_cursor
from chat.models import ChatPrompt, ChatTool, one_at_a_time
from chat.serializers import (
    ActivationSerializer,
    PromptPageSerializer,
    PromptSerializer,
    ToolListSerializer,
    ToolSerializer,
)
from chat.toolbox import OfferedTool
from core import audit
from core.api import limit_parameter, page_size, query_parameters
from core.databases import APP
from core.errors import ApiError, ErrorCode
from core.paging import binding_of, decode_cursor

PROMPT_FIELDS = ("id", "text", "note", "live", "created_by", "created_at")
PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    limit_parameter("Versions"),
]


class Prompts(GenericAPIView):
    """Versions of the system prompt, the newest first. With no live one the settings' is used."""

    serializer_class = PromptSerializer
    permission_classes = [IsAdmin]

    @extend_schema(
        operation_id="chat_prompts_list", parameters=PAGING, responses=PromptPageSerializer
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        limit = page_size(parameters)
        binding = binding_of("prompts", {})
        rows = ChatPrompt.objects.order_by("-created_at", "-id")
        if cursor := parameters.get("cursor"):
            rows = rows.before(*decode_cursor(cursor, binding))
        found = list(rows.values(*PROMPT_FIELDS)[: limit + 1])
        after = next_cursor(found, limit, "created_at", binding)
        return Response({"results": found[:limit], "next": after})

    @extend_schema(
        operation_id="chat_prompts_create",
        request=PromptSerializer,
        responses={200: PromptSerializer, 201: PromptSerializer},
        description="The text and note of the newest version, sent again by whoever made it, are "
        "that version (200).",
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        with transaction.atomic(using=APP):
            prompt, is_new = added(data["text"], data["note"], request.user.pk)
            if data["live"]:
                prompt.activate(request.user.pk)
        return Response(prompt_json(prompt), status=201 if is_new else 200)


def added(text: str, note: str, author: UUID | None) -> tuple[ChatPrompt, bool]:
    """The version, and whether it is new: sent again it is the newest one. In a transaction."""
    one_at_a_time()
    newest = ChatPrompt.objects.order_by("-created_at", "-id").first()
    if newest and (newest.text, newest.note, newest.created_by) == (text, note, author):
        return newest, False
    prompt = ChatPrompt.objects.create(text=text, note=note, created_by=author)
    audit.created(prompt, actor=author)
    return prompt, True


class PromptDetail(GenericAPIView):
    """One version of the system prompt."""

    serializer_class = PromptSerializer
    permission_classes = [IsAdmin]

    @extend_schema(operation_id="chat_prompts_retrieve", responses=PromptSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        return Response(prompt_json(prompt_of(id)))


class PromptActivation(GenericAPIView):
    """Make a version the live one."""

    serializer_class = ActivationSerializer
    permission_classes = [IsAdmin]

    @extend_schema(
        operation_id="chat_prompts_activate",
        request=ActivationSerializer,
        responses=PromptSerializer,
    )
    def post(self, request: Request, id: UUID) -> Response:
        self.get_serializer(data=request.data).is_valid(raise_exception=True)
        prompt = prompt_of(id)
        prompt.activate(request.user.pk)
        return Response(prompt_json(prompt))


def prompt_of(id: UUID) -> ChatPrompt:
    prompt = ChatPrompt.objects.filter(id=id).first()
    if prompt is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    return prompt


def prompt_json(prompt: ChatPrompt) -> dict[str, Any]:
    return {field: getattr(prompt, field) for field in PROMPT_FIELDS}


class Tools(GenericAPIView):
    """The tools that the settings list, with what was changed about each."""

    serializer_class = ToolSerializer
    permission_classes = [IsAdmin]

    @extend_schema(operation_id="chat_tools_list", responses=ToolListSerializer)
    def get(self, request: Request) -> Response:
        query_parameters(request, ())
        return Response({"results": [tool_json(offered) for offered in tools().values()]})


class ToolDetail(GenericAPIView):
    """Switch a tool off, or tell the model of it in other words."""

    serializer_class = ToolSerializer
    permission_classes = [IsAdmin]

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The browsable API's form shows what was changed about the tool."""
        if not args and "data" not in kwargs:
            tool = tool_json(tool_of(self.kwargs["name"]))
            kwargs["instance"] = tool | ({} if tool["reworded"] else {"description": ""})
        return super().get_serializer(*args, **kwargs)

    @extend_schema(operation_id="chat_tools_retrieve", responses=ToolSerializer)
    def get(self, request: Request, name: str) -> Response:
        query_parameters(request, ())
        return Response(tool_json(tool_of(name)))

    @extend_schema(
        operation_id="chat_tools_replace", request=ToolSerializer, responses=ToolSerializer
    )
    def put(self, request: Request, name: str) -> Response:
        """What is left out goes back to the settings' own."""
        return self.change(request, name, partial=False)

    @extend_schema(
        operation_id="chat_tools_update", request=ToolSerializer, responses=ToolSerializer
    )
    def patch(self, request: Request, name: str) -> Response:
        return self.change(request, name, partial=True)

    def change(self, request: Request, name: str, *, partial: bool) -> Response:
        tool_of(name)
        # `partial`: a form that leaves `enabled` out must not switch the tool off.
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        rest = {} if partial else {"enabled": True, "description": ""}
        changes = rest | serializer.validated_data
        with transaction.atomic(using=APP):
            ChatTool.objects.get_or_create(name=name)  # no row is as a new one: the tool's own
            tool = ChatTool.objects.select_for_update().get(name=name)
            before = audit.values(tool)
            for field, value in changes.items():
                setattr(tool, field, value)
            tool.save()
            audit.changed(tool, before, actor=request.user.pk)
        return Response(tool_json(tool_of(name)))


def tools() -> dict[str, OfferedTool]:
    rows = ChatTool.objects.values("name", "enabled", "description")
    return toolbox.every_tool({row["name"]: row for row in rows})


def tool_of(name: str) -> OfferedTool:
    offered = tools().get(name)
    if offered is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    return offered


def tool_json(offered: OfferedTool) -> dict[str, Any]:
    return {
        "name": offered.tool.name,
        "enabled": offered.enabled,
        "description": offered.description,
        "reworded": offered.reworded,
        "default_description": offered.tool.description,
    }
