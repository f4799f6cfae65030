from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role, User
from accounts.permissions import IsSignedIn
from core.api import StrictSerializer, query_parameters

# Who somebody is must not be kept by a cache on the way.
PRIVATE = {"Cache-Control": "private, no-store"}


class MeSerializer(serializers.Serializer[Any]):
    """The shape of `me_json`, for the API reference."""

    id = serializers.UUIDField()
    email = serializers.EmailField(allow_null=True)
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField()


class MyNameSerializer(StrictSerializer):
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)


def me_json(person: User) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "role": person.role,
        "created_at": person.created_at,
    }


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
        person, names = cast(User, request.user), serializer.validated_data
        for field, value in names.items():
            setattr(person, field, value)
        person.own_name = person.own_name or bool(names)  # which Clerk's must not take the place of
        person.save(update_fields=[*names, "own_name", "updated_at"])
        return Response(me_json(person), headers=PRIVATE)
