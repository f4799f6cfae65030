"""The one error envelope: every answer under /api/ that is not a success has this shape."""

import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest
from psycopg_pool import PoolTimeout
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from core.logs import request_id

logger = logging.getLogger("core.errors")
RETRY_AFTER_SECONDS = 5
# Of a server that takes no writes, as one that follows another, and of a transaction that it ended
# for its idleness: psycopg takes both for errors of ours.
STATES = ("25006", "25P03")


class ErrorCode(StrEnum):
    VALIDATION_ERROR = "VALIDATION_ERROR"
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    INVALID_CURSOR = "INVALID_CURSOR"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    CONFLICT = "CONFLICT"
    LENGTH_REQUIRED = "LENGTH_REQUIRED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"


STATUS = {
    ErrorCode.VALIDATION_ERROR: 400,
    ErrorCode.MALFORMED_REQUEST: 400,
    ErrorCode.INVALID_CURSOR: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.NOT_ACCEPTABLE: 406,
    ErrorCode.CONFLICT: 409,
    ErrorCode.LENGTH_REQUIRED: 411,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}

MESSAGES = {
    ErrorCode.VALIDATION_ERROR: "Some fields are not valid.",
    ErrorCode.MALFORMED_REQUEST: "The request could not be read.",
    ErrorCode.INVALID_CURSOR: "The cursor is not one of this list.",
    ErrorCode.UNAUTHORIZED: "Sign in to do this.",
    ErrorCode.FORBIDDEN: "You may not do this.",
    ErrorCode.NOT_FOUND: "There is nothing here.",
    ErrorCode.METHOD_NOT_ALLOWED: "This method is not allowed here.",
    ErrorCode.NOT_ACCEPTABLE: "This format is not offered.",
    ErrorCode.CONFLICT: "This already exists.",
    ErrorCode.LENGTH_REQUIRED: "Send the body at once, with its Content-Length.",
    ErrorCode.PAYLOAD_TOO_LARGE: "The request is too large.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "Send JSON (Content-Type: application/json).",
    ErrorCode.RATE_LIMITED: "Too many requests. Try again later.",
    ErrorCode.INTERNAL_ERROR: "Something went wrong here. It has been recorded.",
    ErrorCode.SERVICE_UNAVAILABLE: "The service cannot answer just now. Try again shortly.",
}

CODE_OF_STATUS = {
    status: code for code, status in STATUS.items() if code != ErrorCode.INVALID_CURSOR
} | {400: ErrorCode.MALFORMED_REQUEST}


class ApiError(exceptions.APIException):
    """An error with a code of ours; may be raised anywhere below a view.

    `details` maps a field to a list of messages, or gives a reason.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str = "",
        details: dict[str, Any] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message or MESSAGES[code])
        self.code = code
        self.message = message or MESSAGES[code]
        self.details = details
        self.status_code = STATUS[code]
        self.wait = retry_after


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=[(code.value, code.value) for code in ErrorCode])
    message = serializers.CharField()
    product = serializers.CharField()
    timestamp = serializers.DateTimeField()
    path = serializers.CharField()
    details = serializers.DictField(required=False)
    request_id = serializers.CharField()


class ErrorEnvelopeSerializer(serializers.Serializer[Any]):
    error = ErrorSerializer()


def envelope(
    code: ErrorCode, message: str, path: str, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    error: dict[str, Any] = {
        "code": code.value,
        "message": message,
        "product": settings.PRODUCT.id,
        "timestamp": now,
        "path": path,
        "request_id": request_id(),
    }
    if details:
        error["details"] = details
    return {"error": error}


def as_api_error(error: Exception) -> ApiError:
    """Our error for anything that a view may raise; what nobody foresaw is INTERNAL_ERROR."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail
        fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
        return ApiError(ErrorCode.VALIDATION_ERROR, details=fields)
    if isinstance(error, exceptions.ParseError):
        return ApiError(ErrorCode.MALFORMED_REQUEST, str(error.detail))
    if isinstance(error, exceptions.Throttled):
        return ApiError(ErrorCode.RATE_LIMITED, retry_after=int(getattr(error, "wait", 0) or 0) + 1)
    if isinstance(error, exceptions.APIException):
        code = CODE_OF_STATUS.get(error.status_code, ErrorCode.MALFORMED_REQUEST)
        return ApiError(code, own_message(error))
    if isinstance(error, Http404):
        return ApiError(ErrorCode.NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return ApiError(ErrorCode.FORBIDDEN)
    if isinstance(error, RequestDataTooBig):
        return ApiError(ErrorCode.PAYLOAD_TOO_LARGE)
    if isinstance(error, SuspiciousOperation):
        return ApiError(ErrorCode.MALFORMED_REQUEST)
    if is_outage(error):
        return ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=RETRY_AFTER_SECONDS)
    return ApiError(ErrorCode.INTERNAL_ERROR)


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is away, or in a state in which it does not do what it was asked."""
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) in STATES
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def own_message(error: exceptions.APIException) -> str:
    """The message that a raiser chose, or "" for the framework's default."""
    detail = str(error.detail)
    return "" if detail == str(error.default_detail) else detail


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER. Handles everything, so that DEBUG shows the API its real face."""
    api_error = as_api_error(error)
    if api_error.status_code >= 500:
        logger.error("%s in a view", api_error.code, exc_info=error)
    request: HttpRequest = context["request"]
    response = Response(
        envelope(api_error.code, api_error.message, request.path, api_error.details),
        status=api_error.status_code,
    )
    if api_error.wait:
        response["Retry-After"] = str(api_error.wait)
    # DRF itself hands a challenge to its own two exceptions only.
    is_unauthorized = api_error.code == ErrorCode.UNAUTHORIZED
    if is_unauthorized and (challenge := context["view"].get_authenticate_header(request)):
        response["WWW-Authenticate"] = challenge
    response.is_envelope = True  # type: ignore[attr-defined]
    return response
