from dataclasses import dataclass


@dataclass(frozen=True)
class FaqConfig:
    """How one product ranks its FAQs.

    Weights apply to scores normalised to 0..1 within a query. `cache_ttl` is in seconds,
    `embedding_timeout` (seconds) is how long a search waits for its vector before the keyword leg
    answers alone.
    """

    vector_weight: float = 0.7
    keyword_weight: float = 0.3
    top_k: int = 5
    cache_ttl: int = 300
    embedding_timeout: float = 0.35
