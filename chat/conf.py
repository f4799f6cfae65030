from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Price:
    """Of a million tokens."""

    prompt: Decimal
    completion: Decimal


@dataclass(frozen=True)
class Prices:
    """What models cost, by name, in one currency (ISO 4217); none where nobody said."""

    currency: str = ""
    models: dict[str, Price] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatConfig:
    """How one product's assistant speaks, before staff change it in the admin.

    `models` maps a role to a model's name: "chat" writes the answer, "search" runs the cheap
    tool-calling rounds, "fallback" is tried when the first fails. `tools` are dotted paths of
    `core.tools.Tool` objects. `topics` says by language what may be asked about, for answers
    without a model. `timeout` is in seconds, for the whole call.
    """

    system_prompt: str
    tools: tuple[str, ...]
    topics: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    max_tokens: int = 2000
    temperature: float = 0.7
    timeout: float = 30.0
    max_tool_rounds: int = 4
