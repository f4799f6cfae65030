"""Liveness and readiness. Plain views: a health check must not depend on what it checks."""

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from psycopg_pool import PoolTimeout

from core.stamp import read_stamp


def health(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse(report("ok"))


def database_health(request: HttpRequest) -> JsonResponse:
    """The product's own database answers: 503 when it is down or another product's."""
    state = database_state()
    status = "ok" if state == "ok" else "unavailable"
    response = JsonResponse(
        report(status) | {"database": state}, status=200 if state == "ok" else 503
    )
    response.is_envelope = True  # type: ignore[attr-defined]  # a monitor reads `status`
    return response


def report(status: str) -> dict[str, str]:
    return {"status": status, "product": settings.PRODUCT.id, "version": settings.VERSION}


def database_state() -> str:
    """ "ok", "down", "not migrated" or "another product's"; never an exception's text."""
    try:
        stamp = read_stamp()
    except (DatabaseError, PoolTimeout):
        return "down"
    if stamp is None:
        return "not migrated"
    return "ok" if stamp == settings.PRODUCT.id else "another product's"
