"""A person is erased in every database of the product, whatever is down or killed meanwhile."""

import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from threading import Event
from uuid import uuid4

import httpx2
import psycopg
import pytest
from django.conf import settings as product
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from django.test import RequestFactory
from django.utils import timezone
from psycopg import sql
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts import api_keys, erasure, throttle
from accounts.clerk import people
from accounts.erasures_api import Export
from accounts.models import EmailConflict, ErasureReceipt, Scope, Tombstone, User
from accounts.testing import until_somebody_waits
from chat.models import ChatPrompt, Conversation, Message
from chat.tests.server import chat_server
from config.tests import killing
from core import outbox
from core.databases import APP, AUTH
from core.models import AuditEntry, Outbox, OutboxEffect
from core.startup import unreachable_database
from core.testing import programs
from core.testing.clerk import session_token
from properties.models import Property

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
ME = "/api/v1/users/me"
needs_two = pytest.mark.skipif(AUTH == APP, reason="the product has one database")


def talk(owner, messages=2, **fields):
    conversation = Conversation.objects.create(user_id=owner, **fields)
    for number in range(messages):
        Message.objects.create(conversation=conversation, role="user", content=f"word {number}")
    return conversation


def listing(agent_id):
    plain = {"title": "Home", "type": "villa", "transaction": "rent", "currency": "THB"}
    return Property.objects.create(**plain, agent_id=agent_id)


@pytest.fixture
def kept(users):
    """Whatever the product keeps of its agent, and as much of another."""
    for person in (users.agent, users.other_agent):
        talk(person.id)
        talk(person.id, 1)
        listing(person.id)
        ChatPrompt.objects.create(text="Be kind.", created_by=person.id)
    talk(None, session_id=uuid4())
    return users


def rows_of(id):
    return (
        Conversation.objects.of_user(id).count(),
        Message.objects.filter(conversation__user_id=id).count(),
        Property.objects.filter(agent_id=id).count(),
        ChatPrompt.objects.filter(created_by=id).count(),
    )


def waiting():
    """The entries but for the sweeps, which are there for a quarter of an hour."""
    soon = timezone.now() + erasure.SWEEP_AFTER / 2
    return Outbox.objects.using(AUTH).filter(due_at__lt=soon)


def make_due():
    Outbox.objects.using(AUTH).update(due_at=timezone.now())


def erased_entries():
    entries = AuditEntry.objects.using(AUTH).filter(action="user.erased")
    return list(entries.values_list("subject_id", "actor", "before", "after"))


COUNTS = {
    "accounts.admin_log": 0,
    "accounts.email_conflicts": 0,
    "accounts.people": 1,
    "accounts.sessions": 0,
    "chat.conversations": 2,
    "chat.messages": 3,
    "chat.prompts": 1,
    "faq.import_files": 0,
    "faq.versions": 0,
    "properties.enquiries_anonymised": 0,
    "properties.listings_without_agent": 1,
}


def test_whoever_asks_is_gone_everywhere(kept, sign_in, api):
    agent, id = sign_in(kept.agent), kept.agent.id
    answer = agent.delete(ME)
    receipt = answer.json()
    assert (answer.status_code, receipt["counts"]) == (200, COUNTS)
    assert receipt["finished_at"] and "no-store" in answer["Cache-Control"]
    assert rows_of(id) == (0, 0, 0, 0)
    assert rows_of(kept.other_agent.id) == (2, 3, 1, 1)
    assert (Conversation.objects.count(), Property.objects.count()) == (3, 2)
    assert not User.objects.filter(id=id).exists()
    assert agent.get(ME).json()["error"]["details"] == {"reason": "deleted"}
    assert erased_entries() == [(str(id), id, {"role": "agent"}, None)]
    assert api.get(f"/api/v1/erasures/{receipt['id']}").json() == receipt


def test_the_receipt_tells_nothing_of_the_person(kept, sign_in, api):
    receipt = sign_in(kept.agent).delete(ME).json()
    told = str(list(ErasureReceipt.objects.values())) + json.dumps(receipt)
    for value in ("agent@example.com", "user_agent", str(kept.agent.id), kept.agent.id.hex):
        assert value not in told
    assert api.get(f"/api/v1/erasures/{uuid4()}").status_code == 404


def test_an_audit_log_with_an_erasure_is_whole(kept, sign_in, capsys):
    sign_in(kept.agent).delete(ME)
    call_command("verify_audit")
    actions = set(AuditEntry.objects.using(APP).values_list("action", flat=True))
    assert {"conversation.erased", "listing.agent_erased"} <= actions


def test_sessions_conflicts_and_counters_go_too(kept, client):
    admin, other = kept.agent, kept.other_agent
    client.force_login(admin)
    type(client)().force_login(other)
    EmailConflict.objects.create(user=admin, email="other_agent@example.com")
    EmailConflict.objects.create(user=other, email="agent@example.com")
    _, key = api_keys.create("feed", [Scope.USERS_READ], created_by=admin.id)
    account = throttle.account_of("agent@example.com")
    throttle.wait_before(RequestFactory().post("/"), "agent@example.com")
    counter, asked = f"sign-in::{account}", f"asked:chat:{admin.id}"
    cache.set(asked, [time.time()], 60)
    assert cache.get(counter) and cache.get(asked)
    receipt = erasure.erase(admin.id)
    assert (receipt.counts["accounts.sessions"], receipt.counts["accounts.email_conflicts"]) == (
        1,
        1,
    )
    assert Session.objects.count() == 1
    assert not EmailConflict.objects.exists()
    other.refresh_from_db()
    assert other.email == "agent@example.com"  # who waited for it has it now
    assert cache.get(counter) is None and cache.get(asked) is None
    assert api_keys.APIKey.objects.get().created_by == admin.id


def test_twice_and_at_once_has_one_receipt(kept):
    id = kept.agent.id

    def ask(_):
        try:
            return erasure.erase(id).id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        receipts = set(threads.map(ask, range(6)))
    assert len(receipts) == len(erased_entries()) == 1
    assert ErasureReceipt.objects.get().counts == COUNTS
    assert erasure.erase(id).id in receipts
    assert erasure.erase(uuid4()) is None


@pytest.mark.any_product
def test_requests_at_once_are_erased_or_refused(kept, live_server, clerk_key):
    token = session_token(clerk_key, product.CLERK.issuer, "user_agent")
    headers = {"Authorization": f"Bearer {token}"}

    def call(method):
        answer = httpx2.request(method, live_server.url + ME, headers=headers, timeout=60)
        return answer.status_code

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(call, ["GET", "DELETE"] * 6))
    assert set(said) <= {200, 202, 401} and call("GET") == 401
    assert not User.objects.filter(clerk_user_id="user_agent").exists()
    assert ErasureReceipt.objects.count() == 1


def test_a_request_under_way_leaves_nothing(kept):
    receipt = erasure.erase(kept.agent.id)
    talk(kept.agent.id, 1)  # it was signed in before
    assert outbox.deliver() is None
    make_due()
    assert outbox.deliver() is True
    assert rows_of(kept.agent.id)[:2] == (0, 0)
    receipt.refresh_from_db()
    assert receipt.counts == COUNTS | {"chat.conversations": 3, "chat.messages": 4}
    assert not Outbox.objects.using(AUTH).exists()


@pytest.mark.parametrize("more", ["", "compressed" * 200])
def test_sessions_go_whose_secret_key_was_replaced(kept, client, settings, more):
    for person in (kept.agent, kept.other_agent):
        somebody = type(client)()
        somebody.force_login(person)
        session = somebody.session
        session["more"] = more
        session.save()
    Session.objects.create(session_key="a" * 32, session_data="x", expire_date=timezone.now())
    settings.SECRET_KEY = "another" * 10
    assert erasure.erase(kept.agent.id).counts["accounts.sessions"] == 1
    assert Session.objects.count() == 2
    assert erasure.erase(kept.other_agent.id).counts["accounts.sessions"] == 1


def test_a_session_that_a_sign_in_under_way_began_goes_with_the_second_look(kept, client):
    erasure.erase(kept.agent.id)
    client.force_login(kept.other_agent)
    session = client.session
    session[SESSION_KEY] = str(kept.agent.id)
    session.save()
    type(client)().force_login(kept.user)
    make_due()
    assert outbox.deliver() is True
    assert [each.get_decoded()[SESSION_KEY] for each in Session.objects.all()] == [
        str(kept.user.id)
    ]
    assert ErasureReceipt.objects.get().counts["accounts.sessions"] == 1


@contextmanager
def app_database_down(services):
    """Nobody may connect to it any more, and who is connected is thrown out."""
    database = connections[APP].settings_dict["NAME"]
    user = connections[APP].settings_dict["USER"]
    url = services.postgres.superuser_url()
    names = sql.Identifier(database), sql.Identifier(user)
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {}").format(*names))
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
        )
        try:
            yield
        finally:
            superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*names))
            connections[APP].close()
            deadline = time.monotonic() + 60
            while not answers(APP):
                assert time.monotonic() < deadline
                time.sleep(0.1)


def answers(alias):
    try:
        connections[alias].ensure_connection()
    except OperationalError:
        return False
    return True


@pytest.mark.any_product
@needs_two
def test_while_the_app_database_is_down_the_person_goes_and_the_rest_follows(
    kept, sign_in, services
):
    agent, id = sign_in(kept.agent), kept.agent.id
    with app_database_down(services):
        answer = agent.delete(ME)
        receipt = answer.json()
        assert (answer.status_code, receipt["finished_at"]) == (202, None)
        assert receipt["counts"]["accounts.people"] == 1
        assert agent.get(ME).status_code == 401
        url = f"/api/v1/erasures/{receipt['id']}"
        assert type(agent)().get(url).json()["finished_at"] is None
        entry = waiting().get()
        assert (entry.attempts, entry.error) == (1, "OperationalError")
        waiting().update(due_at=timezone.now())
        assert outbox.deliver() is False
    assert rows_of(id) == (2, 3, 1, 1)
    waiting().update(due_at=timezone.now() + timedelta(minutes=1))
    assert outbox.deliver() is None  # it waits its turn
    waiting().update(due_at=timezone.now())
    call_command("deliver_outbox", verbosity=0)
    assert rows_of(id) == (0, 0, 0, 0)
    finished = type(agent)().get(url).json()
    assert finished["finished_at"] and finished["counts"] == COUNTS


@pytest.mark.any_product
@pytest.mark.parametrize("place", killing.SETTINGS)
def test_killed_anywhere_it_is_finished_by_the_next(kept, place):
    id = kept.agent.id
    killed = programs.run(["-m", killing.HERE, place, str(id)], os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert not User.objects.filter(id=id).exists()
    assert Tombstone.objects.covers("user_agent")
    assert ErasureReceipt.objects.get().finished_at is None
    assert waiting().count() == 1
    make_due()
    outbox.deliver_due()
    assert rows_of(id) == (0, 0, 0, 0)
    receipt = ErasureReceipt.objects.get()
    assert receipt.finished_at and receipt.counts == COUNTS
    assert not Outbox.objects.using(AUTH).exists()
    assert len(erased_entries()) == 1


def test_nothing_happens_when_the_transaction_fails(kept):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=AUTH):
        erasure.erase(kept.agent.id)
        raise ZeroDivisionError
    assert User.objects.filter(id=kept.agent.id).exists()
    assert rows_of(kept.agent.id) == (2, 3, 1, 1)
    assert not ErasureReceipt.objects.exists() and not Outbox.objects.using(AUTH).exists()


@pytest.mark.any_product
def test_an_outbox_that_cannot_be_read_after_the_commit_is_read_later(kept, caplog):
    """By a command that changes its table, for one."""

    def lock_the_outbox(free):
        with transaction.atomic(using=AUTH), connections[AUTH].cursor() as cursor:
            cursor.execute("LOCK TABLE core_outbox")
            free.wait(60)

    with ThreadPoolExecutor(1) as threads:
        free = Event()
        with transaction.atomic(using=AUTH):
            receipt = erasure.erase(kept.agent.id)
            locking = elsewhere(threads, lock_the_outbox, free)
            until_somebody_waits()
            connections[AUTH].cursor().execute("SET lock_timeout = '100ms'")
        free.set()
        locking.result()
    connections[AUTH].close()  # with its timeout
    [told] = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "lock timeout" in told.getMessage()
    make_due()
    outbox.deliver_due()
    receipt.refresh_from_db()
    assert receipt.finished_at


@pytest.mark.any_product
def test_staff_erase_in_the_admin_one_and_several(kept, client):
    client.force_login(kept.admin)
    page = f"/admin/accounts/user/{kept.agent.pk}/delete/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"post": "yes"}).status_code == 302
    several = [kept.other_agent.pk, kept.user.pk]
    chosen = {"action": "delete_selected", "_selected_action": several}
    assert "Are you sure" in client.post("/admin/accounts/user/", chosen).content.decode()
    assert client.post("/admin/accounts/user/", chosen | {"post": "yes"}).status_code == 302
    for id in (kept.agent.pk, *several):
        assert rows_of(id) == (0, 0, 0, 0)
    assert [actor for _, actor, *_ in erased_entries()] == [kept.admin.id] * 3
    assert ErasureReceipt.objects.exclude(finished_at=None).count() == 3
    for name in ("accounts/erasurereceipt", "core/outbox"):
        assert client.get(f"/admin/{name}/").status_code == 200
        assert client.get(f"/admin/{name}/add/").status_code == 403
    receipt = ErasureReceipt.objects.first()
    page = client.get(f"/admin/accounts/erasurereceipt/{receipt.id}/change/").content.decode()
    assert "chat.conversations" in page
    entry = Outbox.objects.using(AUTH).first()
    assert client.get(f"/admin/core/outbox/{entry.id}/change/").status_code == 200


def elsewhere(threads, done, *arguments):
    def run():
        try:
            return done(*arguments)
        finally:
            connections.close_all()

    return threads.submit(run)


def test_staff_may_change_somebody_who_is_being_erased(kept, client):
    """An erasure takes its turn and then the row; so does the admin, or they would block each
    other."""
    client.force_login(kept.admin)
    page = f"/admin/accounts/user/{kept.agent.pk}/change/"
    form = {"email": "new@example.com", "role": "agent", "is_active": "on"}
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(using=AUTH):
            people.take_turns()
            answer = elsewhere(threads, client.post, page, form)
            until_somebody_waits()
            erasure.erase(kept.agent.id)
        assert answer.result().status_code == 302
    assert not User.objects.filter(email="new@example.com").exists()


def test_who_is_given_an_email_keeps_the_name_they_chose_meanwhile(kept):
    person = User.objects.filter(id=kept.other_agent.id)
    EmailConflict.objects.create(user=person.get(), email="agent@example.com")
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(using=AUTH):
            person.update(first_name="Zoe", own_name=True)
            erased = elsewhere(threads, erasure.erase, kept.agent.id)
            until_somebody_waits()
        assert erased.result()
    assert (person.get().first_name, person.get().email) == ("Zoe", "agent@example.com")


def test_an_admin_may_erase_themselves_there(kept, client):
    client.force_login(kept.admin)
    page = f"/admin/accounts/user/{kept.admin.pk}/delete/"
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert client.get("/admin/").status_code == 302
    assert not User.objects.filter(id=kept.admin.id).exists()


def test_the_command_takes_an_email_a_clerk_id_and_an_id(kept, capsys):
    for person in ("AGENT@example.com", "user_user", str(kept.outsider.id)):
        call_command("erase_user", person)
        assert capsys.readouterr().out.startswith("finished. Receipt ")
    assert ErasureReceipt.objects.count() == 3
    call_command("erase_user", f" {kept.outsider.id} ")
    assert str(erasure.receipt_of(kept.outsider.id).id) in capsys.readouterr().out
    call_command("erase_user", "user_user")
    assert capsys.readouterr().out == "user_user was erased before.\n"
    with pytest.raises(CommandError, match="knows nobody called AGENT@.*Erased already, perhaps"):
        call_command("erase_user", "AGENT@example.com")
    assert ErasureReceipt.objects.count() == 3
    for nobody in ("nobody@example.com", "user_nobody", str(uuid4())):
        with pytest.raises(CommandError, match="knows nobody"):
            call_command("erase_user", nobody)


def test_the_command_does_not_wait_for_its_turn_for_ever(kept, monkeypatch):
    monkeypatch.setattr(people, "PATIENCE", "50ms")
    with ThreadPoolExecutor(1) as threads, transaction.atomic(using=AUTH):
        people.take_turns()
        done = elsewhere(threads, call_command, "erase_user", "agent@example.com")
        with pytest.raises(OperationalError, match="lock timeout") as caught:
            done.result()
    assert unreachable_database(caught.value).endswith("lock timeout. Run it again.")
    assert User.objects.filter(id=kept.agent.id).exists()


# Export


def exported(client):
    answer = client.get(f"{ME}/export")
    assert answer.status_code == 200
    return answer, json.loads(b"".join(answer.streaming_content))


def test_a_person_has_all_that_is_kept_of_them(kept, sign_in):
    api_keys.create("feed", [Scope.USERS_READ], created_by=kept.agent.id)
    answer, body = exported(sign_in(kept.agent))
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{product.PRODUCT.id}-')
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Type"] == "application/json"
    assert body["product"] == product.PRODUCT.id
    assert (body["profile"]["email"], body["profile"]["role"]) == ("agent@example.com", "agent")
    assert not {"password", "audit_salt"} & set(body["profile"])
    [key] = body["api_keys"]
    assert key["name"] == "feed" and "secret_hash" not in key
    assert {row["id"] for row in body["conversations"]} == {
        str(id) for id in Conversation.objects.of_user(kept.agent.id).values_list("id", flat=True)
    }
    assert sorted(row["content"] for row in body["messages"]) == ["word 0", "word 0", "word 1"]
    assert [row["title"] for row in body["listings"]] == ["Home"]
    assert [row["text"] for row in body["prompts"]] == ["Be kind."]
    kinds = ("conversations", "messages", "listings", "prompts", "api_keys")
    made = [row["created_at"] for kind in kinds for row in body[kind]]
    made += [body["exported_at"], body["profile"]["created_at"]]
    assert {time[-1] for time in made} == {"Z"}


def test_what_the_audit_log_has_of_a_person_in_each_database(users, sign_in):
    agent, admin = sign_in(users.agent), sign_in(users.admin)
    home = {"title": "Home", "type": "villa", "transaction": "rent", "currency": "THB"}
    made = agent.post("/api/v1/properties", home, format="json").json()["id"]
    agent.patch(ME, {"first_name": "Ann"}, format="json")
    call_command("set_role", "agent@example.com", "admin", verbosity=0)
    admin.post("/api/v1/properties", home, format="json")
    admin.patch(ME, {"first_name": "Bo"}, format="json")
    _, body = exported(agent)
    entries = {(row["action"], row["subject_id"]) for row in body["audit_entries"]}
    id = str(users.agent.id)
    assert entries == {
        ("user.changed", id), ("user.role_changed", id), ("listing.created", made)
    }  # fmt: skip
    assert len(body["audit_entries"]) == 3
    assert str(users.admin.id) not in str(body)


def test_who_is_erased_while_they_export_gets_an_error_or_the_whole_file(kept, sign_in):
    person = User.objects.get(id=kept.agent.id)
    answer = sign_in(person).get(f"{ME}/export")
    erasure.erase(person.id)
    body = json.loads(b"".join(answer.streaming_content))
    assert (body["profile"]["email"], body["messages"]) == ("agent@example.com", [])
    request = APIRequestFactory().get(f"{ME}/export")
    force_authenticate(request, person)
    answer = Export.as_view()(request)
    assert (answer.status_code, answer.data["error"]["code"]) == (401, "UNAUTHORIZED")


def test_of_somebody_new_the_lists_are_empty(users, sign_in):
    _, body = exported(sign_in(users.user))
    assert (body["messages"], body["listings"], body["api_keys"]) == ([], [], [])


@pytest.mark.any_product
def test_many_messages_cost_a_query_a_page(users, sign_in, django_assert_max_num_queries):
    conversations = Conversation.objects.bulk_create(
        Conversation(user_id=users.user.id) for _ in range(300)
    )
    began = timezone.now()
    Message.objects.bulk_create(
        Message(
            conversation=each,
            role="user",
            content=str(number),
            created_at=began + timedelta(seconds=number),
        )
        for each in conversations
        for number in range(10)
    )
    client = sign_in(users.user)
    # The person, eight lists, one of them of both databases, and the pages of 500 of 300
    # conversations with 3,000 messages.
    with django_assert_max_num_queries(22):
        _, body = exported(client)
    assert len({row["id"] for row in body["messages"]}) == 3000
    first = [row for row in body["messages"] if row["conversation_id"] == str(conversations[0].id)]
    assert [row["content"] for row in first] == [str(number) for number in range(10)]


def test_an_export_may_be_asked_for_six_times_an_hour(users, sign_in):
    client = sign_in(users.user)
    assert [client.get(f"{ME}/export").status_code for _ in range(7)] == [200] * 6 + [429]
    assert sign_in(users.outsider).get(f"{ME}/export").status_code == 200


@pytest.mark.any_product
def test_a_server_sends_an_export_and_finishes_what_waits(kept, clerk_key, settings, tmp_path):
    """On an event loop, and without any command."""
    token = session_token(clerk_key, product.CLERK.issuer, "user_agent")
    no_model = dict.fromkeys(("LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY"), "")
    with chat_server("", tmp_path / "log", no_model) as url:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx2.get(f"{url}{ME}/export", headers=headers)
        assert (answer.status_code, len(answer.json()["messages"])) == (200, 3)
        settings.OUTBOX = {}  # this process cannot do it
        receipt = erasure.erase(kept.agent.id)
        assert waiting().get().error == "KeyError"
        deadline = time.monotonic() + 60
        while httpx2.get(f"{url}/api/v1/erasures/{receipt.id}").json()["finished_at"] is None:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.2)
    assert rows_of(kept.agent.id) == (0, 0, 0, 0)
    receipt.refresh_from_db()
    assert receipt.counts == COUNTS


# Orphans


@pytest.fixture
def check_orphans(capsys):
    """Its table as {column: (people, nobody, rows)}, and what it said besides."""

    def check(*arguments):
        refused = ""
        try:
            call_command("check_orphans", *arguments)
        except CommandError as error:
            refused = str(error)
        _, *lines = capsys.readouterr().out.splitlines()
        columns = len(product.PERSON_COLUMNS)
        table, rest = lines[:columns], lines[columns:]
        rows = {name: tuple(map(int, n)) for name, *n in (line.split() for line in table)}
        return rows, rest, refused

    return check


def test_people_who_are_nobody_are_found_and_repaired(kept, check_orphans, monkeypatch):
    assert check_orphans()[1:] == ([], "")
    ghost = uuid4()
    talk(ghost, 2)
    talk(ghost, 0)
    listing(ghost)
    talk(kept.admin.id, 0)
    talk(kept.user.id, 0)
    rows, rest, refused = check_orphans()
    assert rows == {
        "chat.Conversation.user_id": (5, 1, 2),
        "chat.ChatPrompt.created_by": (2, 0, 0),
        "properties.Property.agent_id": (3, 1, 1),
        "properties.Enquiry.user_id": (0, 0, 0),
        "faq.Version.made_by": (0, 0, 0),
        "faq.ImportFile.sent_by": (0, 0, 0),
    }
    assert refused == "1 people are nobody. --repair erases what is theirs."
    _, rest, refused = check_orphans("--repair")
    assert refused == "" and rest[0].startswith(f"{ghost}: chat.conversations 2, chat.messages 2")
    assert rows_of(ghost) == (0, 0, 0, 0)
    assert rows_of(kept.agent.id) == (2, 3, 1, 1)
    assert check_orphans()[1:] == ([], "")


def test_its_progress_is_plain_lines_where_there_is_no_terminal(kept, monkeypatch):
    monkeypatch.setattr(sys, "stderr", StringIO())
    call_command("check_orphans", stdout=StringIO())
    assert "chat.Conversation.user_id: 2 people, 00:00\n" in sys.stderr.getvalue()


def test_nobody_is_erased_because_of_other_people_s_database(kept, check_orphans):
    User.objects.using(AUTH).exclude(id=kept.agent.id).delete()
    refused = check_orphans("--repair")[2]
    assert refused.startswith("1 people are nobody, and 3 of 6 are known: is it the right database")
    User.objects.using(AUTH).all().delete()
    refused = check_orphans("--repair")[2]
    assert refused.startswith("2 people are nobody, and none of 6 are known")
    assert (Conversation.objects.count(), Property.objects.count()) == (5, 2)
    assert check_orphans("--repair", "--many")[2] == ""
    assert (Conversation.objects.count(), Property.objects.count()) == (1, 2)


@pytest.mark.any_product
def test_a_database_without_its_people_is_not_emptied(kept, check_orphans):
    for _ in range(101):
        talk(uuid4(), 0)
    assert "--many" in check_orphans("--repair")[2]
    assert Conversation.objects.count() == 106
    assert check_orphans("--repair", "--many")[2] == ""
    assert Conversation.objects.count() == 5


@pytest.mark.any_product
def test_an_orphan_is_looked_for_in_batches(users, check_orphans, django_assert_max_num_queries):
    Conversation.objects.bulk_create(
        Conversation(user_id=users.user.id if n % 2 else uuid4()) for n in range(450)
    )
    with django_assert_max_num_queries(3 * 5 + 6):
        assert check_orphans()[0]["chat.Conversation.user_id"] == (226, 225, 225)


def test_effects_are_in_the_database_of_the_app(kept):
    erasure.erase(kept.agent.id)
    assert OutboxEffect.objects.using(APP).count() == len(product.ERASURES)
    assert OutboxEffect.objects.using(AUTH).exists() is (AUTH == APP)
