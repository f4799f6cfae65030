"""Both kinds of server, under the configuration they have in production."""

import os
from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest

from chat.tests.server import gunicorn

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases, pytest.mark.long]
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
    log = tmp_path_factory.mktemp("server") / "log"
    environment = os.environ | {"WEB_WORKER_CLASS": worker_class}
    with gunicorn(f"config.{application}:application", environment, log) as url:
        yield url
    assert "Logging error" not in log.read_text()


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
