"""Embeddings from any OpenAI-compatible server.

A plain keep-alive connection rather than the `openai` client: the search path makes this call for
every question.
"""

import math
from array import array
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import orjson

from core.kept_connections import FAILURES, AnswerTooLarge, KeptConnections
from core.providers import Endpoint

# 64 texts of 1,536 numbers written as decimals are 2 MB.
ANSWER_MAX_BYTES = 32 * 1024 * 1024
# OpenAI's third generation shortens its vectors on request; other servers may refuse the field.
SHORTENING_MODELS = "text-embedding-3"


class EmbeddingUnavailable(Exception):
    """No usable vector in time. The message never holds a key or a text."""


class TooManyRequests(EmbeddingUnavailable):
    """Asked too often: it has nothing to do with the texts."""


class RemoteEmbedder:
    semantic = True
    noise = -1.0  # every model has another; all that it finds is shown

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.model
        self.dimensions = endpoint.dimensions or 0
        # Shortened to another size it is another model: vectors of both may stand side by side.
        self.is_shortened = self.name.startswith(SHORTENING_MODELS)
        self.model = f"{self.name}:{self.dimensions}" if self.is_shortened else self.name
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if endpoint.api_key:
            headers["Authorization"] = f"Bearer {endpoint.api_key}"
        self.server = KeptConnections(endpoint.base_url, headers, ANSWER_MAX_BYTES)

    def embed(self, texts: Sequence[str], timeout: float) -> list[list[float]]:
        """Raises EmbeddingUnavailable when the server is slow, fails or answers nonsense."""
        asked: dict[str, Any] = {
            "model": self.name,
            "input": list(texts),
            "encoding_format": "base64",
        }
        if self.is_shortened:
            asked["dimensions"] = self.dimensions
        try:
            answer = self.server.post("/embeddings", orjson.dumps(asked), timeout)
        except AnswerTooLarge as error:
            raise EmbeddingUnavailable("the answer is too large") from error
        except FAILURES as error:
            raise EmbeddingUnavailable(f"no answer: {type(error).__name__}") from error
        if answer.status == 429:
            raise TooManyRequests("status 429")
        if answer.status != 200:
            raise EmbeddingUnavailable(f"status {answer.status}")
        return read_vectors(answer.body, len(texts), self.dimensions)


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
