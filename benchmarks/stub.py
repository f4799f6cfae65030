"""Both model providers in one small server: `python -m benchmarks.stub PORT`.

POST .../chat/completions streams 50 tokens, 20 ms apart. POST .../embeddings answers with the
vectors of the local embedder, in base64. Raw asyncio, since it shares two cores with the server
that is measured.
"""

import asyncio
import re
import resource
import sys
from array import array
from base64 import b64encode
from functools import lru_cache

import orjson

from core.search.embeddings import HashedEmbedder

TOKENS = 50
APART = 0.020  # seconds
MODEL = "stub-model"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


def chunk(body: dict[str, object]) -> bytes:
    """One server-sent event as one HTTP chunk."""
    event = b"data: " + orjson.dumps(body) + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


def completion(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [choice],
    }


FIRST = chunk(completion({"role": "assistant", "content": "word "}))
NEXT = chunk(completion({"content": "word "}))
USAGE = {"prompt_tokens": 20, "completion_tokens": TOKENS, "total_tokens": 20 + TOKENS}
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
LAST = (
    chunk(completion({}, "stop")) + chunk(completion({}) | {"choices": [], "usage": USAGE}) + DONE
)


class Provider(asyncio.Protocol):
    def __init__(self) -> None:
        self.received = b""
        self.sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self.received = rest[size:]
        self.answer(head.split(b" ", 2)[1], rest[:size])

    def answer(self, path: bytes, body: bytes) -> None:
        if path.endswith(b"/chat/completions"):
            self.sent = 0
            self.transport.write(STREAM_HEAD)
            self.say_next()
        elif path.endswith(b"/embeddings"):
            self.reply(self.embeddings(orjson.loads(body)))
        else:
            self.reply({"status": "ok"})

    def say_next(self) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(NEXT if self.sent else FIRST)
        self.sent += 1
        if self.sent < TOKENS:
            asyncio.get_running_loop().call_later(APART, self.say_next)
        else:
            self.transport.write(LAST)

    def embeddings(self, asked: dict[str, object]) -> dict[str, object]:
        given = asked["input"]
        texts = given if isinstance(given, list) else [given]
        data = [
            {"object": "embedding", "index": place, "embedding": vector_in_base64(str(text))}
            for place, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return {"object": "list", "model": asked["model"], "data": data, "usage": usage}

    def reply(self, body: dict[str, object]) -> None:
        content = orjson.dumps(body)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(head % len(content) + content)


@lru_cache(maxsize=4096)
def vector_in_base64(text: str) -> str:
    [vector] = HashedEmbedder().embed([text])
    return b64encode(array("f", vector).tobytes()).decode()


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
