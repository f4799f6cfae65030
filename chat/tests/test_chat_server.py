"""A real server under real streams: what only a process of its own can show."""

import asyncio
import time

import httpx2
import pytest

from chat.models import Message
from chat.tests.server import chat_server
from chat.tests.streaming import part_of, parts_of, text_of, types_of
from core.testing.model_server import Reply

pytestmark = [
    pytest.mark.any_product,
    pytest.mark.any_databases,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
STREAMS = 30


@pytest.fixture(scope="module")
def small_pool(django_db_setup, shared_model_server, tmp_path_factory):
    """A server with two database connections."""
    log = tmp_path_factory.mktemp("server") / "log"
    pool = {"DB_POOL_MIN": "1", "DB_POOL_MAX": "2", "WEB_THREADS": "2"}
    with chat_server(shared_model_server.url, log, pool) as url:
        yield f"{url}/api/v1/llm/chat"


async def ask_all(url, count):
    async with httpx2.AsyncClient(timeout=60) as client:
        body = {"content": "Hello", "stream": True}
        return await asyncio.gather(*(client.post(url, json=body) for _ in range(count)))


def test_no_stream_holds_a_connection_while_it_waits(small_pool, model_server):
    model_server.always["main"] = Reply("one two three", delay=2.0, token_delay=0.3)
    began = time.monotonic()
    responses = asyncio.run(ask_all(small_pool, STREAMS))
    assert time.monotonic() - began < STREAMS  # one after the other would take three times that
    for response in responses:
        assert response.status_code == 200
        assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
        parts = parts_of(response.text)
        assert (text_of(parts), types_of(parts)[-2:]) == ("one two three", ["finish", "[DONE]"])
    answers = Message.objects.filter(role="assistant", status="complete", content="one two three")
    assert answers.count() == STREAMS


def test_json_answers_do_not_hold_one_either(small_pool, model_server):
    model_server.always["main"] = Reply("one two three", delay=1.0)

    async def ask():
        async with httpx2.AsyncClient(timeout=60) as client:
            posts = [client.post(small_pool, json={"content": "Hello"}) for _ in range(STREAMS)]
            return await asyncio.gather(*posts)

    responses = asyncio.run(ask())
    assert [response.status_code for response in responses] == [200] * STREAMS


def test_leaving_ends_the_models_call_and_keeps_the_part(small_pool, model_server):
    model_server.script(Reply("one two three four " * 100, token_delay=0.05))
    body = {"content": "Hello", "stream": True}
    with httpx2.stream("POST", small_pool, json=body, timeout=20) as response:
        for line in response.iter_lines():
            if "three" in line:
                break
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not model_server.disconnects:
        time.sleep(0.05)
    assert model_server.disconnects == 1
    while not (answer := Message.objects.filter(role="assistant").first()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer.status == "partial"
    assert answer.content.startswith("one two three")
    assert len(answer.content) < 400


def test_the_first_words_come_before_the_last(small_pool, model_server):
    model_server.script(Reply("one two three four", token_delay=0.5))
    times = {}
    with httpx2.stream(
        "POST", small_pool, json={"content": "Hello", "stream": True}, timeout=20
    ) as response:
        for line in response.iter_lines():
            for word in ("one", "four"):
                if word in line:
                    times[word] = time.monotonic()
    assert times["four"] - times["one"] > 1.0


def test_the_stream_names_the_error_when_it_breaks_off(small_pool, model_server):
    model_server.script(Reply("one two three", token_delay=0.1, cut_after=1))
    response = asyncio.run(ask_all(small_pool, 1))[0]
    assert "SERVICE_UNAVAILABLE" in part_of(parts_of(response.text), "error")["errorText"]


def test_a_server_that_stops_leaves_nothing_open(django_db_setup, model_server, tmp_path):
    log = tmp_path / "log"
    with chat_server(model_server.url, log) as url:
        for stream in (True, False):  # each has a client of the model of its own
            body = {"content": "Hello", "stream": stream}
            assert httpx2.post(f"{url}/api/v1/llm/chat", json=body).status_code == 200
    assert "Unclosed" not in log.read_text()
