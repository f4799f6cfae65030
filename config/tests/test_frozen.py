"""A PostgreSQL or a Redis that is there and says nothing, under a real server.

Both are servers of these tests' own, stopped by SIGSTOP: the kernel still answers for them.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from procrastinate.sql import queries

from chat.tests.server import chat_server
from core.databases import APP
from core.jobs import worker
from core.local.databases import databases
from core.local.postgres import Postgres
from core.local.processes import free_ports
from core.local.redis import Redis, RedisUser
from core.postgresql.base import DatabaseWrapper
from core.postgresql.connection import CONNECTS_WITHIN, Connection
from core.testing import programs
from core.testing.model_server import ModelServer
from core.testing.services import Services

pytestmark = [pytest.mark.any_product, pytest.mark.long]
OURS = settings.PRODUCT.id
LISTINGS, TURN = "/api/v1/properties", "/api/v1/llm/chat"
SILENCE_ENDS_WORKER_WITHIN = 40.0
# Seconds: DB_POOL_TIMEOUT, the check of a connection that began before it, and 60 threads in turn.
REFUSED_WITHIN = 6.0


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), free_ports(1)[0], durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"), free_ports(1)[0], durable=False)
    server.start({OURS: RedisUser("word", settings.PRODUCT.redis_database)})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def variables(services: Services, postgres: Postgres, redis: Redis) -> dict[str, str]:
    """What leads to both servers, whose databases are migrated."""
    variables = {"REDIS_URL": redis.url(OURS, RedisUser("word", settings.PRODUCT.redis_database))}
    for database in databases(OURS, services.values, services.split, "{}_frozen".format):
        database.provision(postgres)
        variables |= database.environment(postgres)
    migrate = ["manage.py", "migrate", "--verbosity=0"]
    programs.run(migrate, os.environ | variables).check_returncode()
    return variables


@pytest.fixture(scope="module")
def site(
    variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    log = tmp_path_factory.mktemp("server") / "log"
    rest = {"LLM_BASE_URL": "", "LLM_MODEL": "", "LLM_API_KEY": "", "CHAT_RATE": "1000/min"}
    with chat_server("", log, variables | rest) as url:
        limits = httpx2.Limits(max_connections=100)
        with httpx2.Client(base_url=url, timeout=60, limits=limits) as client:
            yield client


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a server and its children, each of which is in a session of its own."""
    family = [pid, *children(pid)]
    send(signal.SIGSTOP, family)
    try:
        yield
    finally:
        send(signal.SIGCONT, family)


def send(number: signal.Signals, family: list[int]) -> None:
    for member in family:
        with suppress(ProcessLookupError):  # one that was about to end
            os.kill(member, number)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def timed(site: httpx2.Client, path: str) -> tuple[httpx2.Response, float]:
    began = time.monotonic()
    response = site.get(path)
    return response, time.monotonic() - began


def test_a_frozen_postgres_is_503_soon_and_holds_no_thread(site, postgres):
    assert site.get(LISTINGS).status_code == 200
    with frozen(postgres.process.pid), ThreadPoolExecutor(60) as visitors:
        first = list(visitors.map(lambda _: timed(site, LISTINGS), range(60)))
        for response, seconds in first:
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
            assert seconds < REFUSED_WITHIN
        waiting = [visitors.submit(timed, site, LISTINGS) for _ in range(60)]
        response, seconds = timed(site, "/api/health")
        assert (response.status_code, seconds < 1) == (200, True)
        assert max(future.result()[1] for future in waiting) < REFUSED_WITHIN
        response, seconds = timed(site, "/api/health/db")
        assert (response.status_code, response.json()["database"]) == (503, "down")
        assert seconds < REFUSED_WITHIN
        assert site.post(TURN, json={"content": "Hello"}).status_code == 503
    assert_recovers(site)


@pytest.fixture
def session(postgres: Postgres) -> Iterator[Connection]:
    with Connection.connect(postgres.superuser_url(), autocommit=True) as session:
        session._patience = 0.2
        yield session


def test_a_slow_query_is_waited_for(session):
    assert session.cursor().execute("SELECT 7 FROM pg_sleep(1)").fetchone() == (7,)


def test_a_query_under_way_when_postgres_freezes_is_given_up(session, postgres):
    told = []
    session.when_silent = lambda: told.append("others")
    with frozen(postgres.process.pid):
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError, match="no answer"):
            session.cursor().execute("SELECT 7")
        assert time.monotonic() - began < 1 + CONNECTS_WITHIN
    assert session.closed and told == ["others"]


def test_without_a_pool_it_is_given_up_too(postgres):
    """In commands, whose threads do the jobs, and behind PgBouncer."""
    url = urlsplit(postgres.superuser_url())
    parts = {"HOST": url.hostname, "PORT": url.port, "USER": url.username, "NAME": "postgres"}
    given = connections[APP].settings_dict | parts | {"PASSWORD": url.password, "OPTIONS": {}}
    alone = DatabaseWrapper(given, "alone")
    with alone.get_new_connection(alone.get_connection_params()) as session:
        session._patience = 0.2
        with (
            frozen(postgres.process.pid),
            pytest.raises(psycopg.OperationalError, match="no answer"),
        ):
            session.cursor().execute("SELECT 7")


def assert_recovers(site: httpx2.Client) -> None:
    deadline = time.monotonic() + 60
    while site.get(LISTINGS).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_frozen_redis_costs_a_turn_one_timeout(site, redis):
    assert_recovers(site)  # whose own threads may have met PostgreSQL frozen by a test before
    body = {"content": "What is the cancellation policy?"}
    assert site.post(TURN, json=body).status_code == 200
    began = time.monotonic()
    assert site.post(TURN, json=body).status_code == 200
    usually = time.monotonic() - began
    with frozen(redis.process.pid):
        for _ in range(3):
            began = time.monotonic()
            assert site.post(TURN, json=body).status_code == 200
            assert time.monotonic() - began - usually < 0.8  # three timeouts are 0.9


@pytest.fixture
def start_worker(
    variables: dict[str, str], model_server: ModelServer, tmp_path: Path
) -> Iterator[Callable[[], tuple[BaseProcess, Path]]]:
    model = {
        "EMBEDDING_BASE_URL": model_server.url,
        "EMBEDDING_MODEL": "test-model",
        "EMBEDDING_DIMENSIONS": "384",
    }
    started: list[BaseProcess] = []

    def start() -> tuple[BaseProcess, Path]:
        log = tmp_path / str(len(started))
        started.append(programs.start(["manage.py", "work"], os.environ | variables | model, log))
        return started[-1], log

    yield start
    for process in started:
        process.kill()
        process.join()


@pytest.fixture
def jobs(
    services: Services, postgres: Postgres, variables: dict[str, str]
) -> Iterator["psycopg.Connection[Any]"]:
    """A session as the superuser, in which the workers' jobs are."""
    name = databases(OURS, services.values, services.split, "{}_frozen".format)[0].name
    with psycopg.connect(postgres.superuser_url(name), autocommit=True) as session:
        yield session
        session.execute("DELETE FROM procrastinate_jobs")


def wait_for(true: Callable[[], Any], process: BaseProcess, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert process.is_alive() and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


DONE = """
SELECT count(*) FROM procrastinate_jobs WHERE args = '{"timestamp": 0}' AND status = 'succeeded'"""


def done(jobs: "psycopg.Connection[Any]", number: int) -> bool:
    """Whether so many of those that were asked for here are done; the hour asks for others."""
    return jobs.execute(DONE).fetchone() == (number,)


ASKED = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock)
VALUES ('default', 'core.tasks.prune', '{"timestamp": 0}', gen_random_uuid()::text)"""


@pytest.mark.any_databases
def test_how_a_job_ended_is_told_again_after_a_silence(jobs, postgres):
    """Else it would seem to be done for as long as its worker lives."""
    jobs.execute(ASKED)
    (id,) = jobs.execute("UPDATE procrastinate_jobs SET status = 'doing' RETURNING id").fetchone()
    parameters = jobs.info.get_parameters() | {"password": jobs.info.password, "connect_timeout": 2}

    async def tell():
        connector = worker.connector(parameters, jobs=1)
        await connector.open_async()
        try:
            with frozen(postgres.process.pid):
                query = queries["finish_job"]
                given = {"job_id": id, "status": "succeeded", "delete_job": False}
                telling = asyncio.ensure_future(connector.execute_query_async(query, **given))
                await asyncio.sleep(worker.CONNECTED_WITHIN + 1)
                assert not telling.done()
            await telling
        finally:
            await connector.close_async()

    asyncio.run(tell())
    status = "SELECT status FROM procrastinate_jobs WHERE id = %s"
    assert jobs.execute(status, [id]).fetchone() == ("succeeded",)


@pytest.mark.any_databases
def test_a_worker_outlives_a_short_silence_and_ends_by_itself_in_a_long_one(
    start_worker, jobs, postgres
):
    process, log = start_worker()
    jobs.execute(ASKED)
    wait_for(lambda: done(jobs, 1), process, log)
    with frozen(postgres.process.pid):
        time.sleep(4)  # a look for jobs every 5 seconds, a sign of life every 10
    jobs.execute(ASKED)
    wait_for(lambda: done(jobs, 2), process, log)
    with frozen(postgres.process.pid):
        process.join(SILENCE_ENDS_WORKER_WITHIN)
        assert process.exitcode == 1, log.read_text()
    assert log.read_text().splitlines()[-1].endswith(worker.LOST)
    jobs.execute(ASKED)
    process, log = start_worker()
    wait_for(lambda: done(jobs, 3), process, log)
    process.terminate()
    process.join(worker.ENDS_WITHIN)
    assert process.exitcode == 0, log.read_text()
