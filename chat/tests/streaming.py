"""Reading a UI message stream in tests."""

import json
from typing import Any


def parts_of(body: str) -> list[Any]:
    """The parts of a stream in order; "[DONE]" stands for itself, comments are left out."""
    events = [event for event in body.split("\n\n") if event and not event.startswith(":")]
    assert all(event.startswith("data: ") for event in events)
    data = [event.removeprefix("data: ") for event in events]
    return [item if item == "[DONE]" else json.loads(item) for item in data]


def text_of(parts: list[Any]) -> str:
    return "".join(part["delta"] for part in parts if is_type(part, "text-delta"))


def types_of(parts: list[Any]) -> list[str]:
    return [part if part == "[DONE]" else part["type"] for part in parts]


def part_of(parts: list[Any], type: str) -> Any:
    (found,) = [part for part in parts if is_type(part, type)]
    return found


def is_type(part: Any, type: str) -> bool:
    return part != "[DONE]" and part["type"] == type
