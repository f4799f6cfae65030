from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server: where it is, what opens it, which model to ask for."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    dimensions: int | None = None
