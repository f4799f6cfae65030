"""The tools of one turn: what the settings list, as staff changed it, called for the model."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.conf import settings

from chat.llm import ToolRequest
from core.errors import as_api_error
from core.tools import Tool, ToolContext, ToolError, ToolResult, load_tools

logger = logging.getLogger("chat.toolbox")


@dataclass(frozen=True)
class OfferedTool:
    """A tool of the settings with what its row, if it has one, says about it."""

    tool: Tool
    enabled: bool
    description: str
    reworded: bool

    def as_function(self) -> dict[str, Any]:
        """For the `tools` of OpenAI's chat completions."""
        function = {
            "name": self.tool.name,
            "description": self.description,
            "parameters": self.tool.parameters,
        }
        return {"type": "function", "function": function}


@cache
def listed_tools(paths: tuple[str, ...]) -> dict[str, Tool]:
    return load_tools(paths)


def every_tool(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, OfferedTool]:
    """All tools of the settings by name. `rows` holds {enabled, description} of ChatTool by name;
    a row for a tool that the settings do not list changes nothing."""
    offered = {}
    for name, tool in listed_tools(settings.CHAT.tools).items():
        row = rows.get(name, {})
        wording = row.get("description", "")
        offered[name] = OfferedTool(
            tool, row.get("enabled", True), wording or tool.description, bool(wording)
        )
    return offered


def enabled_tools(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, OfferedTool]:
    return {name: offered for name, offered in every_tool(rows).items() if offered.enabled}


def parse_arguments(text: str) -> dict[str, Any]:
    """The arguments that a model wrote. Raises ToolError when they are no JSON object."""
    try:
        arguments = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise ToolError(f"The arguments are not JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise ToolError("The arguments must be a JSON object.")
    return arguments


def call_tool(
    tools: Mapping[str, OfferedTool], request: ToolRequest, context: ToolContext
) -> ToolResult:
    """Raises ToolError with words for the model, whatever went wrong."""
    if request.name not in tools:
        raise ToolError(f"There is no tool {request.name!r}. There are: {', '.join(tools)}.")
    arguments = parse_arguments(request.arguments)
    try:
        return tools[request.name].tool.run(arguments, context)
    except ToolError:
        raise
    except Exception as error:
        code = as_api_error(error).code
        logger.error("tool %s failed: %s", request.name, code, exc_info=error)
        raise ToolError("The tool failed. Answer without it and say that it failed.") from error


def as_data(result: ToolResult) -> str:
    """A tool's result for the model: JSON, so that no text in it can pose as anything else."""
    return orjson.dumps({"found": result.found, "data": result.content}).decode()


def as_failure(message: str) -> str:
    return orjson.dumps({"error": message}).decode()
