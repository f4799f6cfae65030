import logging
import re
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from random import getrandbits
from typing import Any

import orjson
from corsheaders import middleware as cors
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from core.errors import CODE_OF_STATUS, MESSAGES, ErrorCode, envelope
from core.logs import current_impersonator, current_request_id

logger = logging.getLogger("core.requests")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What a proxy may hand on; anything else is replaced, so that no log line can be forged.
FOREIGN_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# Of an error that is put into the envelope. Without the last two no script of a front end on
# another origin could read it.
KEPT_HEADERS = (
    "Allow",
    "Retry-After",
    "Vary",
    cors.ACCESS_CONTROL_ALLOW_ORIGIN,
    cors.ACCESS_CONTROL_EXPOSE_HEADERS,
)

Handler = Callable[[HttpRequest], Any]


class MessageMiddleware(messages.MessageMiddleware):
    """Messages are shown on pages; a call of the API needs no storage for any."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.path.startswith("/api/"):
            super().process_request(request)


def is_bare_call(request: HttpRequest) -> bool:
    """Of the API, that reads, with no cookie, for no page: Django's session, and who has it, are of
    no use to it. Most are such, and a tenth of what one costs is saved."""
    meta = request.META
    return (
        "HTTP_COOKIE" not in meta
        and request.method in SAFE_METHODS
        and request.path.startswith("/api/")
        and "html" not in meta.get("HTTP_ACCEPT", "")
    )


class PassedByBareCalls(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if is_bare_call(request) else super().__call__(request)


class SessionMiddleware(PassedByBareCalls, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(PassedByBareCalls, auth.AuthenticationMiddleware):
    pass


class CorsMiddleware(cors.CorsMiddleware):
    """A call from no page of another origin, as most are, needs nothing looked up: only caches are
    told that one from such a page, or with a cookie, has another answer."""

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "HTTP_ORIGIN" in request.META:
            return super().add_response_headers(request, response)
        if self.is_enabled(request):
            patch_vary_headers(response, ("Cookie", "origin"))
        return response


@sync_and_async_middleware
def request_id(get_response: Handler) -> Handler:
    """Give every request an id (`X-Request-ID`, a proxy's is kept) and one structured log line."""

    def begin(request: HttpRequest) -> float:
        # Not of `request.headers`, which first makes a mapping of all there are.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        is_good = FOREIGN_REQUEST_ID.fullmatch(given)
        current_request_id.set(given if is_good else f"{getrandbits(128):032x}")
        current_impersonator.set(None)  # a thread serves one request after another
        return time.perf_counter()

    def end(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
        response.headers["X-Request-ID"] = current_request_id.get()
        if logger.isEnabledFor(logging.INFO):
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - began) * 1000, 2),
                },
            )
        return response

    return wrapped(get_response, begin, end)


@sync_and_async_middleware
def error_envelope(get_response: Handler) -> Handler:
    """Put any failure under /api/ that did not come out of a DRF view into the one envelope."""

    def end(request: HttpRequest, response: HttpResponseBase, began: None) -> HttpResponseBase:
        is_ours = getattr(response, "is_envelope", False)
        if response.status_code < 400 or is_ours or not request.path.startswith("/api/"):
            return response
        status = response.status_code
        unnamed = ErrorCode.INTERNAL_ERROR if status >= 500 else ErrorCode.MALFORMED_REQUEST
        code = CODE_OF_STATUS.get(status, unnamed)
        body = orjson.dumps(envelope(code, MESSAGES[code], request.path))
        enveloped = HttpResponse(body, "application/json", status=status)
        for header in KEPT_HEADERS:
            if header in response.headers:
                enveloped.headers[header] = response.headers[header]
        return enveloped

    return wrapped(get_response, lambda request: None, end)


def wrapped(
    get_response: Handler,
    begin: Callable[[HttpRequest], Any],
    end: Callable[[HttpRequest, HttpResponseBase, Any], HttpResponseBase],
) -> Handler:
    """One middleware for both kinds of server: on asgi it costs no hop to another thread."""
    if iscoroutinefunction(get_response):

        async def on_asgi(request: HttpRequest) -> HttpResponseBase:
            state = begin(request)
            return end(request, await get_response(request), state)

        return on_asgi

    def on_wsgi(request: HttpRequest) -> HttpResponseBase:
        state = begin(request)
        return end(request, get_response(request), state)

    return on_wsgi
