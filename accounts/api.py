from typing import Any, cast
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import changes
from accounts.clerk.tokens import Reason, Refusal
from accounts.erasures_api import ReceiptSerializer, erase_me
from accounts.models import Role, User
from accounts.permissions import IsSignedIn, MayReadUsers
from core import audit
from core.api import (
    PRIVATE,
    StrictSerializer,
    TextField,
    limit_parameter,
    page_size,
    query_parameters,
)
from core.databases import AUTH
from core.errors import ApiError, ErrorCode
from core.paging import binding_of, decode_cursor, encode_cursor

IDS_MAX = 100
FILTERS = frozenset({"q", "email", "role"})
# A single letter would begin a large part of all names, and no index would help.
Q_MIN, Q_MAX = 2, 100

LISTED = [
    OpenApiParameter(
        "q",
        {"type": "string", "minLength": Q_MIN, "maxLength": Q_MAX},
        description=f"Email, first or last name begins so; {Q_MIN} characters or more.",
    ),
    OpenApiParameter("email", str, description="Exactly this one, in any case."),
    OpenApiParameter("role", str, enum=Role.values),
    OpenApiParameter(
        "ids", str, description=f"Up to {IDS_MAX}, separated by commas; with no other parameter."
    ),
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    limit_parameter("People"),
]


class PersonSerializer(serializers.Serializer[Any]):
    """What `me_json` and `user_json` have in common, for the API reference."""

    id = serializers.UUIDField()
    email = serializers.EmailField(allow_null=True)
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField()


class MeSerializer(PersonSerializer):
    """The shape of `me_json`."""

    impersonated_by = serializers.UUIDField(
        required=False, help_text="Only there while an admin acts in this person's place."
    )


class UserSerializer(PersonSerializer):
    """The shape of `user_json`."""

    is_active = serializers.BooleanField(help_text="False: refused at sign-in.")
    is_banned = serializers.BooleanField(help_text="At Clerk; refused at sign-in.")


class UserPageSerializer(serializers.Serializer[Any]):
    results = UserSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class MyNameSerializer(StrictSerializer):
    first_name = TextField(max_length=150, allow_blank=True, required=False)
    last_name = TextField(max_length=150, allow_blank=True, required=False)


def me_json(person: User) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "role": person.role,
        "created_at": person.created_at,
    } | ({"impersonated_by": person.impersonated_by} if person.impersonated_by else {})


def user_json(person: User) -> dict[str, Any]:
    return me_json(person) | {"is_active": person.is_active, "is_banned": person.is_banned}


def invalid(name: str, message: str) -> ApiError:
    return ApiError(ErrorCode.VALIDATION_ERROR, details={name: [message]})


@transaction.atomic(using=AUTH)
def rename(id: UUID, names: dict[str, str]) -> User:
    """By themselves. Raises Refusal for somebody erased meanwhile."""
    person = User.objects.select_for_update().filter(id=id).first()
    if person is None:
        raise Refusal(Reason.DELETED)
    before = audit.values(person)
    # A name of their own, which Clerk's must not take the place of.
    own = {"own_name": True} if names else {}
    for field, value in (names | own).items():
        setattr(person, field, value)
    person.save(update_fields=[*names, *own, "updated_at"])
    changes.record(person, before, actor=id)
    return person


class Me(GenericAPIView):
    """The person whose token this is."""

    permission_classes = [IsSignedIn]
    serializer_class = MyNameSerializer
    queryset = User.objects.none()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The browsable API's form shows the names as they are."""
        if not args and kwargs.get("instance") is None:
            kwargs["instance"] = self.request.user
        return super().get_serializer(*args, **kwargs)

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        query_parameters(request, ())
        return Response(me_json(cast(User, request.user)), headers=PRIVATE)

    @extend_schema(operation_id="update_me", request=MyNameSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        person = rename(cast(User, request.user).id, serializer.validated_data)
        return Response(me_json(person), headers=PRIVATE)

    @extend_schema(
        operation_id="erase_me", responses={200: ReceiptSerializer, 202: ReceiptSerializer}
    )
    def delete(self, request: Request) -> Response:
        """Erase this person for good. 202: the rest follows, as the receipt tells in time."""
        query_parameters(request, ())
        return erase_me(request)


class Users(APIView):
    """The people of this product, the newest first. A key needs the scope `users:read`."""

    permission_classes = [MayReadUsers]

    @extend_schema(operation_id="users_list", parameters=LISTED, responses=UserPageSerializer)
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, (each.name for each in LISTED))
        body = named(parameters) if "ids" in parameters else page_of(parameters)
        return Response(body, headers=PRIVATE)


class UserDetail(APIView):
    """One person of this product. A key needs the scope `users:read`."""

    permission_classes = [MayReadUsers]

    @extend_schema(operation_id="users_retrieve", responses=UserSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        query_parameters(request, ())
        person = User.objects.filter(id=id).first()
        if person is None:
            raise ApiError(ErrorCode.NOT_FOUND)
        return Response(user_json(person), headers=PRIVATE)


def named(parameters: dict[str, str]) -> dict[str, Any]:
    """Those who exist of the people asked for by id, the newest first."""
    if len(parameters) > 1:
        raise invalid("ids", "No other parameter goes with ids.")
    people = User.objects.filter(id__in=ids_in(parameters["ids"])).order_by("-created_at", "-id")
    return {"results": [user_json(person) for person in people], "next": None}


def ids_in(text: str) -> set[UUID]:
    parts = text.split(",", IDS_MAX)
    if len(parts) > IDS_MAX:
        raise invalid("ids", f"At most {IDS_MAX} ids.")
    try:
        return {UUID(part.strip()) for part in parts}
    except ValueError as error:
        raise invalid("ids", "UUIDs, separated by commas.") from error


def page_of(parameters: dict[str, str]) -> dict[str, Any]:
    limit = page_size(parameters)
    filters = {name: value for name, value in parameters.items() if name in FILTERS}
    binding = binding_of("users", filters)
    rows = User.objects.order_by("-created_at", "-id")
    if "q" in filters:
        rows = rows.beginning(searched(filters["q"]))
    if "email" in filters:
        rows = rows.with_email(filters["email"])
    if "role" in filters:
        if filters["role"] not in Role.values:
            raise invalid("role", f"One of {', '.join(Role.values)}.")
        rows = rows.filter(role=filters["role"])
    if cursor := parameters.get("cursor"):
        rows = rows.before(*decode_cursor(cursor, binding))
    found = list(rows[: limit + 1])
    after = None
    if len(found) > limit:
        last = found[limit - 1]
        after = encode_cursor((last.created_at, last.id), binding)
    return {"results": [user_json(person) for person in found[:limit]], "next": after}


def searched(q: str) -> str:
    if not Q_MIN <= len(q.strip()) <= Q_MAX:
        raise invalid("q", f"{Q_MIN} to {Q_MAX} characters.")
    return q.strip()
