"""pytest plugin: PostgreSQL and Redis in a temporary folder, one pair for the whole run.

Loaded with `-p`, so that it is there before pytest-django loads the settings. The first process
starts the servers; each pytest-xdist worker has a database and a key prefix of its own in them.
"""

import atexit
import fcntl
import gc
import json
import os
import shutil
import tempfile
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections

from core.local import environment, processes
from core.local.databases import Database, databases
from core.local.postgres import Postgres
from core.local.redis import Redis, RedisUser

FOLDER = "TEST_SERVICES"  # environment variable with which workers find the first process's
TOLD = "services.json"
NAME = "property-tests-"
# What a developer may have exported for a run by hand must not reach a test.
STRAY = ("ACCOUNTS_", "ADMIN_", "APP_D", "AUTH_D", "CHAT_", "CLERK_", "DATABASE_", "DB_POOL_",
         "EMBEDDING_", "FAQ_", "LLM_", "PG", "REDIS_", "SEARCH_", "SECURE_", "SPLIT_",
         "WEB_", "LOG_LEVEL")  # fmt: skip

current: list["Services"] = []
tests = count()


@dataclass(frozen=True)
class Services:
    """Both servers, for one product. A file in their folder tells the workers the rest."""

    folder: Path
    product: str
    postgres_port: int
    redis_port: int
    values: Mapping[str, str]  # environment.defaults(): secrets of this run
    split: bool  # two databases

    @property
    def postgres(self) -> Postgres:
        return Postgres(self.folder / "postgres", self.postgres_port, durable=False)

    @property
    def redis(self) -> Redis:
        return Redis(self.folder / "redis", self.redis_port, durable=False)

    @property
    def redis_user(self) -> RedisUser:
        return RedisUser(self.values["LOCAL_REDIS_PASSWORD"], database=0)

    def databases(self, suffix: str = "") -> list[Database]:
        """Those of this process; with a suffix, others by which a test adds to them."""

        def name(roles: str) -> str:
            return f"test_{roles}_{worker_name()}{suffix}"

        return databases(self.product, self.values, self.split, name)

    def provision(self, suffix: str = "") -> None:
        for database in self.databases(suffix):
            database.provision(self.postgres)

    def provision_migrated(self, migrate: Callable[[], None]) -> None:
        """Those of this process; the first one migrates, the others copy what it has made."""
        kept = databases(self.product, self.values, self.split, "test_{}_migrated".format)
        made = self.folder / "migrated"
        with (self.folder / "migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            first = not made.exists()
            if not first:
                self._copy(kept, self.databases())
            self.provision()
            if first:
                migrate()
                connections.close_all()
                self._copy(self.databases(), kept)
                made.touch()

    def _copy(self, templates: list[Database], copies: list[Database]) -> None:
        for template, copy in zip(templates, copies, strict=True):
            self.postgres.copy(template.name, copy.name)

    def drop(self, suffix: str) -> None:
        for database in self.databases(suffix):
            self.postgres.drop(database.name)

    def database_urls(self, suffix: str = "") -> dict[str, str]:
        urls = [database.environment(self.postgres) for database in self.databases(suffix)]
        return dict(ChainMap(*urls))

    def environment(self) -> dict[str, str]:
        key_file = self.folder / "clerk.pem"
        return {
            **self.values,
            "ENVIRONMENT": "test",
            "LOCAL_DIR": str(self.folder),
            "ENV_DIR": str(self.folder),
            "CACHE_NAMESPACE": worker_name(),
            **self.database_urls(),
            "REDIS_URL": self.redis.url(self.product, self.redis_user),
            "CLERK_JWT_KEY": environment.signing_key(key_file),
            "DEV_JWT_PRIVATE_KEY_FILE": str(key_file),
        }


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


if is_worker():
    gc.disable()  # while modules load and tests are collected, none of which is garbage


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """As a wrapper this runs before pytest-django's own hook, which loads the settings."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    asked = early_config.known_args_namespace
    if module and not (asked.help or asked.version):
        current.append(join() if is_worker() else start(module.rpartition(".")[2]))
        for name in [name for name in os.environ if name.startswith(STRAY)]:
            del os.environ[name]
        os.environ.update(current[0].environment())
    return (yield)


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def start(product: str) -> Services:
    """Start both servers for this run. They end with this process, however it ends."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"{NAME}{os.getpid()}-"))
    values = environment.defaults(product, frontend_port=5273)
    postgres_port, redis_port = processes.free_ports(2)
    split = os.environ.get("SPLIT", "") not in ("", "0")
    services = Services(folder, product, postgres_port, redis_port, values, split)
    environment.signing_key(folder / "clerk.pem")
    postgres, redis = services.postgres, services.redis

    @atexit.register
    def remove() -> None:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)

    postgres.start()
    redis.start({product: services.redis_user})
    told = asdict(services) | {"folder": str(folder)}
    processes.write_private(folder / TOLD, json.dumps(told))
    os.environ[FOLDER] = str(folder)
    return services


def join() -> Services:
    folder = Path(os.environ[FOLDER])
    return Services(**json.loads((folder / TOLD).read_text()) | {"folder": folder})


def remove_leftovers() -> None:
    """Folders of runs that were killed; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{NAME}*"):
        pid = folder.name.removeprefix(NAME).partition("-")[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def services() -> Services:
    return current[0]


@pytest.fixture(autouse=True)
def own_cache_keys() -> Iterator[None]:
    """A key prefix for each test: the product's Redis user may not flush, here as elsewhere."""
    default = settings.CACHES["default"]
    prefix = default["KEY_PREFIX"]
    default["KEY_PREFIX"] = f"{prefix}:{next(tests)}"
    forget_client()
    yield
    default["KEY_PREFIX"] = prefix
    forget_client()


def forget_client() -> None:
    """The next use of the cache in this thread reads the settings anew."""
    with suppress(AttributeError):  # there was no use before
        del caches["default"]
