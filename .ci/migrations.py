"""Migrates each product from zero to latest to zero to latest, and compares the schemas.

Latest must be the same both times and for every product, role names aside, and nothing may be
left at zero; with one database for each product, and with two. On a PostgreSQL of its own,
provisioned as in production, as the owner.
"""

import os
import subprocess
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from core.local import binaries, environment, processes  # noqa: E402
from core.local.databases import Database, databases as of_product  # noqa: E402
from core.local.postgres import Postgres, without_libpq_variables  # noqa: E402
from core.product import Product  # noqa: E402
from core.testing import programs  # noqa: E402


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        postgres = Postgres(Path(folder) / "postgres", *processes.free_ports(1), durable=False)
        postgres.start()
        try:
            for split in (False, True):
                every_product(postgres, split)
        finally:
            postgres.stop()
    return 0


def every_product(postgres: Postgres, split: bool) -> None:
    schemas = {
        name: there_and_back(postgres, product, split)
        for name, product in config.products().items()
    }
    first, *others = schemas
    for other in others:
        must_equal(schemas[first], schemas[other], f"{first} and {other}")
    print(f"{', '.join(schemas)}: the same {len(schemas[first])} lines of schema")


def there_and_back(postgres: Postgres, product: Product, split: bool) -> list[str]:
    """The product's schema at latest, with its name replaced."""
    secrets = environment.defaults(product.id, product.frontend_port)
    databases = of_product(product.id, secrets, split, "{}_db".format)
    urls = {}
    for database in databases:
        database.provision(postgres)
        urls |= database.environment(postgres)
    variables = (
        secrets
        | urls
        | {
            "DJANGO_SETTINGS_MODULE": f"config.{product.id}",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "ENV_DIR": "/nonexistent",
            "LOCAL_DIR": "/nonexistent",
        }
    )
    manage(variables, "migrate", "--verbosity=0")
    latest = schema(postgres, product.id, databases)
    for app in migrated_apps(variables):
        manage(variables, "migrate", "--verbosity=0", app, "zero")
    left = schema(postgres, product.id, databases)
    left = [line for line in left if line.startswith("CREATE TABLE")]
    nothing = ["CREATE TABLE public.django_migrations ("] * len(databases)
    must_equal(nothing, left, f"{product.id} at zero")
    manage(variables, "migrate", "--verbosity=0")
    must_equal(latest, schema(postgres, product.id, databases), f"{product.id} after zero")
    names = " and ".join(database.name for database in databases)
    print(f"{names}: latest, zero, latest")
    return latest


def migrated_apps(variables: dict[str, str]) -> list[str]:
    listed = manage(variables, "showmigrations", "--no-color").splitlines()
    return [line for line in listed if not line.startswith(" ")]


def manage(variables: dict[str, str], *arguments: str) -> str:
    done = programs.run(["manage.py", *arguments], without_libpq_variables() | variables)
    if done.returncode:
        sys.exit(f"{done.stderr}manage.py {' '.join(arguments)} failed")
    return done.stdout


def schema(postgres: Postgres, product: str, databases: list[Database]) -> list[str]:
    return [line for each in databases for line in dumped(postgres, product, each.name)]


def dumped(postgres: Postgres, product: str, database: str) -> list[str]:
    done = subprocess.run(
        [binaries.postgres("pg_dump"), "--schema-only", postgres.superuser_url(database)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=without_libpq_variables(),
    )
    # \restrict holds a random word, against text that would leave a dump.
    lines = [line for line in done.stdout.splitlines() if "restrict " not in line]
    return [line.replace(product, "{product}") for line in lines]


def must_equal(expected: list[str], found: list[str], what: str) -> None:
    difference = list(unified_diff(expected, found, lineterm="", n=1))
    if difference:
        sys.exit("\n".join([f"The schemas differ: {what}", *difference]))


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
