"""How an operation is described in the OpenAPI document."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from core.errors import ErrorEnvelopeSerializer


class EnvelopeSchema(AutoSchema):
    """Every operation may answer with the error envelope."""

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        failure = self._get_response_for_code(ErrorEnvelopeSerializer, "default")  # type: ignore[no-untyped-call]
        bodies["default"] = failure
        bodies["default"]["description"] = "Any failure."
        return bodies
