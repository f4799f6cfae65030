"""A directory elsewhere: a real server that answers, fails, dawdles or is another product's."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import orjson
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.urls import get_resolver

from accounts import directory
from accounts.checks import people_are_this_products
from accounts.conf import AccountsApi
from accounts.directory import UNKNOWN
from accounts.people import Person
from accounts.remote import (
    KEPT,
    KEPT_LONGEST,
    PAUSE,
    DirectoryUnavailable,
    RemoteAccounts,
    RemoteDirectory,
)
from core.databases import APP
from core.models import AuditEntry
from core.testing.clerk import session_token

pytestmark = pytest.mark.any_product

KEY = "abc.def"
ME = "/api/v1/users/me"
THE_PERSON = UUID(int=5)


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args) -> None:
        """A client that did not wait is part of the tests."""


class FakeAccounts:
    """The users API and the health of another deployment."""

    def __init__(self) -> None:
        self.product = django_settings.PRODUCT.id
        self.people: dict[UUID, str] = {}
        self.role = "agent"
        self.row: dict[str, object] = {}  # what is another in the answer about THE_PERSON
        self.asked: list[str] = []
        self.statuses: list[int] = []  # answered before the right one
        self.delay = 0.0
        self.trickle = 0.0  # seconds before each byte of the headers
        self.body: bytes | None = None
        self.http = QuietServer(("127.0.0.1", 0), handler_of(self))

    @property
    def api(self) -> AccountsApi:
        return AccountsApi(f"http://127.0.0.1:{self.http.server_port}", KEY)

    @property
    def lookups(self) -> list[str]:
        return [path for path in self.asked if "users" in path]

    def answer(self, path: str) -> bytes:
        if path == "/api/health":
            return orjson.dumps({"status": "ok", "product": self.product})
        if self.body is not None:
            return self.body
        if path == ME:
            names = {"first_name": "Ploy", "last_name": "", "email": None}
            return orjson.dumps({"id": THE_PERSON, "role": self.role} | names | self.row)
        given = parse_qs(urlsplit(path).query)
        if "ids" in given:
            found = [id for id in map(UUID, given["ids"][0].split(",")) if id in self.people]
        else:
            found = [id for id in self.people if f"{id}@example.com" == given["email"][0]]
        rows = [
            {"id": id, "first_name": self.people[id], "last_name": "", "email": f"{id}@example.com"}
            for id in found
        ]
        return orjson.dumps({"results": rows, "next": None})


def handler_of(accounts: FakeAccounts) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(accounts.delay)
            if accounts.trickle:
                for byte in b"HTTP/1.1 200 OK\r\nX-More: and more":
                    self.wfile.write(bytes([byte]))
                    time.sleep(accounts.trickle)
            accounts.asked.append(self.path)
            with_key = self.headers["Authorization"] == f"Api-Key {KEY}"
            allowed = with_key or self.path in ("/api/health", ME)
            status = accounts.statuses.pop(0) if accounts.statuses else 200 if allowed else 401
            body = accounts.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args) -> None:
            """Silent."""

    return Handler


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def addresses() -> None:
    """Those of a process that keeps its people: they are made once, by whichever test is first."""
    assert get_resolver().url_patterns


@pytest.fixture
def accounts() -> Iterator[FakeAccounts]:
    fake = FakeAccounts()
    Thread(target=fake.http.serve_forever, args=(0.01,), daemon=True).start()
    yield fake
    fake.http.shutdown()
    fake.http.server_close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def people(accounts, clock):
    return RemoteDirectory(accounts.api, clock)


@pytest.fixture
def known(accounts):
    accounts.people = {uuid4(): "Ploy", uuid4(): "Anna"}
    return set(accounts.people)


def names(found):
    return sorted(person.name for person in found.values())


def test_names_by_one_call(people, accounts, known):
    assert names(people.known(known | {uuid4()})) == ["Anna", "Ploy"]
    assert len(accounts.lookups) == 1


def test_an_answer_is_kept_for_a_while_unknown_people_too(people, accounts, known, clock):
    everybody = known | {uuid4()}
    people.known(everybody)
    clock.now += KEPT - 1
    assert names(people.known(everybody)) == ["Anna", "Ploy"]
    assert len(accounts.lookups) == 1
    clock.now += 2
    people.known(everybody)
    assert len(accounts.lookups) == 2


def test_only_who_is_not_known_yet_is_asked_for(people, accounts, known):
    one, other = sorted(known)
    people.known({one})
    people.known(known)
    assert accounts.lookups[1].endswith(f"ids={other}")


def test_many_are_asked_for_a_hundred_at_a_time(people, accounts):
    accounts.people = {uuid4(): f"P{number}" for number in range(250)}
    assert len(people.known(set(accounts.people))) == 250
    assert len(accounts.lookups) == 3


def test_a_failure_is_tried_a_second_time(people, accounts, known):
    accounts.statuses = [500, 200, 502]
    assert names(people.known(known)) == ["Anna", "Ploy"]


def test_a_refusal_is_not(people, accounts, known):
    accounts.statuses = [200, 403]
    assert people.known(known) == {}
    assert len(accounts.lookups) == 1


def told(**values):
    """An answer about one person, who is not asked for."""
    row = {"id": str(uuid4()), "first_name": "Ploy", "last_name": "", "email": None}
    return orjson.dumps({"results": [row | values], "next": None})


NONSENSE = {
    "no JSON": b"<html>Sign in</html>",
    "no object": b"[]",
    "no results": b'{"detail": "moved"}',
    "results that are none": b'{"results": null}',
    "results that are no list": b'{"results": {}}',
    "a row that is none": b'{"results": [null]}',
    "a row without an id": b'{"results": [{}]}',
    "an id that is none": told(id="x"),
    "an id that is a number": told(id=5),
    "a name that is none": told(first_name=None),
    "an email that is a list": told(email=["a@example.com"]),
    "people who were not asked for": told(),
    "more than is taken": b" " * 1_100_000,
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_no_answer(people, accounts, known, settings, body):
    """Neither are people who were not asked for: whoever is missing in the first page of everybody
    is not nobody."""
    settings.ACCOUNTS_API = accounts.api
    accounts.body = body
    assert people.known(known) == {}
    with pytest.raises(DirectoryUnavailable):
        directory.strangers(sorted(known))
    with pytest.raises(DirectoryUnavailable):
        directory.id_of_email("ploy@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("options", [(), ("--repair", "--many")])
def test_orphans_are_not_looked_for_among_nonsense(accounts, settings, users, body, options):
    conversation = apps.get_model("chat.Conversation").objects.create(user_id=users.user.id)
    settings.ACCOUNTS_API = accounts.api
    accounts.body = body
    with pytest.raises(CommandError, match="The directory of people gives no usable answer: "):
        call_command("check_orphans", *options)
    conversation.refresh_from_db()
    assert conversation.user_id == users.user.id


def test_while_it_is_down_nobody_waits_and_old_names_are_shown(people, accounts, known, clock):
    people.known(known)
    clock.now += KEPT + 1
    accounts.statuses = [500, 500]
    assert names(people.known(known)) == ["Anna", "Ploy"]
    asked = len(accounts.asked)
    stranger = uuid4()
    assert names(people.known(known | {stranger})) == ["Anna", "Ploy"]
    assert len(accounts.asked) == asked
    clock.now += PAUSE
    accounts.people[stranger] = "Late"
    assert names(people.known({stranger})) == ["Late"]


def test_an_old_name_is_not_shown_for_ever(people, accounts, known, clock):
    people.known(known)
    clock.now += KEPT_LONGEST
    accounts.statuses = [500, 500]
    assert people.known(known) == {}


def test_a_server_that_dawdles_costs_a_bounded_wait(people, accounts, known):
    accounts.delay = 3
    begun = time.monotonic()
    assert people.known(known) == {}
    assert time.monotonic() - begun < 1.5


def test_nor_does_one_that_goes_on_and_on_with_its_headers_hold_anybody(people, accounts, known):
    accounts.trickle = 0.1
    begun = time.monotonic()
    assert people.known(known) == {}
    assert time.monotonic() - begun < 1.5


def test_nobody_there(clock):
    absent = RemoteDirectory(AccountsApi("http://127.0.0.1:1", KEY), clock)
    assert absent.known({uuid4()}) == {}
    with pytest.raises(DirectoryUnavailable):
        absent.id_of_email("a@example.com")


def test_another_products_people_are_never_shown(people, accounts, known):
    accounts.product = "another"
    assert people.known(known) == {}
    assert accounts.lookups == []


def test_another_product_is_refused_at_start(accounts, settings):
    settings.ACCOUNTS_API = accounts.api
    assert people_are_this_products(None) == []
    accounts.product = "another"
    (problem,) = people_are_this_products(None)
    assert problem.id == "accounts.E002"
    assert (
        settings.PRODUCT.id in problem.msg and "another" in problem.msg and KEY not in problem.msg
    )


def test_a_server_that_is_down_is_no_obstacle_to_a_start(settings):
    settings.ACCOUNTS_API = AccountsApi("http://127.0.0.1:1", KEY)
    assert people_are_this_products(None) == []
    settings.ACCOUNTS_API = None
    assert people_are_this_products(None) == []


def test_the_rest_of_the_code_is_given_names_from_there(accounts, known, settings):
    settings.ACCOUNTS_API = accounts.api
    stranger = uuid4()
    found = directory.names([*known, stranger, None])
    assert names(found) == ["Anna", "Ploy", UNKNOWN]
    assert found[stranger] == Person(stranger, UNKNOWN, None)
    one = next(iter(known))
    assert directory.id_of_email(f"{one}@example.com") == one
    assert directory.id_of_email("ploy@example.com") is None


def test_the_key_stands_in_no_representation(accounts):
    assert KEY not in repr(accounts.api)
    wrong = RemoteAccounts(replace(accounts.api, key="x.y"))
    with pytest.raises(DirectoryUnavailable, match="status 401"):
        wrong.users(ids=str(uuid4()))


@pytest.fixture
def ask_me(accounts, api, clerk_key, settings):
    """GET /users/me in a process whose people are kept elsewhere."""
    settings.ACCOUNTS_API = accounts.api

    def ask(method="get", path=ME, data=None, **claims):
        token = session_token(clerk_key, settings.CLERK.issuer, "user_ploy", **claims)
        call = getattr(api, method)
        return call(path, data, format="json", HTTP_AUTHORIZATION=f"Bearer {token}")

    return ask


@pytest.mark.django_db
def test_the_person_behind_a_token_is_asked_for(ask_me, accounts, django_assert_num_queries):
    with django_assert_num_queries(0):
        body = ask_me().json()
    assert (body["id"], body["first_name"], body["role"]) == (str(THE_PERSON), "Ploy", "agent")
    accounts.role = "user"
    assert ask_me().json()["role"] == "user"


@pytest.mark.django_db
def test_a_token_is_verified_here_before_anybody_is_asked(ask_me, accounts):
    response = ask_me(exp=1)
    assert (response.status_code, accounts.asked) == (401, [])


def refusal(reason):
    return orjson.dumps({"error": {"code": "UNAUTHORIZED", "details": {"reason": reason}}})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "passed_on"),
    [
        ("inactive", "inactive"),
        ("deleted", "deleted"),
        ("banned", "banned"),
        ("expired", "expired"),
        ("actor", "actor"),
        ("a reason of a later version", "refused"),
        (None, "refused"),
    ],
)
def test_who_is_refused_there_is_refused_here_for_the_same_reason(
    ask_me, accounts, told, passed_on
):
    accounts.statuses, accounts.body = [200, 401], refusal(told)
    response = ask_me()
    assert response.status_code == 401
    assert response.json()["error"]["details"] == {"reason": passed_on}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"error": 1}', b'{"error": {"code": "UNAUTHORIZED"}}']
)
def test_a_401_that_is_not_of_the_users_api_refuses_nobody(ask_me, accounts, body):
    accounts.statuses, accounts.body = [200, 401], body
    assert ask_me().status_code == 503


@pytest.mark.django_db
def test_who_acts_in_anothers_place_is_known_here_too(ask_me, accounts):
    admin = uuid4()
    accounts.row = {"impersonated_by": admin}
    listing = {"title": "Villa", "type": "villa", "transaction": "rent", "currency": "THB"}
    answer = ask_me(method="post", path="/api/v1/properties", data=listing)
    assert answer.json()["agent_id"] == str(THE_PERSON)
    entry = AuditEntry.objects.using(APP).get()
    assert (entry.actor, entry.after["acting_as"]) == (admin, str(THE_PERSON))


@pytest.mark.django_db
@pytest.mark.parametrize(("known", "down", "status"), [(1, 0, 201), (0, 0, 400), (1, 1, 503)])
def test_a_listing_is_given_to_nobody_who_is_not_known_there(ask_me, accounts, known, down, status):
    agent = uuid4()
    accounts.role = "admin"
    accounts.people = {agent: "Nok"} if known else {}
    accounts.statuses = [200, 200, 500, 500] if down else []
    listing = {"title": "Villa", "type": "villa", "transaction": "rent", "currency": "THB"}
    data = listing | {"agent_id": str(agent)}
    assert ask_me(method="post", path="/api/v1/properties", data=data).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"statuses": [200, 500, 500]}, {"statuses": [200, 403]}, {"product": "another"},
     {"body": b"{}"}, {"body": b"[]"}, {"role": "owner"}, {"row": {"id": 5}},
     {"row": {"id": None}}, {"row": {"first_name": {}}}, {"row": {"impersonated_by": 5}}],
)  # fmt: skip
def test_no_answer_about_a_person_is_no_refusal_and_no_way_in(ask_me, accounts, changes):
    for name, value in changes.items():
        setattr(accounts, name, value)
    response = ask_me()
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
