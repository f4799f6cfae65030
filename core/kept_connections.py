"""Plain HTTP over connections that are kept alive, for calls that every request may make.

0.1 ms of CPU a call, where a full client costs 0.6.
"""

import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import urlsplit

CHUNK_BYTES = 64 * 1024
# What a call may raise: no connection, no answer in time, or one that is no HTTP.
FAILURES = (OSError, HTTPException)


class AnswerTooLarge(HTTPException):
    """More bytes than the caller is ready to hold."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Incoming(RawIOBase):
    """What a server sends, until `deadline`: a socket's timeout bounds one read, and a server that
    sends byte after byte, of its headers too, would be read for ever."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline
        self.raw = sock.makefile("rb", buffering=0)

    def makefile(self, mode: str) -> BufferedReader:
        """For HTTPResponse, which takes this for a socket."""
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.sock.settimeout(remaining(self.deadline))
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


def answers_until(deadline: float) -> Any:
    """For `response_class` of a connection."""

    def answer(sock: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
        return HTTPResponse(Incoming(sock, deadline), *arguments, **options)  # type: ignore[arg-type]

    return answer


class KeptConnections:
    """Connections to one server, opened when they are needed, one for each call at a time."""

    def __init__(self, base_url: str, headers: Mapping[str, str], max_bytes: int) -> None:
        url = urlsplit(base_url)
        self.address = (url.hostname or "", url.port)
        self.connection_class = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self.path = url.path.rstrip("/")
        self.headers = dict(headers)
        self.max_bytes = max_bytes
        self.idle: deque[HTTPConnection] = deque()

    def get(self, path: str, timeout: float, headers: Mapping[str, str] = {}) -> Answer:  # noqa: B006
        return self.call("GET", path, None, timeout, headers)

    def post(self, path: str, body: bytes, timeout: float) -> Answer:
        return self.call("POST", path, body, timeout, {})

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None,
        timeout: float,
        headers: Mapping[str, str],
    ) -> Answer:
        """The whole answer within `timeout` seconds. Raises one of FAILURES.

        A connection that the server closed while it was idle is opened again, once.
        """
        deadline = time.monotonic() + timeout
        asked = (method, self.path + path, body, self.headers | dict(headers))
        try:
            return self.exchange(self.idle.pop(), asked, deadline)
        except (IndexError, ConnectionError, RemoteDisconnected):
            host, port = self.address
            fresh = self.connection_class(host, port, timeout=remaining(deadline))
            return self.exchange(fresh, asked, deadline)

    def exchange(
        self,
        connection: HTTPConnection,
        asked: tuple[str, str, bytes | None, dict[str, str]],
        deadline: float,
    ) -> Answer:
        """The connection is kept if all went well."""
        connection.response_class = answers_until(deadline)
        try:
            if connection.sock is not None:
                connection.sock.settimeout(remaining(deadline))
            connection.request(*asked)
            with connection.getresponse() as response:
                answer = Answer(response.status, self.read(response))
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)
        return answer

    def read(self, response: HTTPResponse) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(CHUNK_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self.max_bytes:
                raise AnswerTooLarge
        return b"".join(pieces)

    def __del__(self) -> None:
        while self.idle:
            self.idle.pop().close()


def remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
