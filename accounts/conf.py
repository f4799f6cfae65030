from dataclasses import dataclass, field


@dataclass(frozen=True)
class AccountsApi:
    """Another deployment of this product that keeps the people: its origin, and a key for it."""

    url: str
    key: str = field(repr=False)
