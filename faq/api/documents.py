from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsAgentOrReadOnly
from core.api import query_parameters
from core.paging import binding_of
from faq import floor, writing
from faq.api.requests import (
    ACCEPT_WORSE,
    CONFLICTS,
    CURSOR,
    LANGUAGE,
    LIMIT,
    PAGING,
    accepts_worse,
    choice,
    is_staff,
    validated,
    visible_to,
)
from faq.models import Document, Language, Status
from faq.paging import Order, page
from faq.serializers import DocumentPageSerializer, DocumentSerializer

DOCUMENT_FILTERS = frozenset({"category", "language", "status"})
DOCUMENT_ORDER = Order((("position", "int"), ("created_at", "timestamptz"), ("id", "uuid")))


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
        parameters=[ACCEPT_WORSE],
        request=DocumentSerializer,
        responses={201: DocumentSerializer, 409: CONFLICTS},
    )
    def post(self, request: Request) -> Response:
        accept_worse = accepts_worse(request)
        document = floor.create_document(
            validated(self, request), accept_worse=accept_worse, actor=request.user.pk
        )
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
        parameters=[ACCEPT_WORSE],
        request=DocumentSerializer,
        responses={200: DocumentSerializer, 409: CONFLICTS},
    )
    def put(self, request: Request, id: UUID) -> Response:
        return self.changed(request, id, replace=True)

    @extend_schema(
        operation_id="faq_documents_update",
        parameters=[ACCEPT_WORSE],
        request=DocumentSerializer,
        responses={200: DocumentSerializer, 409: CONFLICTS},
    )
    def patch(self, request: Request, id: UUID) -> Response:
        return self.changed(request, id, replace=False)

    def changed(self, request: Request, id: UUID, *, replace: bool) -> Response:
        accept_worse = accepts_worse(request)
        document = floor.change_document(
            id,
            validated(self, request, partial=not replace),
            replace=replace,
            accept_worse=accept_worse,
            actor=request.user.pk,
        )
        return Response(self.get_serializer(document).data)

    @extend_schema(
        operation_id="faq_documents_delete",
        parameters=[ACCEPT_WORSE],
        responses={204: None, 409: CONFLICTS},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        floor.delete_document(id, accept_worse=accepts_worse(request), actor=request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
