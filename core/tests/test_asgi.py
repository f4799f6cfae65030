"""Requests through the handler that asgi servers run, without a server."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from core.asgi import OneHopHandler

seen = {}


def plain(request):
    seen["thread"] = threading.current_thread().name
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seen["connection"] = connection.connection
    return HttpResponse(request.body)


def stream(request):
    async def words():
        seen["streamed in"] = threading.current_thread().name
        yield b"one "
        yield b"two"

    return StreamingHttpResponse(words())


async def coroutine(request):
    return HttpResponse(b"from a coroutine")


def broken(request):
    raise RuntimeError("a secret")


def out_of_reach(request):
    raise OperationalError("connection refused")


urlpatterns = [
    path("out-of-reach", out_of_reach),
    path("", plain, name="home"),
    path("plain", plain),
    path("stream", stream),
    path("coroutine", coroutine),
    path("api/broken", broken),
]
handler500 = "core.pages.server_error"


async def call(path, body=b""):
    """(status, headers, body) of a request to the handler."""
    sent = []
    incoming = iter([{"type": "http.request", "body": body}])
    left = asyncio.Event()

    async def receive():
        for message in incoming:
            return message
        await left.wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST" if body else "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"x-request-id", b"from-the-proxy")],
    }
    await OneHopHandler()(scope, receive, send)
    start, *rest = sent
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in rest)


@pytest.fixture(autouse=True)
def routes():
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"]):
        yield


def answer(*args):
    return asyncio.run(call(*args))


@pytest.mark.django_db(transaction=True)
def test_a_request_is_answered_in_one_thread_which_keeps_no_connection():
    status, headers, _ = answer("/plain")
    assert status == 200
    assert headers["x-request-id"] == "from-the-proxy"
    assert seen["thread"].startswith("request")
    assert seen["connection"].closed or seen["connection"] in connection.pool._pool


def test_a_stream_is_left_to_the_event_loop():
    assert answer("/stream")[2] == b"one two"
    assert seen["streamed in"] == threading.current_thread().name


def test_a_view_that_is_a_coroutine_works():
    assert answer("/coroutine")[2] == b"from a coroutine"


def test_a_page_says_that_the_database_is_away():
    status, headers, _ = answer("/out-of-reach")
    assert (status, headers["retry-after"]) == (503, "5")


def test_an_error_is_an_envelope():
    status, _, body = answer("/api/broken")
    assert status == 500
    assert b"INTERNAL_ERROR" in body
    assert b"a secret" not in body
