"""Both kinds of server, under the configuration they have in production."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from config.resources import ROOT
from core.local.processes import free_ports

READY_WITHIN = 30.0  # seconds
SEARCH = "/api/v1/faq/search"
LINE = len(f"GET {SEARCH}?query= HTTP/1.1")


@pytest.fixture(
    scope="module", params=[("gthread", "wsgi"), ("asgi", "asgi")], ids=lambda kind: kind[0]
)
def server(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Base URL of a server on the tests' database, while it runs."""
    worker_class, application = request.param
    (port,) = free_ports(1)
    log: Path = tmp_path_factory.mktemp("server") / "log"
    variables = {"WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1"}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py"]
            + [f"config.{application}:application"],
            cwd=ROOT,
            env=os.environ | variables | {"WEB_WORKER_CLASS": worker_class},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not answers(url):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)
        assert "Logging error" not in log.read_text()


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/health").status_code == 200
    except httpx2.TransportError:
        return False


def test_a_thai_question_of_900_letters_fits_in_an_address(server):
    question = "ก" * 900
    answer = httpx2.get(f"{server}{SEARCH}?query={quote(question)}&limit=20&language=th")
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"] == question


def test_a_request_line_may_have_8190_bytes(server):
    fits = "x" * (8190 - LINE)
    answer = httpx2.get(f"{server}{SEARCH}?query={fits}")
    assert answer.json()["error"]["details"]["query"]  # too long for a question, but read
    assert httpx2.get(f"{server}{SEARCH}?query={fits}x").status_code == 414


def test_a_longer_question_is_posted(server):
    answer = httpx2.post(f"{server}{SEARCH}", json={"query": "ก" * 4000})
    assert answer.status_code == 200, answer.text
