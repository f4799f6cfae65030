"""Liveness and readiness, for load balancers and monitors. No sign-in, no session, no cache."""

from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from drf_spectacular.utils import extend_schema
from psycopg_pool import PoolTimeout
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import MESSAGES, STATUS, ErrorCode, envelope
from core.stamp import read_stamp


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    product = serializers.CharField()
    version = serializers.CharField()


class DatabaseHealthSerializer(HealthSerializer):
    database = serializers.CharField()


class HealthView(APIView):
    """The process answers."""

    name = "Health"
    authentication_classes = ()

    @extend_schema(operation_id="health", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        return Response(report("ok"))


class DatabaseHealthView(APIView):
    """The product's own database answers: 503 when it is down or another product's."""

    name = "Database health"
    authentication_classes = ()

    @extend_schema(operation_id="database_health", responses=DatabaseHealthSerializer)
    def get(self, request: Request) -> Response:
        state = database_state()
        if state == "ok":
            return Response(report("ok") | {"database": state})
        code = ErrorCode.SERVICE_UNAVAILABLE
        failure = envelope(code, MESSAGES[code], request.path)
        body = report("unavailable") | {"database": state} | failure
        response = Response(body, status=STATUS[code])
        response.is_envelope = True  # type: ignore[attr-defined]
        return response


def report(status: str) -> dict[str, Any]:
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
