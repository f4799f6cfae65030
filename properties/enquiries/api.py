"""Enquiries over HTTP: visitors send them, staff handle them, senders read back their own."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, UserRateThrottle
from rest_framework.views import APIView

from accounts.models import Role, User
from accounts.permissions import IsAgent, IsSignedIn, has_role
from core.api import (
    PRIVATE,
    StrictSerializer,
    TextField,
    idempotency_key,
    key_parameter,
    limit_parameter,
    page_size,
    query_parameters,
)
from core.databases import APP
from core.errors import ApiError, ErrorCode
from core.paging import binding_of, decode_cursor, encode_cursor
from core.throttling import CountedThrottle, ScopedThrottle
from properties.enquiries import service as enquiries
from properties.enquiries.model import (
    GUESTS_MAX,
    MESSAGE_MAX_LENGTH,
    NAME_MAX_LENGTH,
    NOTE_MAX_LENGTH,
    PHONE_MAX_LENGTH,
    Enquiry,
    EnquiryQuerySet,
    EnquiryStatus,
)

STAFF = frozenset({Role.ADMIN, Role.AGENT})
PHONE = rf"^(?=(?:\D*\d){{5}})\+?[0-9 ()./-]{{5,{PHONE_MAX_LENGTH - 1}}}$"
DAYS_AHEAD = 3 * 366

SENT = (
    "id", "listing_id", "listing_title", "name", "email", "phone", "message", "arrival",
    "departure", "guests", "status", "created_at", "updated_at",
)  # fmt: skip
HANDLED = (*SENT, "user_id", "note")

IDEMPOTENCY = key_parameter(
    "The same key within a day is the same enquiry. Without one, the same content is."
)
LISTED = [
    OpenApiParameter("status", str, enum=EnquiryStatus.values),
    OpenApiParameter("listing", UUID, description="About this listing alone."),
    OpenApiParameter(
        "mine", bool, description="true: those that the caller sent; what users see anyway."
    ),
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    limit_parameter("Enquiries"),
]


class NameField(TextField):
    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class PhoneField(TextField, serializers.RegexField):
    """As text alone: a number has lost its first zero."""


class NewEnquirySerializer(StrictSerializer):
    """What a visitor sends: a name, an email or a phone number or both, and what they ask."""

    name = NameField(max_length=NAME_MAX_LENGTH)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = PhoneField(PHONE, max_length=PHONE_MAX_LENGTH, required=False, allow_blank=True)
    message = TextField(
        max_length=MESSAGE_MAX_LENGTH, style={"base_template": "textarea.html", "rows": 6}
    )
    arrival = serializers.DateField(required=False, allow_null=True)
    departure = serializers.DateField(required=False, allow_null=True)
    guests = serializers.IntegerField(
        min_value=1, max_value=GUESTS_MAX, required=False, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """All fields, so that what was left out and what was left empty are the same."""
        given = {"email": "", "phone": "", "arrival": None, "departure": None, "guests": None}
        given |= attrs
        problems = dict(problems_of(given))
        if problems:
            raise serializers.ValidationError({name: [text] for name, text in problems.items()})
        return given


def problems_of(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Dates may be of a visitor to whom it is still yesterday."""
    arrival, departure, today = given["arrival"], given["departure"], timezone.localdate()
    problems = []
    if not (given["email"] or given["phone"]):
        problems.append(("email", "Give this, or `phone`."))
    if arrival and arrival < today - timedelta(days=1):
        problems.append(("arrival", "This is past."))
    if arrival and arrival > today + timedelta(days=DAYS_AHEAD):
        problems.append(("arrival", "This is more than three years ahead."))
    if departure and not arrival:
        problems.append(("arrival", "Give this with `departure`."))
    if arrival and departure and not arrival < departure <= arrival + timedelta(days=DAYS_AHEAD):
        problems.append(("departure", "After `arrival`, by three years at most."))
    return problems


class EnquiryReceiptSerializer(serializers.Serializer[Any]):
    """What whoever sent it is told, and no more: the key of another's enquiry reveals nothing."""

    id = serializers.UUIDField()
    listing_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class EnquirySerializer(serializers.ModelSerializer[Enquiry]):
    """An enquiry as it is read."""

    listing_id = serializers.UUIDField(allow_null=True, help_text="Null: the listing is gone.")
    user_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The sender's account. For staff."
    )
    note = serializers.CharField(required=False, help_text="For staff.")
    email = serializers.CharField(help_text="Empty: a phone number alone was given.")
    status = serializers.ChoiceField(choices=EnquiryStatus.choices)

    class Meta:
        model = Enquiry
        fields = HANDLED


class EnquiryPageSerializer(serializers.Serializer[Any]):
    results = EnquirySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class EnquiryChangeSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=EnquiryStatus.choices, required=False)
    note = TextField(
        max_length=NOTE_MAX_LENGTH,
        required=False,
        allow_blank=True,
        style={"base_template": "textarea.html", "rows": 4},
    )


class NewEnquiries(UserRateThrottle, CountedThrottle):
    """Counts enquiries as they are stored: neither what is refused nor what is sent again."""

    scope = "new_enquiry"

    def count(self, request: Request, view: APIView) -> None:
        """Raises Throttled."""
        if not self.allow_request(request, view):
            raise Throttled(self.wait())


class SendEnquiry(GenericAPIView[Enquiry]):
    """Ask about a published listing. Guests may."""

    serializer_class = NewEnquirySerializer
    queryset = Enquiry.objects.none()
    throttle_classes = (ScopedThrottle,)
    throttle_scope = "enquiry"

    def get_throttles(self) -> list[BaseThrottle]:
        """Sending counts, and no other method."""
        return super().get_throttles() if self.request.method == "POST" else []

    @extend_schema(
        operation_id="enquiries_create",
        parameters=[IDEMPOTENCY],
        request=NewEnquirySerializer,
        responses={200: EnquiryReceiptSerializer, 201: EnquiryReceiptSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        key = idempotency_key(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic(using=APP):
            sent, is_new = enquiries.send(id, request.user.pk, serializer.validated_data, key)
            if is_new:
                NewEnquiries().count(request, self)
        body = {"id": sent.id, "listing_id": id, "created_at": sent.created_at}
        return Response(body, status=201 if is_new else 200, headers=PRIVATE)


class Enquiries(APIView):
    """Those of an agent's own listings; all, for admins; those they sent, for users."""

    permission_classes = (IsSignedIn,)

    @extend_schema(
        operation_id="enquiries_list", parameters=LISTED, responses=EnquiryPageSerializer
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, (each.name for each in LISTED))
        limit = page_size(parameters)
        filters = filters_of(parameters)
        handles = not mine(parameters) and has_role(request.user, STAFF)
        rows = scope_of(request, handles).filter(**filters).order_by("-created_at", "-id")
        binding = binding_of("enquiries", filters | {"of": request.user.pk, "handles": handles})
        if cursor := parameters.get("cursor"):
            rows = rows.before(*decode_cursor(cursor, binding))
        found = list(rows.values(*(HANDLED if handles else SENT))[: limit + 1])
        after = None
        if len(found) > limit:
            last = found[limit - 1]
            after = encode_cursor((last["created_at"], last["id"]), binding)
        return Response({"results": found[:limit], "next": after}, headers=PRIVATE)


def mine(parameters: Mapping[str, str]) -> bool:
    value = parameters.get("mine", "false")
    if value not in ("true", "false"):
        raise ApiError(ErrorCode.VALIDATION_ERROR, details={"mine": ["true or false."]})
    return value == "true"


def filters_of(parameters: Mapping[str, str]) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    if (status := parameters.get("status")) is not None:
        filters["status"] = status
        if status not in EnquiryStatus.values:
            problems["status"] = [f"One of {', '.join(EnquiryStatus.values)}."]
    if (listing := parameters.get("listing")) is not None:
        try:
            filters["listing_id"] = UUID(listing)
        except ValueError:
            problems["listing"] = ["A UUID."]
    if problems:
        raise ApiError(ErrorCode.VALIDATION_ERROR, details=problems)
    return filters


def scope_of(request: Request, handles: bool) -> EnquiryQuerySet:
    user: Any = request.user
    return enquiries.handled_by(user) if handles else Enquiry.objects.sent_by(user.pk)


class IsAgentOrReader(IsAgent):
    """Whoever signed in may read; agents and admins may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        reads = request.method in SAFE_METHODS and isinstance(request.user, User)
        return reads or super().has_permission(request, view)


class EnquiryDetail(GenericAPIView[Enquiry]):
    """One enquiry, for its listing's agent, for admins, and for whoever sent it."""

    serializer_class = EnquiryChangeSerializer
    permission_classes = (IsAgentOrReader,)
    queryset = Enquiry.objects.none()

    @extend_schema(operation_id="enquiries_retrieve", responses=EnquirySerializer)
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        return self.answer(request, id)

    @extend_schema(
        operation_id="enquiries_update",
        request=EnquiryChangeSerializer,
        responses=EnquirySerializer,
    )
    def patch(self, request: Request, id: UUID) -> Response:
        serializer = self.get_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        enquiries.change(request.user, id, serializer.validated_data)
        return self.answer(request, id)

    def answer(self, request: Request, id: UUID) -> Response:
        for handles, fields in ((True, HANDLED), (False, SENT)):
            if found := scope_of(request, handles).filter(id=id).values(*fields).first():
                return Response(found, headers=PRIVATE)
        raise ApiError(ErrorCode.NOT_FOUND)
