"""Listings over HTTP. What a list is narrowed by is in `filters`, how it is read in `catalogue`."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts import directory
from accounts.models import Role
from accounts.permissions import IsAgentOrReadOnly, has_role
from core.api import (
    idempotency_key,
    key_parameter,
    limit_parameter,
    page_size,
    query_parameters,
)
from core.errors import ApiError, ErrorCode
from core.paging import binding_of, decode_cursor, encode_cursor
from core.throttling import ScopedThrottle
from properties import catalogue, engine, similar, writing
from properties.catalogue import Condition
from properties.filters import READERS, TEXT_MAX_LENGTH, FilterErrors, Filters, read_filters
from properties.models import Property, Status, Transaction, Type
from properties.serializers import (
    PropertyPageSerializer,
    PropertySerializer,
    ShownPropertySerializer,
    SimilarPropertiesSerializer,
)

STAFF = frozenset({Role.ADMIN, Role.AGENT})
ADMINS = frozenset({Role.ADMIN})

# Listings that are alike: by default, and at most.
SIMILAR, SIMILAR_MAX = 6, 20
# `q` searches; a product without search does not know it.
FILTERS = frozenset(READERS) - (frozenset() if settings.SEARCH_ENABLED else {"q"})
PAGING = frozenset({"cursor", "limit", "count", "include"})
OWN = frozenset({"mine", "status"})
# Lists with `q`, to their cursors. Another name when these hold something else: one of the release
# before is then refused, not misread.
BEST_FIRST = "properties by meaning and words"


def one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


# What `filters` reads.
TEXT = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX_LENGTH}
AMOUNT = {"type": "number", "format": "double", "minimum": 0, "maximum": 999_999_999_999.99}
WHOLE_NUMBER = {"type": "integer", "minimum": 0, "maximum": 9999}
DESCRIBED: dict[str, tuple[type | dict[str, Any], str]] = {
    "city": (TEXT, "In any case."),
    "district": (TEXT, "In any case."),
    "type": ({"type": "array", "items": one_of(*Type.values)}, "Any of these."),
    "transaction": (one_of(*Transaction.values), ""),
    "min_price": (AMOUNT, "Rents are per night."),
    "max_price": (AMOUNT, "Give `currency` as well, or prices in all currencies are compared."),
    "currency": (TEXT | {"pattern": "^[A-Za-z]{3}$"}, "Three letters, such as THB."),
    "bedrooms": (WHOLE_NUMBER, "At least so many."),
    "bathrooms": (AMOUNT | {"maximum": 999.5, "multipleOf": 0.5}, "At least so many."),
    "guests": (WHOLE_NUMBER, "Room for at least so many."),
    "min_area": (AMOUNT, "Living area in square metres."),
    "max_area": (AMOUNT, "Living area in square metres."),
    "min_land_area": (AMOUNT, "Area of the plot in square metres; 1 rai is 1,600."),
    "max_land_area": (AMOUNT, "Area of the plot in square metres."),
    "amenities": (str, "Comma separated; all of them."),
    "q": (
        TEXT,
        "Words in any of our languages; what holds the most of them comes first. What is refused "
        "(not in Phuket, without a pool) is in none.",
    ),
    "cursor": (str, "`next` of the page before, with the same filters."),
    "count": (bool, "true: count what matches, up to 1,000. Otherwise `count` is null."),
    "include": (
        one_of("agent"),
        "agent: each listing with `agent`, its agent's id and name, or null.",
    ),
    "mine": (bool, "true: the caller's own listings, published or not. Agents and admins."),
    "status": (one_of(*Status.values), "With `mine`, or for admins."),
}
PARAMETERS = [
    # Several types are separated by commas.
    OpenApiParameter(name, kind, description=told, explode=False if name == "type" else None)
    for name, (kind, told) in DESCRIBED.items()
    if name in FILTERS | PAGING | OWN
] + [limit_parameter("Listings")]
IDEMPOTENCY = key_parameter(
    "The same key is the same listing, as long as it is there. Without one, each request makes one."
)
INCLUDE = next(each for each in PARAMETERS if each.name == "include")


def invalid(**details: str) -> ApiError:
    fields = {name: [message] for name, message in details.items()}
    return ApiError(ErrorCode.VALIDATION_ERROR, details=fields)


def flag(parameters: dict[str, str], name: str) -> bool:
    value = parameters.get(name, "false")
    if value not in ("true", "false"):
        raise invalid(**{name: "true or false."})
    return value == "true"


class Properties(GenericAPIView[Property]):
    """The listings of this product, newest first; with `q`, what fits it best."""

    serializer_class = PropertySerializer
    permission_classes = (IsAgentOrReadOnly,)
    throttle_classes = [ScopedThrottle]
    throttle_scope = "search"

    def get_throttles(self) -> list[BaseThrottle]:
        """A search counts, which may ask a model: the first page of a list with `q`. Later pages
        ask none, and a plain list must cost nothing here."""
        given = self.request.query_params
        begins = "q" in given and "cursor" not in given
        asks = begins and self.request.method in ("GET", "HEAD")
        return super().get_throttles() if asks else []

    @extend_schema(
        operation_id="properties_list", parameters=PARAMETERS, responses=PropertyPageSerializer
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, FILTERS | PAGING | OWN)
        filters = filters_of(parameters)
        scope = scope_of(request, parameters)
        limit = page_size(parameters)
        words, refused = engine.asked(filters.q) if filters.q else ("", [])
        name = BEST_FIRST if words else "properties"
        binding = binding_of(name, filters.given() | {"scope": repr(scope)})
        cursor = parameters.get("cursor")
        position = decode_cursor(cursor, binding) if cursor else None
        with_agents, counted = includes_agent(parameters), flag(parameters, "count")
        parts = [scope, *catalogue.conditions(filters), *refused]
        degraded = False
        if words:
            resumed = engine.resumed(position) if position else None
            start = resumed or engine.beginning(words, parts)
            count = engine.capped_count(parts, start) if counted else None
            page = engine.page(parts, start, limit)
            degraded = start.degraded
        else:
            count = catalogue.capped_count(parts) if counted else None
            page = catalogue.page([*parts, *catalogue.after(position)], limit)
        if with_agents:
            page = replace(page, rows=rows_with_agents(page.rows))
        return Response(body_of(page, binding, count, degraded=degraded))

    @extend_schema(
        operation_id="properties_create",
        parameters=[IDEMPOTENCY],
        request=PropertySerializer,
        responses={200: PropertySerializer, 201: PropertySerializer},
    )
    def post(self, request: Request) -> Response:
        key = idempotency_key(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        id, is_new = writing.create(request.user, serializer.validated_data, key)
        return Response(catalogue.as_sent(listing(id).json), status=201 if is_new else 200)


class PropertyDetail(GenericAPIView[Property]):
    """One listing. Drafts and archived ones exist for their agent and for admins only."""

    serializer_class = PropertySerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(
        operation_id="properties_retrieve", parameters=[INCLUDE], responses=ShownPropertySerializer
    )
    def get(self, request: Request, id: UUID) -> Response:
        with_agent = includes_agent(query_parameters(request, ("include",)))
        found = listing(id)
        if hidden(request, found):
            raise ApiError(ErrorCode.NOT_FOUND)
        rows = rows_with_agents([found.json]) if with_agent else [found.json]
        return Response(catalogue.as_sent(rows[0]))

    @extend_schema(
        operation_id="properties_replace", request=PropertySerializer, responses=PropertySerializer
    )
    def put(self, request: Request, id: UUID) -> Response:
        return self.change(request, id, partial=False)

    @extend_schema(
        operation_id="properties_update", request=PropertySerializer, responses=PropertySerializer
    )
    def patch(self, request: Request, id: UUID) -> Response:
        return self.change(request, id, partial=True)

    @extend_schema(operation_id="properties_delete", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        writing.delete(request.user, id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_serializer(self, instance: Property | None = None, **options: Any) -> Any:
        """The forms of the browsable page start from what is stored, where one may write it."""
        if instance is None and "data" not in options and self.kwargs:
            instance = Property.objects.filter(id=self.kwargs["id"]).first()
            if instance and not writing.may_write(self.request.user, instance.agent_id):
                instance = None
        return super().get_serializer(instance, **options)

    def change(self, request: Request, id: UUID, *, partial: bool) -> Response:
        writing.refuse_strangers(request.user, id)
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        writing.change(request.user, id, serializer.validated_data, replace=not partial)
        return Response(catalogue.as_sent(listing(id).json))


class SimilarProperties(GenericAPIView[Property]):
    """Published listings like this one, the most alike first."""

    serializer_class = SimilarPropertiesSerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(
        operation_id="properties_similar",
        parameters=[limit_parameter("Listings", SIMILAR, SIMILAR_MAX)],
        responses=SimilarPropertiesSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        limit = page_size(query_parameters(request, ("limit",)), SIMILAR, SIMILAR_MAX)
        listing = similar.own(id)
        if listing is None or hidden(request, listing):
            raise ApiError(ErrorCode.NOT_FOUND)
        found = similar.similar(listing, limit)
        rows = [f'{row[:-1]},"likeness":{likeness}}}' for row, likeness in found]
        return Response(catalogue.as_sent(f'{{"results":[{",".join(rows)}]}}'))


def hidden(request: Request, listing: catalogue.Listing | similar.Own) -> bool:
    """Drafts and archived listings exist for their agent and for admins only."""
    shown = listing.status == Status.PUBLISHED
    return not shown and not writing.may_write(request.user, listing.agent_id)


def includes_agent(parameters: dict[str, str]) -> bool:
    """Only who asks for names waits for the directory of people."""
    if parameters.get("include", "agent") != "agent":
        raise invalid(include="Only `agent` can be included.")
    return "include" in parameters


def rows_with_agents(rows: list[str]) -> list[str]:
    """JSON objects with their agents' names, by one look at the directory for all of them."""
    found: list[dict[str, Any]] = [orjson.loads(row) for row in rows]
    agents = [row["agent_id"] and UUID(row["agent_id"]) for row in found]
    people = directory.names(agents)
    named = (agent and {"id": agent, "name": people[agent].name} for agent in agents)
    texts = (orjson.dumps(each or None).decode() for each in named)
    return [f'{row[:-1]},"agent":{text}}}' for row, text in zip(rows, texts, strict=True)]


def listing(id: UUID) -> catalogue.Listing:
    found = catalogue.one(id)
    if found is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    return found


def filters_of(parameters: dict[str, str]) -> Filters:
    given = {name: value for name, value in parameters.items() if name in FILTERS}
    try:
        return read_filters(given)
    except FilterErrors as error:
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=error.fields) from error


def scope_of(request: Request, parameters: dict[str, str]) -> Condition:
    """Which listings this caller may list. Guests never cost a look at who they are."""
    mine = flag(parameters, "mine")
    wanted = parameters.get("status")
    if not mine and wanted in (None, Status.PUBLISHED):
        return catalogue.PUBLISHED
    if wanted is not None and wanted not in Status.values:
        raise invalid(status=f"One of {', '.join(Status.values)}.")
    if not request.user.is_authenticated:
        raise ApiError(ErrorCode.UNAUTHORIZED)
    if not has_role(request.user, STAFF if mine else ADMINS):
        raise ApiError(ErrorCode.FORBIDDEN)
    owner = [catalogue.of_agent(request.user.pk)] if mine else []
    return catalogue.all_of([*owner, *([catalogue.with_status(wanted)] if wanted else [])])


def body_of(page: catalogue.Page, binding: str, count: int | None, *, degraded: bool) -> bytes:
    after = encode_cursor(page.last, binding) if page.last else None
    capped = count is not None and count > catalogue.COUNT_CAP
    rest: dict[str, Any] = {
        "next": after,
        "count": catalogue.COUNT_CAP if capped else count,
        "count_is_capped": capped,
        "degraded": degraded,
    }
    return b'{"results":[' + catalogue.as_sent(",".join(page.rows)) + b"]," + orjson.dumps(rest)[1:]
