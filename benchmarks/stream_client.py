"""Many chat streams at once, from a process of its own: `python -m benchmarks.stream_client`.

Prints one JSON object: milliseconds from the start of each connection to its first token, and how
many streams ended as they should.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

import orjson

FIRST_TOKEN = b'"text-delta"'
END = b"data: [DONE]"
GIVE_UP = 60.0  # seconds


@dataclass(eq=False)
class Stream(asyncio.Protocol):
    """One request. It succeeded when `last` came, after `tokens` times `token`, with status 200."""

    request: bytes
    token: bytes
    last: bytes
    tokens: int
    ended: asyncio.Future[None]
    began: float = field(default_factory=time.perf_counter)
    first_token: float | None = None  # milliseconds
    seen: int = 0
    received: bytes = b""
    succeeded: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.received and not data.startswith(b"HTTP/1.1 200"):
            self.transport.close()
            return
        # What may be the beginning of a token that the next piece completes is looked at again.
        window = self.received[-len(self.token) + 1 :] + data
        self.seen += window.count(self.token)
        if self.seen and self.first_token is None:
            self.first_token = (time.perf_counter() - self.began) * 1000
        self.received = (self.received[-100:] + data)[-1000:]
        if self.last in self.received:
            self.succeeded = self.seen >= self.tokens
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def chat_request(port: int, number: int) -> bytes:
    content = f"Which villas have a pool and a quiet garden for {number} guests?"
    body = orjson.dumps({"content": content, "stream": True})
    return (
        f"POST /api/v1/llm/chat HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        "content-type: application/json\r\nx-forwarded-proto: https\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


def no_op_request(port: int, number: int) -> bytes:
    return (
        f"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-forwarded-proto: https\r\n\r\n"
    ).encode()


async def open_stream(port: int, number: int, kind: str, tokens: int) -> Stream:
    loop = asyncio.get_running_loop()
    if kind == "chat":
        stream = Stream(chat_request(port, number), FIRST_TOKEN, END, tokens, loop.create_future())
    else:
        stream = Stream(no_op_request(port, number), b'"ok"', b'"ok"', 1, loop.create_future())
    try:
        await loop.create_connection(lambda: stream, "127.0.0.1", port)
        await asyncio.wait_for(stream.ended, GIVE_UP)
    except (OSError, TimeoutError):
        pass  # it did not succeed, and is counted so
    return stream


async def open_all(port: int, count: int, kind: str, tokens: int) -> dict[str, object]:
    began = time.perf_counter()
    streams = await asyncio.gather(*(open_stream(port, n, kind, tokens) for n in range(count)))
    return {
        "first_tokens": [s.first_token for s in streams if s.first_token is not None],
        "succeeded": sum(s.succeeded for s in streams),
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    port, count, kind, tokens = sys.argv[1:]
    print(json.dumps(asyncio.run(open_all(int(port), int(count), kind, int(tokens)))))


if __name__ == "__main__":
    main()
