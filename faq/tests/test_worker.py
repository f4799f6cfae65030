"""The worker itself: on its own connections, so these tests commit."""

import asyncio
from datetime import timedelta
from importlib import import_module
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.migrations_utils import list_migration_files
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from core import jobs, tasks
from core.databases import APP, AUTH
from core.jobs import worker
from core.models import ServingModel
from core.search import indexing
from core.testing.jobs import waiting
from faq.indexing import documents, schedule
from faq.models import Document

pytestmark = pytest.mark.any_product
committed = pytest.mark.django_db(transaction=True)


def states():
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "status"))


@committed
def test_the_worker_does_what_waits_and_looks_for_what_is_missing(make, model):
    make("Pets?")
    with connection.cursor() as cursor:  # a vector is missing, and no job says so
        cursor.execute("DELETE FROM procrastinate_jobs")
    indexing.enqueue_text(documents, documents.texts([make("Dogs?").pk])[0], indexing.embedder())
    call_command("work", "--once")
    assert [document.embeddings.count() for document in Document.objects.all()] == [1, 1]
    assert ServingModel.objects.get(collection="faq.document").model == "test-model"
    assert set(states()) >= {
        ("core.tasks.embed_text", "succeeded"),
        ("core.tasks.catch_up", "succeeded"),
    }


@committed
def test_a_job_that_is_asked_for_again_waits_until_the_edit_is_committed(make, model):
    """Else a worker would take it now, see the text as it was, and find nothing to do."""
    document = make("Pets?")
    asked_for, may_commit = Event(), Event()

    def edit():
        with transaction.atomic(using=APP):
            schedule([document])
            asked_for.set()
            may_commit.wait(10)
        connections.close_all()

    thread = Thread(target=edit)
    thread.start()
    assert asked_for.wait(10)
    call_command("work", "--once")
    assert [job.status for job in waiting("embed_text")] == ["todo"]
    may_commit.set()
    thread.join()
    call_command("work", "--once")
    assert waiting("embed_text") == []
    assert document.embeddings.count() == 1


@committed
def test_what_a_killed_worker_left_is_done_again_once(make, model):
    document = make("Pets?")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    schedule([document])  # the same again, while it seems to be done
    schedule([make("Dogs?")])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id ="
            " (SELECT max(id) FROM procrastinate_jobs)"
        )
    with transaction.atomic(using=APP):
        jobs.enqueue("core.tasks.retry_stalled", {"timestamp": 0}, lock="retry_stalled")
    call_command("work", "--once")
    call_command("work", "--once")
    texts = [status for name, status in states() if name == "core.tasks.embed_text"]
    assert texts == ["succeeded"] * 3  # a periodic job may have come meanwhile
    assert [each.embeddings.count() for each in Document.objects.all()] == [1, 1]


@committed
def test_a_stalled_job_that_another_has_taken_up_is_left_alone(make, model):
    """Two workers that find the same one: it must not be lost between them."""
    make("Pets?")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")

    async def twice():
        connector = PsycopgConnector(kwargs=worker.parameters())
        with app.replace_connector(connector) as ours:
            async with ours.open_async():
                (found,) = await ours.job_manager.get_stalled_jobs()
                await tasks.pass_on(ours.job_manager, found)
                with pytest.raises(ConnectorException):
                    await tasks.pass_on(ours.job_manager, found)

    asyncio.run(twice())
    assert [job.status for job in waiting("embed_text")] == ["todo"]


@committed
def test_finished_jobs_go_after_three_days(make, model):
    make("Pets?")
    call_command("work", "--once")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - %s", [timedelta(days=4)])
    jobs.enqueue("core.tasks.prune", {"timestamp": 0}, lock="prune")
    call_command("work", "--once")
    assert "core.tasks.embed_text" not in dict(states())


@committed
def test_flush_takes_jobs_away_too(make, model):
    make("Pets?")
    call_command("flush", "--no-input", verbosity=0)
    assert states() == []


@pytest.mark.django_db
def test_a_direct_url_that_does_not_answer_is_named(settings):
    own = connections[APP].settings_dict
    settings.WORKER_DATABASE = own | {"OPTIONS": {}}
    assert worker.misplaced_sentence() is None
    settings.WORKER_DATABASE = own | {"OPTIONS": {}, "PORT": 1}
    assert worker.misplaced_sentence() == "The database of WORKER_DATABASE_URL does not answer."


@pytest.mark.skipif(AUTH == APP, reason="the product has one database")
@pytest.mark.django_db
def test_the_worker_knows_the_database_of_its_jobs(settings):
    settings.WORKER_DATABASE = connections[AUTH].settings_dict | {"OPTIONS": {}}
    sentence = "WORKER_DATABASE_URL names another database than APP_DATABASE_URL."
    assert worker.misplaced_sentence() == sentence


@pytest.mark.parametrize(
    ("direct", "behind_pgbouncer", "listens"),
    [(None, False, True), (None, True, False), ({"NAME": "x"}, True, True)],
)
def test_it_listens_where_it_can_hear(settings, monkeypatch, direct, behind_pgbouncer, listens):
    settings.WORKER_DATABASE = direct
    monkeypatch.setitem(settings.DATABASES[APP], "DISABLE_SERVER_SIDE_CURSORS", behind_pgbouncer)
    assert worker.can_listen() is listens


def test_every_migration_of_procrastinate_is_among_ours():
    last = import_module("core.jobs.migrations.0001_initial").LAST
    assert max(list_migration_files()) == last
