"""Request ids and structured logs, on both kinds of server."""

import asyncio
import io
import json
import logging
import pickle
import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import AsyncClient
from redis.exceptions import RedisError

from core.breaker import Breaker
from core.cache import Redis, breaker_of
from core.databases import APP
from core.logs import formatter, request_id
from core.models import OutboxEffect

GENERATED = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def log_lines():
    """JSON lines of the requests made in a test, as the product's own handler writes them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def test_every_answer_names_its_request(client):
    first, second = client.get("/api/health"), client.get("/nothing")
    assert GENERATED.fullmatch(first["X-Request-ID"])
    assert GENERATED.fullmatch(second["X-Request-ID"])
    assert first["X-Request-ID"] != second["X-Request-ID"]


@pytest.mark.parametrize("given", ["abcdefgh", "req-2026.11_20", "A" * 64])
def test_the_id_of_a_proxy_is_kept(client, given):
    response = client.get("/api/nothing", headers={"x-request-id": given})
    assert response["X-Request-ID"] == given
    assert response.json()["error"]["request_id"] == given


@pytest.mark.parametrize(
    "given",
    ["short", "A" * 65, 'a", "level": "forged', "<script>x</script>", "ห้าพันบาท", "id\r\nX: y", " "],
)
def test_a_forged_id_is_replaced(client, given):
    response = client.get("/api/nothing", headers={"x-request-id": given})
    assert GENERATED.fullmatch(response["X-Request-ID"])
    assert response.json()["error"]["request_id"] == response["X-Request-ID"]


def test_one_structured_line_for_each_request(client, log_lines):
    response = client.get("/api/nothing?q=private")
    (line,) = log_lines()
    assert line.pop("milliseconds") >= 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "core.requests",
        "message": "request",
        "method": "GET",
        "path": "/api/nothing",
        "status": 404,
        "product": settings.PRODUCT.id,
        "request_id": response["X-Request-ID"],
    }


def test_text_of_a_visitor_cannot_make_a_line(client, log_lines):
    client.get('/api/a%0A{"level":"ERROR"}')
    assert len(log_lines()) == 1


@pytest.mark.urls("core.tests.routes")
def test_a_failure_and_its_request_share_an_id(client, log_lines):
    client.raise_request_exception = False
    response = client.get("/api/failing/exception")
    logged = log_lines()
    assert [line["logger"] for line in logged] == ["core.errors", "core.requests"]
    assert {line["request_id"] for line in logged} == {response["X-Request-ID"]}
    assert "Traceback" in logged[0]["exc_info"]


@pytest.mark.urls("core.tests.routes")
@pytest.mark.parametrize("path", ["/api/plainly/exception", "/pages/exception"])
def test_a_failure_of_a_plain_view_leaves_a_traceback(client, log_lines, path):
    client.raise_request_exception = False
    response = client.get(path)
    assert response.status_code == 500
    logged = log_lines()
    assert [line["logger"] for line in logged] == ["django.request", "core.requests"]
    assert {line["request_id"] for line in logged} == {response["X-Request-ID"]}
    assert "ValueError: the password" in logged[0]["exc_info"]


@pytest.mark.urls("core.tests.routes")
@pytest.mark.parametrize("path", ["/nothing", "/api/plainly/missing", "/api/plainly/denied"])
def test_a_refusal_is_told_in_one_line(client, log_lines, path):
    client.get(path)
    assert [line["logger"] for line in log_lines()] == ["core.requests"]


def test_lines_of_django_s_own_tell_no_query_string(client, log_lines):
    client.get("/nothing?q=ann@example.com", headers={"host": "evil.example"})
    told = json.dumps(log_lines())
    assert "GET /nothing" in told
    assert "ann@example.com" not in told


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/"])
def test_another_host_name_is_no_error_of_ours(client, log_lines, path):
    client.get(path, headers={"host": "evil.example"})
    line, *_ = log_lines()
    assert (line["level"], line["logger"]) == ("WARNING", "django.security.DisallowedHost")
    assert "evil.example" in line["message"]
    assert "exc_info" not in line


@pytest.mark.parametrize("host", ["testserver", "evil.example"])
def test_a_page_for_developers_shows_no_password_of_redis(client, settings, host):
    settings.DEBUG = True
    page = client.get("/nothing", headers={"host": host}).content.decode()
    assert urlsplit(settings.CACHES["default"]["LOCATION"]).password not in page


def test_what_was_written_into_redis_by_somebody_else_is_no_code():
    class Attack:
        def __reduce__(self):
            return pytest.fail, ("this was run",)

    cache.set("greeting", {"hello": ["world", 1]})
    assert cache.get("greeting") == {"hello": ["world", 1]}
    redis = cache.client.get_client()
    redis.set(cache.make_key("greeting"), pickle.dumps(Attack()), ex=60)
    assert (cache.get("greeting"), cache.get("greeting", [])) == (None, [])
    cache.delete("greeting")


@pytest.fixture
def redis_log(caplog, monkeypatch):
    """Lines of core.cache after so many calls of a client of its own."""
    monkeypatch.setattr("core.cache.silence", Breaker(60.0))
    breaker_of.cache_clear()

    def told(url, calls=3):
        client = Redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3)
        for _ in range(calls):
            with pytest.raises(RedisError):
                client.get("x")
        client.close()
        return [each.getMessage() for each in caplog.records if each.name == "core.cache"]

    yield told
    breaker_of.cache_clear()


def test_a_redis_that_is_away_is_told_once_in_a_while(redis_log):
    said = ["Redis fails, and the cache is without it: Connection refused"]
    assert redis_log("redis://someone:swordfish@127.0.0.1:1/0") == said


def test_a_redis_that_refuses_the_password_is_told(redis_log):
    where = urlsplit(settings.CACHES["default"]["LOCATION"])
    netloc = where.netloc.replace(str(where.password), "swordfish")
    [line] = redis_log(where._replace(netloc=netloc).geturl(), 1)
    assert "invalid username-password pair" in line
    assert "swordfish" not in line and str(where.port) not in line


def test_a_line_outside_of_a_request_names_the_product(log_lines):
    logging.getLogger("core").warning("The disk is nearly full: %s%%", 91)
    (line,) = log_lines()
    assert line["message"] == "The disk is nearly full: 91%"
    assert (line["product"], line["request_id"]) == (settings.PRODUCT.id, request_id())


async def get(path: str, **headers: str):
    return await AsyncClient().get(path, headers=headers)


@pytest.mark.parametrize(("path", "status"), [("/api/health", 200), ("/api/nothing", 404)])
def test_it_is_the_same_on_asgi(path, status):
    response = asyncio.run(get(path, **{"x-request-id": "from-the-proxy"}))
    assert response.status_code == status
    assert response["X-Request-ID"] == "from-the-proxy"
    if status == 404:
        assert response.json()["error"]["request_id"] == "from-the-proxy"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_front_end_of_the_product_may_call(client, method):
    (origin,) = settings.FRONTEND_URLS
    response = client.generic(method, "/api/v1/", headers=preflight(origin))
    assert response["Access-Control-Allow-Origin"] == origin
    if method == "GET":
        exposed = "X-Request-ID, Retry-After, Content-Disposition"
        assert response["Access-Control-Expose-Headers"] == exposed


def test_a_front_end_can_read_a_refusal_from_before_any_view(client):
    (origin,) = settings.FRONTEND_URLS
    response = client.get("/api/v1/", headers={"origin": origin, "host": "other.example"})
    assert response.json()["error"]["code"] == "MALFORMED_REQUEST"
    assert response["Access-Control-Allow-Origin"] == origin
    assert "X-Request-ID" in response["Access-Control-Expose-Headers"]


def preflight(origin: str) -> dict[str, str]:
    return {"origin": origin, "access-control-request-method": "POST"}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost",
        "http://localhost:3000",
        "https://{domain}.evil.example",
        "{own}.evil.example",
        "{own}1",
        "null",
    ],
)
def test_no_other_page_may_call(client, origin):
    own = settings.FRONTEND_URLS[0]
    origin = origin.format(own=own, domain=settings.PRODUCT.domain)
    for method in ("GET", "OPTIONS"):
        response = client.generic(method, "/api/v1/", headers=preflight(origin))
        assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("headers", [{}, {"origin": settings.FRONTEND_URLS[0]}, {"origin": ""}])
def test_caches_keep_what_another_origin_is_told_apart(client, headers):
    varies = client.get("/api/health", headers=headers)["Vary"].lower().split(", ")
    assert varies.count("origin") == 1
    assert "origin" not in client.get("/", headers=headers).get("Vary", "").lower()


def test_caches_keep_what_a_cookie_is_answered_apart(client):
    for _ in range(2):
        varies = client.get("/api/v1/properties")["Vary"].lower().split(", ")
        assert varies.count("cookie") == 1
        client.cookies["theme"] = "dark"


@pytest.mark.django_db
def test_a_traceback_tells_no_values_of_a_row(log_lines):
    values = {"entry_id": uuid4(), "part": "-".join(["ann", "of", "the", "row"])}
    try:
        with transaction.atomic(using=APP):
            for _ in range(2):
                OutboxEffect.objects.using(APP).create(**values)
    except IntegrityError:
        logging.getLogger("core").exception("It failed")
    (line,) = log_lines()
    assert "core_outboxeffect_once" in line["exc_info"]
    assert "The above exception was the direct cause" in line["exc_info"]
    assert values["part"] not in json.dumps(line)
