"""Webhooks of Clerk, through HTTP: who may send them, and what they do, once and in any order."""

import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from itertools import count, permutations
from threading import Event, Thread
from urllib.request import Request, urlopen

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.checks import webhooks_are_set_up
from accounts.clerk import people, signatures
from accounts.clerk.webhooks import LEDGER_DAYS, PRUNED_AT_ONCE
from accounts.conf import AccountsApi
from accounts.models import EmailConflict, Role, Tombstone, User, WebhookEvent
from core.databases import AUTH
from core.errors import ApiError
from core.models import AuditEntry
from core.testing.clerk import clerk_user, event, new_webhook_secret

URL = "/api/v1/webhooks/clerk"
SECRET = new_webhook_secret()
T1, T2, T3 = (1_700_000_000_000 + n for n in (1, 2, 3))
LIMIT = 256 * 1024

pytestmark = pytest.mark.django_db
deliveries = count(1)


@pytest.fixture(autouse=True)
def one_secret(settings):
    settings.CLERK = replace(settings.CLERK, webhook_secrets=(SECRET,))


def headers(body, *, secret=SECRET, id=None, at=None, name="svix", also=""):
    id, at = id or f"msg_{next(deliveries)}", str(int(at or time.time()))
    signature = f"{also}v1,{signatures.sign(secret, id, at, body)}"
    return {f"{name}-id": id, f"{name}-timestamp": at, f"{name}-signature": signature}


def post(api, body, headers):
    return api.generic("POST", URL, body, "application/json", headers=headers)


@pytest.fixture
def send(api):
    def send(kind, data, **how):
        body = event(kind, data)
        return post(api, body, headers(body, **how))

    return send


@pytest.fixture
def outcome(send):
    def outcome(*arguments, **how):
        response = send(*arguments, **how)
        assert response.status_code == 200, response.content
        return response.json()["outcome"]

    return outcome


def refusal(response):
    error = response.json()["error"]
    assert "outcome" not in response.json()
    return response.status_code, error.get("details", {}).get("reason", error["code"])


def row(clerk_user_id):
    fields = ("email", "first_name", "last_name", "role")
    return User.objects.values_list(*fields).get(clerk_user_id=clerk_user_id)


# Who may send


def test_signatures_are_those_of_standard_webhooks():
    """The value is what the package `standardwebhooks` 1.1.0 signs with."""
    secret = "whsec_" + b64encode(b"property webhooks of a test, 32b").decode()
    body = rb'{"type":"user.created","data":{"first_name":"Zo\u00eb"}}'
    signature = signatures.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert signature == "FcrLC1XbizaqnWlls6xX06YJA/SGaJR68q+9ZvpUjLc="


@pytest.mark.parametrize("name", ["svix", "webhook", "Svix"])
def test_both_names_of_the_headers_are_taken(outcome, name):
    assert outcome("user.created", clerk_user("user_1"), name=name) == "created"


@pytest.mark.parametrize(
    "drift, reason",
    [(-300, None), (-301, "timestamp"), (300, None), (301, "timestamp")],
)
def test_five_minutes_either_way(drift, reason):
    now = 1_800_000_000
    given = headers(b"{}", id="msg_1", at=now + drift)
    if reason is None:
        assert signatures.verify(given, b"{}", [SECRET], now) == "msg_1"
    else:
        with pytest.raises(ApiError) as refused:
            signatures.verify(given, b"{}", [SECRET], now)
        assert (refused.value.status_code, refused.value.details) == (401, {"reason": reason})


def test_the_clock_is_the_real_one(send):
    assert (
        refusal(send("user.created", clerk_user("user_1"), at=time.time() - 310))[1] == "timestamp"
    )
    assert send("user.created", clerk_user("user_1"), at=time.time() - 290).status_code == 200


@pytest.mark.parametrize("at", ["", "soon", "-5", "1e9", "nan", "١٧٠٠٠٠٠٠٠٠", "9" * 5000, "1.5"])
def test_a_timestamp_that_is_none(api, at):
    given = headers(b"{}") | {"svix-timestamp": at}
    assert refusal(post(api, b"{}", given)) in [(401, "timestamp"), (401, "headers")]


@pytest.mark.parametrize(
    "before",
    ["v1,AAAA ", "v1a,AAAA v2,AAAA ", "v1, ", "junk ", "v1,a,b ", "  ", "v1,AAAA " * 50],
)
def test_any_v1_among_several_signatures_will_do(outcome, before):
    assert outcome("user.created", clerk_user("user_1"), also=before) == "created"


@pytest.mark.parametrize(
    "signature",
    ["v2,{}", "v1{}", "{}", "V1,{}", "v1a,{}", "v1,", "v1,{}=", "x v1,{}é"],
)
def test_no_other_signature_will_do(api, signature):
    body = event("user.created", clerk_user("user_1"))
    given = headers(body)
    good = given["svix-signature"].removeprefix("v1,")
    given["svix-signature"] = signature.format(good)
    assert refusal(post(api, body, given))[0] == 401
    assert not User.objects.exists()


def test_the_body_counts_to_the_byte(api):
    body = event("user.created", clerk_user("user_1"))
    assert refusal(post(api, body + b" ", headers(body))) == (401, "signature")
    assert refusal(post(api, b"\xff\xfe", headers(body))) == (401, "signature")
    assert refusal(post(api, b"", headers(body))) == (401, "signature")


@pytest.mark.parametrize("part", ["id", "timestamp"])
def test_id_and_timestamp_are_signed(api, part):
    body = event("user.created", clerk_user("user_1"))
    given = headers(body)
    given[f"svix-{part}"] += "1" if part == "id" else ""
    given["svix-timestamp"] = str(int(given["svix-timestamp"]) + (part == "timestamp"))
    assert refusal(post(api, body, given)) == (401, "signature")


def test_another_products_secret_is_refused(send):
    answer = send("user.created", clerk_user("user_1"), secret=new_webhook_secret())
    assert refusal(answer) == (401, "signature")
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("missing", ["id", "timestamp", "signature"])
def test_missing_headers(api, missing):
    given = headers(b"{}")
    del given[f"svix-{missing}"]
    assert refusal(post(api, b"{}", given)) == (401, "headers")


def test_the_two_names_are_not_mixed(api):
    body = event("user.created", clerk_user("user_1"))
    svix, spec = headers(body), headers(body, name="webhook")
    mixed = svix | spec
    del mixed["svix-signature"], mixed["webhook-id"]
    assert refusal(post(api, body, mixed)) == (401, "headers")


def test_an_id_fits_its_column(send):
    assert refusal(send("user.created", clerk_user("user_1"), id="m" * 256)) == (401, "headers")
    assert send("user.created", clerk_user("user_1"), id="m" * 255).status_code == 200


def test_old_and_new_secret_both_verify_while_one_replaces_the_other(outcome, settings):
    new = new_webhook_secret()
    settings.CLERK = replace(settings.CLERK, webhook_secrets=(new, SECRET))
    assert outcome("user.created", clerk_user("user_1"), secret=new) == "created"
    assert outcome("user.created", clerk_user("user_2"), secret=SECRET) == "created"


def test_without_a_secret_nothing_is_taken_and_the_start_warns(send, settings):
    assert webhooks_are_set_up(None) == []
    settings.CLERK = replace(settings.CLERK, webhook_secrets=())
    answer = send("user.created", clerk_user("user_1"))
    assert refusal(answer) == (503, "not_configured")
    assert "CLERK_WEBHOOK_SECRET" in answer.json()["error"]["message"]
    assert [warning.id for warning in webhooks_are_set_up(None)] == ["accounts.W001"]
    settings.ACCOUNTS_API = AccountsApi("http://127.0.0.1:1", "a.b")  # Clerk tells that deployment
    assert webhooks_are_set_up(None) == []


# What is sent


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", "MALFORMED_REQUEST"),
        (b"{", "MALFORMED_REQUEST"),
        (b"\xff", "MALFORMED_REQUEST"),
        (b"[]", "MALFORMED_REQUEST"),
        (b"[" * 100_000, "MALFORMED_REQUEST"),
        (b'{"data": {}}', "MALFORMED_REQUEST"),
        (b'{"type": 7}', "MALFORMED_REQUEST"),
        (event("user.created", None), "VALIDATION_ERROR"),
        (event("user.deleted", []), "VALIDATION_ERROR"),
        (event("user.deleted", {"id": ""}), "VALIDATION_ERROR"),
        (event("user.updated", {"id": "user_1"}), "VALIDATION_ERROR"),
        (event("user.updated", {"id": "u\x00", "updated_at": T1}), "VALIDATION_ERROR"),
        (event("user.updated", {"id": "user_1", "updated_at": True}), "VALIDATION_ERROR"),
        (event("user.updated", {"id": "user_1", "updated_at": 2**63}), "VALIDATION_ERROR"),
    ],
)
def test_what_cannot_be_read_is_400_and_may_be_sent_again(api, body, code):
    given = headers(body)
    for _ in range(2):
        assert refusal(post(api, body, given)) == (400, code)
    assert not WebhookEvent.objects.exists() and not User.objects.exists()


@pytest.mark.parametrize("kind", ["session.created", "user.promoted", "", "x" * 5000])
def test_an_unknown_type_is_thanked_for(outcome, kind):
    assert outcome(kind, {"id": "user_1"}) == "ignored"
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("size, status", [(LIMIT, 401), (LIMIT + 1, 413), (LIMIT * 8, 413)])
def test_a_large_body_is_refused_before_it_is_read(api, size, status):
    answer = post(api, b"x" * size, {})
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == {401: "UNAUTHORIZED", 413: "PAYLOAD_TOO_LARGE"}[status]


def chunked(api, body, headers):
    """As gunicorn hands on a body of unknown length."""
    stream = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    return api.generic("POST", URL, headers=headers | {"transfer-encoding": "chunked"}, **stream)


def test_a_body_in_chunks_is_taken_and_bounded(api):
    body = event("user.created", clerk_user("user_1"))
    assert chunked(api, body, headers(body)).json() == {"outcome": "created"}
    assert refusal(chunked(api, b"x" * (LIMIT + 1), {})) == (413, "PAYLOAD_TOO_LARGE")


def test_no_csrf_and_other_methods(client):
    client.handler.enforce_csrf_checks = True
    body = event("user.created", clerk_user("user_1"))
    assert client.generic("POST", URL, body, headers=headers(body)).status_code == 200
    assert client.get(URL).status_code == 405


def test_a_token_that_comes_along_is_not_looked_at(api):
    body = event("user.created", clerk_user("user_1"))
    given = headers(body) | {"authorization": "Bearer junk"}
    assert post(api, body, given).status_code == 200


# What it does


def test_somebody_is_made_and_changed_and_keeps_their_role(outcome):
    user = clerk_user("user_1", "Ann@example.com", updated_at=T1, first_name="Ann", last_name="Lee")
    assert outcome("user.created", user) == "created"
    assert row("user_1") == ("Ann@example.com", "Ann", "Lee", "user")
    assert not User.objects.get().has_usable_password()
    User.objects.update(role=Role.AGENT)
    user = clerk_user("user_1", "new@example.com", updated_at=T2, first_name="Anna")
    assert outcome("user.updated", user) == "updated"
    assert row("user_1") == ("new@example.com", "Anna", "", "agent")


def test_somebody_known_by_their_token_gets_what_clerk_tells(outcome):
    before = User.objects.create(clerk_user_id="user_1")
    assert outcome("user.created", clerk_user("user_1", "ann@example.com")) == "updated"
    assert User.objects.get().pk == before.pk
    assert row("user_1")[0] == "ann@example.com"


def test_a_person_who_was_deactivated_stays_so(outcome):
    User.objects.create(clerk_user_id="user_1", is_active=False)
    outcome("user.updated", clerk_user("user_1", "ann@example.com"))
    assert not User.objects.get().is_active


def test_a_name_chosen_here_stays(outcome, users, sign_in):
    assert sign_in(users.user).patch("/api/v1/users/me", {"first_name": "Mine"}).status_code == 200
    outcome("user.updated", clerk_user("user_user", "new@example.com", first_name="Theirs"))
    assert row("user_user") == ("new@example.com", "Mine", "Example", "user")


@pytest.mark.parametrize(
    "values, email",
    [
        ({}, "primary@example.com"),
        ({"verification": "unverified"}, None),
        ({"primary_email_address_id": None}, None),
        ({"primary_email_address_id": "idn_other"}, None),
        ({"primary_email_address_id": "idn_gone"}, None),
        ({"email_addresses": None}, None),
        ({"email_addresses": ["x", {"id": "idn_1", "email_address": "a@b.example"}]}, None),
    ],
)
def test_the_email_is_the_primary_one_and_verified(outcome, values, email):
    outcome("user.created", clerk_user("user_1", "primary@example.com", **values))
    assert row("user_1")[0] == email


@pytest.mark.parametrize("value", [7, ["x"], "nul\x00", None])
def test_a_name_that_is_none(outcome, value):
    outcome("user.created", clerk_user("user_1", first_name=value, last_name="x" * 999))
    assert row("user_1")[1:3] == ("", "x" * 150)


CREATED = ("user.created", clerk_user("user_1", "first@example.com", updated_at=T1))
UPDATED = ("user.updated", clerk_user("user_1", "second@example.com", updated_at=T2))
AGAIN = ("user.updated", clerk_user("user_1", "third@example.com", updated_at=T3))
DELETED = ("user.deleted", {"id": "user_1", "deleted": True, "object": "user"})


@pytest.mark.parametrize("order", list(permutations([CREATED, UPDATED, AGAIN])))
def test_the_newest_wins_in_any_order(outcome, order):
    for kind, user in order:
        outcome(kind, user)
    assert row("user_1")[0] == "third@example.com"


@pytest.mark.parametrize("order", list(permutations([CREATED, UPDATED, DELETED])))
def test_a_deletion_wins_in_any_order(outcome, order):
    for kind, user in order:
        outcome(kind, user)
    assert not User.objects.exists()
    assert Tombstone.objects.covers("user_1")
    assert outcome(*AGAIN) == "ignored"


def test_older_news_are_ignored_also_after_news_that_changed_nothing(outcome):
    assert (
        outcome("user.created", clerk_user("user_1", "a@example.com", updated_at=T1)) == "created"
    )
    same = clerk_user("user_1", "a@example.com", updated_at=T3)
    assert outcome("user.updated", same) == "unchanged"
    older = clerk_user("user_1", "b@example.com", updated_at=T2)
    assert outcome("user.updated", older) == "ignored"
    assert row("user_1")[0] == "a@example.com"


def test_a_delivery_is_applied_once(outcome):
    assert outcome(*CREATED, id="msg_same") == "created"
    User.objects.update(email="by.hand@example.com")
    assert outcome(*CREATED, id="msg_same") == "duplicate"
    assert row("user_1")[0] == "by.hand@example.com"
    assert outcome(*CREATED, id="msg_other") == "updated"


def test_a_delivery_whose_effect_failed_may_be_sent_again(send, outcome):
    unreadable = clerk_user("user_1", updated_at=-1)
    assert send("user.created", unreadable, id="msg_1").status_code == 400
    assert outcome("user.created", clerk_user("user_1"), id="msg_1") == "created"


def test_what_a_delivery_costs(outcome, django_assert_max_num_queries):
    outcome(*CREATED)
    with django_assert_max_num_queries(22):
        assert outcome(*UPDATED) == "updated"


def test_the_ledger_is_pruned_bit_by_bit(outcome):
    outcome(*CREATED, id="msg_kept")
    old = timezone.now() - timedelta(days=LEDGER_DAYS, seconds=1)
    ids = [f"msg_old_{n}" for n in range(PRUNED_AT_ONCE + 10)]
    WebhookEvent.objects.bulk_create([WebhookEvent(id=id, type="x") for id in ids])
    WebhookEvent.objects.filter(id__startswith="msg_old").update(received_at=old)
    outcome(*UPDATED)
    assert WebhookEvent.objects.filter(id__startswith="msg_old").count() == 10
    outcome(*AGAIN)
    assert set(WebhookEvent.objects.values_list("type", flat=True)) == {
        "user.created",
        "user.updated",
    }
    assert WebhookEvent.objects.count() == 3


# An email that somebody has already


def test_an_email_of_somebody_else_is_a_conflict_and_never_merged(outcome, users):
    taken = "Admin@Example.com"
    assert outcome("user.created", clerk_user("user_1", taken, first_name="Eve")) == "created"
    assert row("user_1") == (None, "Eve", "", "user")
    assert row("user_admin")[0] == "admin@example.com"
    conflict = EmailConflict.objects.get()
    assert (conflict.user.clerk_user_id, conflict.email) == ("user_1", taken)
    assert outcome("user.updated", clerk_user("user_1", taken, first_name="Eve")) == "unchanged"
    assert EmailConflict.objects.get().created_at == conflict.created_at


def test_a_change_to_somebody_elses_email_takes_the_old_one_away(outcome, users):
    outcome("user.updated", clerk_user("user_agent", "admin@example.com", first_name="New"))
    assert row("user_agent")[:2] == (None, "New")
    assert outcome("user.created", clerk_user("user_1", "agent@example.com")) == "created"
    assert row("user_1")[0] == "agent@example.com"


@pytest.mark.parametrize("how", ["changed", "unverified", "deleted"])
def test_who_has_waited_longest_gets_the_email_that_its_holder_gives_up(outcome, how):
    for id in ("user_1", "user_2", "user_3"):
        outcome("user.created", clerk_user(id, "shared@example.com", updated_at=T1))
    assert [row(f"user_{n}")[0] for n in (1, 2, 3)] == ["shared@example.com", None, None]
    if how == "deleted":
        outcome(*DELETED)
    else:
        verification = "verified" if how == "changed" else "unverified"
        changed = clerk_user("user_1", "x@example.com", updated_at=T2, verification=verification)
        outcome("user.updated", changed)
    assert [row(f"user_{n}")[0] for n in (2, 3)] == ["shared@example.com", None]
    assert EmailConflict.objects.get().user.clerk_user_id == "user_3"


@pytest.mark.parametrize("email", ["own@example.com", None])
def test_a_conflict_ends_when_the_person_no_longer_wants_the_email(outcome, users, email):
    outcome("user.created", clerk_user("user_1", "admin@example.com", updated_at=T1))
    outcome("user.updated", clerk_user("user_1", email, updated_at=T2))
    assert row("user_1")[0] == email
    assert not EmailConflict.objects.exists()


def test_two_people_exchange_their_emails(outcome):
    outcome("user.created", clerk_user("user_1", "one@example.com", updated_at=T1))
    outcome("user.created", clerk_user("user_2", "two@example.com", updated_at=T1))
    outcome("user.updated", clerk_user("user_1", "two@example.com", updated_at=T2))
    outcome("user.updated", clerk_user("user_2", "one@example.com", updated_at=T2))
    assert [row(f"user_{n}")[0] for n in (1, 2)] == ["two@example.com", "one@example.com"]
    assert not EmailConflict.objects.exists()


def test_conflicts_are_seen_in_the_admin(outcome, users, client):
    outcome("user.created", clerk_user("user_1", "admin@example.com"))
    client.force_login(users.admin)
    page = client.get("/admin/accounts/emailconflict/").content.decode()
    assert "user_1" in page and "admin@example.com" in page
    assert client.get("/admin/accounts/emailconflict/add/").status_code == 403


def test_a_list_of_many_conflicts_costs_as_much_as_one_of_few(outcome, users, client):
    client.force_login(users.admin)
    outcome("user.created", clerk_user("user_1", "Admin@example.com"))
    with CaptureQueriesContext(connections[AUTH]) as few:
        client.get("/admin/accounts/emailconflict/")
    outcome("user.created", clerk_user("user_2", "agent@example.com"))
    outcome("user.created", clerk_user("user_3", "user@example.com"))
    with CaptureQueriesContext(connections[AUTH]) as many:
        page = client.get("/admin/accounts/emailconflict/").content.decode()
    assert all(f"user_{role}" in page for role in ("admin", "agent", "user"))
    assert len(many) == len(few)


def test_an_email_given_up_in_the_admin_is_handed_on(outcome, users, client):
    outcome("user.created", clerk_user("user_1", "agent@example.com"))
    client.force_login(users.admin)
    values = {"email": "agent2@example.com", "role": "agent", "clerk_user_id": "user_agent"}
    answer = client.post(f"/admin/accounts/user/{users.agent.pk}/change/", values)
    assert answer.status_code == 302
    assert row("user_1")[0] == "agent@example.com"


# The audit


def audited():
    entries = AuditEntry.objects.using(AUTH).order_by("id")
    return list(entries.values_list("action", "before", "after"))


def test_each_change_is_audited_once_without_what_is_personal(outcome):
    user = clerk_user("user_1", "ann@example.com", updated_at=T1, first_name="Ann")
    outcome("user.created", user, id="msg_1")
    outcome("user.created", user, id="msg_1")
    outcome("user.updated", user)
    outcome("user.updated", user | {"first_name": "Anna", "updated_at": T2})
    id = str(User.objects.get().pk)
    outcome(*DELETED)
    outcome(*DELETED)
    assert [action for action, *_ in audited()] == ["user.created", "user.updated", "user.erased"]
    assert [set(after or ()) for *_, after in audited()] == [
        {"email", "first_name", "last_name"},
        {"first_name"},
        set(),
    ]
    assert set(AuditEntry.objects.using(AUTH).values_list("subject_id", "actor")) == {(id, None)}
    assert "nn" not in str(audited())


def test_an_email_that_is_handed_on_is_audited(outcome):
    for id in ("user_1", "user_2"):
        outcome("user.created", clerk_user(id, "shared@example.com", updated_at=T1))
    outcome(*DELETED)
    assert [action for action, *_ in audited()] == ["user.created"] * 2 + [
        "user.erased",
        "user.updated",
    ]


# At once


def deliver(server, body, given):
    request = Request(server.url + URL, body, given | {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as response:
        return response.read().decode()


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_eight_times_at_once(live_server):
    body = event(*CREATED)
    given = headers(body)
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda _: deliver(live_server, body, given), range(8)))
    assert sorted(said) == ['{"outcome":"created"}'] + ['{"outcome":"duplicate"}'] * 7
    assert (User.objects.count(), WebhookEvent.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_everything_about_one_person_at_once(live_server):
    bodies = [event(*one) for one in (CREATED, UPDATED, AGAIN, DELETED)] * 3
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda body: deliver(live_server, body, headers(body)), bodies))
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_is_told_to_send_again(api, monkeypatch):
    monkeypatch.setattr(people, "PATIENCE", "50ms")
    locked, done = Event(), Event()

    def another():
        with transaction.atomic(using=AUTH):
            people.take_turns()
            locked.set()
            done.wait(10)
        connections.close_all()

    thread = Thread(target=another)
    thread.start()
    locked.wait(10)
    body = event(*CREATED)
    given = headers(body)
    try:
        answer = post(api, body, given)
    finally:
        done.set()
        thread.join()
    assert refusal(answer) == (503, "SERVICE_UNAVAILABLE") and answer.headers["Retry-After"]
    assert post(api, body, given).json() == {"outcome": "created"}
