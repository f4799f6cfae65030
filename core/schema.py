"""How an operation is described in the OpenAPI document."""

from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from rest_framework.request import Request

from core.errors import ErrorEnvelopeSerializer

REQUEST_ID = {
    "schema": {"type": "string"},
    "description": "Stands in the logs: quote it with a fault.",
}
RETRY_AFTER = {
    "schema": {"type": "integer", "minimum": 1},
    "description": "Seconds to wait; with 429 and 503.",
}


class EnvelopeSchema(AutoSchema):
    """Every operation may answer with the error envelope, says whether a guest may call it, and
    names the headers that a front end reads. What is refused is not described as if it were taken:
    an unknown field, an empty parameter."""

    def get_auth(self) -> list[dict[str, Any]]:
        """`{}` is to send nothing."""
        ways: list[dict[str, Any]] = super().get_auth()
        return [*ways, {}] if ways and self.is_open_to(AnonymousUser()) else ways

    def is_open_to(self, user: Any, auth: Any = None) -> bool:
        """As the view's permissions say of a request by which this user comes."""
        request = Request(HttpRequest())
        request._request.method, request.user, request.auth = self.method, user, auth
        return all(
            permission.has_permission(request, self.view)
            for permission in self.view.get_permissions()
        )

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """What may be left out of a write is there in the answer all the same. Whatever says
        `sometimes` refuses fields that it does not know (core.api)."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        instance = force_instance(serializer)  # type: ignore[no-untyped-call]
        sometimes = getattr(instance, "sometimes", None)
        always = schema.get("properties", {}).keys() - set(sometimes or ())
        if direction == "response" and sometimes is not None and always:
            schema["required"] = sorted(always)
        if direction == "request" and sometimes is not None:
            schema["additionalProperties"] = False
        return schema

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for schema in (each["schema"] for each in parameters if each["in"] == "query"):
            if schema["type"] == "string" and not schema.keys() & {"enum", "format"}:
                schema.setdefault("minLength", 1)
            elif schema["type"] == "array":
                schema.setdefault("minItems", 1)
        return parameters

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        failure = self._get_response_for_code(ErrorEnvelopeSerializer, "default")  # type: ignore[no-untyped-call]
        bodies["default"] = failure
        bodies["default"]["description"] = "Any failure."
        for body in bodies.values():
            body["headers"] = body.get("headers", {}) | {"X-Request-ID": REQUEST_ID}
        bodies["default"]["headers"]["Retry-After"] = RETRY_AFTER
        return bodies
