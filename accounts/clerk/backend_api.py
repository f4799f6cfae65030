"""Clerk's Backend API, as far as people are compared with it (https://clerk.com/docs/reference/backend-api).

On urllib, as the keys are fetched: a handful of requests of a management command.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, build_opener

import orjson

from accounts.clerk.conf import ClerkConfig
from accounts.clerk.keys import NoRedirect, fetch_keys, static_key, usable_key

logger = logging.getLogger("accounts.clerk.backend_api")

PAGE = 500  # users; Clerk's most
TIMEOUT = 30.0  # seconds
PER_SECOND = 5  # requests; Clerk allows 10 to a development project and 100 to one in production
ATTEMPTS = 6
LONGEST_WAIT = 60  # seconds
# Seconds within which the last attempt at the first answer of a run begins, and that one attempt
# waits at each of the host's addresses: who has no network is told soon. A run that has begun is
# not given up for a short failure.
FIRST_ANSWER_WITHIN = 15.0
FIRST_TIMEOUT = 5.0
PAGE_MAX_BYTES = 64 * 1024 * 1024

# A redirect could carry the secret key elsewhere.
opener = build_opener(NoRedirect)


class ApiUnavailable(Exception):
    """Says in one sentence why Clerk gave no answer; never shows the key."""


class NoSuchUser(ApiUnavailable):
    """Clerk has nothing at this path."""


@dataclass
class BackendApi:
    clerk: ClerkConfig
    sleep: Callable[[float], None] = time.sleep
    next_at: float = 0.0
    has_answered: bool = False

    def pages(self) -> Iterator[list[Any]]:
        """All users, the oldest first, so that who signs up meanwhile comes last.

        Ends at an empty page. Somebody deleted meanwhile moves the rest up, so one user at the edge
        of two pages may be missed: ask for `user` before taking them for gone.
        """
        offset = 0
        before: list[Any] = []
        while page := self.page(offset):
            if page == before:
                raise ApiUnavailable("Clerk's list of users does not go on.")
            yield page
            offset += len(page)
            before = page

    def page(self, offset: int) -> list[Any]:
        query = urlencode({"limit": PAGE, "offset": offset, "order_by": "+created_at"})
        users = self.get(f"/users?{query}")
        if not isinstance(users, list):
            raise ApiUnavailable("Clerk's list of users is no list.")
        return users

    def count(self) -> int | None:
        counted = self.get("/users/count")
        count = counted.get("total_count") if isinstance(counted, dict) else None
        return count if isinstance(count, int) else None

    def user(self, clerk_user_id: str) -> dict[str, Any] | None:
        """None when Clerk itself says that it has no such user."""
        try:
            user = self.get(f"/users/{quote(clerk_user_id, safe='')}")
        except NoSuchUser:
            return None
        if not isinstance(user, dict):
            raise ApiUnavailable("Clerk's answer about a user is no user.")
        return user

    def signs_our_tokens(self) -> bool:
        """Whether CLERK_SECRET_KEY opens the project that signs this product's session tokens.

        Raises KeysUnavailable when that project's keys are out of reach.
        """
        answer = self.get("/jwks")
        entries = answer.get("keys") if isinstance(answer, dict) else None
        theirs = [usable_key(entry) for entry in entries] if isinstance(entries, list) else []
        static = self.clerk.jwt_key
        ours = [static_key(static)] if static else fetch_keys(self.clerk.jwks_url).values()
        numbers = {key.public_numbers() for key in theirs if key}
        return any(key.public_numbers() in numbers for key in ours)

    def get(self, path: str) -> Any:
        """JSON of an answer. Raises NoSuchUser, and ApiUnavailable after ATTEMPTS, or when no
        further attempt would begin within FIRST_ANSWER_WITHIN and nothing has answered."""
        began = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            self.wait_for_turn()
            try:
                answer = self.fetch(path)
                self.has_answered = True
                return answer
            except HTTPError as error:
                self.has_answered = True
                with error:
                    if error.code == 404 and is_of_clerk(error):
                        raise NoSuchUser(path) from error
                    wait = retry_after(error)
                    problem = f"Clerk answered {error.code} to {path.partition('?')[0]}."
                    passing = error.code == 429 or error.code >= 500
            except (OSError, HTTPException, ValueError) as error:
                reason = error.reason if isinstance(error, URLError) else error
                problem = f"Clerk does not answer at {self.clerk.api_url}: {reason}."
                passing, wait = True, None
            pause = min(wait if wait is not None else 2.0**attempt, LONGEST_WAIT)
            is_late = time.monotonic() - began + pause > FIRST_ANSWER_WITHIN
            if not passing or attempt == ATTEMPTS or (is_late and not self.has_answered):
                break
            logger.warning("%s Trying again in %g s.", problem, pause)
            self.sleep(pause)
        raise ApiUnavailable(problem)

    def wait_for_turn(self) -> None:
        now = time.monotonic()
        if self.next_at > now:
            self.sleep(self.next_at - now)
        self.next_at = max(now, self.next_at) + 1 / PER_SECOND

    def fetch(self, path: str) -> Any:
        request = Request(
            self.clerk.api_url + path,
            headers={
                "Authorization": f"Bearer {self.clerk.secret_key}",
                "Accept": "application/json",
                "User-Agent": "sync_clerk",
            },
        )
        timeout = TIMEOUT if self.has_answered else FIRST_TIMEOUT
        with opener.open(request, timeout=timeout) as response:
            return orjson.loads(response.read(PAGE_MAX_BYTES))


def is_of_clerk(error: HTTPError) -> bool:
    """Else a proxy's, or the address of the API is wrong: nobody is erased for that.

    ClerkErrors of https://github.com/clerk/javascript, packages/backend-api-client/docs.
    """
    try:
        errors = orjson.loads(error.read(PAGE_MAX_BYTES))["errors"]
        return isinstance(errors[0]["code"], str)
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return False


def retry_after(error: HTTPError) -> float | None:
    """Seconds that Clerk asks to wait."""
    value = error.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
