"""`manage.py sync_clerk` against Clerk's Backend API, spoken over real HTTP."""

import sys
import time
from dataclasses import replace
from io import StringIO
from signal import SIGINT, default_int_handler, pthread_kill, signal
from socket import create_server
from threading import main_thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.clerk import backend_api
from accounts.clerk.backend_api import ApiUnavailable, BackendApi
from accounts.models import EmailConflict, Role, Tombstone, User
from core.testing.clerk import FakeClerk, new_key, public_pem, running

pytestmark = [pytest.mark.any_product, pytest.mark.django_db]
T1, T2 = 1_700_000_000_000, 1_700_000_000_001


@pytest.fixture
def clerk(clerk, settings, monkeypatch):
    settings.CLERK = replace(settings.CLERK, api_url=clerk.api_url, secret_key=clerk.secret_key)
    monkeypatch.setattr(backend_api, "PER_SECOND", 1000)
    return clerk


@pytest.fixture
def sync(capsys):
    """What the command prints on standard output; its progress goes to standard error."""

    def sync(*arguments):
        call_command("sync_clerk", *arguments)
        return capsys.readouterr().out.strip().splitlines()

    return sync


def everybody():
    fields = ("clerk_user_id", "email", "first_name", "role")
    return sorted(User.objects.exclude(clerk_user_id=None).values_list(*fields))


def here(id, email=None, **values):
    return User.objects.create(clerk_user_id=id, email=email, **values)


def test_what_is_missing_changed_and_gone_is_repaired(sync, clerk):
    for n in range(6):
        clerk.add(f"user_{n}", f"{n}@example.com", updated_at=T1, first_name=f"N{n}")
        if n:
            here(f"user_{n}", f"{n}@example.com", first_name=f"N{n}")
    here("user_gone", "gone@example.com")
    User.objects.filter(clerk_user_id="user_1").update(role=Role.AGENT, first_name="Drifted")
    password_admin = here(None, "root@example.com", role=Role.ADMIN)
    said = sync()
    assert said == [
        "1 created, 1 updated, 4 unchanged, 1 removed, 0 unreadable; "
        "0 without their email, which somebody else has"
    ]
    assert everybody() == [
        (f"user_{n}", f"{n}@example.com", f"N{n}", "agent" if n == 1 else "user") for n in range(6)
    ]
    assert Tombstone.objects.covers("user_gone")
    assert User.objects.filter(pk=password_admin.pk).exists()
    assert sync() == [
        "0 created, 0 updated, 6 unchanged, 0 removed, 0 unreadable; "
        "0 without their email, which somebody else has"
    ]


def test_a_dry_run_says_what_would_be_and_changes_nothing(sync, clerk):
    clerk.add("user_new", "new@example.com", updated_at=T1)
    for n in range(5):
        clerk.add(f"user_{n}", f"{n}@example.com", first_name="Ann" if n == 1 else None)
        here(f"user_{n}", f"{n}@example.com")
    here("user_gone")
    before = list(User.objects.order_by("pk").values())
    assert sync("--dry-run") == [
        "create user_new new@example.com",
        "change user_1: first_name '' -> 'Ann'",
        "remove user_gone",
        "Would be: 1 created, 1 updated, 4 unchanged, 1 removed, 0 unreadable; "
        "0 without their email, which somebody else has",
    ]
    assert list(User.objects.order_by("pk").values()) == before
    assert not Tombstone.objects.exists()


def test_every_page_is_read(sync, clerk, monkeypatch):
    monkeypatch.setattr(backend_api, "PAGE", 2)
    for n in range(5):
        clerk.add(f"user_{n}")
    assert sync()[0].startswith("5 created")
    offsets = [path.partition("offset=")[2][0] for path in clerk.requests if "offset" in path]
    assert offsets == ["0", "2", "4", "5"]


def test_who_is_as_they_should_be_costs_no_query(sync, clerk):
    for n in range(3):
        clerk.add(f"user_{n}", f"{n}@example.com")
    sync()
    with CaptureQueriesContext(connection) as few:
        sync()
    for n in range(3, 60):
        clerk.add(f"user_{n}", f"{n}@example.com")
    sync()
    with CaptureQueriesContext(connection) as many:
        sync()
    assert len(many) == len(few) <= 12


def test_what_a_webhook_told_since_is_newer(sync, clerk):
    clerk.add("user_1", "old@example.com", updated_at=T1)
    sync()
    User.objects.update(clerk_updated_at="2030-01-01T00:00Z", email="newer@example.com")
    sync()
    assert everybody()[0][1] == "newer@example.com"


def test_unchanged_people_remember_how_new_that_is(sync, clerk):
    clerk.add("user_1", updated_at=T1)
    here("user_1")
    sync()
    known = User.objects.get()
    assert known.clerk_updated_at.timestamp() * 1000 == T1
    clerk.add("user_1", updated_at=T2)
    sync()
    after = User.objects.get()
    assert after.clerk_updated_at > known.clerk_updated_at
    assert after.updated_at == known.updated_at


def test_somebody_deleted_here_is_not_made_anew(sync, clerk):
    clerk.add("user_1")
    here("user_1").delete()
    assert sync()[0].startswith("0 created")
    assert everybody() == []


def test_somebody_whom_the_list_misses_is_asked_for_and_kept(sync, clerk):
    for n in range(9):
        clerk.add(f"user_{n}", first_name="Ann")
        here(f"user_{n}", first_name="Ann")
    clerk.unlisted = {"user_3"}
    User.objects.filter(clerk_user_id="user_3").update(first_name="Drifted")
    assert sync()[0].startswith("0 created, 1 updated, 8 unchanged, 0 removed")
    assert "/v1/users/user_3" in clerk.requests


def test_more_than_a_fifth_is_removed_only_when_that_is_meant(sync, clerk):
    for n in range(8):
        clerk.add(f"user_{n}")
        here(f"user_{n}")
    for n in range(3):
        here(f"user_gone_{n}")
    User.objects.filter(clerk_user_id="user_gone_2").update(role=Role.ADMIN)
    named = r"user_gone_2 \(admin\), user_gone_0, user_gone_1"
    with pytest.raises(CommandError, match=f"3 of the 11 .*: {named}. Nobody was removed"):
        sync()
    with pytest.raises(CommandError, match="Nobody was removed"):
        sync("--dry-run")
    assert User.objects.count() == 11
    assert "3 removed" in sync("--allow-removals", "--dry-run")[-1]
    assert "3 removed" in sync("--allow-removals")[-1]
    assert User.objects.count() == 8


def test_ids_that_are_not_clerks_are_left_alone(sync, clerk):
    here("dev_agent")
    sync("--allow-removals")
    assert [row[0] for row in everybody()] == ["dev_agent"]


def test_conflicts_are_counted_and_end_when_the_email_is_free(sync, clerk):
    holder = here("user_1", "shared@example.com")
    clerk.add("user_1", "shared@example.com")
    clerk.add("user_2", "Shared@example.com", updated_at=T1)
    assert "1 created" in (said := sync()[0]) and "; 1 without their email" in said
    assert sync("--dry-run")[0].startswith("Would be: 0 created, 0 updated, 2 unchanged")
    assert sync()[0].startswith("0 created, 0 updated, 2 unchanged")
    User.objects.filter(pk=holder.pk).update(email="other@example.com", own_name=True)
    clerk.add("user_1", "other@example.com")
    assert "0 created, 1 updated" in sync()[0]
    assert not EmailConflict.objects.exists()
    assert everybody()[1][1] == "Shared@example.com"


def test_a_user_who_cannot_be_read_is_named_and_kept(sync, clerk):
    here("user_1", "a@example.com")
    clerk.add("user_1", updated_at=0)
    clerk.add("user_2")
    said = sync()
    assert said[0] == "cannot read user_1: updated_at must be milliseconds since 1970."
    assert said[1].startswith("1 created, 0 updated, 0 unchanged, 0 removed, 1 unreadable")
    assert everybody()[0][:2] == ("user_1", "a@example.com")


# Clerk's manners


def api_of(clerk, **changes):
    waits = []
    config = replace(CLERK, api_url=clerk.api_url, secret_key=clerk.secret_key, **changes)
    return BackendApi(config, sleep=waits.append), waits


@pytest.fixture(autouse=True)
def config(settings):
    global CLERK
    CLERK = settings.CLERK


def test_a_limit_is_waited_for_as_long_as_clerk_asks(clerk, caplog):
    clerk.add("user_1")
    clerk.failures = [(429, {"Retry-After": "7"}), (503, {}), (429, {"Retry-After": "9999"})]
    api, waits = api_of(clerk)
    assert api.user("user_1")["id"] == "user_1"
    assert [wait for wait in waits if wait >= 1] == [7, 4, 60]
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "Clerk answered 429 to /users/user_1. Trying again in 7 s."
    assert len(said) == 3


def test_the_rate_is_bounded(clerk, monkeypatch):
    monkeypatch.setattr(backend_api, "PER_SECOND", 5)
    api, waits = api_of(clerk)
    for _ in range(3):
        api.count()
    assert len(waits) == 2 and 0.3 < waits[1] <= 0.4


@pytest.mark.parametrize("status, requests", [(401, 1), (403, 1), (302, 1), (500, 6), (429, 6)])
def test_a_refusal_ends_it_and_a_failure_is_tried_again(clerk, status, requests):
    clerk.failures = [(status, {"Location": "/v1/users/count"})] * 9
    api, _ = api_of(clerk)
    with pytest.raises(ApiUnavailable, match=f"answered {status} to /users") as error:
        api.page(0)
    assert len(clerk.requests) == requests
    assert clerk.secret_key not in str(error.value)


def test_only_clerk_itself_says_that_somebody_is_gone(sync, clerk, settings):
    """Not a proxy's page for an address that it does not know, nor an answer without a user."""
    here("user_1", "1@example.com")
    api = BackendApi(settings.CLERK)
    assert api.user("user_2") is None
    clerk.failures = [(404, {})]
    with pytest.raises(ApiUnavailable, match="404"):
        api.user("user_1")
    clerk.users["user_1"], clerk.unlisted = None, {"user_1"}
    with pytest.raises(CommandError, match="no user"):
        sync("--allow-removals")
    assert User.objects.filter(clerk_user_id="user_1").exists()


@pytest.mark.parametrize("keys", [b'{"keys": 5}', b'{"keys": [5]}', b"5"])
def test_keys_that_are_none_are_another_projects(sync, clerk, settings, keys):
    settings.CLERK = replace(settings.CLERK, jwt_key=public_pem(new_key()))
    clerk.jwks = lambda: keys
    with pytest.raises(CommandError, match="opens another project"):
        sync()


NOWHERE = "http://127.0.0.1:1/v1"


def test_a_server_that_was_never_there_is_told_soon(clerk):
    api, waits = api_of(clerk)
    api.clerk = replace(api.clerk, api_url=NOWHERE)
    with pytest.raises(ApiUnavailable, match="does not answer"):
        api.count()
    assert [wait for wait in waits if wait >= 2] == [2, 4, 8]  # seconds


def test_a_server_that_was_there_is_waited_for(clerk):
    api, waits = api_of(clerk)
    api.count()
    api.clerk = replace(api.clerk, api_url=NOWHERE)
    with pytest.raises(ApiUnavailable, match="does not answer"):
        api.count()
    assert [wait for wait in waits if wait >= 2] == [2, 4, 8, 16, 32]


def test_a_server_that_is_silent_from_the_beginning_is_told_soon(clerk, monkeypatch):
    monkeypatch.setattr(backend_api, "FIRST_TIMEOUT", 0.1)
    api, _ = api_of(clerk)
    began = time.monotonic()
    with create_server(("127.0.0.1", 0)) as silent:
        api.clerk = replace(api.clerk, api_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        with pytest.raises(ApiUnavailable, match="does not answer at .*: timed out"):
            api.count()
    assert time.monotonic() - began < 5


def test_without_network_the_command_says_what_is_out_of_reach(sync, clerk, settings, monkeypatch):
    monkeypatch.setattr(backend_api, "FIRST_ANSWER_WITHIN", 3)
    settings.CLERK = replace(settings.CLERK, api_url=NOWHERE)
    with pytest.raises(CommandError) as error:
        sync("--dry-run")
    told = f"Clerk does not answer at {NOWHERE}: [Errno 111] Connection refused."
    assert str(error.value) == f"{told} Run it again to go on."


def test_a_list_that_does_not_go_on_is_no_list(clerk, monkeypatch):
    clerk.add("user_1")
    monkeypatch.setattr(FakeClerk, "page", lambda self, query: list(self.users.values()))
    api, _ = api_of(clerk)
    with pytest.raises(ApiUnavailable, match="does not go on"):
        list(api.pages())
    monkeypatch.setattr(FakeClerk, "page", lambda self, query: {"data": []})
    with pytest.raises(ApiUnavailable, match="is no list"):
        list(api.pages())


@pytest.mark.parametrize("failing_after", range(3))
def test_broken_off_at_any_page_and_run_again_it_ends_the_same(
    sync, clerk, monkeypatch, failing_after
):
    monkeypatch.setattr(backend_api, "PAGE", 2)
    for n in range(6):
        clerk.add(f"user_{n}", f"{n}@example.com")
    here("user_gone")
    page = FakeClerk.page

    def breaking(self, query):
        if int(query["offset"][0]) == failing_after * 2:
            raise ConnectionAbortedError
        return page(self, query)

    clerk.server.handle_error = lambda *args: None
    with monkeypatch.context() as broken:
        broken.setattr(FakeClerk, "page", breaking)
        broken.setattr(backend_api, "ATTEMPTS", 1)
        with pytest.raises(CommandError, match="Run it again"):
            sync()
    assert User.objects.count() == 1 + failing_after * 2, "nobody is removed before the end"
    sync("--allow-removals")
    assert [row[0] for row in everybody()] == [f"user_{n}" for n in range(6)]


def test_another_projects_secret_key_opens_nothing(sync, clerk, settings):
    """Its users are another product's: they would be made here, and ours removed."""
    here("user_1")
    with running("https://clerk.other.example") as other:
        other.add("user_other")
        settings.CLERK = replace(settings.CLERK, api_url=other.api_url, secret_key=other.secret_key)
        other.keys = {kid: new_key() for kid in clerk.keys}
        with pytest.raises(CommandError, match="another project"):
            sync("--allow-removals")
    assert [row[0] for row in everybody()] == ["user_1"]


def test_a_static_key_tells_the_project_too(sync, clerk, settings):
    clerk.add("user_1")
    key = clerk.keys[clerk.kid]
    settings.CLERK = replace(settings.CLERK, jwt_key=public_pem(key), jwks_url="http://127.0.0.1:1")
    assert sync()[0].startswith("1 created")
    settings.CLERK = replace(settings.CLERK, jwt_key=public_pem(new_key()))
    with pytest.raises(CommandError, match="another project"):
        sync()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"secret_key": ""}, "CLERK_SECRET_KEY is not set"),
        ({"jwks_url": "http://127.0.0.1:1/jwks"}, "keys at http://127.0.0.1:1/jwks cannot"),
        ({"secret_key": "sk_test_wrong"}, "Clerk answered 401 to /jwks"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(sync, clerk, settings, changes, message):
    settings.CLERK = replace(settings.CLERK, **changes)
    with pytest.raises(CommandError, match=message):
        sync()


def test_progress_is_plain_lines_where_there_is_no_terminal(sync, clerk, monkeypatch):
    clerk.add("user_1")
    monkeypatch.setattr(sys, "stderr", StringIO())
    sync()
    assert "1/1 users, 00:00\n" in sys.stderr.getvalue()


@pytest.fixture
def heeds_ctrl_c():
    """A shell's background job, as a run of the tests may be, inherits SIGINT ignored."""
    before = signal(SIGINT, default_int_handler)
    yield
    signal(SIGINT, before)


def test_an_interruption_is_a_sentence(sync, clerk, monkeypatch, heeds_ctrl_c):
    """Ctrl-C while Clerk is being asked."""

    def page(self, query):
        pthread_kill(main_thread().ident, SIGINT)
        time.sleep(0.2)  # in which the command is still waiting for the answer
        return []

    monkeypatch.setattr(FakeClerk, "page", page)
    with pytest.raises(CommandError, match="Interrupted. Run it again"):
        sync()
