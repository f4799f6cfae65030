from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.search.conf import MeaningConfig, problems_of_weights
from core.search.hybrid import Weights

RESULTS_MAX = 20


class Floor(NamedTuple):
    """What hit@5 and MRR of the golden questions must come to; 0..1."""

    hit_at_5: float
    mrr: float


@dataclass(frozen=True)
class FaqConfig(MeaningConfig):
    """How one product ranks its FAQs.

    Weights apply to scores normalised to 0..1 within a query, and belong to what made the vectors:
    `vector_weight` and `keyword_weight` are for a model; the `local_` pair is for the hashed
    n-grams that stand in when there is none: they know letters but no meaning, and count only for
    as much of a question as no FAQ holds. `cache_ttl` is in seconds. Below `confidence_floor`
    (0..1) the API says that nothing matched and the assistant is given no FAQ; with neither a chat
    model nor an embedding model it quotes none that covers less of the question than
    `grounds_floor` (0..1, see faq.grounds). `golden_hit_at_5` and `golden_mrr` (0..1) are what the
    golden questions must reach, in each language (see faq.evaluation); CI fails below them.
    """

    local_vector_weight: float = 0.15
    local_keyword_weight: float = 0.85
    top_k: int = 5
    cache_ttl: int = 300
    confidence_floor: float = 0.33
    grounds_floor: float = 0.57
    golden_hit_at_5: float = 0.9
    golden_mrr: float = 0.8

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from problems_of_weights(self.local_vector_weight, self.local_keyword_weight)
        if not 1 <= self.top_k <= RESULTS_MAX:
            yield f"top_k is not within 1 and {RESULTS_MAX}"
        if not self.cache_ttl >= 1:
            yield "cache_ttl is below 1 second"
        floors = (self.confidence_floor, self.grounds_floor, *self.golden_floor)
        if not all(0 <= floor <= 1 for floor in floors):
            yield "a floor is not within 0 and 1"

    def weights(self, *, semantic: bool) -> Weights:
        if semantic:
            return Weights(vector=self.vector_weight, keyword=self.keyword_weight)
        return Weights(vector=self.local_vector_weight, keyword=self.local_keyword_weight)

    @property
    def golden_floor(self) -> Floor:
        return Floor(self.golden_hit_at_5, self.golden_mrr)
