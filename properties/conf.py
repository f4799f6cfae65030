from dataclasses import dataclass


@dataclass(frozen=True)
class ListingsConfig:
    """How one product's listings are searched by words and compared, where there is a model.

    The weights are of scores from 0 to 1. `embedding_timeout` (seconds) is how long a search waits
    for its vector before the words alone decide. A model's cosine says nothing up to
    `cosine_unrelated` and is certain from `cosine_certain` on; the two belong to the model in use.
    """

    vector_weight: float = 0.85
    keyword_weight: float = 0.15
    embedding_timeout: float = 0.35
    cosine_unrelated: float = 0.4
    cosine_certain: float = 0.8

    def meaning(self, cosine: float) -> float:
        """How sure a model's cosine is, 0..1."""
        low, high = self.cosine_unrelated, self.cosine_certain
        return min(1.0, max(0.0, (cosine - low) / (high - low)))
