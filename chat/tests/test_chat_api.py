import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connections

from chat import llm, sessions
from chat.models import CONTENT_MAX_LENGTH, Conversation, Message
from chat.offline import NOTHING_FOUND
from chat.tests.tools import RULE
from core.providers import Endpoint
from core.testing.model_server import Reply, ToolCall
from core.throttling import ScopedThrottle

pytestmark = pytest.mark.django_db(transaction=True)
CHAT = "/api/v1/llm/chat"
LOOK_UP = ToolCall("house_rules", {"about": "check-out"})


def saved(role):
    return Message.objects.get(role=role)


def test_an_answer_has_the_documented_shape(ask, model):
    model.script("Good day to you.")
    response = ask("Hello")
    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert set(body) == {
        "message", "model", "usage", "conversation_id", "session_id", "sources"
    }  # fmt: skip
    assert set(body["message"]) == {"id", "role", "content", "created_at"}
    assert body["message"]["role"] == "assistant"
    assert body["message"]["content"] == "Good day to you."
    assert body["model"] == "main"
    assert body["usage"] == {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15}
    assert body["sources"] == []
    for id in (body["message"]["id"], body["conversation_id"], body["session_id"]):
        assert str(UUID(id)) == id


def test_both_messages_are_stored(ask, model):
    model.script("Good day.")
    body = ask("Hello  there\nyou").json()
    conversation = Conversation.objects.get()
    assert str(conversation.id) == body["conversation_id"]
    assert str(conversation.session_id) == body["session_id"]
    assert (conversation.user_id, conversation.title) == (None, "Hello there you")
    question, answer = saved("user"), saved("assistant")
    assert (question.content, question.status) == ("Hello  there\nyou", "complete")
    assert (answer.content, answer.status, answer.model) == ("Good day.", "complete", "main")
    assert (answer.prompt_tokens, answer.completion_tokens) == (11, 2)
    assert question.created_at < answer.created_at
    assert str(answer.id) == body["message"]["id"]


def test_a_long_question_makes_a_short_title(ask):
    ask("word " * 100)
    assert len(Conversation.objects.get().title) == 80


def test_the_model_is_told_prompt_history_and_question(ask, model):
    model.script("One.", "Two.")
    first = ask("First?").json()
    ask("Second?", conversation_id=first["conversation_id"], session_id=first["session_id"])
    request = model.chat_requests[1]
    assert request["messages"][0]["content"].startswith(django_settings.CHAT.system_prompt)
    assert [(m["role"], m["content"]) for m in request["messages"][1:]] == [
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
    ]
    assert (request["max_tokens"], request["temperature"]) == (2000, 0.7)
    assert model.requests[0].headers["authorization"] == "Bearer key-of-the-tests"


def test_the_history_is_bounded(ask, model):
    body = ask("0").json()
    ids = {key: body[key] for key in ("conversation_id", "session_id")}
    for number in range(1, 12):
        ask(str(number), **ids)
    shown = model.chat_requests[-1]["messages"]
    assert len(shown) == 1 + 20 + 1
    assert (shown[1]["content"], shown[-1]["content"]) == ("1", "11")


def test_a_tools_facts_reach_the_model_and_its_sources_the_visitor(ask, model):
    model.script(Reply(tool_calls=(LOOK_UP,)), "By eleven.")
    body = ask("When must I leave?").json()
    asked, told = model.chat_requests
    offered = {tool["function"]["name"]: tool["function"] for tool in asked["tools"]}
    assert set(offered) == {"house_rules", "houses"}
    assert offered["houses"]["parameters"]["additionalProperties"] is False
    call, result = told["messages"][-2:]
    assert call["tool_calls"][0]["function"]["arguments"] == '{"about":"check-out"}'
    assert (result["role"], result["tool_call_id"]) == ("tool", "call_1")
    assert result["content"] == f'{{"found":true,"data":"{RULE}"}}'
    assert body["message"]["content"] == "By eleven."
    assert body["usage"]["total_tokens"] == 15 + 13
    assert body["sources"] == [
        {
            "kind": "faq",
            "id": "check-out",
            "title": "When is check-out?",
            "url": "/api/v1/faq/check-out",
            "score": 0.9,
        }
    ]
    assert saved("assistant").sources == body["sources"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("nothing_like_it", {}), "There is no tool 'nothing_like_it'"),
        (ToolCall("house_rules", '{"about": '), "not JSON"),
        (ToolCall("house_rules", "[1]"), "must be a JSON object"),
        (ToolCall("house_rules", {}), "`about` is missing."),
        (ToolCall("broken", {"about": "x"}), "The tool failed."),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_a_result(ask, model, settings, call, told):
    paths = (*settings.CHAT.tools, "chat.tests.tools.broken")
    settings.CHAT = replace(settings.CHAT, tools=paths)
    model.script(Reply(tool_calls=(call,)), "I could not look it up.")
    assert ask().json()["message"]["content"] == "I could not look it up."
    assert told in model.chat_requests[1]["messages"][-1]["content"]


def test_rounds_are_bounded_and_the_last_offers_no_tools(ask, model, settings):
    rounds = settings.CHAT.max_tool_rounds
    model.script(*[Reply(tool_calls=(LOOK_UP,))] * rounds, "At last.")
    assert ask().json()["message"]["content"] == "At last."
    assert ["tools" in request for request in model.chat_requests] == [True] * rounds + [False]


def test_calls_of_one_round_are_bounded(ask, model):
    calls = tuple(replace(LOOK_UP, id=f"call_{number}") for number in range(9))
    model.script(Reply(tool_calls=calls), "Done.")
    ask()
    results = [m["content"] for m in model.chat_requests[1]["messages"] if m["role"] == "tool"]
    assert ["At most 8" in result for result in results] == [False] * 8 + [True]


def test_a_cheap_model_searches_and_the_chat_model_writes(ask, model, settings):
    settings.CHAT = replace(settings.CHAT, models={"chat": "main", "search": "cheap"})
    model.script(Reply(tool_calls=(LOOK_UP,)), "What I found.", model="cheap")
    model.script("By eleven.", model="main")
    body = ask().json()
    assert (body["message"]["content"], body["model"]) == ("By eleven.", "main")
    assert [r["model"] for r in model.chat_requests] == ["cheap", "cheap", "main"]
    assert "tools" not in model.chat_requests[-1]


def test_without_tools_the_chat_model_is_asked_at_once(ask, model, settings):
    settings.CHAT = replace(settings.CHAT, tools=(), models={"chat": "main", "search": "cheap"})
    ask()
    assert [r["model"] for r in model.chat_requests] == ["main"]


FAILURES = [
    Reply(status=401),
    Reply(status=429),
    Reply(status=500),
    Reply(malformed=True),
    Reply(cut_after=0),
    Reply(empty=True),
    Reply(text=" "),
    Reply(delay=2.0),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_the_next_model_answers_for_one_that_fails(ask, model, settings, failure):
    models = {"chat": "main", "search": "main", "fallback": "second"}
    settings.CHAT = replace(settings.CHAT, models=models, timeout=2.0)
    model.always["main"] = failure
    model.script("I am the second.", model="second")
    body = ask().json()
    if failure.text == " ":  # its first words were sent, though they are blank
        assert body["error"]["code"] == "SERVICE_UNAVAILABLE"
    else:
        assert (body["message"]["content"], body["model"]) == ("I am the second.", "second")


def test_a_model_that_failed_is_not_asked_again_in_the_turn(ask, model, settings):
    models = {"chat": "main", "search": "main", "fallback": "second"}
    settings.CHAT = replace(settings.CHAT, models=models)
    model.always["main"] = Reply(status=500)
    model.script(Reply(tool_calls=(LOOK_UP,)), "By eleven.", model="second")
    ask()
    assert [r["model"] for r in model.chat_requests] == ["main", "second", "second"]


def test_with_every_model_dead_the_tools_answer(ask, model):
    model.always["main"] = Reply(status=500)
    body = ask("When is check-out?").json()
    assert body["message"]["content"] == RULE
    assert body["model"] == "offline"
    assert body["usage"]["total_tokens"] == 0


def test_a_server_that_is_not_there(ask, settings, caplog):
    settings.LLM = Endpoint("http://127.0.0.1:9/v1", "main")
    settings.CHAT = replace(settings.CHAT, models={"chat": "main"})
    assert ask("When is check-out?").json()["model"] == "offline"
    assert reasons(caplog) == ["Connection refused"]


def reasons(caplog):
    return [each.reason for each in caplog.records if each.name == "chat.llm"]


def test_a_model_that_is_left_alone_takes_no_share_of_the_time(ask, model, settings):
    settings.CHAT = replace(settings.CHAT, models={"chat": "main", "fallback": "other"})
    for _ in range(llm.SILENCES):
        llm.breaker_of(settings.LLM, "other").failed()
    model.always["main"] = Reply("By eleven.", delay=0.6 * settings.CHAT.timeout)
    assert ask("When is check-out?").json()["model"] == "main"


def test_a_model_that_was_silent_again_and_again_is_left_alone(
    ask, model, settings, caplog, monkeypatch
):
    settings.CHAT = replace(settings.CHAT, timeout=0.6)
    model.always["main"] = Reply(delay=1.0)
    for _ in range(llm.SILENCES + 2):
        assert ask("When is check-out?").json()["model"] == "offline"
    assert reasons(caplog) == ["no answer in 1 s"] * llm.SILENCES
    model.always["main"] = Reply("By eleven.")
    assert ask("When is check-out?").json()["model"] == "offline"
    monkeypatch.setattr("core.breaker.monotonic", lambda: time.monotonic() + llm.PAUSE)
    for _ in range(2):
        assert ask("When is check-out?").json()["model"] == "main"


def test_a_model_that_answers_now_and_then_is_asked_every_time(ask, model, settings, caplog):
    settings.CHAT = replace(settings.CHAT, timeout=0.6)
    silent = [Reply(delay=1.0)] * (llm.SILENCES - 1)
    model.script(*silent, Reply(status=500), *silent, "Hello.")
    said = [ask().json()["model"] for _ in range(2 * llm.SILENCES)]
    assert said[-1] == "main"
    assert len(reasons(caplog)) == 2 * llm.SILENCES - 1


def test_a_model_that_breaks_off_is_503_and_the_part_is_kept(ask, model):
    model.script(Reply("one two three four", token_delay=0.1, cut_after=2))
    response = ask()
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    answer = saved("assistant")
    assert (answer.content, answer.status) == ("one two ", "partial")


def test_whoever_is_erased_while_their_answer_is_made_is_told_no_more(
    ask, model, sign_in, users, caplog
):
    model.script(Reply("one two three four", token_delay=0.3))
    asking, leaving = sign_in(users.user), sign_in(users.user)

    def answer():
        try:
            return ask(client=asking)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(answer)
        deadline = time.monotonic() + 30
        while not model.chat_requests and time.monotonic() < deadline:
            time.sleep(0.02)
        assert leaving.delete("/api/v1/users/me").status_code == 200
        response = asked.result()
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert not Message.objects.exists()


def test_a_model_that_dies_between_its_rounds(ask, model):
    model.script(Reply(tool_calls=(LOOK_UP,)), Reply(status=500))
    body = ask("When is check-out?").json()
    assert (body["message"]["content"], body["model"]) == (RULE, "offline")
    assert len(body["sources"]) == 1


def test_with_no_model_the_tools_answer(ask):
    body = ask("When is CHECK-OUT?").json()
    assert (body["message"]["content"], body["model"]) == (RULE, "offline")
    assert [source["id"] for source in body["sources"]] == ["check-out"]
    assert saved("assistant").status == "complete"


@pytest.mark.parametrize(
    ("question", "language"), [("Giraffes", "en"), ("ยีราฟ", "th"), ("Жирафы", "ru")]
)
def test_with_no_model_and_nothing_found_it_says_so(ask, question, language):
    body = ask(question).json()
    assert body["message"]["content"].startswith(NOTHING_FOUND[language])
    assert body["sources"] == []


def test_a_tool_that_fails_offline_knows_nothing(ask, settings):
    paths = ("chat.tests.tools.broken", *settings.CHAT.tools)
    settings.CHAT = replace(settings.CHAT, tools=paths)
    assert ask("When is check-out?").json()["message"]["content"] == RULE


def test_a_guest_goes_on_with_the_same_session(ask):
    first = ask("Hello").json()
    second = ask("Hello", session_id=first["session_id"]).json()
    assert second["session_id"] == first["session_id"]
    assert second["conversation_id"] != first["conversation_id"]


@pytest.mark.parametrize("unknown", ["", None, "x", str(UUID(int=7)), "x" * 5000])
def test_an_unknown_session_is_a_new_guest(ask, unknown):
    body = ask("Hello", session_id=unknown).json()
    assert body["session_id"] != unknown
    assert sessions.read(body["session_id"])


def test_a_signed_in_persons_conversation_is_theirs_also_with_a_session(ask, sign_in, users):
    session_id = str(sessions.issue())
    body = ask("Hello", client=sign_in(users.user), session_id=session_id).json()
    conversation = Conversation.objects.get()
    assert (conversation.user_id, conversation.session_id) == (users.user.id, None)
    assert body["session_id"] == session_id
    ids = {"conversation_id": body["conversation_id"], "session_id": session_id}
    assert ask("Again", client=sign_in(users.user), **ids).status_code == 200
    assert ask("Again", **ids).status_code == 404
    assert ask("Again", client=sign_in(users.outsider), **ids).status_code == 404
    assert Message.objects.count() == 4


def test_a_missing_conversation_and_anothers_look_the_same(ask):
    theirs = ask("Hello").json()["conversation_id"]
    own = str(sessions.issue())
    answers = [
        ask("Hello", conversation_id=id, session_id=own).json()["error"]
        for id in (theirs, str(uuid4()))
    ]
    for error in answers:
        del error["timestamp"], error["request_id"]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "NOT_FOUND"
    assert Message.objects.count() == 2


BAD = [
    ({}, "content"),
    ({"content": ""}, "content"),
    ({"content": " \n\t"}, "content"),
    ({"content": "x" * (CONTENT_MAX_LENGTH + 1)}, "content"),
    ({"content": "a\x00b"}, "content"),
    ({"content": "\u200b"}, "content"),
    ({"content": "\ufeff \u2060\n\u200d"}, "content"),
    ({"content": None}, "content"),
    ({"content": 7}, "content"),
    ({"content": True}, "content"),
    ({"content": ["a"]}, "content"),
    ({"content": {"a": 1}}, "content"),
    ({"content": "a", "sream": True}, "sream"),
    ({"content": "a", "stream": "true"}, "stream"),
    ({"content": "a", "stream": 1}, "stream"),
    ({"content": "a", "session_id": 7}, "session_id"),
    ({"content": "a", "session_id": "a\x00"}, "session_id"),
    ({"content": "a", "conversation_id": "x"}, "conversation_id"),
    ({"content": "a", "conversation_id": 7}, "conversation_id"),
    ({"content": "a", "messages": []}, "content"),
    ({"messages": []}, "messages"),
    ({"messages": "a"}, "messages"),
    ({"messages": [7]}, "messages"),
    ({"messages": [{"role": "user"}]}, "messages"),
    ({"messages": [{"role": "robot", "parts": []}]}, "messages"),
    ({"messages": [{"role": "user", "parts": []}]}, "messages"),
    ({"messages": [{"role": "user", "parts": [{"type": "text"}]}]}, "messages"),
    ({"messages": [{"role": "user", "parts": [{"type": "text", "text": "\u200b"}]}]}, "messages"),
    ({"messages": [{"role": "user", "parts": [{"type": "text", "text": 7}]}]}, "messages"),
    ({"messages": [{"role": "user", "parts": [{"type": "file", "url": "x"}]}]}, "messages"),
    (
        {"messages": [{"id": 7, "role": "user", "parts": [{"type": "text", "text": "a"}]}]},
        "messages",
    ),
    ({"messages": [{"role": "assistant", "parts": []}]}, "messages"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
def test_a_bad_question_is_refused_before_anything_is_stored(api, body, field):
    response = api.post(CHAT, {"stream": False} | body, format="json")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "VALIDATION_ERROR")
    assert list(error["details"]) == [field]
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"7", 400),
        (b'{"content": "\\ud800"}', 400),
        (b'{"content": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_question(api, body, status):
    response = api.post(CHAT, body, content_type="application/json")
    assert response.status_code == status
    assert response.json()["error"]["code"]


def test_a_question_may_be_as_long_as_allowed(ask):
    assert ask("x" * CONTENT_MAX_LENGTH).status_code == 200


@pytest.mark.parametrize("content", ["ห้อง\u200bว่าง", "👨\u200d👩\u200d👧", "❤\ufe0f"])
def test_zero_width_characters_within_a_question_are_kept(ask, content):
    assert ask(content).status_code == 200
    assert saved("user").content == content


def test_a_form_of_the_browsable_api_asks_too(api):
    response = api.post(CHAT, "content=Hello&session_id=&conversation_id=&id=&trigger=",
                        content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert response.status_code == 200, response.content


def test_the_browsable_page_has_a_form(api):
    page = api.get(CHAT, HTTP_ACCEPT="text/html")
    assert page.status_code == 405
    assert b'name="content"' in page.content


def test_only_post_asks(api):
    assert api.get(CHAT).json()["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_a_server_without_an_event_loop_refuses_to_stream(ask):
    response = ask("Hello", stream=True)
    assert response.status_code == 400
    assert "does not stream" in response.json()["error"]["details"]["stream"][0]
    assert not Conversation.objects.exists()


def test_errors_for_a_client_that_accepts_streams_alone_are_json(api):
    response = api.post(CHAT, {}, format="json", HTTP_ACCEPT="text/event-stream")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"


def test_too_many_questions(ask):
    answers = [ask("Hello").status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    refused = ask("Hello")
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert int(refused["Retry-After"]) > 0


def test_somebody_with_many_addresses_is_one_visitor(api):
    def ask(address):
        return api.post(CHAT, {"content": "Hello"}, format="json", REMOTE_ADDR=address).status_code

    answers = [ask(f"2001:db8:1:2::{number:x}") for number in range(31)]
    assert answers == [200] * 30 + [429]
    assert ask("2001:db8:1:3::1") == 200


@pytest.mark.parametrize(("rate", "answered"), [("30/min", 30), (None, 40)])
@pytest.mark.django_db(transaction=True)
def test_no_more_questions_are_let_through_at_once(ask, monkeypatch, rate, answered):
    monkeypatch.setitem(ScopedThrottle.THROTTLE_RATES, "chat", rate)

    def hello(_):
        try:
            return ask("Hello").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(hello, range(40)))
    assert answers == [200] * answered + [429] * (40 - answered)


def test_only_questions_are_counted(api, ask):
    for _ in range(31):
        assert api.get(CHAT).status_code == 405
        assert api.options(CHAT).status_code == 200
    assert ask("Hello").status_code == 200


def test_what_the_model_says_in_nul_is_left_out(ask, model):
    model.script("a\x00b")
    assert ask().json()["message"]["content"] == "ab"
    assert saved("assistant").content == "ab"
