"""Which turns are told of as questions that nothing answered."""

from dataclasses import replace

import pytest

from chat.models import Message
from chat.tests import tools
from core.testing.model_server import Reply, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = ToolCall("house_rules", {"about": "nothing"})
RULE = ToolCall("house_rules", {"about": "check-out"}, id="call_2")
BAD = ToolCall("house_rules", {}, id="call_3")


@pytest.fixture
def heard(settings):
    settings.UNANSWERED = ["chat.tests.tools.deaf", "chat.tests.tools.hear"]
    tools.heard.clear()
    return tools.heard


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Is there a helipad?", True),
        ("When is check-out?", False),
        ("Hello", False),
        ("thanks a lot", False),
    ],
)
def test_without_a_model(ask, heard, content, told):
    assert ask(content).status_code == 200
    assert heard == [content] * told


def test_a_tool_that_failed_says_nothing_about_the_question(ask, heard, settings):
    settings.CHAT = replace(settings.CHAT, tools=(*settings.CHAT.tools, "chat.tests.tools.broken"))
    ask("Is there a helipad?")
    assert heard == []


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ((), False),  # the model answered by itself
        ((NOTHING,), True),
        ((NOTHING, RULE), False),
        ((RULE,), False),
        ((BAD,), False),
        ((BAD, NOTHING), True),
    ],
)
def test_with_a_model(ask, model, heard, calls, told):
    model.script(*([Reply(tool_calls=calls)] if calls else []), "This is what I know.")
    assert ask("And for two?").json()["message"]["content"] == "This is what I know."
    assert heard == ["And for two?"] * told


def test_a_turn_that_broke_off_is_not(ask, model, heard):
    model.script(Reply(tool_calls=(NOTHING,)), Reply("I do not know", cut_after=2))
    ask("Is there a helipad?")
    assert heard == []


def test_who_is_told_may_fail(ask, settings):
    settings.UNANSWERED = ["chat.tests.tools.deaf", "chat.tests.nowhere.at_all"]
    response = ask("Is there a helipad?")
    assert response.status_code == 200
    assert Message.objects.filter(role="assistant", status="complete").count() == 1
