"""What every view of the API is built on: JSON in, JSON out, nothing unknown accepted."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import ApiError, ErrorCode
from core.search.text import is_blank

# Bounds a page of any list: (default, maximum) rows.
PAGE_SIZE, PAGE_SIZE_MAX = 20, 100
# Of an answer that is for one person alone, and not for a cache on the way.
PRIVATE = {"Cache-Control": "private, no-store"}
FORM_FIELDS = {"csrfmiddlewaretoken"}
KEY_HEADER, KEY_MAX_LENGTH = "Idempotency-Key", 200


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt filter or field must not pass in silence.

    `sometimes` names what an answer need not hold.
    """

    sometimes: tuple[str, ...] = ()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            extra = set(data) - set(self.fields if isinstance(data, QueryDict) else known)
            if unknown := extra - FORM_FIELDS:
                message = ["This field is not known."]
                raise serializers.ValidationError(dict.fromkeys(sorted(unknown), message))
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text alone: a number is a mistake of the caller, not a text. What shows no character, such as
    a zero-width space, is empty."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        shows_nothing = isinstance(data, str) and is_blank(data)
        return super().run_validation("" if shows_nothing else data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def query_parameters(request: Request, known: Iterable[str]) -> dict[str, str]:
    """The query string as a dict.

    Raises VALIDATION_ERROR for a parameter that is unknown, repeated, empty or holds a NUL.
    """
    allowed = {*known, settings.REST_FRAMEWORK["URL_FORMAT_OVERRIDE"]}
    problems: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in allowed:
            problems[name] = ["This parameter is not known."]
        elif len(values) > 1:
            problems[name] = ["Give this parameter once."]
        elif not values[0]:
            problems[name] = ["Give this parameter a value, or leave it out."]
        elif "\x00" in values[0]:
            problems[name] = ["Null characters are not allowed."]
    if problems:
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=problems)
    return {name: request.query_params[name] for name in request.query_params}


def page_size(
    parameters: Mapping[str, str], usual: int = PAGE_SIZE, most: int = PAGE_SIZE_MAX
) -> int:
    """`limit` of a list, 1..`most`. Raises VALIDATION_ERROR."""
    raw = parameters.get("limit", str(usual))
    limit = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
    if not 1 <= limit <= most:
        details = {"limit": [f"A whole number from 1 to {most}."]}
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=details)
    return limit


def limit_parameter(
    rows: str, usual: int = PAGE_SIZE, most: int = PAGE_SIZE_MAX
) -> OpenApiParameter:
    """What `page_size` reads, for the OpenAPI document."""
    schema = {"type": "integer", "minimum": 1, "maximum": most}
    told = f"{rows} on a page, 1 to {most}; {usual} if not given."
    return OpenApiParameter("limit", schema, description=told)


def idempotency_key(request: Request) -> str:
    """ "" for none. Raises VALIDATION_ERROR."""
    key: str = request.headers.get(KEY_HEADER, "")
    if len(key) > KEY_MAX_LENGTH or not key.isascii() or not key.isprintable():
        message = f"At most {KEY_MAX_LENGTH} printable ASCII characters."
        raise ApiError(ErrorCode.VALIDATION_ERROR, details={KEY_HEADER: [message]})
    return key


def key_parameter(told: str) -> OpenApiParameter:
    """What `idempotency_key` reads, for the OpenAPI document."""
    schema = {"type": "string", "maxLength": KEY_MAX_LENGTH}
    return OpenApiParameter(KEY_HEADER, schema, OpenApiParameter.HEADER, description=told)


class RootSerializer(serializers.Serializer[Any]):
    product = serializers.CharField()
    version = serializers.CharField()
    links = serializers.DictField(child=serializers.CharField())


class ApiRoot(APIView):
    """Where everything is. Open a link to browse it; staff who signed in get forms to write."""

    name = "API"

    @extend_schema(operation_id="api_root", responses=RootSerializer)
    def get(self, request: Request) -> Response:
        query_parameters(request, ())
        links = {name: link for name in ROOT_LINKS if (link := url_of(name, request))}
        body = {"product": settings.PRODUCT.id, "version": settings.VERSION, "links": links}
        return Response(body)


# Names of URL patterns; one that a product leaves out is not listed.
ROOT_LINKS = (
    "me",
    "users",
    "properties",
    "enquiries",
    "faq-search",
    "faq-documents",
    "faq-categories",
    "llm-chat",
    "llm-conversations",
    "chat-prompts",
    "chat-tools",
    "openapi",
    "docs",
)


def url_of(name: str, request: Request) -> str | None:
    try:
        return request.build_absolute_uri(reverse(name))
    except NoReverseMatch:
        return None


@extend_schema(exclude=True)
class UnknownPath(APIView):
    """Whatever no other pattern under /api/ took, by any method."""

    authentication_classes = ()
    name = ""  # it is no place on the way to another

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.initial = self.refuse  # type: ignore[method-assign]
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_content_negotiation(request, force=True)
        raise ApiError(ErrorCode.NOT_FOUND)
