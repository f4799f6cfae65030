"""A small real HTTP server that speaks OpenAI's protocol, so that tests fake the model alone.

`/v1/chat/completions` (plain and streamed, with tool calls) answers what a test scripted, and
`/v1/embeddings` answers vectors made from the text. Both can fail in the ways that providers do.
"""

import base64
import hashlib
import json
import math
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

# Arguments of a tool call arrive in pieces of this many characters.
ARGUMENT_PIECE = 5
TOKENS_PER_PROMPT = 11


@dataclass(frozen=True)
class ToolCall:
    """`arguments` as the model wrote them: a dict becomes JSON, a str goes out as it is."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    id: str = "call_1"

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """One answer of a model. Delays are in seconds.

    `status` other than 200 is a refusal; `malformed` sends what is no JSON; `cut_after` closes the
    connection after so many tokens; `empty` ends a stream that said nothing.
    """

    text: str = "Hello from the model."
    tool_calls: tuple[ToolCall, ...] = ()
    status: int = 200
    delay: float = 0.0
    token_delay: float = 0.0
    cut_after: int | None = None
    malformed: bool = False
    empty: bool = False

    @property
    def tokens(self) -> list[str]:
        words = self.text.split(" ")
        return [word + " " for word in words[:-1]] + words[-1:]

    @property
    def usage(self) -> dict[str, int]:
        completion = len(self.tokens)
        total = TOKENS_PER_PROMPT + completion
        return {
            "prompt_tokens": TOKENS_PER_PROMPT,
            "completion_tokens": completion,
            "total_tokens": total,
        }


@dataclass
class Embeddings:
    """How `/v1/embeddings` behaves. `vectors` gives chosen texts chosen vectors.

    `poison` is a word: whatever is asked with it is answered as `poisoned` says, a status or "nan".
    """

    dimensions: int = 384
    delay: float = 0.0
    status: int = 200
    nan: bool = False
    malformed: bool = False
    poison: str = ""
    poisoned: int | str = 400
    vectors: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """`headers` by lower-case name."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def vector_of(text: str, dimensions: int) -> list[float]:
    """Unit vector, the same for the same text in any process."""
    raw = hashlib.shake_256(text.encode()).digest(dimensions)
    values = [byte / 127.5 - 1.0 for byte in raw]
    norm = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / norm for value in values]


class ModelServer:
    """Scripted replies go out in order, first those for the model asked, then those for any.

    With nothing scripted the model says `Reply()`. `always[model]` answers every call to a model.
    """

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.embeddings = Embeddings()
        self.always: dict[str, Reply] = {}
        self.disconnects = 0
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._http = QuietHTTPServer(("127.0.0.1", 0), Handler)
        self._http.model_server = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base URL, to be used as LLM_BASE_URL or EMBEDDING_BASE_URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def forget(self) -> None:
        """As new, for the next test that shares this server."""
        self.requests.clear()
        self.always.clear()
        self._scripts.clear()
        self.embeddings = Embeddings()
        self.disconnects = 0

    def script(self, *replies: Reply | str, model: str = "") -> None:
        self._scripts[model].extend(
            Reply(reply) if isinstance(reply, str) else reply for reply in replies
        )

    def next_reply(self, model: str) -> Reply:
        with self._lock:
            for name in (model, ""):
                if self._scripts[name]:
                    return self._scripts[name].popleft()
        return self.always.get(model) or self.always.get("") or Reply()

    def record(self, recorded: Recorded) -> None:
        with self._lock:
            self.requests.append(recorded)

    @property
    def chat_requests(self) -> list[dict[str, Any]]:
        return [item.body for item in self.requests if item.path.endswith("/chat/completions")]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class QuietHTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    model_server: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: QuietHTTPServer

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: test output is for tests."""

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.loads(raw)
        model_server = self.server.model_server
        headers = {name.lower(): value for name, value in self.headers.items()}
        model_server.record(Recorded(self.path, headers, body))
        if self.path == "/v1/embeddings":
            self.embed(body, model_server.embeddings)
        elif self.path == "/v1/chat/completions":
            self.complete(body, model_server.next_reply(body["model"]))
        else:
            self.send_json({"error": {"message": "no such path"}}, 404)

    def send_json(self, payload: Any, status: int = 200) -> None:
        self.send_body(json.dumps(payload).encode(), status)

    def send_body(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def complete(self, body: dict[str, Any], reply: Reply) -> None:
        time.sleep(reply.delay)
        if reply.status != 200:
            self.send_json({"error": {"message": "refused", "code": reply.status}}, reply.status)
        elif body.get("stream"):
            self.stream(body, reply)
        elif reply.malformed:
            self.send_body(b'{"choices": [{"mess')
        elif reply.cut_after is not None:
            self.cut()
        else:
            self.send_json(completion(body["model"], reply))

    def stream(self, body: dict[str, Any], reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with_usage = (body.get("stream_options") or {}).get("include_usage", False)
        try:
            for event in stream_events(body["model"], reply, with_usage):
                self.send_chunk(f"data: {event}\n\n".encode())
            if reply.cut_after is not None:
                self.cut()
            else:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.model_server.disconnects += 1
            self.close_connection = True

    def send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def cut(self) -> None:
        """Close in the middle of the answer, as a provider that crashes."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)

    def embed(self, body: dict[str, Any], behaviour: Embeddings) -> None:
        time.sleep(behaviour.delay)
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        is_poisoned = behaviour.poison and any(behaviour.poison in text for text in texts)
        status = behaviour.poisoned if is_poisoned else behaviour.status
        if isinstance(status, int) and status != 200:
            self.send_json({"error": {"message": "refused"}}, status)
        elif behaviour.malformed:
            self.send_body(b'{"data": [{"embed')
        else:
            self.send_json(embedding_list(body, behaviour))


def completion(model: str, reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.tool_calls:
        message["content"] = None
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.text},
            }
            for call in reply.tool_calls
        ]
    reason = "tool_calls" if reply.tool_calls else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": reply.usage,
    }


def stream_events(model: str, reply: Reply, with_usage: bool) -> Iterator[str]:
    """The `data:` of each event of one streamed reply, in order, paced as the reply says."""

    def chunk(delta: dict[str, Any] | None, reason: str | None = None, **extra: Any) -> str:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": model}
        return json.dumps(head | {"choices": choices} | extra)

    yield chunk({"role": "assistant", "content": ""})
    if reply.malformed:
        yield '{"choices": [{"del'
        return
    for index, call in enumerate(reply.tool_calls):
        yield from (chunk({"tool_calls": [piece]}) for piece in call_pieces(index, call))
    tokens = [] if reply.tool_calls or reply.empty else reply.tokens
    for sent, token in enumerate(tokens):
        if sent == reply.cut_after:
            return
        yield chunk({"content": token})
        time.sleep(reply.token_delay)
    yield chunk({}, "tool_calls" if reply.tool_calls else "stop")
    if with_usage:
        yield chunk(None, usage=reply.usage)
    yield "[DONE]"


def call_pieces(index: int, call: ToolCall) -> Iterator[dict[str, Any]]:
    """A tool call as its deltas: the name first, then the arguments cut into pieces."""
    head = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    yield {"index": index} | head
    for start in range(0, len(call.text), ARGUMENT_PIECE):
        piece = call.text[start : start + ARGUMENT_PIECE]
        yield {"index": index, "function": {"arguments": piece}}


def embedding_list(body: dict[str, Any], behaviour: Embeddings) -> dict[str, Any]:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = []
    for index, text in enumerate(texts):
        vector = behaviour.vectors.get(text) or vector_of(text, behaviour.dimensions)
        is_poisoned = behaviour.poison and behaviour.poison in text
        if behaviour.nan or (is_poisoned and behaviour.poisoned == "nan"):
            vector = [math.nan, *vector[1:]]
        embedding: list[float] | str = vector
        if body.get("encoding_format") == "base64":
            embedding = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        rows.append({"object": "embedding", "index": index, "embedding": embedding})
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": body["model"], "data": rows, "usage": usage}


@pytest.fixture(scope="module")
def shared_model_server() -> Iterator[ModelServer]:
    """For what is started once in a module and must know the URL."""
    server = ModelServer()
    yield server
    server.close()


@pytest.fixture
def model_server(shared_model_server: ModelServer) -> ModelServer:
    shared_model_server.forget()
    return shared_model_server
