"""The audit log: what is recorded, that it stays, and that a broken chain shows."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import audit, chain
from core.admin import base as admin
from core.databases import APP, AUTH
from core.models import AuditEntry, AuditHead, AuditLink, ProductStamp
from core.owner import connected_as_owner


def subject(alias=APP):
    return ProductStamp.objects.using(alias).get()


@pytest.mark.django_db
def test_an_entry_says_who_and_what():
    actor = uuid4()
    audit.record("stamp.changed", subject(), actor=actor, before={"a": 1}, after={"a": "ж"})
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("stamp.changed", actor)
    assert (entry.subject_type, entry.subject_id) == ("core.productstamp", "1")
    assert (entry.before, entry.after) == ({"a": 1}, {"a": "ж"})
    assert entry.at.utcoffset().total_seconds() == 0


@pytest.mark.django_db(transaction=True)
def test_it_is_written_in_the_transaction_of_the_change():
    with pytest.raises(TransactionManagementError):
        audit.record("stamp.changed", subject())
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=APP):
        audit.record("stamp.changed", subject())
        1 / 0  # noqa: B018
    assert not AuditEntry.objects.exists() and not AuditLink.objects.exists()
    with transaction.atomic(using=APP):
        audit.record("stamp.changed", subject())
        assert not AuditLink.objects.exists()  # the chain is locked at the commit
    head, link = AuditHead.objects.get(), AuditLink.objects.get()
    assert (head.position, bytes(head.hash)) == (1, bytes(link.hash))


def letter(salt=None):
    """A subject with a secret and a personal field."""
    found = subject()
    found.AUDIT_MASKED, found.AUDIT_PERSONAL = {"text"}, {"sender"}
    found.audit_salt = salt
    return found


@pytest.mark.django_db
def test_secrets_are_masked_and_personal_values_hashed():
    values = {"text": "Dear", "sender": "ann@example.com", "page": 1}
    audit.record("letter.written", letter(b"salt"), before={"text": None}, after=values)
    audit.record("letter.written", letter(b"salt"), after={"sender": "ann@example.com"})
    audit.record("letter.written", letter(b"pepper"), after={"sender": "ann@example.com"})
    audit.record("letter.written", letter(), after={"sender": "ann@example.com"})
    first, same, other, saltless = AuditEntry.objects.order_by("id")
    assert (first.before, first.after["text"], first.after["page"]) == ({"text": None}, "***", 1)
    hashed = first.after["sender"]
    assert hashed.startswith("hmac-sha256:") and len(hashed) == 76
    assert same.after == {"sender": hashed} and other.after != same.after
    assert saltless.after == {"sender": "***"}


@pytest.mark.django_db
def test_values_of_any_field_are_kept():
    bangkok = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7)))
    id = uuid4()
    audit.record("x", subject(), after={"at": bangkok, "price": Decimal("1.50"), "id": id})
    entry = AuditEntry.objects.get()
    assert entry.after == {"at": "2025-12-31T17:00:00+00:00", "price": "1.50", "id": str(id)}


@pytest.mark.django_db
def test_a_whole_table_may_be_the_subject_but_no_deleted_row():
    audit.record("stamps.counted", ProductStamp(id=None), after={"stamps": 1})
    assert AuditEntry.objects.get().subject_id == ""
    gone = subject()
    gone.pk = None  # as Django leaves a deleted row
    with pytest.raises(ValueError, match="before its subject is deleted"):
        audit.record("stamp.deleted", gone)


def test_only_what_changed():
    assert audit.difference({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == (
        {"b": 2},
        {"b": 3, "c": 4},
    )


TAMPERING = [
    "UPDATE core_auditentry SET action = 'x'",
    "DELETE FROM core_auditentry",
    "TRUNCATE core_auditentry",
    "UPDATE core_auditlink SET position = 7",
    "DELETE FROM core_auditlink",
    "TRUNCATE core_auditlink",
]
FORGING = [
    "INSERT INTO core_auditlink VALUES (9, 9, '')",
    "INSERT INTO core_audithead VALUES (1, 9, '')",
    "UPDATE core_audithead SET position = 7",
    "DELETE FROM core_audithead",
]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", [*TAMPERING, *FORGING])
def test_the_runtime_role_may_not_touch_what_is_written(statement):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", TAMPERING)
def test_the_owner_s_slip_is_refused(statement):
    refused = pytest.raises(ProgrammingError, match="append-only")
    with connected_as_owner("default"), connection.cursor() as cursor, refused:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_flushing_starts_the_log_anew():
    with transaction.atomic(using=APP):
        audit.record("stamp.changed", subject())
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists() and not AuditHead.objects.exists()
    test_it_is_written_in_the_transaction_of_the_change()
    test_the_owner_s_slip_is_refused("DELETE FROM core_auditentry")


@pytest.mark.django_db(transaction=True)
def test_transactions_at_once_make_one_chain():
    Session.objects.create(session_key="row", expire_date=datetime.now(UTC))

    def work(_):
        try:
            with transaction.atomic(using=AUTH):
                audit.record("stamp.changed", subject(AUTH))
                # a row lock after it: with the log's lock already held, two would wait crosswise
                Session.objects.select_for_update().get()
                audit.record("stamp.changed", subject(AUTH))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    links = AuditLink.objects.using(AUTH).order_by("position")
    assert [link.position for link in links] == list(range(1, 81))
    assert list(chain.faults(*chain.head_of(AUTH), lambda count: None)) == []
    entries = AuditEntry.objects.using(AUTH)
    assert {link.entry_id for link in links} == set(entries.values_list("id", flat=True))


@pytest.fixture
def log():
    """Five entries, three of them of one transaction."""
    for entries in (1, 3, 1):
        with transaction.atomic(using=APP):
            for number in range(entries):
                audit.record("stamp.changed", subject(), after={"number": number, "ж": [1.5, None]})


def tamper(as_owner, *statements):
    for table in ("core_auditentry", "core_auditlink"):
        as_owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER core_audit_append_only")
    for statement in statements:
        as_owner.execute(statement)
    for table in ("core_auditentry", "core_auditlink"):
        as_owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER core_audit_append_only")


def faults():
    return list(chain.faults(*chain.head_of("default"), lambda count: None))


@pytest.mark.django_db(transaction=True)
def test_a_whole_log_has_no_faults(log, monkeypatch):
    assert faults() == []
    for name in ("LINKS", "ENTRIES"):  # read in more batches than one
        monkeypatch.setattr(chain, name, getattr(chain, name).replace("LIMIT 1000", "LIMIT 2"))
    assert faults() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["DELETE FROM core_auditentry WHERE id = {2}"], ["position 2: entry .* was removed"]),
        (
            [
                "DELETE FROM core_auditentry WHERE id = {2}",
                "DELETE FROM core_auditlink WHERE position = 2",
            ],
            ["position 2: removed from the chain"],
        ),
        (
            ["UPDATE core_auditentry SET after = '{{}}' WHERE id = {3}"],
            ["position 3: entry .* was altered"],
        ),
        (
            ["UPDATE core_auditentry SET at = at + interval '1 microsecond' WHERE id = {1}"],
            ["position 1: entry .* was altered"],
        ),
        (
            [
                "UPDATE core_auditlink SET position = -2 WHERE position = 2",
                "UPDATE core_auditlink SET position = 2 WHERE position = 3",
                "UPDATE core_auditlink SET position = 3 WHERE position = -2",
            ],
            ["position 2: .*moved", "position 3: .*moved", "position 4"],
        ),
        (
            ["DELETE FROM core_auditlink WHERE position > 3"],
            ["positions 4 to 5: removed from the end", "entry .* not in", "entry .* not in"],
        ),
        (
            ["DELETE FROM core_auditentry", "DELETE FROM core_auditlink"],
            ["positions 1 to 5: removed from the end"],
        ),
        (["DELETE FROM core_audithead"], ["positions 1 to 5: added .*or its head removed"]),
        (["UPDATE core_audithead SET hash = ''"], ["position 5: the end of the chain is not"]),
        (
            ["INSERT INTO core_auditlink VALUES (6, 999999, '')"],
            ["position 6: added to the chain"],
        ),
        (
            [
                "ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_chain",
                "INSERT INTO core_auditentry (action, subject_type, subject_id, request_id)"
                " VALUES ('x', 'x', '', '')",
                "ALTER TABLE core_auditentry ENABLE TRIGGER core_audit_chain",
            ],
            ["entry .* is not in the chain"],
        ),
    ],
)
def test_what_was_done_to_the_log_shows(log, as_owner, capsys, statements, told):
    entries = ["", *AuditLink.objects.order_by("position").values_list("entry_id", flat=True)]
    tamper(as_owner, *(statement.format(*entries) for statement in statements))
    with pytest.raises(CommandError, match="not what was written"):
        call_command("verify_audit")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("default")]
    assert len(lines) == len(told)
    for line, expected in zip(lines, told, strict=True):
        assert re.match(f"default: {expected}", line), line


@pytest.mark.django_db(transaction=True)
def test_a_log_that_was_rewritten_shows_by_an_earlier_head(log, capsys):
    call_command("verify_audit")
    told, *_ = capsys.readouterr().out.splitlines()
    assert told.startswith("default: 5 entries, whole. ")
    head = told.split()[-1]
    call_command("verify_audit", expect=[head])
    call_command("flush", interactive=False, verbosity=0)
    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", expect=[head])
    assert f"the log no longer holds {head}" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "5:ab", "default:x:ab", "default:5:x", "nowhere:5:ab"])
def test_a_head_that_is_none_is_refused(text):
    with pytest.raises(CommandError, match="--expect"):
        call_command("verify_audit", expect=[text])


@pytest.mark.django_db(transaction=True)
def test_the_log_in_the_admin(users, client):
    url, agent = reverse("admin:core_auditentry_changelist"), users.agent
    client.force_login(users.admin)
    with transaction.atomic(using=APP):
        audit.record("stamp.changed", subject(), actor=agent.id, before={"a": 1}, after={"a": 2})
        audit.record("letter.written", letter(), after={"text": "Dear"})
    page = client.get(url).content.decode()
    assert "stamp.changed" in page and "?action=letter.written" in page
    assert "core.productstamp" in page
    for query, shown in [
        ({"action": "letter.written"}, 1),
        ({"subject_type": "core.productstamp"}, 2),
        ({"q": str(agent.id)}, 1),
        ({"q": "1"}, 2),  # the stamp's id
        ({"q": "nothing"}, 0),
        ({"q": "a\x00"}, 2),
        ({"at__gte": "2100-01-01 00:00:00+00:00"}, 0),
        ({"database": "elsewhere"}, 2),
    ]:
        answer = client.get(url, query, follow=True)
        assert len(answer.context["cl"].result_list) == shown, query
    entry = AuditEntry.objects.get(action="stamp.changed")
    change = reverse("admin:core_auditentry_change", args=[entry.id])
    assert "stamp.changed" in client.get(change).content.decode()
    assert client.post(change, {"action": "x"}).status_code == 403
    delete = reverse("admin:core_auditentry_delete", args=[entry.id])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:core_auditentry_add")).status_code == 403
    client.force_login(agent)
    assert client.get(url).status_code == 403


@pytest.mark.django_db
def test_a_page_of_the_log_counts_no_further_than_it_shows(
    users, client, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(admin, "SHOWN_ENTRIES", 3)
    for _ in range(9):
        audit.record("stamp.changed", subject())
    client.force_login(users.admin)
    with django_assert_max_num_queries(8), CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("admin:core_auditentry_changelist"))
    assert answer.context["cl"].result_count == 3
    counts = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
    assert counts and all("LIMIT 3" in sql for sql in counts)


@pytest.mark.django_db
def test_a_page_of_the_log_names_its_people_by_one_query(
    users, client, django_assert_max_num_queries
):
    url, gone = reverse("admin:core_auditentry_changelist"), uuid4()
    actors = [users.admin.id, users.agent.id, users.user.id, gone, None]
    type(users.user).objects.filter(pk=users.user.pk).update(first_name="", last_name="")
    for number in range(40):
        audit.record("stamp.changed", subject(), actor=actors[number % 5])
    client.force_login(users.admin)
    with django_assert_max_num_queries(8), CaptureQueriesContext(connections[AUTH]) as asked:
        cells = re.findall(r'class="field-person">(.*?)</td>', client.get(url).content.decode())
    assert sum('FROM "accounts_user"' in each["sql"] for each in asked) == 2  # and whose page it is
    assert (
        cells[::-1]
        == [
            f"Admin Example<br>{users.admin.id}",
            f"Agent Example<br>{users.agent.id}",
            f"user@example.com<br>{users.user.id}",
            str(gone),
            "the system",
        ]
        * 8
    )
    for entry, name in zip(AuditEntry.objects.order_by("id"), cells[::-1][:5], strict=False):
        page = client.get(reverse("admin:core_auditentry_change", args=[entry.id]))
        assert name in page.content.decode()
