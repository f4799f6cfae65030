"""The web application of this deployment, asked over HTTP or within this process.

Either way a request goes through all of the middleware.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from core.isolation import CannotTry

TIMEOUT = 10  # seconds
# The root of the API: signed-in people and guests may both read it, and nothing is written.
ROOT = "/api/v1/"
HEALTH = "/api/health"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def reason(self) -> str:
        """`details.reason` of the error envelope, or the status."""
        try:
            return str(orjson.loads(self.body)["error"]["details"]["reason"])
        except (ValueError, KeyError, TypeError):
            return f"status {self.status}"

    @property
    def product(self) -> str:
        """The one that an answer of `HEALTH` names, or ""."""
        try:
            return str(orjson.loads(self.body)["product"])
        except (ValueError, KeyError, TypeError):
            return ""


class Site(Protocol):
    origin: str

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Raises CannotTry when there is no answer."""
        ...


def site(url: str) -> Site:
    """Raises CannotTry when something else answers there, which would look like gaps."""
    if not url:
        return Here()
    live = Remote(url)
    answer = live.ask("GET", HEALTH, {})
    if answer.status != 200:
        raise CannotTry(f"{live.origin} answers {HEALTH} with status {answer.status}")
    if answer.product != settings.PRODUCT.id:
        raise CannotTry(f"{live.origin} is not {settings.PRODUCT.id}")
    return live


class Remote:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.address = (parts.hostname or "", parts.port)
        self.is_secure = parts.scheme == "https"

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        connection = self.connection()
        try:
            connection.request(method, path, headers=dict(headers))
            response = connection.getresponse()
            if not self.is_secure and response.headers.get("Location", "").startswith("https:"):
                raise CannotTry(f"{self.origin} leads on to https: give that to --url")
            return Answer(response.status, response.headers, response.read())
        except (OSError, HTTPException) as error:
            raise CannotTry(f"{self.origin} does not answer: {error}") from error
        finally:
            connection.close()

    def connection(self) -> HTTPConnection:
        host, port = self.address
        if not self.is_secure:
            return HTTPConnection(host, port, timeout=TIMEOUT)
        return HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())


class Here:
    """As a proxy in front would hand requests on, for the first of ALLOWED_HOSTS."""

    def __init__(self) -> None:
        hosts = [host for host in settings.ALLOWED_HOSTS if host[0] not in "*."]
        self.host = hosts[0] if hosts else "localhost"
        self.is_secure = settings.SECURE_PROXY_SSL_HEADER is not None
        self.origin = f"{'https' if self.is_secure else 'http'}://{self.host}"
        self.application = WSGIHandler()

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path}
        setup_testing_defaults(environ)
        environ |= {"wsgi.input": BytesIO(), "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": "0"}
        environ["HTTP_HOST"] = self.host
        if settings.SECURE_PROXY_SSL_HEADER is not None:
            name, value = settings.SECURE_PROXY_SSL_HEADER
            environ[name] = value
        for name, value in headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        told = HTTPMessage()
        response = self.application(environ, begin)
        body = b"".join(response)
        response.close()
        for name, value in response.items():
            told[name] = value
        for cookie in response.cookies.values():
            told["Set-Cookie"] = cookie.OutputString()
        return Answer(response.status_code, told, body)


def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
    """WSGI's way to tell what Django's response has as well."""
    return len
