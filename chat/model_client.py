"""The connection to the model's server, by openai's client.

Loaded when a model is first asked, or at the start of a web server that has one.
"""

import asyncio
from typing import Any, cast
from weakref import WeakKeyDictionary

import httpx2
import openai
import orjson
from django.conf import settings

from core.providers import Endpoint

CONNECT_TIMEOUT = 5.0
# Asks openai's client for the response as it is, as its `with_streaming_response` does.
RAW_RESPONSE_HEADER = "X-Stainless-Raw-Response"
# What a provider may do to us once it has accepted the request, besides openai's own errors.
TRANSPORT_ERRORS = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, TimeoutError)

Clients = dict[Endpoint, openai.AsyncOpenAI]
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()
_closing: set[asyncio.Task[None]] = set()


async def send(body: dict[str, Any]) -> httpx2.Response:
    """The open response. By the client's `post`, which raises the same errors as
    `chat.completions.create` and does not walk over all the arguments first; nor, given the bytes,
    over all that is said to write it as JSON."""
    response: Any = await client().post(
        "/chat/completions",
        cast_to=httpx2.Response,
        content=orjson.dumps(body),
        options={"headers": {RAW_RESPONSE_HEADER: "stream"}},
        stream=True,
        stream_cls=openai.AsyncStream[Any],
    )
    return cast(httpx2.Response, response)


def client() -> openai.AsyncOpenAI:
    """This loop's client. One for all requests: its connections are kept and used again."""
    of_loop = _clients.setdefault(asyncio.get_running_loop(), {})
    endpoint = cast(Endpoint, settings.LLM)
    if endpoint not in of_loop:
        opened = of_loop[endpoint] = connect(endpoint)
        closing = asyncio.create_task(close_in_the_end(opened))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
    return of_loop[endpoint]


async def close_in_the_end(opened: openai.AsyncOpenAI) -> None:
    """When a server's loop ends, it cancels what still runs on it, this too."""
    try:
        await asyncio.Event().wait()
    finally:
        await opened.close()


def connect(endpoint: Endpoint) -> openai.AsyncOpenAI:
    timeout = httpx2.Timeout(settings.CHAT.timeout, connect=CONNECT_TIMEOUT)
    # Every open stream is a connection; the limit is the server's own, not a queue in here. For
    # aiohttp 0 is no limit, while None would be its own 100: the 101st waits until one has ended.
    limits = httpx2.Limits(max_connections=0)
    return openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key or "none",  # a local server asks for none, the client insists
        max_retries=0,  # the next model is our retry
        timeout=timeout,
        # httpx's own pool looks at every open connection for each request.
        http_client=openai.DefaultAioHttpClient(limits=limits, timeout=timeout),
    )
