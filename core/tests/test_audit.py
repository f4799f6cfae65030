"""The audit log: what is recorded, that it stays, and that a broken chain shows."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from core import audit
from core.models import AuditEntry, AuditHead, AuditLink, ProductStamp
from core.owner import connected_as_owner


def subject():
    return ProductStamp.objects.get()


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
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record("stamp.changed", subject())
        1 / 0  # noqa: B018
    assert not AuditEntry.objects.exists() and not AuditLink.objects.exists()
    with transaction.atomic():
        audit.record("stamp.changed", subject())
        assert not AuditLink.objects.exists()  # the chain is locked at the commit
    head, link = AuditHead.objects.get(), AuditLink.objects.get()
    assert (head.position, bytes(head.hash)) == (1, bytes(link.hash))


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
    with transaction.atomic():
        audit.record("stamp.changed", subject())
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists() and not AuditHead.objects.exists()
    test_it_is_written_in_the_transaction_of_the_change()
    test_the_owner_s_slip_is_refused("DELETE FROM core_auditentry")


@pytest.mark.django_db(transaction=True)
def test_transactions_at_once_make_one_chain():
    def work(_):
        try:
            with transaction.atomic():
                audit.record("stamp.changed", subject())
                # a row lock after it: with the log's lock already held, two would wait crosswise
                ProductStamp.objects.select_for_update().get()
                audit.record("stamp.changed", subject())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    links = AuditLink.objects.order_by("position")
    assert [link.position for link in links] == list(range(1, 81))
    assert {link.entry_id for link in links} == set(AuditEntry.objects.values_list("id", flat=True))
