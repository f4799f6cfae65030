from dataclasses import dataclass
from typing import NamedTuple

from core.search.hybrid import Weights

RESULTS_MAX = 20


class Floor(NamedTuple):
    """What hit@5 and MRR of the golden questions must come to; 0..1."""

    hit_at_5: float
    mrr: float


@dataclass(frozen=True)
class FaqConfig:
    """How one product ranks its FAQs.

    Weights apply to scores normalised to 0..1 within a query, and belong to what made the vectors:
    `vector_weight` and `keyword_weight` are for a model; the `local_` pair is for the hashed
    n-grams that stand in when there is none: they know letters but no meaning, and count only for
    as much of a question as no FAQ holds. `cache_ttl` is in seconds, `embedding_timeout` (seconds)
    is how long a search waits for its vector before the keyword leg answers alone. Below
    `confidence_floor` (0..1) the API says that nothing matched and the assistant is given no FAQ;
    with neither a chat model nor an embedding model it quotes none that covers less of the question
    than `grounds_floor` (0..1, see faq.grounds). A model's cosine says nothing up to
    `cosine_unrelated` and is certain from `cosine_certain` on; the two belong to the model in use.
    `golden_hit_at_5` and `golden_mrr` (0..1) are what the golden questions must reach, in each
    language (see faq.evaluation); CI fails below them.
    """

    vector_weight: float = 0.85
    keyword_weight: float = 0.15
    local_vector_weight: float = 0.15
    local_keyword_weight: float = 0.85
    top_k: int = 5
    cache_ttl: int = 300
    embedding_timeout: float = 0.35
    confidence_floor: float = 0.3
    grounds_floor: float = 0.55
    cosine_unrelated: float = 0.4
    cosine_certain: float = 0.8
    golden_hit_at_5: float = 0.9
    golden_mrr: float = 0.8

    def __post_init__(self) -> None:
        """Raises ValueError for what could not act as it says."""
        weights = (self.vector_weight, self.keyword_weight)
        local_weights = (self.local_vector_weight, self.local_keyword_weight)
        floors = (self.confidence_floor, self.grounds_floor)
        for wrong, problem in (
            (min(*weights, *local_weights) < 0, "a weight is below 0"),
            (not any(weights) or not any(local_weights), "both weights of a pair are 0"),
            (not 1 <= self.top_k <= RESULTS_MAX, f"top_k is not within 1 and {RESULTS_MAX}"),
            (self.cache_ttl < 1, "cache_ttl is below 1 second"),
            (self.embedding_timeout <= 0, "embedding_timeout is no time at all"),
            (not all(0 <= floor <= 1 for floor in floors), "a floor is not within 0 and 1"),
            (self.cosine_unrelated >= self.cosine_certain, "cosine_certain is not the greater"),
        ):
            if wrong:
                raise ValueError(f"FaqConfig: {problem}.")

    def weights(self, *, semantic: bool) -> Weights:
        if semantic:
            return Weights(vector=self.vector_weight, keyword=self.keyword_weight)
        return Weights(vector=self.local_vector_weight, keyword=self.local_keyword_weight)

    @property
    def golden_floor(self) -> Floor:
        return Floor(self.golden_hit_at_5, self.golden_mrr)
