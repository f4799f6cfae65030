"""Django on an event loop, for middleware and views that are synchronous."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Requests that one process works on at a time; more wait their turn. Above the connections of the
# database pool, since an answer of the assistant that is not streamed holds its thread for long;
# no further, since threads that take turns cost: 500 streams at once had their first tokens after
# 1.5 s with 64 threads, 1.2 s with 24 (p95, `python -m benchmarks streams`).
THREADS = 24
# Seconds a thread keeps the interpreter while others wait. Python's own 5 ms, each time that the
# event loop or a thread has waited for a socket, adds up to more than the work.
SWITCH_INTERVAL = 0.0005

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class OneHopHandler(ASGIHandler):
    """Takes a request to a thread once, for all middleware and the view together.

    Django's own handler goes to a thread of the request's own and back for the hooks of each
    middleware, for the view and for signals: measured with 500 requests at once, that was more
    than half of a request's CPU time. Only the body of a stream is left to the event loop, so no
    stream holds a thread or a database connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self.executor = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        sys.setswitchinterval(SWITCH_INTERVAL)
        # `respond` sees to both, in the thread whose connections they are about.
        request_started.disconnect(reset_queries)
        request_started.disconnect(close_old_connections)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """As Django does, without a thread for each request: nothing would be left for it but to
        close the response, and the event loop would wait for its end."""
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        in_thread = sync_to_async(self.respond, thread_sensitive=False, executor=self.executor)
        return await in_thread(request)

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        """As under WSGI, and the thread's database connections are given back."""
        reset_queries()
        try:
            return self.get_response(request)
        finally:
            connections.close_all()
