"""People who are kept by another deployment of this product, asked over its API.

Every call has a deadline and one retry. What was told is kept for a minute in this process. After a
failure nobody is asked for a while, so that a page waits once and not each time; names known from
before go on being shown.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.conf import settings

from accounts.clerk.tokens import Reason, Refusal
from accounts.conf import AccountsApi
from accounts.models import Role, User
from accounts.people import Person, person
from core.errors import ApiError, ErrorCode
from core.kept_connections import FAILURES, Answer, KeptConnections

logger = logging.getLogger("accounts.remote")

IDS_AT_ONCE = 100  # as many as the users API takes
ANSWER_MAX_BYTES = 1024 * 1024
TIMEOUT = 1.0  # seconds for one call, its second try included
TRIES = 2
PAUSE = 5.0  # seconds without a call after one that failed
KEPT = 60.0  # seconds that an answer holds, also that somebody is unknown
KEPT_LONGEST = 3600.0  # seconds after which a name is no longer shown though nobody answers
KEPT_PEOPLE = 10_000


class DirectoryUnavailable(Exception):
    """No usable answer in time. The message never holds the key."""

    def __init__(self, problem: str, status: int = 0, body: bytes = b"") -> None:
        super().__init__(problem)
        self.status = status
        self.body = body


class AnotherProduct(DirectoryUnavailable):
    """The server answers for a product that is not ours."""


class RemoteAccounts:
    """The other deployment. Whose product it is is asked before anything else is believed."""

    def __init__(self, api: AccountsApi) -> None:
        headers = {"Accept": "application/json"}
        self.server = KeptConnections(api.url, headers, ANSWER_MAX_BYTES)
        self.key = {"Authorization": f"Api-Key {api.key}"}
        self.ours = False

    def check_product(self) -> None:
        """Raises AnotherProduct, or DirectoryUnavailable when that is not known."""
        if not self.ours:
            answer = self.get("/api/health", {})
            product = read_json(answer).get("product")
            if product != settings.PRODUCT.id:
                raise AnotherProduct(f"it answers for {str(product)[:50]!r}")
            self.ours = True

    def with_ids(self, ids: Sequence[UUID]) -> dict[UUID, Person]:
        """Those of at most IDS_AT_ONCE who are known. Raises DirectoryUnavailable."""
        found = {each.id: each for each in self.users(ids=",".join(map(str, ids)))}
        # The first page of everybody, say, when something on the way drops what is asked for.
        if not found.keys() <= set(ids):
            raise DirectoryUnavailable("it tells of people who were not asked for")
        return found

    def with_email(self, email: str) -> Person | None:
        """Raises DirectoryUnavailable."""
        found = self.users(email=email)
        if any((each.email or "").lower() != email.lower() for each in found):
            raise DirectoryUnavailable("it tells of people who were not asked for")
        return found[0] if found else None

    def users(self, **parameters: str) -> list[Person]:
        """Raises DirectoryUnavailable."""
        self.check_product()
        answer = self.get(f"/api/v1/users?{urlencode(parameters)}", self.key)
        return read_people(read_json(answer))

    def person_of(self, token: str) -> User:
        """The person whose session token this is, with the role they have there, and made there at
        first sight; unsaved. Asked at each request, so that a role that was taken is gone at once.

        Raises ApiError: UNAUTHORIZED, for the reason given there, when they are refused, else
        SERVICE_UNAVAILABLE.
        """
        try:
            self.check_product()
            row = read_json(self.get("/api/v1/users/me", {"Authorization": f"Bearer {token}"}))
            person = User(id=read_id(row["id"]), role=Role(row["role"]), **read_names(row))
            if "impersonated_by" in row:
                person.impersonated_by = read_id(row["impersonated_by"])
            return person
        except DirectoryUnavailable as error:
            if error.status == 401 and (reason := reason_in(error.body)):
                raise Refusal(reason) from error
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=int(PAUSE)) from error
        except (KeyError, ValueError, TypeError) as error:
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, retry_after=int(PAUSE)) from error

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """A 2xx answer; a call that failed, or a 5xx, is tried a second time."""
        problem, status, body = "", 0, b""
        deadline = time.monotonic() + TIMEOUT
        for _ in range(TRIES):
            try:
                answer = self.server.get(path, deadline - time.monotonic(), headers)
            except FAILURES as error:
                problem = f"no answer: {type(error).__name__}"
                continue
            if answer.status < 300:
                return answer
            status, body = answer.status, answer.body
            problem = f"status {status}"
            if status < 500:
                break
        raise DirectoryUnavailable(problem, status, body)


def reason_in(body: bytes) -> Reason | None:
    """Why a token was refused, of the envelope that says so; None for anything else, such as what a
    proxy on the way says. A later version may have reasons that this one does not know."""
    try:
        error = orjson.loads(body)["error"]
        if error["code"] != ErrorCode.UNAUTHORIZED:
            return None
        told = error["details"]["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    return Reason(told) if told in list(Reason) else Reason.REFUSED


def read_json(answer: Answer) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.body)
    except ValueError as error:
        raise DirectoryUnavailable("the answer is no JSON") from error
    if not isinstance(body, dict):
        raise DirectoryUnavailable("the answer is no object")
    return body


def read_people(body: Mapping[str, Any]) -> list[Person]:
    """Of a page of the users API. Raises DirectoryUnavailable."""
    rows = body.get("results")
    if not isinstance(rows, list):
        raise DirectoryUnavailable("the answer is no list of people")
    try:
        return [person(read_id(row["id"]), **read_names(row)) for row in rows]
    except (KeyError, ValueError, TypeError) as error:
        raise DirectoryUnavailable("the answer has somebody who cannot be read") from error


def read_id(value: Any) -> UUID:
    """Raises ValueError."""
    return UUID(str(value))


def read_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Raises KeyError, TypeError."""
    first, last, email = row["first_name"], row["last_name"], row["email"]
    if not (isinstance(first, str) and isinstance(last, str) and isinstance(email, str | None)):
        raise TypeError("no text")
    return {"first_name": first, "last_name": last, "email": email}


class RemoteDirectory:
    def __init__(self, api: AccountsApi, clock: Callable[[], float] = time.monotonic) -> None:
        self.accounts = RemoteAccounts(api)
        self.clock = clock
        self.told: dict[UUID, tuple[float, Person | None]] = {}
        self.quiet_until = 0.0

    def known(self, ids: set[UUID]) -> dict[UUID, Person]:
        now = self.clock()
        missing = sorted(id for id in ids if not self.fresh(id, now))
        if missing and now >= self.quiet_until:
            self.ask(missing)
        kept = ((id, self.told.get(id)) for id in ids)
        return {
            id: entry[1]
            for id, entry in kept
            if entry and entry[1] and now - entry[0] < KEPT_LONGEST
        }

    def fresh(self, id: UUID, now: float) -> bool:
        entry = self.told.get(id)
        return entry is not None and now - entry[0] < KEPT

    def ask(self, ids: list[UUID]) -> None:
        """Parallel requests may ask for the same people: each answer is as good as the other."""
        try:
            for some in parts(ids):
                self.keep(some, self.accounts.with_ids(some))
        except DirectoryUnavailable as error:
            self.quiet_until = self.clock() + PAUSE
            logger.warning("the directory of people gives no usable answer: %s", error)

    def keep(self, asked: list[UUID], found: Mapping[UUID, Person]) -> None:
        if len(self.told) + len(asked) > KEPT_PEOPLE:
            self.told = {}
        now = self.clock()
        self.told |= {id: (now, found.get(id)) for id in asked}

    def id_of_email(self, email: str) -> UUID | None:
        """Raises DirectoryUnavailable: a command that needs it must not take silence for a no."""
        found = self.accounts.with_email(email.strip())
        return found.id if found else None


def parts(ids: list[UUID]) -> Iterator[list[UUID]]:
    for begin in range(0, len(ids), IDS_AT_ONCE):
        yield ids[begin : begin + IDS_AT_ONCE]
