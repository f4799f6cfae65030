"""What happens while the assistant answers, in the order in which it happens.

`chat.assistant` yields these; a stream encodes them, and the JSON answer waits for the last one,
which is `Finished` or `Failed`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import ErrorCode
from core.tools import Source


@dataclass(frozen=True)
class Usage:
    """Tokens of all rounds of a turn; zeros where the provider did not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )

    def as_json(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


@dataclass(frozen=True)
class StepStarted:
    """One round with the model begins."""


@dataclass(frozen=True)
class StepFinished:
    pass


@dataclass(frozen=True)
class ToolCalled:
    """`arguments` is what the model gave, parsed; {} when it was no JSON object."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolAnswered:
    """`error` is set when the call could not be carried out."""

    id: str
    found: bool
    sources: tuple[Source, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class TextDelta:
    text: str


@dataclass(frozen=True)
class Notice:
    """Something the visitor should know about how the answer came about."""

    code: str
    message: str


@dataclass(frozen=True)
class Finished:
    """The answer is whole and stored."""

    content: str
    model: str
    usage: Usage
    created_at: datetime
    sources: tuple[Source, ...] = field(default=())


@dataclass(frozen=True)
class Failed:
    """The answer broke off; what there was of it is stored as partial."""

    code: ErrorCode
    message: str = ""


Event = (
    StepStarted | StepFinished | ToolCalled | ToolAnswered | TextDelta | Notice | Finished | Failed
)
