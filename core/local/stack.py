"""PostgreSQL and Redis under `.local/`, with every product provisioned in both."""

import os
import shutil
import signal
import subprocess
import threading
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import psycopg

from core.local import environment, processes
from core.local.databases import Database, databases, variables_of_databases
from core.local.postgres import Postgres
from core.local.processes import LocalError
from core.local.redis import Redis, RedisUser
from core.product import Product

MINIMUM_FREE = 300 * 1024 * 1024  # bytes: a new cluster with sample data takes about 100 MB

# What is remembered about a product's database.
MIGRATED, SAMPLE = "migrated", "sample"
APPLIED_MIGRATIONS = "SELECT md5(string_agg(app || name, ' ' ORDER BY id)) FROM django_migrations"


class Stack:
    """Both servers of one `.local/` folder; each product's environment file and processes."""

    def __init__(
        self, folder: Path, products: Mapping[str, Product], ports: Mapping[str, int]
    ) -> None:
        self.folder = folder
        self.products = products
        self.logs = folder / "logs"
        self.postgres = Postgres(folder / "postgres", ports["postgres"])
        self.redis = Redis(folder / "redis", ports["redis"])
        self.web: dict[str, subprocess.Popen[str]] = {}
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self.stopping = threading.Event()
        self._changing_workers = threading.Lock()

    def start(self) -> None:
        """Start and provision; repairs what a killed run left. LocalError says what it cannot."""
        self.logs.mkdir(exist_ok=True)
        if shutil.disk_usage(self.folder).free < MINIMUM_FREE:
            raise LocalError(f"The disk of {self.folder} is full: free {MINIMUM_FREE >> 20} MB.")
        kept = {name: self._kept(product) for name, product in self.products.items()}
        if not self.postgres.has_cluster():
            self._forget()
        self.postgres.start()
        self.redis.start({name: self._redis_user(name, kept[name]) for name in kept})
        for name, values in kept.items():
            split = is_split(values, os.environ.get("SPLIT", ""))
            found = databases(name, values, split, "{}_db_dev".format)
            self._provision(found)
            derived = self._derived(name, values, found)
            changing = {*derived, *variables_of_databases()}
            lasting = {key: value for key, value in values.items() if key not in changing}
            environment.write(self.env_file(name), name, lasting | derived)

    def work(self, name: str, start: Callable[[], subprocess.Popen[str]]) -> None:
        """Put another worker of the product in place of the one that there is, if any."""
        with self._changing_workers:
            if name in self.workers:
                processes.stop(self.workers[name], signal.SIGTERM)
            if not self.stopping.is_set():
                self.workers[name] = start()

    def stop(self) -> None:
        self.stopping.set()
        with self._changing_workers:
            workers = list(self.workers.values())
        for process in workers:
            process.send_signal(signal.SIGTERM)
        # All at once, then one after another: SIGINT has gunicorn drop open streams.
        for process in self.web.values():
            process.send_signal(signal.SIGINT)
        for process in self.web.values():
            processes.stop(process, signal.SIGINT)
        for process in workers:
            processes.stop(process, signal.SIGTERM)
        self.redis.stop()
        self.postgres.stop()

    def empty(self, name: str) -> None:
        """Drop the product's databases and Redis keys, and provision them anew."""
        for what in (MIGRATED, SAMPLE):
            self._marker(name, what).unlink(missing_ok=True)
        found = self.databases(name)
        for database in found:
            self.postgres.drop(database.name)
        self.redis.forget(name, self.products[name].redis_database)
        self._provision(found)

    def env_file(self, name: str) -> Path:
        return self.folder / f"{name}.env"

    def processes(self) -> dict[str, subprocess.Popen[str]]:
        """Of all that was started here."""
        servers = {"PostgreSQL": self.postgres.process, "Redis": self.redis.process}
        return {name: process for name, process in servers.items() if process} | self.web

    def only(self, name: str) -> "Stack":
        """The same servers as one product sees them."""
        ports = {"postgres": self.postgres.port, "redis": self.redis.port}
        return Stack(self.folder, {name: self.products[name]}, ports)

    def applied_migrations(self, name: str) -> str:
        """A text that changes when a migration is applied to the product's databases or undone."""
        return " ".join(self._applied(database.name) for database in self.databases(name))

    def _applied(self, database: str) -> str:
        with psycopg.connect(self.postgres.superuser_url(database)) as connection:
            try:
                row = connection.execute(APPLIED_MIGRATIONS).fetchone()
            except psycopg.errors.UndefinedTable:
                return "none"
        return str(row)

    def databases(self, name: str) -> list[Database]:
        """As whoever started the servers last wrote them down."""
        values = environment.read(self.env_file(name))
        return databases(name, values, is_split(values), "{}_db_dev".format)

    def remembered(self, name: str, what: str) -> str:
        """What `remember` was told last about the product's databases; empty before."""
        marker = self._marker(name, what)
        return marker.read_text(errors="replace") if marker.exists() else ""

    def remember(self, name: str, what: str, state: str) -> None:
        self._marker(name, what).write_text(state)

    def _forget(self) -> None:
        """What was known of every product's databases, which are gone."""
        for what in (MIGRATED, SAMPLE):
            for marker in self.postgres.folder.glob(f"*.{what}"):
                marker.unlink()

    def _marker(self, name: str, what: str) -> Path:
        # Beside the cluster: whoever deletes the one deletes the other.
        split = ".split" if len(self.databases(name)) > 1 else ""
        return self.postgres.folder / f"{name}{split}.{what}"

    def _kept(self, product: Product) -> dict[str, str]:
        made = environment.defaults(product.id, product.frontend_port)
        return made | environment.read(self.env_file(product.id))

    def _redis_user(self, name: str, values: Mapping[str, str]) -> RedisUser:
        return RedisUser(values["LOCAL_REDIS_PASSWORD"], self.products[name].redis_database)

    def _provision(self, databases: Iterable[Database]) -> None:
        for database in databases:
            database.provision(self.postgres)

    def _derived(
        self, name: str, values: Mapping[str, str], databases: Iterable[Database]
    ) -> dict[str, str]:
        """What follows from passwords, ports and the folder's place, which may have changed."""
        key_file = self.folder / f"{name}.clerk.pem"
        urls = [database.environment(self.postgres) for database in databases]
        return dict(ChainMap(*urls)) | {
            "REDIS_URL": self.redis.url(name, self._redis_user(name, values)),
            "CLERK_JWT_KEY": environment.signing_key(key_file),
            "DEV_JWT_PRIVATE_KEY_FILE": str(key_file),
        }


def is_split(values: Mapping[str, str], asked: str = "") -> bool:
    """Two databases, as `SPLIT=1` asks, or one, as `SPLIT=0`; else as it was last."""
    return asked != "0" if asked else "AUTH_DATABASE_URL" in values
