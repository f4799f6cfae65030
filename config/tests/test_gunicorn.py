"""Both kinds of server, under the configuration they have in production."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import orjson
import pytest
from django.conf import settings

from accounts.models import User
from chat.tests.server import gunicorn
from core.testing.clerk import session_token
from faq.models import UnansweredQuestion
from properties.models import Property, Status

BOOTED = re.compile(r"Booting worker with pid: (\d+)")
CORES = os.sched_getaffinity(0)
pytestmark = [pytest.mark.any_product, pytest.mark.any_databases, pytest.mark.long]
SEARCH = "/api/v1/faq/search"
LINE = len(f"GET {SEARCH}?query= HTTP/1.1")


@pytest.fixture(
    scope="module", params=[("gthread", "wsgi"), ("asgi", "asgi")], ids=lambda kind: kind[0]
)
def server(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Base URL of a server on the tests' database, while it runs."""
    worker_class, application = request.param
    log = tmp_path_factory.mktemp("server") / "log"
    environment = os.environ | {"WEB_WORKER_CLASS": worker_class}
    with gunicorn(f"config.{application}:application", environment, log) as url:
        yield url
    with django_db_blocker.unblock():  # what was asked has no answer, and is written down
        UnansweredQuestion.objects.all().delete()
    lines = [orjson.loads(line) for line in log.read_text().splitlines()]
    assert {line["product"] for line in lines} == {settings.PRODUCT.id}
    assert {"gunicorn.error", "core.requests"} <= {line["logger"] for line in lines}


@pytest.fixture(scope="module")
def visitor(server: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server, timeout=60) as client:  # the machine may be busy
        yield client


def test_a_thai_question_of_900_letters_fits_in_an_address(visitor):
    question = "ก" * 900
    answer = visitor.get(f"{SEARCH}?query={quote(question)}&limit=20&language=th")
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"] == question


def test_a_request_line_may_have_8190_bytes(visitor):
    fits = "x" * (8190 - LINE)
    answer = visitor.get(f"{SEARCH}?query={fits}")
    assert answer.json()["error"]["details"]["query"]  # too long for a question, but read
    assert visitor.get(f"{SEARCH}?query={fits}x").status_code == 414


def test_a_longer_question_is_posted(visitor):
    answer = visitor.post(SEARCH, json={"query": "ก" * 4000})
    assert answer.status_code == 200, answer.text


def test_a_body_in_chunks_is_refused_and_not_lost(visitor):
    """The next request of the same connection is answered as ever."""
    whole = b'{"query": "Where is the key?"}'
    chunks = (whole[start : start + 9] for start in range(0, len(whole), 9))
    answer = visitor.post(SEARCH, content=chunks, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (411, "LENGTH_REQUIRED")
    assert visitor.post(SEARCH, content=whole).status_code == 415
    assert visitor.post(SEARCH, json={"query": "Where is the key?"}).status_code == 200


@pytest.mark.parametrize("body", [b"-5\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"2\r\n{}and more\r\n"])
def test_chunks_that_are_none_are_the_callers_mistake(server, body):
    url = urlsplit(server)
    head = f"POST /api/v1/webhooks/clerk HTTP/1.1\r\nHost: {url.netloc}\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("pool", [{}, {"DB_POOL_MAX": "0"}], ids=["pooled", "behind PgBouncer"])
@pytest.mark.django_db(transaction=True)
def test_somebody_signs_in_and_looks_round(pool, clerk_key, tmp_path):
    person = session_token(clerk_key, settings.CLERK.issuer, "user_1")
    shown = Property.objects.create(
        title="House", type="house", transaction="rent", currency="THB", status=Status.PUBLISHED
    )
    environment = os.environ | {"WEB_WORKER_CLASS": "gthread"} | pool
    with (
        gunicorn("config.wsgi:application", environment, tmp_path / "log") as url,
        httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {person}"}) as client,
    ):
        ids = {client.get("/api/v1/users/me").raise_for_status().json()["id"] for _ in range(3)}
        assert ids == {str(User.objects.get(clerk_user_id="user_1").id)}
        for _ in range(3):
            [listed] = client.get("/api/v1/properties").raise_for_status().json()["results"]
            found = client.get(f"/api/v1/properties/{shown.id}").raise_for_status().json()
            assert listed["id"] == found["id"] == str(shown.id)
            assert client.get("/api/v1/properties/" + "0" * 8).status_code == 404
            client.get(SEARCH, params={"query": "Where is the key?"}).raise_for_status()
            client.post("/api/v1/llm/chat", json={"content": "Hello"}).raise_for_status()


@pytest.mark.skipif(len(CORES) == 1, reason="there is one core")
@pytest.mark.usefixtures("django_db_setup")
def test_every_worker_has_a_core_of_its_own_and_who_takes_over_has_the_free_one(tmp_path):
    log = tmp_path / "log"
    environment = os.environ | {"WEB_WORKER_CLASS": "gthread"}
    with gunicorn("config.wsgi:application", environment, log, len(CORES)):
        first, *others = booted = wait_for_workers(log, len(CORES))
        assert sorted(map(cores_of, booted)) == [[core] for core in sorted(CORES)]
        freed = cores_of(first)
        os.kill(first, signal.SIGKILL)
        *_, newest = wait_for_workers(log, len(CORES) + 1)
        assert cores_of(newest) == freed
        assert newest not in others


def wait_for_workers(log: Path, count: int) -> list[int]:
    """Ids of the processes that were started, once there are so many and each has its core."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        started = [int(pid) for pid in BOOTED.findall(log.read_text())]
        if len(started) == count and len(cores_of(started[-1])) == 1:
            return started
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def cores_of(pid: int) -> list[int]:
    return sorted(os.sched_getaffinity(pid))
