from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsAgentOrReadOnly
from core.api import query_parameters
from core.paging import binding_of
from faq import writing
from faq.api.requests import CURSOR, LIMIT, PAGING, validated
from faq.models import Category
from faq.paging import Order, page
from faq.serializers import CategoryPageSerializer, CategorySerializer

CATEGORY_ORDER = Order((("position", "int"), ("slug", "text")))


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
