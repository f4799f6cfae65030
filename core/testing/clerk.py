"""A Clerk for tests: signs session tokens, and serves its keys and its users over real HTTP."""

import secrets
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

JWKS_PATH = "/.well-known/jwks.json"
MINUTE = 60  # seconds that Clerk's session tokens are good for

Key = RSAPrivateKey | str | bytes


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def kept_key(kid: str) -> RSAPrivateKey:
    """For every Clerk of this process: to make one takes 50 ms."""
    return new_key()


def public_pem(key: RSAPrivateKey) -> str:
    """What CLERK_JWT_KEY holds for this key."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def session_token(
    key: Key,
    issuer: str,
    sub: Any,
    *,
    kid: str = "key-1",
    headers: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A token with the claims that Clerk's have by default; a claim given as None is left out."""
    now = int(time.time())
    payload = {"iss": issuer, "sub": sub, "iat": now, "nbf": now - 10, "exp": now + MINUTE}
    payload |= {"sid": "sess_1", "v": 2} | claims
    present = {name: value for name, value in payload.items() if value is not None}
    # PyJWT would refuse to sign some of the claims whose refusal is to be tested.
    return jwt.PyJWS().encode(
        orjson.dumps(present), key, "RS256", headers={"kid": kid} | (headers or {})
    )


def new_webhook_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(24)).decode()


def clerk_user(
    id: str,
    email: str | None = None,
    *,
    updated_at: int = 1_700_000_000_000,
    verification: str = "verified",
    **values: Any,
) -> dict[str, Any]:
    """A user as Clerk's API and webhooks show one; `email` is the second of two addresses."""
    addresses: list[dict[str, Any]] = [
        {"id": "idn_other", "email_address": f"other-{id}@example.com"}
    ]
    if email:
        address = {"id": "idn_1", "email_address": email}
        addresses.append(address | {"verification": {"status": verification}})
    return {
        "id": id,
        "object": "user",
        "first_name": None,
        "last_name": None,
        "primary_email_address_id": "idn_1" if email else None,
        "email_addresses": addresses,
        "created_at": 1_600_000_000_000,
        "updated_at": updated_at,
        "public_metadata": {"role": "admin"},
    } | values


def event(kind: str, data: Any) -> bytes:
    return orjson.dumps({"type": kind, "object": "event", "data": data, "instance_id": "ins_1"})


class Server(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """A client that did not wait is part of the tests; said on standard error, it would be
        taken for what a later test says there."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*args)


class FakeClerk:
    """One Clerk project. Its keys may be rotated, its server may be slow, broken or down."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys: dict[str, RSAPrivateKey] = {}
        self.fetches = 0
        self.status = 200
        self.body: bytes | None = None  # what to answer in place of the keys
        self.secret_key = "sk_test_" + secrets.token_urlsafe(24)
        self.users: dict[str, dict[str, Any]] = {}
        self.unlisted: set[str] = set()  # users whom the list misses
        self.requests: list[str] = []  # of the Backend API
        self.failures: list[
            tuple[int, dict[str, str]]
        ] = []  # statuses and headers of the next ones
        self.delay = 0.0  # seconds before an answer
        self.trickle = 0.0  # seconds before each byte of it
        self.header_trickle = 0.0  # seconds before each byte of its headers
        self.server = Server(("127.0.0.1", 0), handler_of(self))
        self.rotate()

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{JWKS_PATH}"

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def add(self, id: str, *values: Any, **more: Any) -> None:
        self.users[id] = clerk_user(id, *values, **more)

    def answer(self, path: str, authorization: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of the Backend API."""
        self.requests.append(path)
        if self.failures:
            return *self.failures.pop(0), {"errors": []}
        if authorization != f"Bearer {self.secret_key}":
            return 401, {}, {"errors": [{"code": "clerk_key_invalid"}]}
        parts = urlsplit(path)
        match parts.path.split("/")[2:]:
            case ["jwks"]:
                return 200, {}, orjson.loads(self.jwks())
            case ["users"]:
                return 200, {}, self.page(parse_qs(parts.query))
            case ["users", "count"]:
                return 200, {}, {"object": "total_count", "total_count": len(self.users)}
            case ["users", id] if unquote(id) in self.users:
                return 200, {}, self.users[unquote(id)]
        return 404, {}, {"errors": [{"code": "resource_not_found"}]}

    def page(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        assert query["order_by"] == ["+created_at"]
        offset, limit = int(query["offset"][0]), int(query["limit"][0])
        listed = [user for id, user in self.users.items() if id not in self.unlisted]
        return listed[offset : offset + min(limit, 500)]

    def rotate(self) -> str:
        """Add a key, with which tokens are signed from now on. Its kid."""
        self.kid = f"key-{len(self.keys) + 1}"
        self.keys[self.kid] = kept_key(self.kid)
        return self.kid

    def token(self, sub: Any = "user_1", *, kid: str = "", **overrides: Any) -> str:
        kid = kid or self.kid
        return session_token(self.keys[kid], self.issuer, sub, kid=kid, **overrides)

    def jwks(self) -> bytes:
        to_jwk = jwt.algorithms.RSAAlgorithm.to_jwk
        keys = [
            to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return orjson.dumps({"keys": keys})


def handler_of(clerk: FakeClerk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/v1/"):
                self.send_answer(*clerk.answer(self.path, self.headers.get("Authorization", "")))
                return
            clerk.fetches += 1
            time.sleep(clerk.delay)
            if clerk.header_trickle:
                for byte in b"HTTP/1.0 200 OK\r\nX-More: and more":
                    time.sleep(clerk.header_trickle)
                    self.wfile.write(bytes([byte]))
            found = self.path == JWKS_PATH
            body = clerk.jwks() if clerk.body is None else clerk.body
            self.send_response(clerk.status if found else 404)
            self.send_header("Location", JWKS_PATH + "?moved")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if clerk.trickle:
                for byte in body:
                    time.sleep(clerk.trickle)
                    self.wfile.write(bytes([byte]))
            else:
                self.wfile.write(body)

        def send_answer(self, status: int, headers: dict[str, str], answer: Any) -> None:
            body = orjson.dumps(answer)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Silent."""

    return Handler


@contextmanager
def running(issuer: str) -> Iterator[FakeClerk]:
    clerk = FakeClerk(issuer)
    Thread(target=clerk.server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield clerk
    finally:
        clerk.server.shutdown()
        clerk.server.server_close()
