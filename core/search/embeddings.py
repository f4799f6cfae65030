"""Text -> unit vectors, by the model that the settings name or, with none, by hashing n-grams."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Protocol

from django.conf import settings

from core.providers import Endpoint
from core.search.remote import RemoteEmbedder
from core.search.text import STOP_WORDS, is_thai, normalise, searchable

HASHED_MODEL = "hashed-ngrams-v1"
HASHED_DIMENSIONS = 384
GRAM_LENGTHS = (3, 4)
# Together the n-grams of a word weigh as much as the word: they are there for its other forms.
GRAMS_WEIGHT = 1.0

Feature = tuple[int, float]


class Embedder(Protocol):
    """`semantic` is false for one that knows no meaning, only letters.

    `noise` is the cosine up to which two texts may be alike by chance.
    """

    model: str
    dimensions: int
    semantic: bool
    noise: float

    def embed(self, texts: Sequence[str], timeout: float) -> list[list[float]]:
        """A vector of `dimensions` for each text, in their order, within `timeout` seconds.

        Raises EmbeddingUnavailable.
        """
        ...


class HashedEmbedder:
    """Signed feature hashing (Weinberger et al. 2009) of words and their character n-grams.

    No model and no meaning: it finds shared words, other forms of them and misspellings. The same
    text gives the same vector in every process.
    """

    model = HASHED_MODEL
    dimensions = HASHED_DIMENSIONS
    semantic = False
    noise = 0.3

    def embed(self, texts: Sequence[str], timeout: float = 0) -> list[list[float]]:
        return [self.vector(text) for text in texts]

    def vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for token, count in Counter(tokens(text)).items():
            weight = 1 + math.log(count)
            for index, value in features(token):
                vector[index] += weight * value
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / length for value in vector]


def tokens(text: str) -> list[str]:
    """What a text is about: stop words are left out, unless there is nothing else.

    A text without a word (an emoji) is its own only token, so that no vector is zero.
    """
    found = searchable(text, "").split()
    return [token for token in found if token not in STOP_WORDS] or found or [normalise(text)]


@lru_cache(maxsize=50_000)
def features(token: str) -> tuple[Feature, ...]:
    """(index, signed weight) of a word and of each of its n-grams. A Thai gram has none."""
    marked = f"<{token}>"
    lengths = () if is_thai(token) else GRAM_LENGTHS
    grams = [
        marked[start : start + length]
        for length in lengths
        for start in range(len(marked) - length + 1)
    ]
    share = GRAMS_WEIGHT / math.sqrt(len(grams)) if grams else 0.0
    return (hashed(marked, 1.0), *(hashed(gram, share) for gram in grams))


def hashed(feature: str, weight: float) -> Feature:
    digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return (number >> 1) % HASHED_DIMENSIONS, weight if number & 1 else -weight


def embedder() -> Embedder:
    """The one of this process: the model behind EMBEDDING_*, else the local hashed n-grams."""
    return embedder_of(settings.EMBEDDING)


def former_embedder() -> Embedder | None:
    """The one of EMBEDDING_PREVIOUS_*, else the hashed n-grams, which are always at hand."""
    wanted = embedder()
    former = embedder_of(settings.EMBEDDING_PREVIOUS)
    return None if identity(former) == identity(wanted) else former


def known_embedders() -> list[Embedder]:
    """Those that this process can ask, the wanted one first."""
    return [each for each in (embedder(), former_embedder()) if each]


def identity(model: Embedder) -> tuple[str, int]:
    return model.model, model.dimensions


def known_embedder(model: str, dimensions: int | None = None) -> Embedder | None:
    for each in known_embedders():
        if each.model == model and dimensions in (None, each.dimensions):
            return each
    return None


@cache
def embedder_of(endpoint: Endpoint | None) -> Embedder:
    return HashedEmbedder() if endpoint is None else RemoteEmbedder(endpoint)
