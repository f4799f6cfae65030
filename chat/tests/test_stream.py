"""Streams through Django's ASGI handler, in this process."""

import asyncio
import json
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import AsyncClient

from chat import sessions, threads, ui_stream
from chat.assistant import respond
from chat.models import Conversation, Message
from chat.tests.streaming import part_of, parts_of, text_of, types_of
from chat.tests.tools import RULE
from chat.turns import Question, Visitor, open_turn
from core.testing.model_server import Reply, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)
CHAT = "/api/v1/llm/chat"
LOOK_UP = ToolCall("house_rules", {"about": "check-out"})


async def fetch(body):
    response = await AsyncClient().post(CHAT, body, content_type="application/json")
    if not response.streaming:
        return response, response.content.decode()
    pieces = [piece async for piece in response.streaming_content]
    return response, b"".join(pieces).decode()


def stream(**body):
    response, text = threads.run(fetch({"content": "Hello", "stream": True} | body))
    assert response.status_code == 200, text
    return parts_of(text)


def ui_message(text, role="user", id="m1", **more):
    return {"id": id, "role": role, "parts": [{"type": "text", "text": text}], **more}


def ui_stream_of(*messages, **body):
    """What `useChat` posts: no content, and no `stream`."""
    posted = {"id": "chat-of-the-browser", "trigger": "submit-message", "messages": messages}
    response, text = threads.run(fetch(posted | body))
    assert response.status_code == 200, text
    return parts_of(text)


def test_the_parts_and_headers_of_a_plain_answer(model):
    model.script("Good day to you.")
    response, text = threads.run(fetch({"content": "Hello", "stream": True}))
    for name, value in ui_stream.HEADERS.items():
        assert response[name] == value
    parts = parts_of(text)
    assert types_of(parts) == [
        "start",
        "start-step",
        "text-start",
        *["text-delta"] * 4,
        "text-end",
        "finish-step",
        "finish",
        "[DONE]",
    ]
    assert text_of(parts) == "Good day to you."
    conversation, answer = Conversation.objects.get(), Message.objects.get(role="assistant")
    start, finish = parts[0], parts[-2]
    assert start["messageId"] == str(answer.id)
    assert start["messageMetadata"] == {
        "conversation_id": str(conversation.id),
        "session_id": str(conversation.session_id),
    }
    assert finish["messageMetadata"] == {
        "model": "main",
        "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15},
        "sources": [],
    }
    assert (answer.content, answer.status) == ("Good day to you.", "complete")


def test_tools_show_in_the_stream(model):
    model.script(Reply(tool_calls=(LOOK_UP, ToolCall("none", {}, id="call_2"))), "By eleven.")
    parts = stream()
    assert types_of(parts) == [
        "start",
        "start-step",
        "tool-input-start",
        "tool-input-available",
        "tool-output-available",
        "tool-input-start",
        "tool-input-available",
        "tool-output-error",
        "finish-step",
        "start-step",
        "text-start",
        "text-delta",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
        "[DONE]",
    ]
    called = part_of(parts[:6], "tool-input-available")
    assert (called["toolName"], called["input"]) == ("house_rules", {"about": "check-out"})
    output = part_of(parts, "tool-output-available")["output"]
    assert (output["found"], output["sources"][0]["id"]) == (True, "check-out")
    assert part_of(parts, "finish")["messageMetadata"]["sources"] == output["sources"]


def test_without_a_model_the_stream_is_the_tools_answer():
    parts = stream(content="When is check-out?")
    assert text_of(parts) == RULE
    assert part_of(parts, "finish")["messageMetadata"]["model"] == "offline"
    assert "data-notice" not in types_of(parts)


def test_a_dead_provider_is_said_in_a_notice(model):
    model.always["main"] = Reply(status=500)
    parts = stream(content="When is check-out?")
    assert types_of(parts)[:5] == [
        "start",
        "start-step",
        "finish-step",
        "data-notice",
        "start-step",
    ]
    assert part_of(parts, "data-notice")["data"]["code"] == "MODEL_UNAVAILABLE"
    assert text_of(parts) == RULE


def test_an_answer_that_breaks_off_ends_with_an_error(model):
    model.script(Reply("one two three", token_delay=0.1, cut_after=2))
    parts = stream()
    assert types_of(parts)[-3:] == ["text-end", "error", "[DONE]"]
    error = json.loads(part_of(parts, "error")["errorText"])["error"]
    assert (error["code"], error["path"]) == ("SERVICE_UNAVAILABLE", CHAT)
    answer = Message.objects.get(role="assistant")
    assert (answer.content, answer.status) == ("one two ", "partial")


def test_a_whole_turn_has_a_time_limit(model, settings):
    settings.CHAT = replace(settings.CHAT, timeout=0.5)
    model.script(Reply("word " * 40, token_delay=0.05))
    parts = stream()
    assert types_of(parts)[-2:] == ["error", "[DONE]"]
    assert Message.objects.get(role="assistant").status == "partial"


def test_a_text_between_two_rounds_is_a_block_of_its_own(model, settings):
    settings.CHAT = replace(settings.CHAT, models={"chat": "main", "search": "main"})
    model.script(Reply("Ask me.", tool_calls=(LOOK_UP,)), "By eleven.")
    assert text_of(stream()) == "By eleven."


def test_usechats_own_body_is_understood(model):
    model.script("Good day.")
    parts = ui_stream_of(ui_message("Hello"))
    assert text_of(parts) == "Good day."
    assert Message.objects.get(role="user").content == "Hello"


def test_usechat_goes_on_by_the_metadata_of_the_last_answer(model):
    first = ui_stream_of(ui_message("Hello"))
    metadata = part_of(first, "start")["messageMetadata"]
    second = ui_stream_of(
        ui_message("Hello"),
        ui_message("Hello from the model.", role="assistant", id="m2", metadata=metadata),
        ui_message("And now?", id="m3"),
    )
    assert part_of(second, "start")["messageMetadata"] == metadata
    assert Message.objects.count() == 4
    assert [m["content"] for m in model.chat_requests[1]["messages"][1:]] == [
        "Hello",
        "Hello from the model.",
        "And now?",
    ]


def test_a_guest_who_signs_in_within_usechat_begins_anew(users, sign_in):
    metadata = part_of(ui_stream_of(ui_message("Hello")), "start")["messageMetadata"]
    messages = [
        ui_message("Hello from the model.", role="assistant", id="m2", metadata=metadata),
        ui_message("And now?", id="m3"),
    ]
    response = sign_in(users.user).post(
        CHAT, {"messages": messages, "stream": False}, content_type="application/json"
    )
    assert response.status_code == 200
    assert response.json()["conversation_id"] != metadata["conversation_id"]
    assert Conversation.objects.get(user_id=users.user.pk).messages.count() == 2


@pytest.mark.parametrize(
    "again", [{"trigger": "regenerate-message"}, {"trigger": "submit-message", "messageId": "m1"}]
)
def test_the_first_answer_comes_anew_in_the_same_conversation(again):
    """`useChat` has dropped the answer by then, and all that its metadata told."""
    metadata = part_of(ui_stream_of(ui_message("May I bring a dog?")), "start")["messageMetadata"]
    session = {"session_id": metadata["session_id"]}
    anew = ui_stream_of(ui_message("May I bring a cat?"), **session, **again)
    assert part_of(anew, "start")["messageMetadata"] == metadata
    assert Conversation.objects.get().title == "May I bring a cat?"
    by_uuids = ui_stream_of(ui_message("And a cat?"), id=str(uuid4()), **session, **again)
    assert part_of(by_uuids, "start")["messageMetadata"] == metadata
    for other in (session, again, session | again | {"messages": [ui_message("Hello", id="m9")]}):
        began = part_of(ui_stream_of(ui_message("Hello"), **other), "start")["messageMetadata"]
        assert began["conversation_id"] != metadata["conversation_id"]


def test_usechats_id_is_used_when_it_is_an_own_conversation():
    metadata = part_of(stream(), "start")["messageMetadata"]
    session = {"session_id": metadata["session_id"]}
    again = ui_stream_of(ui_message("Again"), id=metadata["conversation_id"], **session)
    assert part_of(again, "start")["messageMetadata"] == metadata
    for foreign in (str(uuid4()), "not-a-uuid"):
        other = ui_stream_of(ui_message("Again"), id=foreign, **session)
        assert part_of(other, "start")["messageMetadata"]["conversation_id"] not in (
            foreign,
            metadata["conversation_id"],
        )


def test_metadata_that_was_meddled_with_is_passed_over():
    for metadata in (
        None,
        [],
        {"conversation_id": 7, "session_id": 7},
        {"conversation_id": "x", "session_id": ["x"]},
    ):
        answer = ui_message("Hello", role="assistant", id="m0", metadata=metadata)
        assert ui_stream_of(answer, ui_message("Hello"))[-1] == "[DONE]"


def test_a_question_sent_twice_is_stored_once_and_answered_anew(model):
    model.script("One.", "Two.", "Three.")
    metadata = part_of(ui_stream_of(ui_message("Hello")), "start")["messageMetadata"]
    again = ui_stream_of(ui_message("Hello"), trigger="regenerate-message", **metadata)
    assert text_of(again) == "Two."
    assert [m["content"] for m in model.chat_requests[1]["messages"][1:]] == ["Hello"]
    assert sorted(Message.objects.values_list("role", flat=True)) == ["assistant"] * 2 + ["user"]
    ui_stream_of(ui_message("x" * 10, id="y" * 500), **metadata)
    assert Message.objects.filter(role="user").count() == 2


def test_a_question_that_was_edited_is_kept_as_it_was_answered(model):
    metadata = part_of(ui_stream_of(ui_message("May I bring a dog?")), "start")["messageMetadata"]
    ui_stream_of(ui_message("May I bring a cat?"), **metadata)
    assert model.chat_requests[1]["messages"][-1]["content"] == "May I bring a cat?"
    assert Message.objects.get(role="user").content == "May I bring a cat?"


def test_errors_before_the_stream_are_plain_answers():
    response, text = threads.run(
        fetch({"content": "Hi", "stream": True, "conversation_id": str(uuid4())})
    )
    assert (response.status_code, json.loads(text)["error"]["code"]) == (404, "NOT_FOUND")


def test_an_answer_may_be_json_on_the_same_server(model):
    response, text = threads.run(fetch({"content": "Hello"}))
    assert json.loads(text)["message"]["content"] == "Hello from the model."


async def leave_after(body, text):
    """Close the connection once `text` has come."""
    response = await AsyncClient().post(CHAT, body, content_type="application/json")
    content = response.streaming_content
    seen = b""
    while text not in seen:
        seen += await anext(content)
    await threads.in_thread(response.close)  # as Django's ASGI handler does


def eventually(condition):
    async def wait():
        for _ in range(100):
            if await threads.in_thread(condition):
                return True
            await asyncio.sleep(0.05)
        return False

    return threads.run(wait())


@pytest.mark.parametrize(("seen", "status"), [(b'"start"', "failed"), (b"two", "partial")])
def test_a_visitor_who_leaves_ends_the_models_call_and_keeps_the_part(model, seen, status):
    model.script(Reply("one two three four five " * 50, delay=0.3, token_delay=0.05))
    threads.run(leave_after({"content": "Hello", "stream": True}, seen))
    assert eventually(lambda: Message.objects.filter(role="assistant", status=status).exists())
    answer = Message.objects.get(role="assistant")
    assert answer.content.startswith("one two" if status == "partial" else "")
    assert len(answer.content) < 100


def test_what_was_used_before_a_visitor_left_is_kept(model):
    slow = Reply("one two three four five " * 50, token_delay=0.05)
    model.script(Reply(tool_calls=(LOOK_UP,)), slow)
    threads.run(leave_after({"content": "Hello", "stream": True}, b"two"))
    assert eventually(lambda: Message.objects.filter(status="partial").exists())
    assert Message.objects.get(role="assistant").other_usage == {"main": [11, 4]}


async def leave_before_the_first_byte():
    body = {"content": "Hello", "stream": True}
    response = await AsyncClient().post(CHAT, body, content_type="application/json")
    await threads.in_thread(response.close)


async def leave_at_the_first_byte():
    turn = await threads.in_thread(open_turn, Visitor(None, sessions.issue()), Question("Hello"))
    chunks = aiter(ui_stream.Stream(turn, respond(turn), CHAT))
    await anext(chunks)
    await chunks.aclose()


@pytest.mark.parametrize("leave", [leave_before_the_first_byte, leave_at_the_first_byte])
def test_a_visitor_who_leaves_at_once_leaves_a_failed_answer(model, leave):
    model.script(Reply("one two three", delay=0.5))
    threads.run(leave())
    assert eventually(lambda: Message.objects.filter(role="assistant").exists())
    answer = Message.objects.get(role="assistant")
    assert (answer.content, answer.status) == ("", "failed")


def unstored(model):
    """The error of a stream whose conversation is deleted after its first part."""
    model.script(Reply("one two three", token_delay=0.2))

    async def fetch_and_lose():
        response = await AsyncClient().post(
            CHAT, {"content": "Hello", "stream": True}, content_type="application/json"
        )
        pieces = []
        async for piece in response.streaming_content:
            if not pieces:
                await threads.in_thread(Conversation.objects.all().delete)
            pieces.append(piece)
        return b"".join(pieces).decode()

    parts = parts_of(threads.run(fetch_and_lose()))
    assert types_of(parts)[-3:] == ["finish-step", "error", "[DONE]"]
    return json.loads(part_of(parts, "error")["errorText"])["error"]["code"]


def test_a_conversation_that_is_erased_meanwhile_is_not_found(model, caplog):
    assert unstored(model) == "NOT_FOUND"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_an_answer_that_cannot_be_stored_is_an_error(model, monkeypatch, caplog):
    def broken(**_):
        raise IntegrityError("some other constraint")

    monkeypatch.setattr(Message.objects, "create", broken)
    assert unstored(model) == "INTERNAL_ERROR"
    assert "an answer was not stored: INTERNAL_ERROR" in caplog.messages


def test_a_silent_stream_is_kept_alive():
    async def two_comments():
        queue = asyncio.Queue()
        task = asyncio.create_task(ui_stream.keep_alive(queue, 0.01))
        comments = [await queue.get() for _ in range(2)]
        task.cancel()
        return comments

    assert threads.run(two_comments()) == [b": keep-alive\n\n"] * 2
