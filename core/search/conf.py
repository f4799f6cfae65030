from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class MeaningConfig:
    """How one collection is searched by a model's vectors and by words.

    The weights are of scores from 0 to 1. `embedding_timeout` (seconds) is how long a search waits
    for its vector before the words alone decide. A model's cosine says nothing up to
    `cosine_unrelated` and is certain from `cosine_certain` on; the two belong to the model in use.
    Raises ValueError for what could not act as it says.
    """

    vector_weight: float = 0.85
    keyword_weight: float = 0.15
    embedding_timeout: float = 0.35
    cosine_unrelated: float = 0.4
    cosine_certain: float = 0.8

    def __post_init__(self) -> None:
        if problem := next(self.problems(), None):
            raise ValueError(f"{type(self).__name__}: {problem}.")

    def problems(self) -> Iterator[str]:
        """Asked for what is right, so that a NaN is a problem too."""
        yield from problems_of_weights(self.vector_weight, self.keyword_weight)
        if not self.embedding_timeout > 0:
            yield "embedding_timeout is no time at all"
        if not self.cosine_unrelated < self.cosine_certain:
            yield "cosine_certain is not the greater"

    def meaning(self, cosine: float) -> float:
        """How sure a model's cosine is, 0..1."""
        low, high = self.cosine_unrelated, self.cosine_certain
        return min(1.0, max(0.0, (cosine - low) / (high - low)))


def problems_of_weights(*pair: float) -> Iterator[str]:
    if not all(weight >= 0 for weight in pair):
        yield "a weight is below 0"
    if not any(pair):
        yield "both weights of a pair are 0"
