"""The model's server: any that speaks OpenAI's chat completions. Its errors become ours here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import orjson
from django.conf import settings

from chat.events import Usage
from core.breaker import Breaker
from core.providers import Endpoint
from core.reasons import reason_of, was_silent

logger = logging.getLogger("chat.llm")
# Seconds between two reads after the first words: too short to be seen, and long enough for a few
# tokens to come together. At hundreds of streams each wake-up counts. When a provider crashes, what
# it said within this time is lost.
PACE = 0.04
# A model that was silent so often in a row is asked by one turn in so many seconds: every other one
# would wait out its whole time.
SILENCES, PAUSE = 3, 30.0
MALFORMED = (ValueError, LookupError, TypeError, AttributeError)


class ModelError(Exception):
    """A model gave no usable answer. The message is for the log, never for a visitor."""


class Silent(ModelError):
    """Nothing came in time."""


class NoModel(Exception):
    """Every model was tried and none said a word."""


class BrokenOff(Exception):
    """The model fell silent after its first words; another may not be put in their place."""


@dataclass
class ToolRequest:
    """A call that the model asks for. `arguments` is the JSON it wrote, unchecked."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Reply:
    """What one call of a model came to."""

    model: str
    text: str = ""
    calls: list[ToolRequest] = field(default_factory=list)
    usage: Usage = Usage()
    ended: bool = False


@dataclass
class Call:
    """One round: what is said and offered to the model.

    `must_answer`: neither text nor a call of a tool that was offered is an error.
    """

    messages: Sequence[dict[str, Any]]
    tools: Sequence[dict[str, Any]]
    must_answer: bool


@dataclass
class Budget:
    """Time of a whole turn on the loop's clock, and the models that failed in it already."""

    deadline: float
    failed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        import_module("chat.model_client")  # not the model's time, where it was not loaded yet
        return cls(asyncio.get_running_loop().time() + seconds)

    def first_token_by(self, models_left: int) -> float:
        """A silent model may use up its share of the time, so that the next one has a turn."""
        now = asyncio.get_running_loop().time()
        return now + max(0.0, self.deadline - now) / models_left


async def complete(models: Sequence[str], call: Call, budget: Budget) -> AsyncIterator[str | Reply]:
    """Pieces of text as they come, then the whole `Reply`, from the first model that answers.

    Raises NoModel when all failed in silence, BrokenOff when one failed after its first words.
    """
    names = [name for name in dict.fromkeys(models) if name not in budget.failed]
    for index, name in enumerate(names):
        breaker, spoken = breaker_of(settings.LLM, name), False
        if breaker.refuses():
            continue
        try:
            others = [
                other for other in names[index + 1 :] if not breaker_of(settings.LLM, other).is_open
            ]
            async for item in attempt(name, call, budget, 1 + len(others)):
                spoken = True
                breaker.succeeded()
                yield item
            return
        except ModelError as error:
            logger.warning("model failed", extra={"model": name, "reason": str(error)})
            if isinstance(error, Silent) and not spoken:
                breaker.failed()
            else:
                breaker.succeeded()
            if spoken:
                raise BrokenOff from error
            budget.failed.add(name)
    raise NoModel


@cache
def breaker_of(endpoint: Endpoint, model: str) -> Breaker:
    return Breaker(PAUSE, after=SILENCES)


async def attempt(
    model: str, call: Call, budget: Budget, models_left: int
) -> AsyncIterator[str | Reply]:
    # openai takes half a second and 50 MB: only where a model is asked, not for every command.
    from chat import model_client

    reply = Reply(model)
    began = asyncio.get_running_loop().time()
    limit = budget.first_token_by(models_left)
    try:
        async with asyncio.timeout_at(limit):
            response = await model_client.send(body_of(model, call))
        try:
            pieces, reader = response.aiter_bytes(), LineReader()
            while (piece := await next_piece(pieces, limit)) is not None:
                for line in reader.lines(piece):
                    if text := read_line(line, reply):
                        limit = budget.deadline
                        yield text
                if reply.text and not reply.ended:
                    await asyncio.sleep(PACE)
        finally:
            await response.aclose()
    except model_client.TRANSPORT_ERRORS as error:
        if was_silent(error):
            waited = asyncio.get_running_loop().time() - began
            raise Silent(f"no answer in {waited:.0f} s") from error
        raise ModelError(reason_of(error)) from error
    if not reply.ended:
        raise ModelError("the stream was cut")
    if call.must_answer and not reply.text.strip() and not (reply.calls and call.tools):
        raise ModelError("the answer is empty")
    yield reply


async def next_piece(pieces: AsyncIterator[bytes], limit: float) -> bytes | None:
    """What the network gives next: one token or, when we are busy, several at once."""
    async with asyncio.timeout_at(limit):
        return await anext(pieces, None)


class LineReader:
    """Whole lines out of pieces that end anywhere."""

    def __init__(self) -> None:
        self.rest = b""

    def lines(self, piece: bytes) -> list[bytes]:
        *whole, self.rest = (self.rest + piece).split(b"\n")
        return whole


def body_of(model: str, call: Call) -> dict[str, Any]:
    config = settings.CHAT
    tools = {"tools": call.tools} if call.tools else {}
    return {
        "model": model,
        "messages": call.messages,
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
        **tools,
    }


def read_line(line: bytes, reply: Reply) -> str:
    """Add one line of the event stream to `reply`; the text in it, if any.

    Read here and not through `openai.Stream`: its pydantic objects cost more than all the rest of
    a token. Raises ModelError for a line that is no chunk, or one that says what went wrong.
    """
    if not line.startswith(b"data:"):
        return ""
    data = line[5:].strip()
    if data == b"[DONE]":
        reply.ended = True
        return ""
    try:
        return read_chunk(orjson.loads(data), reply)
    except MALFORMED as error:
        raise ModelError("a chunk is malformed") from error


def read_chunk(chunk: dict[str, Any], reply: Reply) -> str:
    if chunk.get("error"):
        raise ModelError(f"the stream reports an error: {chunk['error']}"[:200])
    if usage := chunk.get("usage"):
        counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
        reply.usage = Usage(*(int(count or 0) for count in counts))
    text = ""
    for choice in chunk.get("choices", ())[:1]:
        delta = choice.get("delta") or {}
        for piece in delta.get("tool_calls") or ():
            add_call_piece(piece, reply.calls)
        text = (delta.get("content") or "").replace("\x00", "")  # PostgreSQL stores none
        reply.text += text
        reply.ended = reply.ended or bool(choice.get("finish_reason"))
    return text


def add_call_piece(piece: dict[str, Any], calls: list[ToolRequest]) -> None:
    """Id and name come with a call's first piece, its arguments in many; some servers send no
    index and every call whole."""
    index = piece.get("index", len(calls))
    if index >= len(calls):
        calls.append(ToolRequest())
    call, function = calls[min(index, len(calls) - 1)], piece.get("function") or {}
    call.id = call.id or piece.get("id") or f"call_{index}"
    call.name = call.name or function.get("name") or ""
    call.arguments += function.get("arguments") or ""
