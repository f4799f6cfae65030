from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsAgent
from core.api import query_parameters
from core.paging import binding_of
from faq import floor, writing
from faq.api.requests import (
    ACCEPT_WORSE,
    CONFLICTS,
    CURSOR,
    LIMIT,
    PAGING,
    accepts_worse,
    validated,
)
from faq.models import Document, Version
from faq.paging import Order, page
from faq.serializers import (
    DocumentSerializer,
    RestoreSerializer,
    VersionPageSerializer,
    VersionSerializer,
)

ORDER = Order((("number", "int"),), descending=True)


class FaqVersions(GenericAPIView[Version]):
    """What each edit of a document left, the newest first."""

    serializer_class = VersionSerializer
    permission_classes = (IsAgent,)

    @extend_schema(
        operation_id="faq_versions_list",
        parameters=[CURSOR, LIMIT],
        responses=VersionPageSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        parameters = query_parameters(request, PAGING)
        writing.existing(Document.objects.only("id"), id)
        binding = binding_of("faq-versions", {"document": id})
        found, after = page(Version.objects.of(id), ORDER, parameters, binding)
        return Response({"results": self.get_serializer(found, many=True).data, "next": after})


class FaqRestore(GenericAPIView[Document]):
    """Brings back what a version says, all but its status. That is an edit, and a version of its
    own; where nothing differs it is none."""

    serializer_class = RestoreSerializer
    permission_classes = (IsAgent,)

    @extend_schema(
        operation_id="faq_versions_restore",
        parameters=[ACCEPT_WORSE],
        request=RestoreSerializer,
        responses={200: DocumentSerializer, 409: CONFLICTS},
    )
    def post(self, request: Request, id: UUID, number: int) -> Response:
        accept_worse = accepts_worse(request)
        validated(self, request)
        document = floor.restore(id, number, accept_worse=accept_worse, actor=request.user.pk)
        return Response(DocumentSerializer(document).data)
