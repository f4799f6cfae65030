"""FAQs over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import STAFF, IsAgentOrReadOnly, has_role
from core.api import query_parameters
from core.errors import ApiError, ErrorCode
from core.paging import binding_of
from faq import writing
from faq.models import Category, Document, Language, Status
from faq.paging import Order, page
from faq.search import search
from faq.serializers import (
    CategoryPageSerializer,
    CategorySerializer,
    DocumentPageSerializer,
    DocumentSerializer,
    FaqQuestionSerializer,
    FaqSearchSerializer,
)

ASKED = ("query", "limit", "language", "explain")
PAGING = frozenset({"cursor", "limit"})
DOCUMENT_FILTERS = frozenset({"category", "language", "status"})
DOCUMENT_ORDER = Order((("position", "int"), ("created_at", "timestamptz"), ("id", "uuid")))
CATEGORY_ORDER = Order((("position", "int"), ("slug", "text")))

# One for all searches: to make its fields anew for each cost a fifteenth of its time in Python.
QUESTION = FaqQuestionSerializer()

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", int, description="Rows on a page, 1 to 100; 20 if not given.")
LANGUAGE = OpenApiParameter("language", str, enum=Language.values)


def invalid(name: str, message: str) -> ApiError:
    return ApiError(ErrorCode.VALIDATION_ERROR, details={name: [message]})


def choice(parameters: dict[str, str], name: str, choices: list[str]) -> str | None:
    value = parameters.get(name)
    if value is not None and value not in choices:
        raise invalid(name, f"One of {', '.join(choices)}.")
    return value


class FaqSearch(GenericAPIView[Document]):
    """Published FAQs that answer a question, best first.

    `matched` is false when none of them answers it; the results are then only the nearest there
    are. With `explain` staff see how each result came by its place. POST asks the same of a
    question that is too long for an address.
    """

    serializer_class = FaqQuestionSerializer

    @extend_schema(
        operation_id="faq_search",
        parameters=[FaqQuestionSerializer],
        responses=FaqSearchSerializer,
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ASKED)
        return self.answer({name: parameters[name] for name in ASKED if name in parameters})

    @extend_schema(
        operation_id="faq_search_long",
        request=FaqQuestionSerializer,
        responses=FaqSearchSerializer,
    )
    def post(self, request: Request) -> Response:
        return self.answer(request.data)

    def answer(self, asked: Any) -> Response:
        values = QUESTION.run_validation(asked)
        query = values["query"]
        explain = values.get("explain", False)
        if explain and not is_staff(self.request):
            raise not_for(self.request)
        found = search(
            query, limit=values.get("limit"), language=values.get("language"), explain=explain
        )
        body: dict[str, Any] = {
            "query": query,
            "matched": found.matched,
            "results": found.results,
            "degraded": found.degraded,
            "cached": found.cached,
            "embedding_model": found.model,
        }
        if explain:
            body["explanation"] = found.explanation
        return Response(body)


class FaqDocuments(GenericAPIView[Document]):
    """Questions and their answers, by position. Guests see the published ones."""

    serializer_class = DocumentSerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(
        operation_id="faq_documents_list",
        parameters=[
            OpenApiParameter("category", str, description="A category's slug."),
            LANGUAGE,
            OpenApiParameter(
                "status", str, enum=Status.values, description="Agents and admins; else published."
            ),
            CURSOR,
            LIMIT,
        ],
        responses=DocumentPageSerializer,
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, DOCUMENT_FILTERS | PAGING)
        rows = visible_to(request, choice(parameters, "status", Status.values))
        if language := choice(parameters, "language", Language.values):
            rows = rows.filter(language=language)
        if category := parameters.get("category"):
            rows = rows.filter(category__slug=category)
        filters = {name: parameters.get(name) for name in sorted(DOCUMENT_FILTERS)}
        binding = binding_of("faq-documents", filters | {"staff": is_staff(request)})
        found, after = page(rows, DOCUMENT_ORDER, parameters, binding)
        results = self.get_serializer(found, many=True).data
        return Response({"results": results, "next": after})

    @extend_schema(
        operation_id="faq_documents_create",
        request=DocumentSerializer,
        responses={201: DocumentSerializer},
    )
    def post(self, request: Request) -> Response:
        values = validated(self, request)
        document = writing.create_document(values, actor=request.user.pk)
        return Response(self.get_serializer(document).data, status=status.HTTP_201_CREATED)


class FaqDocument(GenericAPIView[Document]):
    """One question and its answer."""

    serializer_class = DocumentSerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(operation_id="faq_documents_retrieve", responses=DocumentSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        document = writing.existing(visible_to(request, None), id)
        return Response(self.get_serializer(document).data)

    @extend_schema(
        operation_id="faq_documents_replace",
        request=DocumentSerializer,
        responses=DocumentSerializer,
    )
    def put(self, request: Request, id: UUID) -> Response:
        values = validated(self, request)
        document = writing.change_document(id, values, replace=True, actor=request.user.pk)
        return Response(self.get_serializer(document).data)

    @extend_schema(
        operation_id="faq_documents_update",
        request=DocumentSerializer,
        responses=DocumentSerializer,
    )
    def patch(self, request: Request, id: UUID) -> Response:
        values = validated(self, request, partial=True)
        document = writing.change_document(id, values, replace=False, actor=request.user.pk)
        return Response(self.get_serializer(document).data)

    @extend_schema(operation_id="faq_documents_delete", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        writing.delete(Document.objects.all(), id, actor=request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class FaqCategories(GenericAPIView[Category]):
    """The categories that documents are sorted into, by position."""

    serializer_class = CategorySerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(
        operation_id="faq_categories_list",
        parameters=[CURSOR, LIMIT],
        responses=CategoryPageSerializer,
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, PAGING)
        binding = binding_of("faq-categories", {})
        found, after = page(Category.objects.all(), CATEGORY_ORDER, parameters, binding)
        results = self.get_serializer(found, many=True).data
        return Response({"results": results, "next": after})

    @extend_schema(
        operation_id="faq_categories_create",
        request=CategorySerializer,
        responses={201: CategorySerializer},
    )
    def post(self, request: Request) -> Response:
        category = writing.create_category(validated(self, request), actor=request.user.pk)
        return Response(self.get_serializer(category).data, status=status.HTTP_201_CREATED)


class FaqCategory(GenericAPIView[Category]):
    """One category. It cannot be deleted while it has documents."""

    serializer_class = CategorySerializer
    permission_classes = (IsAgentOrReadOnly,)

    @extend_schema(operation_id="faq_categories_retrieve", responses=CategorySerializer)
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        category = writing.existing(Category.objects.all(), id)
        return Response(self.get_serializer(category).data)

    @extend_schema(
        operation_id="faq_categories_replace",
        request=CategorySerializer,
        responses=CategorySerializer,
    )
    def put(self, request: Request, id: UUID) -> Response:
        values = validated(self, request)
        category = writing.change_category(id, values, replace=True, actor=request.user.pk)
        return Response(self.get_serializer(category).data)

    @extend_schema(
        operation_id="faq_categories_update",
        request=CategorySerializer,
        responses=CategorySerializer,
    )
    def patch(self, request: Request, id: UUID) -> Response:
        values = validated(self, request, partial=True)
        category = writing.change_category(id, values, replace=False, actor=request.user.pk)
        return Response(self.get_serializer(category).data)

    @extend_schema(operation_id="faq_categories_delete", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        writing.delete(Category.objects.all(), id, actor=request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def validated(
    view: GenericAPIView[Any], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    serializer = view.get_serializer(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def is_staff(request: Request) -> bool:
    return has_role(request.user, STAFF)


def not_for(request: Request) -> ApiError:
    """What is for staff was asked for by somebody else."""
    signed_in = request.user.is_authenticated
    return ApiError(ErrorCode.FORBIDDEN if signed_in else ErrorCode.UNAUTHORIZED)


def visible_to(request: Request, wanted: str | None) -> QuerySet[Document]:
    """Raises UNAUTHORIZED or FORBIDDEN when others than staff ask for drafts or archived ones."""
    rows = Document.objects.select_related("category").defer(*writing.DERIVED)
    if is_staff(request):
        return rows.filter(status=wanted) if wanted else rows
    if wanted not in (None, Status.PUBLISHED):
        raise not_for(request)
    return rows.published()
