"""Liveness and readiness, for load balancers and monitors. No sign-in, no session, no cache."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError, connections
from drf_spectacular.utils import extend_schema
from psycopg_pool import PoolTimeout
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.databases import APP, AUTH
from core.errors import MESSAGES, STATUS, ErrorCode, envelope
from core.placement import was_split
from core.stamp import read_stamp

FIELDS = {AUTH: "auth_database", APP: "database"}


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    product = serializers.CharField()
    version = serializers.CharField()


class DatabaseHealthSerializer(HealthSerializer):
    database = serializers.CharField()
    auth_database = serializers.CharField(required=False)


class HealthView(APIView):
    """The process answers."""

    name = "Health"
    authentication_classes = ()

    @extend_schema(operation_id="health", responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        return Response(report("ok"))


class DatabaseHealthView(APIView):
    """The product's own databases answer: 503 when one is down or another product's.

    `auth_database` is there where people have a database of their own.
    """

    name = "Database health"
    authentication_classes = ()

    @extend_schema(operation_id="database_health", responses=DatabaseHealthSerializer)
    def get(self, request: Request) -> Response:
        states = database_states()
        if set(states.values()) == {"ok"}:
            return Response(report("ok") | states)
        code = ErrorCode.SERVICE_UNAVAILABLE
        failure = envelope(code, MESSAGES[code], request.path)
        body = report("unavailable") | states | failure
        response = Response(body, status=STATUS[code])
        response.is_envelope = True  # type: ignore[attr-defined]
        return response


def report(status: str) -> dict[str, Any]:
    return {"status": status, "product": settings.PRODUCT.id, "version": settings.VERSION}


def database_states() -> dict[str, str]:
    """All are asked at once: two that are silent cost a monitor no longer than one."""
    aliases = list(connections)
    with ThreadPoolExecutor(len(aliases), thread_name_prefix="health") as threads:
        states = threads.map(database_state, aliases)
        return {FIELDS[alias]: state for alias, state in zip(aliases, states, strict=True)}


def database_state(alias: str) -> str:
    """ "ok", "down", "not migrated", "another product's" or "split"; never an exception's text."""
    try:
        stamp = read_stamp(alias)
        is_split = alias == AUTH and was_split()
    except (DatabaseError, PoolTimeout):
        return "down"
    finally:
        connections[alias].close()  # of a thread that asks once
    if stamp is None:
        return "not migrated"
    if is_split:
        return "split"
    return "ok" if stamp == settings.PRODUCT.id else "another product's"
