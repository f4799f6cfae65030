"""Views that fail in every way a view can, behind the product's real middleware."""

from importlib import import_module
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from core.api import StrictSerializer, page_size, query_parameters
from core.errors import ApiError, ErrorCode
from core.logs import request_id

FAILURES = {
    "exception": ValueError("the password is swordfish"),
    "database": OperationalError("connection to 10.0.0.1 refused"),
    "missing": Http404("row 7"),
    "denied": PermissionDenied("not in the group"),
    "suspicious": SuspiciousOperation("path traversal"),
    "conflict": ApiError(ErrorCode.CONFLICT, "The slug is taken.", {"slug": ["Taken."]}),
    "busy": ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=7),
    "unauthorized": NotAuthenticated(),
    "expired": AuthenticationFailed("The token has expired."),
}


class Nobody(BaseAuthentication):
    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Failing(APIView):
    authentication_classes = (Nobody,)

    def get(self, request: Request, failure: str) -> Response:
        raise FAILURES[failure]


def failing_plainly(request: HttpRequest, failure: str) -> HttpResponse:
    raise FAILURES[failure]


class NoteSerializer(StrictSerializer):
    title = serializers.CharField(max_length=20)
    stars = serializers.IntegerField(min_value=1, max_value=5)


class Notes(APIView):
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("limit", "city"))
        return Response({"limit": page_size(parameters), "request_id": request_id()})

    def post(self, request: Request) -> Response:
        note = NoteSerializer(data=request.data)
        note.is_valid(raise_exception=True)
        return Response(note.validated_data, status=201)


class OnceADay(UserRateThrottle):
    rate = "1/day"


class Throttled(APIView):
    authentication_classes = ()
    throttle_classes = (OnceADay,)

    def get(self, request: Request) -> Response:
        return Response({"seen": True})


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.POST)} fields")


views: list[Any] = [
    path("api/failing/<failure>", Failing.as_view()),
    path("api/plainly/<failure>", failing_plainly),
    path("pages/<failure>", failing_plainly),
    path("api/notes", Notes.as_view()),
    path("api/throttled", Throttled.as_view()),
    path("api/form", form),
]
urlpatterns = [*views, *import_module("config.urls").urlpatterns]
handler400 = "core.pages.bad_request"
handler403 = "core.pages.forbidden"
handler404 = "core.pages.not_found"
handler500 = "core.pages.server_error"
