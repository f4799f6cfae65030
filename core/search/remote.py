"""Embeddings from any OpenAI-compatible server.

A plain keep-alive connection rather than the `openai` client: the search path makes this call for
every question, and there it costs 0.1 ms of CPU against 0.6.
"""

import math
import time
from array import array
from base64 import b64decode
from collections import deque
from collections.abc import Sequence
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from typing import Any
from urllib.parse import urlsplit

import orjson

from core.providers import Endpoint

# 64 texts of 1,536 numbers written as decimals are 2 MB.
ANSWER_MAX_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
# OpenAI's third generation shortens its vectors on request; other servers may refuse the field.
SHORTENING_MODELS = "text-embedding-3"


class EmbeddingUnavailable(Exception):
    """No usable vector in time. The message never holds a key or a text."""


class RemoteEmbedder:
    """Connections are opened when they are needed and kept alive, one for each call at a time."""

    semantic = True
    noise = -1.0  # every model has another; all that it finds is shown

    def __init__(self, endpoint: Endpoint) -> None:
        self.model = endpoint.model
        self.dimensions = endpoint.dimensions or 0
        url = urlsplit(endpoint.base_url)
        self.address = (url.hostname or "", url.port)
        self.connection_class = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self.path = f"{url.path.rstrip('/')}/embeddings"
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if endpoint.api_key:
            self.headers["Authorization"] = f"Bearer {endpoint.api_key}"
        self.idle: deque[HTTPConnection] = deque()

    def embed(self, texts: Sequence[str], timeout: float) -> list[list[float]]:
        """Raises EmbeddingUnavailable when the server is slow, fails or answers nonsense."""
        asked: dict[str, Any] = {
            "model": self.model,
            "input": list(texts),
            "encoding_format": "base64",
        }
        if self.model.startswith(SHORTENING_MODELS):
            asked["dimensions"] = self.dimensions
        try:
            answer = self.post(orjson.dumps(asked), time.monotonic() + timeout)
        except (OSError, HTTPException) as error:
            raise EmbeddingUnavailable(f"no answer: {type(error).__name__}") from error
        return read_vectors(answer, len(texts), self.dimensions)

    def post(self, body: bytes, deadline: float) -> bytes:
        """A connection that the server closed while it was idle is opened again, once."""
        try:
            return self.exchange(self.idle.pop(), body, deadline)
        except (IndexError, ConnectionError, RemoteDisconnected):
            host, port = self.address
            fresh = self.connection_class(host, port, timeout=remaining(deadline))
            return self.exchange(fresh, body, deadline)

    def exchange(self, connection: HTTPConnection, body: bytes, deadline: float) -> bytes:
        """The connection is kept if all went well."""
        try:
            if connection.sock is not None:
                connection.sock.settimeout(remaining(deadline))
            connection.request("POST", self.path, body, self.headers)
            with connection.getresponse() as response:
                answer = read_body(connection, response, deadline)
                if response.status != 200:
                    raise EmbeddingUnavailable(f"status {response.status}")
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)
        return answer

    def __del__(self) -> None:
        while self.idle:
            self.idle.pop().close()


def read_body(connection: HTTPConnection, response: HTTPResponse, deadline: float) -> bytes:
    """In pieces: a socket's timeout bounds one read, and a slow server may send many."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(CHUNK_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_MAX_BYTES:
            raise EmbeddingUnavailable("the answer is too large")
        if connection.sock is not None:  # None once the server said that it closes
            connection.sock.settimeout(remaining(deadline))
        else:
            remaining(deadline)
    return b"".join(pieces)


def remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def read_vectors(answer: bytes, count: int, dimensions: int) -> list[list[float]]:
    """The vectors of an embeddings answer, base64 or decimals, in the order of the texts."""
    try:
        rows = sorted(orjson.loads(answer)["data"], key=lambda row: row["index"])
        vectors = [read_vector(row["embedding"]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddingUnavailable("the answer is not one of an embeddings server") from error
    if len(vectors) != count:
        raise EmbeddingUnavailable(f"{len(vectors)} vectors for {count} texts")
    for vector in vectors:
        refuse_unusable(vector, dimensions)
    return vectors


def read_vector(embedding: str | list[float]) -> list[float]:
    if isinstance(embedding, str):
        return array("f", b64decode(embedding)).tolist()
    return [float(value) for value in embedding]


def refuse_unusable(vector: list[float], dimensions: int) -> None:
    if len(vector) != dimensions:
        raise EmbeddingUnavailable(f"a vector of {len(vector)} numbers, not {dimensions}")
    length = math.hypot(*vector)
    if not math.isfinite(length) or length == 0:
        raise EmbeddingUnavailable("a vector with numbers that are not finite, or all zero")
