"""Programs under test: each a process of its own, without the second that its libraries take.

A server of processes loads what comes from other projects, once, and forks for each program. Our
own code, the settings and the environment are read after the fork, as in any new process. What a
program says goes to files.
"""

import atexit
import gc
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from core.testing.coverage import without_coverage

ROOT = Path(__file__).parents[2]
STDOUT, STDERR = 1, 2
# Of those that our apps load, the ones that ask for no settings while they are loaded.
LIBRARIES = [
    "aiohttp",
    "core.testing.dictionary",
    "corsheaders.middleware",
    "django.contrib.admin",
    "django.contrib.admin.templatetags.admin_list",
    "django.contrib.admin.views.main",
    "django.contrib.admindocs.views",
    "django.contrib.auth.hashers",
    "django.contrib.auth.management",
    "django.contrib.postgres.forms",
    "django.contrib.postgres.search",
    "django.contrib.sessions.backends.db",
    "django.contrib.staticfiles.finders",
    "django.contrib.staticfiles.storage",
    "django.core.handlers.asgi",
    "django.core.handlers.wsgi",
    "django.core.management.commands.makemigrations",
    "django.core.management.commands.migrate",
    "django.db.backends.postgresql.base",
    "django.forms",
    "django.test",
    "django.urls",
    "django.views.debug",
    "django_redis",
    "drf_spectacular.types",
    "drf_spectacular.utils",
    "environ",
    "gunicorn.app.wsgiapp",
    "httpx2",
    "inflection",
    "jwt",
    "markdown_it",
    "openai",
    "openai.types.chat",
    "orjson",
    "pgvector",
    "pgvector.django",
    "procrastinate.builtin_tasks",
    "procrastinate.contrib.django",
    "psycopg_pool",
    "pygments.lexers",
    "pythainlp.tokenize.newmm",
    "pythonjsonlogger.orjson",
    "redis.asyncio",
    "rest_framework",
    "rest_framework.authentication",
    "rest_framework.serializers",
    "uritemplate",
    "whitenoise",
    "yaml",
]

context = get_context("forkserver")
context.set_forkserver_preload(LIBRARIES)


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    errors: Path | None = None,
    folder: Path = ROOT,
) -> BaseProcess:
    """Start what `python *arguments` would, a file or `-m` and a module, in this environment alone.

    Without `errors` they go to `output` too.
    """
    target = (list(arguments), without_coverage(environment), folder, output, errors)
    process = context.Process(target=become, args=target)
    process.start()
    return process


def run(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float = 120
) -> "subprocess.CompletedProcess[str]":
    """Start it, and wait for its end. subprocess.TimeoutExpired if that takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = start(arguments, environment, output, errors)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, timeout, errors.read_text())
        said, complained = output.read_text(), errors.read_text()
    return subprocess.CompletedProcess(arguments, process.exitcode, said, complained)


def become(
    arguments: list[str],
    environment: dict[str, str],
    folder: Path,
    output: Path,
    errors: Path | None,
) -> None:
    """What the forked process does."""
    gc.freeze()  # what was loaded before stays
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    redirect(STDOUT, output)
    if errors:
        redirect(STDERR, errors)
    else:
        os.dup2(STDOUT, STDERR)
    try:
        execute(arguments)
    finally:
        # multiprocessing ends a process without them.
        atexit._run_exitfuncs()


def redirect(number: int, file: Path) -> None:
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(opened, number)
    os.close(opened)


def execute(arguments: list[str]) -> None:
    first, *rest = arguments
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(first, run_name="__main__")
