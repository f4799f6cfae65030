"""Synchronous work (the database, tools) for the assistant, which runs on an event loop.

`await Model.objects.aget()` inside a stream would keep its connection until the stream ends. Here
every piece of work is one function in one thread that gives its connection back before it returns.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar

from django.db import connections

Result = TypeVar("Result")
# As many as the database pool's default, so that a thread seldom waits for a connection.
WORKERS = 16
ENDS_WITHIN = 2.0  # seconds

_executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="chat")


async def in_thread(function: Callable[..., Result], *args: Any) -> Result:
    """Result of `function(*args)`, run in a thread that holds connections only meanwhile."""

    def run() -> Result:
        try:
            return function(*args)
        finally:
            connections.close_all()

    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_executor, context.run, run)


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Wait, in a synchronous view, for a coroutine on the process's own loop.

    One loop for all such calls under either kind of server, so that the model's client keeps its
    connections from one request to the next (async_to_sync makes a new loop each time on WSGI).
    """
    return asyncio.run_coroutine_threadsafe(coroutine, background_loop()).result()


@cache
def background_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="chat-loop", daemon=True).start()
    atexit.register(end_tasks, loop)
    return loop


def end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what still runs, as a server does with its own loop: connections are closed."""

    async def cancel_all() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=ENDS_WITHIN)

    asyncio.run_coroutine_threadsafe(cancel_all(), loop).result()
