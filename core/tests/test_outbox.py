"""Promises are kept once, whoever is killed, late, or there at the same moment."""

import re
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from core import outbox
from core.databases import APP, AUTH
from core.models import Outbox, OutboxEffect

pytestmark = pytest.mark.django_db(transaction=True)

begun: list[str] = []
settled: list[str] = []
broken = False


def handle(entry):
    begun.append(entry.payload["name"])
    if broken:
        raise RuntimeError("somebody@example.com")
    return lambda: settled.append(entry.payload["name"])


@pytest.fixture(autouse=True)
def topic(settings):
    settings.OUTBOX = {"test": f"{__name__}.handle"}
    begun.clear()
    settled.clear()


@pytest.fixture
def failing(monkeypatch):
    monkeypatch.setitem(globals(), "broken", True)


def put(name="one", **options):
    with transaction.atomic(using=AUTH):
        return outbox.put("test", {"name": name}, **options)


def make_due():
    Outbox.objects.using(AUTH).update(due_at=timezone.now())


def test_a_promise_needs_the_transaction_of_its_change():
    with pytest.raises(TransactionManagementError):
        outbox.put("test", {})


def test_a_promise_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=AUTH):
        outbox.put("test", {"name": "never"})
        raise ZeroDivisionError
    assert outbox.deliver() is None


def test_it_is_kept_once_and_leaves_the_outbox():
    id = put()
    assert outbox.deliver(id) is True
    assert outbox.deliver(id) is None and outbox.deliver() is None
    assert begun == settled == ["one"]
    assert not Outbox.objects.using(AUTH).exists()


def test_what_is_not_due_waits():
    put(delay=timedelta(minutes=1))
    assert outbox.deliver() is None
    make_due()
    assert outbox.deliver() is True


def test_what_fails_is_put_off_for_longer_and_longer(failing):
    id = put()
    for attempts in (1, 2, 3):
        make_due()
        assert outbox.deliver() is False
        entry = Outbox.objects.using(AUTH).get(id=id)
        wait = (entry.due_at - timezone.now()).total_seconds()
        pause = outbox.pause_after(attempts).total_seconds()
        assert pause - 2 < wait <= pause
        assert (entry.attempts, entry.error) == (attempts, "RuntimeError")
        assert outbox.deliver() is None
    assert not settled


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (10_000, 900)]
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempts, seconds):
    assert outbox.pause_after(attempts) == timedelta(seconds=seconds)


def test_an_unknown_topic_waits_for_code_that_knows_it(settings):
    settings.OUTBOX = {}
    put()
    assert outbox.deliver() is False


def test_whoever_was_killed_leaves_it_to_the_next():
    id = put()
    list(Outbox.objects.using(AUTH).raw(outbox.CLAIM, {"lease": outbox.LEASE, "id": id}))
    assert outbox.deliver() is None  # it is theirs for a while
    make_due()
    assert outbox.deliver() is True


def test_many_at_once_do_each_once():
    for number in range(20):
        put(str(number))
    start = Barrier(4)

    def round():
        start.wait()
        outbox.deliver_due()
        connections.close_all()

    threads = [Thread(target=round) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun, key=int) == sorted(settled, key=int) == [str(n) for n in range(20)]


def test_a_part_has_one_effect_also_when_two_do_it_at_once():
    entry_id, done, results = uuid4(), [], []
    start = Barrier(2)

    def work():
        done.append(1)
        return {"rows": 3}

    def do():
        start.wait()
        results.append(outbox.once(entry_id, "part", work))
        connections.close_all()

    threads = [Thread(target=do) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, results) == ([1], [{"rows": 3}] * 2)
    assert outbox.once(entry_id, "other part", lambda: {"rows": 4}) == {"rows": 4}


def test_a_part_that_fails_has_no_effect():
    entry_id = uuid4()
    with pytest.raises(ZeroDivisionError):
        outbox.once(entry_id, "part", lambda: {"rows": 1 // 0})
    assert not OutboxEffect.objects.using(APP).exists()


def test_marks_of_what_was_done_long_ago_go(settings):
    old, fresh, waiting = uuid4(), uuid4(), put("waits", delay=timedelta(days=1))
    for entry_id in (old, fresh, waiting):
        outbox.once(entry_id, "part", lambda: {"rows": 1})
    effects = OutboxEffect.objects.using(APP)
    effects.exclude(entry_id=fresh).update(at=timezone.now() - outbox.EFFECTS_KEPT)
    outbox.deliver_due()
    assert effects.count() == 3, "nothing was delivered"
    put()
    outbox.deliver_due()
    assert set(effects.values_list("entry_id", flat=True)) == {fresh, waiting}


def test_a_round_that_failed_is_no_success(failing, capsys):
    put()
    put("later", delay=timedelta(hours=1))
    with pytest.raises(CommandError, match="failed"):
        call_command("deliver_outbox")
    said = capsys.readouterr().out
    assert re.match(
        r"0 done, 1 put off, 2 waiting in all, 2 of them until \d\d:\d\d:\d\d UTC or later\.", said
    )
    call_command("deliver_outbox")
    assert capsys.readouterr().out.startswith("0 done, 0 put off, 2 waiting")


def test_what_was_put_off_is_done_now_and_a_second_look_is_not(failing, monkeypatch, capsys):
    put()
    put("later", delay=timedelta(hours=1))
    outbox.deliver()
    monkeypatch.setitem(globals(), "broken", False)
    call_command("deliver_outbox", now=True)
    assert capsys.readouterr().out.startswith("1 done, 0 put off, 1 waiting in all, 1 of them")
    assert settled == ["one"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OperationalError("no\n route"), "OperationalError: no route"),
        (PoolTimeout("none in 2 s"), "PoolTimeout: none in 2 s"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_a_database_that_is_down_is_a_line_and_a_defect_a_traceback(error, line, caplog):
    id = put()
    outbox.put_off(Outbox.objects.using(AUTH).get(id=id), error)
    [record] = caplog.records
    assert record.getMessage().endswith(f": {line}")
    assert bool(record.exc_info) is isinstance(error, KeyError)


def test_a_round_is_bounded(capsys):
    for number in range(5):
        put(str(number))
    call_command("deliver_outbox", limit=3)
    assert capsys.readouterr().out.strip() == "3 done, 0 put off, 2 waiting in all."
