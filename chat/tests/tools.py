"""Two tools for the tests, as an app would offer them, and some that misbehave."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.tools import Source, ToolContext, ToolError, ToolResult

RULE = "Guests leave by eleven."
RULE_SOURCE = Source("faq", "check-out", "When is check-out?", "/api/v1/faq/check-out", 0.9)
HOUSE_SOURCE = Source("listing", "h1", "House by the sea", "/api/v1/properties/h1", 0.8)


@dataclass
class RuleTool:
    """Knows one rule, and answers to the word "check-out" without a model."""

    name: str = "house_rules"
    description: str = "Looks up the rules of the house."
    parameters: dict[str, Any] = field(
        default_factory=lambda: {
            "type": "object",
            "properties": {"about": {"type": "string"}},
            "required": ["about"],
            "additionalProperties": False,
        }
    )
    word: str = "check-out"
    confidence: float = 0.9
    answer: str = RULE
    source: Source = RULE_SOURCE

    def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        if "about" not in arguments:
            raise ToolError("`about` is missing.")
        if arguments["about"] == "nothing":
            return ToolResult("There is no such rule.", found=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return ToolResult(self.answer, self.answer, (self.source,), self.confidence)

    def offline(self, text: str, context: ToolContext) -> ToolResult | None:
        return self.run({"about": text}, context) if self.word in text.lower() else None


@dataclass
class BrokenTool(RuleTool):
    name: str = "broken"

    def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        raise RuntimeError("a fault of the tool's own")

    def offline(self, text: str, context: ToolContext) -> ToolResult | None:
        return self.run({}, context)


rules = RuleTool()
houses = RuleTool(
    name="houses",
    word="sea",
    confidence=0.5,
    answer="House by the sea, 4,000 a night.",
    source=HOUSE_SOURCE,
)
broken = BrokenTool()


heard: list[str] = []
hear = heard.append


def deaf(content: str) -> None:
    raise RuntimeError("a fault of who is told")
