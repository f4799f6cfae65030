"""Erasing oneself, the receipt for it, and what is kept until then."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import erasure, export
from accounts.authentication import note
from accounts.clerk.tokens import Reason, Refusal
from accounts.models import ErasureReceipt, User
from accounts.permissions import IsSignedIn
from core.api import PRIVATE, query_parameters
from core.databases import AUTH
from core.errors import ApiError, ErrorCode
from core.throttling import ScopedThrottle


class ReceiptSerializer(serializers.Serializer[Any]):
    """The shape of `receipt_json`."""

    id = serializers.UUIDField()
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(
        allow_null=True, help_text="Null while the rest is still to be removed."
    )
    counts = serializers.DictField(child=serializers.IntegerField())


class Rows(serializers.ListField):
    child = serializers.DictField()


class ExportSerializer(serializers.Serializer[Any]):
    """What settings.EXPORTS come to, for the API reference."""

    product = serializers.CharField()
    exported_at = serializers.DateTimeField()
    profile = serializers.DictField()
    api_keys = Rows(help_text="Never a secret.")
    audit_entries = Rows(help_text="When they changed what, and when they were changed.")
    conversations = Rows()
    messages = Rows(help_text="Each with its `conversation_id`.")
    prompts = Rows()
    listings = Rows()
    enquiries = Rows(help_text="Those they sent.")
    faq_versions = Rows(help_text="What they wrote in FAQs, as they wrote it.")
    faq_import_files = Rows(help_text="Sent to be imported, and not imported.")


def receipt_json(receipt: ErasureReceipt) -> Mapping[str, Any]:
    return {
        "id": receipt.id,
        "requested_at": receipt.requested_at,
        "finished_at": receipt.finished_at,
        "counts": receipt.counts,
    }


def refuse_others(request: Request) -> None:
    """An admin who acts in the person's place takes neither all of their data nor them away."""
    if cast(User, request.user).impersonated_by:
        note(Reason.IMPERSONATED)
        raise Refusal(Reason.IMPERSONATED, ErrorCode.FORBIDDEN)


def erase_me(request: Request) -> Response:
    """200 when everything is gone, 202 when the rest follows."""
    refuse_others(request)
    person = cast(User, request.user)
    erased = erasure.erase(person.id, actor=person.id)
    if erased is None:
        raise ApiError(ErrorCode.NOT_FOUND)
    receipt = ErasureReceipt.objects.using(AUTH).get(id=erased.id)
    status = 202 if receipt.finished_at is None else 200
    return Response(receipt_json(receipt), status=status, headers=PRIVATE)


class Erasure(APIView):
    """A receipt, for whoever knows its id: the person has no account any more."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="erasure", responses=ReceiptSerializer, auth=[])
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        receipt = ErasureReceipt.objects.using(AUTH).filter(id=id).first()
        if receipt is None:
            raise ApiError(ErrorCode.NOT_FOUND)
        return Response(receipt_json(receipt), headers=PRIVATE)


class Export(APIView):
    """All that is kept of the person whose token this is, as a JSON file."""

    permission_classes = [IsSignedIn]
    throttle_classes = [ScopedThrottle]
    throttle_scope = "export"

    @extend_schema(operation_id="export_me", responses=ExportSerializer)
    def get(self, request: Request) -> HttpResponseBase:
        query_parameters(request, ())
        refuse_others(request)
        try:
            chunks = export.chunks(cast(User, request.user).id)
        except User.DoesNotExist:  # erased since the token was read
            raise ApiError(ErrorCode.UNAUTHORIZED) from None
        is_async = isinstance(request._request, ASGIRequest)
        name = f"{settings.PRODUCT.id}-{timezone.now():%Y-%m-%d}.json"
        return StreamingHttpResponse(
            export.on_event_loop(chunks) if is_async else chunks,
            content_type="application/json",
            headers=PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'},
        )
