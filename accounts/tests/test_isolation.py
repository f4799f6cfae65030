"""The tokens and cookies of others, shown to this process and to a server."""

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson
import pytest

from accounts.isolation import tokens
from accounts.models import User
from core.isolation import CannotTry, Verdict
from core.isolation.web import web

# A request begins by looking after the connections that are open, perhaps from a test before.
pytestmark = pytest.mark.django_db
PARTY = "https://www.north.example"


def gaps(findings) -> set[str]:
    assert (found := list(findings))
    return {row.tried for row in found if row.verdict is not Verdict.OK}


def tried(findings) -> list[str]:
    return [row.tried for row in findings]


@pytest.mark.parametrize("parties", [(), (PARTY,)])
def test_nobody_elses_token_is_taken(settings, parties):
    settings.CLERK = replace(settings.CLERK, authorized_parties=parties)
    assert gaps(tokens("")) == set()
    assert (f"for the page {PARTY}.evil.example" in tried(tokens(""))) is bool(parties)


def test_nor_where_the_keys_are_fetched(clerk):
    assert gaps(tokens("")) == set()
    seen = {row.tried: row.seen for row in tokens("")}
    assert seen["signed by another issuer's key"] == "signature", "under the name of a real key"
    assert seen["with its own keys at `jku`"] == "unknown_key"


def test_keys_that_cannot_be_fetched(settings):
    url = "http://127.0.0.1:1/jwks.json"
    settings.CLERK = replace(settings.CLERK, jwt_key="", jwks_url=url)
    with pytest.raises(CannotTry, match="cannot be fetched"):
        list(tokens(""))


@pytest.mark.django_db(transaction=True)
def test_a_server_is_asked_over_http(live_server, settings):
    assert gaps(tokens(live_server.url)) == set()
    assert gaps(web(live_server.url)) == set()
    assert not User.objects.exists()


@pytest.fixture
def anything_goes(settings) -> Iterator[str]:
    """Base URL of a server of this product that takes every token, cookie, host and origin."""
    body = orjson.dumps({"product": settings.PRODUCT.id})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
            self.send_header("Set-Cookie", "sessionid=1; Domain=example.com; Path=/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_OPTIONS = do_POST = do_GET

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_takes_everything_fails(anything_goes, settings):
    settings.FRONTEND_URLS = [PARTY]
    found = {(row.stone, row.verdict) for row in tokens(anything_goes)}
    assert ("tokens", Verdict.FAIL) in found
    shown = gaps(tokens(anything_goes))
    for what in ("signed by another issuer's key", "`alg` none", "a write from null"):
        assert what in shown
    browsers = gaps(web(anything_goes))
    for what in ("null", f"{PARTY}.evil.example", "https://evilwww.north.example"):
        assert what in browsers
    assert "a request for evil.example" in browsers
    assert "names that another product has too" in browsers
    assert "a domain that other hosts are in" in browsers


def test_nobody_is_made_by_a_token_that_got_through(settings):
    """Every token is pending: with the signature and issuer right it is refused at the end."""
    [row] = [row for row in tokens("") if row.tried == "of this product"]
    assert (row.seen, row.verdict) == ("pending", Verdict.OK)
