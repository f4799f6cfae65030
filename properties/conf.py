from dataclasses import dataclass

from core.search.conf import MeaningConfig


@dataclass(frozen=True)
class ListingsConfig(MeaningConfig):
    """How one product's listings are searched by words and compared, where there is a model."""
