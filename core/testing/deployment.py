"""Several products side by side as in production: one PostgreSQL, one Redis, a wall between."""

import os
import subprocess
from base64 import b64encode
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from core.local import environment
from core.local.databases import Database, databases
from core.local.postgres import Postgres
from core.local.processes import free_ports
from core.local.redis import Redis, RedisUser
from core.product import Product
from core.testing import programs
from core.testing.coverage import measured
from core.testing.programs import ROOT


class Deployment:
    """Each product with its own credentials, and nothing of this process' environment."""

    def __init__(self, folder: Path, products: Mapping[str, Product]) -> None:
        postgres_port, redis_port = free_ports(2)
        self.folder = folder
        self.products = products
        self.postgres = Postgres(folder / "postgres", postgres_port, durable=False)
        self.redis = Redis(folder / "redis", redis_port, durable=False)
        self.values = {
            name: environment.defaults(name, product.frontend_port)
            for name, product in products.items()
        }

    def databases(self, name: str, split: bool) -> list[Database]:
        return databases(name, self.values[name], split, "{}_db".format)

    def provision(self, name: str, split: bool) -> None:
        for database in self.databases(name, split):
            database.provision(self.postgres)

    def redis_users(self) -> dict[str, RedisUser]:
        return {
            name: RedisUser(self.values[name]["LOCAL_REDIS_PASSWORD"], product.redis_database)
            for name, product in self.products.items()
        }

    def environment(self, name: str, split: bool) -> dict[str, str]:
        """Of a deployment in production, as .env.example has it."""
        host, page = f"clerk.{name}.example$", f"https://www.{name}.example"
        urls = [each.environment(self.postgres) for each in self.databases(name, split)]
        shown = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DB_POOL_MIN": "0"}
        return {
            **shown,
            **self.values[name],
            **dict(ChainMap(*urls)),
            "DJANGO_SETTINGS_MODULE": f"config.{name}",
            "ENV_DIR": "/nonexistent",
            "LOCAL_DIR": "/nonexistent",
            "ENVIRONMENT": "production",
            "ALLOWED_HOSTS": f"api.{name}.example",
            "FRONTEND_URLS": page,
            "REDIS_URL": self.redis.url(name, self.redis_users()[name]),
            "CLERK_PUBLISHABLE_KEY": "pk_live_" + b64encode(host.encode()).decode(),
            "CLERK_AUTHORIZED_PARTIES": page,
            "CLERK_JWT_KEY": environment.signing_key(self.folder / f"{name}.clerk.pem"),
        }

    def manage(
        self, name: str, split: bool, *arguments: str, **changed: str
    ) -> "subprocess.CompletedProcess[str]":
        command = measured(["manage.py", *arguments])
        return programs.run(command, self.environment(name, split) | changed)

    def as_superuser(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres.superuser_url(database), autocommit=True) as session:
            cursor = session.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(folder: Path, products: Mapping[str, Product]) -> Iterator[Deployment]:
    deployment = Deployment(folder, products)
    deployment.postgres.start()
    try:
        deployment.redis.start(deployment.redis_users())
        yield deployment
    finally:
        deployment.redis.stop()
        deployment.postgres.stop()
