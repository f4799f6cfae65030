"""Where the benchmarks run: servers and data of their own, kept between runs in `.local/bench`.

`LARGE` is filled with 100,000 rows of each kind, `SAMPLE` holds the sample data only.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config import products
from core.local import environment
from core.local.postgres import Postgres
from core.local.processes import LocalError
from core.local.sharing import use_servers

ROOT = Path(__file__).parents[1]
LARGE, SAMPLE = "bestays", "realestate"
# Whatever a developer's shell or .env files say of a product must not reach a benchmark: it would
# fill another database.
STRAY = ("APP_D", "AUTH_D", "CACHE_", "CHAT_", "CLERK_", "DATABASE_", "DB_POOL_", "EMBEDDING_",
         "FAQ_", "LLM_", "PG", "REDIS_", "SEARCH_", "SECURE_", "WEB_",
         "DJANGO_SETTINGS_MODULE")  # fmt: skip
ORIGIN = "https://www.example.com"
# As in production behind nginx, which says that the visitor came by https.
PRODUCTION = {
    "ENVIRONMENT": "production",
    "ALLOWED_HOSTS": "127.0.0.1",
    "FRONTEND_URLS": ORIGIN,
    "CLERK_AUTHORIZED_PARTIES": ORIGIN,
    "LOG_LEVEL": "INFO",
    "CHAT_RATE": "off",
    "SEARCH_RATE": "1000000000/day",  # never reached, but counted as in production
}
SHARED_BUFFERS = "512MB"
FORWARDED = {"X-Forwarded-Proto": "https"}


@contextmanager
def servers(folder: Path, shared_buffers: str = SHARED_BUFFERS) -> Iterator[None]:
    """PostgreSQL and Redis, up, with both products migrated. Raises LocalError."""
    settings = folder / "postgres" / "data" / "postgresql.auto.conf"
    wanted = f"shared_buffers = '{shared_buffers}'"
    if not (settings.exists() and wanted in settings.read_text()):
        with use_servers(folder, products()) as stack:
            tune(stack.postgres, shared_buffers)
    with use_servers(folder, products()) as stack:
        for name in stack.products:
            manage(folder, name, "migrate", "--verbosity=0")
        yield


def tune(postgres: Postgres, shared_buffers: str) -> None:
    """What a production server has more of than the default, from its next start on.

    With 128 MB a third of the blocks that a vector search reads came from outside the buffers.
    """
    with psycopg.connect(postgres.superuser_url(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET shared_buffers = '{shared_buffers}'")


def variables(folder: Path, name: str, **more: str) -> dict[str, str]:
    """The environment of a product's processes, with `more` on top."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(STRAY)}
    own = environment.read(folder / f"{name}.env")
    place = {"LOCAL_DIR": str(folder), "ENV_DIR": str(folder)}
    module = {"DJANGO_SETTINGS_MODULE": f"config.{name}", "PYTHONUNBUFFERED": "1"}
    key = own["CLERK_PUBLISHABLE_KEY"].replace("pk_test_", "pk_live_")
    return kept | own | place | module | PRODUCTION | {"CLERK_PUBLISHABLE_KEY": key} | more


def manage(folder: Path, name: str, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=variables(folder, name),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise LocalError(f"manage.py {' '.join(command)} failed for {name}:\n{done.stderr.strip()}")
