"""Workers that are stopped and killed: processes of their own, on the tests' database."""

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from core.databases import APP
from core.jobs.worker import ENDS_WITHIN
from core.search.vectors import content_hash
from core.testing import programs
from core.testing.model_server import vector_of
from faq.models import Document, Embedding

pytestmark = [pytest.mark.any_product, pytest.mark.django_db(transaction=True)]

TEXTS = 6
STARTS_WITHIN = 60.0  # seconds; the machine may be busy


@pytest.fixture
def start(model, tmp_path):
    """`start()` is another `manage.py work`, and the file that it writes to."""
    started = []
    environment = os.environ | {
        "EMBEDDING_BASE_URL": model.url,
        "EMBEDDING_MODEL": "test-model",
        "EMBEDDING_DIMENSIONS": "384",
    }

    def start_worker(*arguments, program=("manage.py", "work")):
        log = tmp_path / f"worker-{len(started)}"
        command = [*program, "--jobs", "1", *arguments]
        started.append((programs.start(command, environment, log), log))
        return started[-1]

    yield start_worker
    for process, _ in started:
        process.kill()
        process.join()


@pytest.fixture
def texts(make, model):
    with transaction.atomic(using=APP):
        return [make(f"Question {number}?") for number in range(TEXTS)]


def until(true, process, log: Path, seconds=STARTS_WITHIN):
    deadline = time.monotonic() + seconds
    while not true():
        assert process.is_alive() and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def asked(model):
    return Counter(text for request in model.requests for text in request.body["input"])


def ended(process, log, within):
    process.join(within)
    assert process.exitcode == 0, log.read_text()


def jobs_of_texts():
    jobs = ProcrastinateJob.objects.filter(task_name="core.tasks.embed_text")
    return Counter(jobs.values_list("status", flat=True))


def assert_whole():
    """Each vector is the one that the model makes of its row's text."""
    for row in Embedding.objects.select_related("document"):
        assert row.content_hash == content_hash(row.document.embedded_text)
        assert list(row.v) == pytest.approx(vector_of(row.document.embedded_text, 384), abs=1e-6)


def test_a_worker_that_is_stopped_ends_its_job_and_another_does_the_rest(start, texts, model):
    model.embeddings.delay = 1.0
    process, log = start()
    until(lambda: model.requests, process, log)
    process.terminate()
    ended(process, log, ENDS_WITHIN)
    assert sum(asked(model).values()) == 1  # no job is begun after the signal
    assert jobs_of_texts() == {"succeeded": 1, "todo": TEXTS - 1}
    assert Embedding.objects.count() == 1
    assert_whole()
    model.embeddings.delay = 0
    ended(*start("--once"), STARTS_WITHIN)
    assert jobs_of_texts() == {"succeeded": TEXTS}
    assert set(asked(model).values()) == {1}
    assert Embedding.objects.count() == TEXTS
    assert_whole()


def test_a_worker_that_is_stopped_ends_though_its_job_does_not(start, texts, model):
    model.embeddings.delay = STARTS_WITHIN
    process, log = start(program=("-m", "faq.tests.impatient"))
    until(lambda: model.requests, process, log)
    process.terminate()
    ended(process, log, within=5)  # the model is waited for 10 seconds
    assert "job cut off" in log.read_text()
    assert jobs_of_texts() == {"doing": 1, "todo": TEXTS - 1}
    assert not Embedding.objects.exists()


def test_the_job_of_a_killed_worker_is_taken_up_by_another(start, texts, model):
    model.embeddings.delay = STARTS_WITHIN
    process, log = start()
    until(lambda: model.requests, process, log)
    process.kill()
    process.join()
    (in_hand,) = asked(model)
    assert jobs_of_texts() == {"doing": 1, "todo": TEXTS - 1}
    assert not Embedding.objects.exists()
    with connection.cursor() as cursor:  # half a minute later it is known to be dead
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    model.embeddings.delay = 0
    process, log = start()
    until(lambda: jobs_of_texts() == {"succeeded": TEXTS}, process, log)
    process.terminate()
    ended(process, log, ENDS_WITHIN)
    assert Embedding.objects.count() == Document.objects.count() == TEXTS
    assert asked(model)[in_hand] > 1
    assert {count for text, count in asked(model).items() if text != in_hand} == {1}
    assert_whole()
