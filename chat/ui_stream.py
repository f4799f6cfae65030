"""Events as Server-Sent Events in the AI SDK's UI message stream protocol, version 1.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. The npm package `ai` rejects a whole stream for
one part of an unknown type: whatever is our own is a `data-*` part.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson

from chat import threads
from chat.assistant import Draft, store
from chat.events import (
    Event,
    Failed,
    Finished,
    Notice,
    StepFinished,
    StepStarted,
    TextDelta,
    ToolAnswered,
    ToolCalled,
)
from chat.models import MessageStatus
from chat.turns import Turn
from core.errors import MESSAGES, envelope

HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # nginx passes each event on at once
    "x-vercel-ai-ui-message-stream": "v1",
}
# Proxies close a connection that is silent for longer, commonly after 60 seconds.
KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"

Part = dict[str, Any]
# Cancelled answers that still store what there was; the loop itself keeps weak references only.
_running: set[asyncio.Task[None]] = set()


class Encoder:
    """Turns events into the protocol's parts. Text comes in blocks that are opened and closed."""

    def __init__(self, turn: Turn, path: str) -> None:
        self.turn = turn
        self.path = path
        self.blocks = 0
        self.text_is_open = False

    def start(self) -> bytes:
        metadata = {
            "conversation_id": str(self.turn.conversation_id),
            "session_id": str(self.turn.visitor.session_id),
        }
        return frame(
            {
                "type": "start",
                "messageId": str(self.turn.message_id),
                "messageMetadata": metadata,
            }
        )

    def encode(self, event: Event) -> bytes:
        parts = self.parts(event)
        if self.text_is_open and not isinstance(event, TextDelta):
            self.text_is_open = False
            parts.insert(0, {"type": "text-end", "id": self.text_id})
        return b"".join(map(frame, parts))

    @property
    def text_id(self) -> str:
        return f"text-{self.blocks}"

    def parts(self, event: Event) -> list[Part]:
        match event:
            case TextDelta():
                return self.text_parts(event.text)
            case StepStarted():
                return [{"type": "start-step"}]
            case StepFinished():
                return [{"type": "finish-step"}]
            case ToolCalled():
                return call_parts(event)
            case ToolAnswered():
                return [result_part(event)]
            case Notice():
                data = {"code": event.code, "message": event.message}
                return [{"type": "data-notice", "data": data}]
            case Finished():
                return [finish_part(event)]
            case Failed():
                return [error_part(event, self.path)]

    def text_parts(self, text: str) -> list[Part]:
        if self.text_is_open:
            return [{"type": "text-delta", "id": self.text_id, "delta": text}]
        self.text_is_open = True
        self.blocks += 1
        return [
            {"type": "text-start", "id": self.text_id},
            {"type": "text-delta", "id": self.text_id, "delta": text},
        ]


def call_parts(event: ToolCalled) -> list[Part]:
    call = {"toolCallId": event.id, "toolName": event.name}
    return [
        {"type": "tool-input-start", **call},
        {"type": "tool-input-available", **call, "input": event.arguments},
    ]


def result_part(event: ToolAnswered) -> Part:
    if event.error:
        return {"type": "tool-output-error", "toolCallId": event.id, "errorText": event.error}
    output = {"found": event.found, "sources": [asdict(source) for source in event.sources]}
    return {"type": "tool-output-available", "toolCallId": event.id, "output": output}


def finish_part(event: Finished) -> Part:
    metadata = {
        "model": event.model,
        "usage": event.usage.as_json(),
        "sources": [asdict(source) for source in event.sources],
    }
    return {"type": "finish", "finishReason": "stop", "messageMetadata": metadata}


def error_part(event: Failed, path: str) -> Part:
    """`errorText` is the error envelope, as the body of a failed request would be: a front end
    reads both in one way."""
    body = envelope(event.code, event.message or MESSAGES[event.code], path)
    return {"type": "error", "errorText": orjson.dumps(body).decode()}


def frame(part: Part) -> bytes:
    return b"data: " + orjson.dumps(part) + b"\n\n"


class Stream:
    """A response's body.

    The answer is made in a task of its own: when the client leaves, that task is cancelled once,
    and has the time to store what there was. Django closes a response in another thread, and does
    not close the generator that it reads from; who left before the first byte never had it begun.
    """

    def __init__(self, turn: Turn, events: AsyncIterator[Event], path: str) -> None:
        self.encoder = Encoder(turn, path)
        self.events = events
        self.cancel: Callable[[], object] = partial(abandon, turn)

    def close(self) -> None:
        self.cancel()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        answer = asyncio.create_task(produce(self.events, self.encoder, queue))
        ticker = asyncio.create_task(keep_alive(queue))
        _running.add(answer)
        answer.add_done_callback(_running.discard)
        answer.add_done_callback(lambda _: ticker.cancel())
        self.cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, answer.cancel)
        chunks = [self.encoder.start()]
        try:
            yield chunks[0]
            while DONE not in chunks:
                chunks = [await queue.get()]
                while not queue.empty():  # all that has come by now leaves in one write
                    chunks.append(queue.get_nowait())
                yield b"".join(chunks)
        finally:
            self.cancel()  # after its first step: a task that never began stores nothing


def abandon(turn: Turn) -> None:
    """Store that there was no answer. For a thread without an event loop."""
    threads.run(store(turn, Draft(), MessageStatus.FAILED))


async def produce(
    events: AsyncIterator[Event], encoder: Encoder, queue: asyncio.Queue[bytes]
) -> None:
    try:
        async for event in events:
            queue.put_nowait(encoder.encode(event))
    finally:
        queue.put_nowait(DONE)


async def keep_alive(queue: asyncio.Queue[bytes], seconds: float = KEEP_ALIVE_SECONDS) -> None:
    while True:
        await asyncio.sleep(seconds)
        queue.put_nowait(KEEP_ALIVE)
