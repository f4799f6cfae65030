"""A real chat server (gunicorn, asgi) on the tests' database, asked over real HTTP."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from core.local.processes import free_ports
from core.testing import programs

READY_WITHIN = 60.0  # seconds; the machine may be busy
STOPPED_WITHIN = 60.0


@contextmanager
def chat_server(model_url: str, log: Path, extra: Mapping[str, str] = {}) -> Iterator[str]:  # noqa: B006
    """Base URL of a server with one worker, while it runs."""
    environment = {
        **os.environ,
        "SERVED_SETTINGS": os.environ["DJANGO_SETTINGS_MODULE"],
        "DJANGO_SETTINGS_MODULE": "chat.tests.served",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_WORKER_CLASS": "asgi",
        "LLM_BASE_URL": model_url,
        "LLM_API_KEY": "key-of-the-tests",
        "LLM_MODEL": "main",
        "CHAT_RATE": "off",
        **extra,
    }
    with gunicorn("config.asgi:application", environment, log) as url:
        yield url


@contextmanager
def gunicorn(application: str, environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Base URL of one worker in exactly this environment, while it runs."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = programs.start(
        ["-m", "gunicorn", "-c", "config/gunicorn.py", application],
        {**environment, "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1"},
        log,
    )
    try:
        wait_until_ready(process, url, log)
        yield url
    finally:
        process.terminate()
        process.join(STOPPED_WITHIN)
        assert process.exitcode is not None


def wait_until_ready(process: BaseProcess, url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while process.is_alive() and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/api/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
