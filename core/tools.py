"""What a tool of the assistant is.

Each app offers its own in its `tools.py`; a product's settings list the dotted paths. The
assistant calls a tool by the name that the model gives, or asks every tool's `offline` when there
is no model, and knows none of them itself.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.utils.module_loading import import_string


class ToolError(Exception):
    """The arguments cannot be used. The message is handed to the model as the tool's result."""


@dataclass(frozen=True)
class Source:
    """Where a fact of an answer comes from. `kind` is "faq" or "listing", `url` an API path."""

    kind: str
    id: str
    title: str
    url: str
    score: float | None = None


@dataclass(frozen=True)
class ToolResult:
    """What a tool found.

    `content` is for the model, `answer` the same in plain words for a visitor, `confidence`
    (0..1) says how sure the tool is that this is what was asked. `whole`: it took in all that was
    said, so what some of the words find elsewhere is no answer. `partly`: it knows nothing of some
    of the words, and another tool may. `suggestion`: where nothing was
    found, a question back to the visitor. `left`: the questions in what was said that are another
    tool's to answer.
    """

    content: str
    answer: str = ""
    sources: tuple[Source, ...] = ()
    confidence: float = 0.0
    found: bool = True
    whole: bool = False
    partly: bool = False
    suggestion: str = ""
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolContext:
    """Who asks: language ("en", "th" or "ru") and user id (None for a guest); `earlier`: what the
    visitor said before in this conversation, oldest first, and `replied`: what the assistant said
    last, for a tool that answers without a model.
    """

    language: str
    user_id: UUID | None = None
    earlier: tuple[str, ...] = ()
    replied: str = ""


class Tool(Protocol):
    """`parameters` is the JSON Schema of the arguments, with `additionalProperties: false`."""

    name: str
    description: str
    parameters: dict[str, Any]

    def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """Raises ToolError when the arguments do not fit `parameters`."""
        ...

    def offline(self, text: str, context: ToolContext) -> ToolResult | None:
        """An answer to the visitor's own words without a model; None: not this tool's matter."""
        ...


def load_tools(paths: tuple[str, ...]) -> dict[str, Tool]:
    tools = [import_string(path) for path in paths]
    return {tool.name: tool for tool in tools}
