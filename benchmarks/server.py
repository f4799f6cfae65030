"""Starting what is measured and what it talks to, each in a process of its own."""

import os
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.place import FORWARDED, ROOT
from core.local import processes
from core.local.processes import LocalError

# For two cores. Two processes, since one Python process computes on one core; few threads in
# each, since threads of a process take turns on its core and every further one only adds to the
# turns. Production, where a thread also waits for a database elsewhere, has more.
GTHREAD = {"WEB_WORKER_CLASS": "gthread", "WEB_WORKERS": "2", "WEB_THREADS": "2"}
ASGI = {"WEB_WORKER_CLASS": "asgi", "WEB_WORKERS": "2"}
APPLICATIONS = {"gthread": "config.wsgi:application", "asgi": "config.asgi:application"}


@contextmanager
def gunicorn(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve as production does, request lines going to `log`; yields the site's URL."""
    [port] = processes.free_ports(1)
    application = APPLICATIONS[environment["WEB_WORKER_CLASS"]]
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", application]
    bound = {"WEB_BIND": f"127.0.0.1:{port}"}
    with running(command, {**environment, **bound}, log):
        site = f"http://127.0.0.1:{port}"
        wait_until_answers(f"{site}/api/health", log)
        yield site


@contextmanager
def bare(log: Path) -> Iterator[str]:
    """`bare.py`, with as many processes; yields its URL."""
    [port] = processes.free_ports(1)
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "4"]
    bound = ["-b", f"127.0.0.1:{port}", "--no-control-socket", "benchmarks.bare:application"]
    with running([*command, *bound], os.environ, log):
        site = f"http://127.0.0.1:{port}"
        wait_until_answers(f"{site}/api/health", log)
        yield site


@contextmanager
def stub(log: Path) -> Iterator[str]:
    """The stub of both providers; yields its OpenAI base URL."""
    [port] = processes.free_ports(1)
    with running([sys.executable, "-m", "benchmarks.stub", str(port)], os.environ, log):
        wait_until_answers(f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    log.unlink(missing_ok=True)
    os.chdir(ROOT)
    process = processes.start(command, log=log, environment=environment)
    try:
        yield
    finally:
        processes.stop(process, signal.SIGTERM, signal.SIGINT)


def wait_until_answers(url: str, log: Path) -> None:
    deadline = time.monotonic() + processes.READY_WITHIN
    request = urllib.request.Request(url, headers=FORWARDED)
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                last_words = processes.last_line(log)
                raise LocalError(f"{url} does not answer: {last_words} (see {log})") from None
            time.sleep(0.05)
