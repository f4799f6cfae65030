"""Both kinds of web server: `asgi` (development; `chat` in production) and `gthread` (`web`)."""

import gc
import os
import sys
import time
import traceback
from asyncio import Server
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

from gunicorn.glogging import Logger
from pythonjsonlogger.orjson import OrjsonFormatter

from config import missing_product_sentence

if not os.environ.get("DJANGO_SETTINGS_MODULE"):
    sys.exit(missing_product_sentence())


def number(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        sys.exit(f"{name} must be a whole number above 0.")
    return int(text)


bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = os.environ.get("WEB_WORKER_CLASS", "gthread")
workers = number("WEB_WORKERS", os.environ.get("WEB_WORKERS") or "2")
threads = number("WEB_THREADS", os.environ.get("WEB_THREADS") or "8")
reload = os.environ.get("WEB_RELOAD") == "1"
# The reloader watches loaded modules, and one that did not compile was never loaded.
ROOT = Path(__file__).parent.parent
reload_extra_files = [f"{package.parent}/**/*.py" for package in ROOT.glob("*/__init__.py")]
timeout = 60
graceful_timeout = 30
keepalive = 30
# A second product's server would take over the first one's socket.
control_socket_disable = True
asgi_lifespan = "off"
# The application itself refuses a token that is too long, in the envelope of the API.
limit_request_field_size = 32 * 1024


class JsonLogger(Logger):
    """gunicorn's own lines, such as one on a worker that did not answer, in the form of the
    product's (core/logs.py, which needs the settings that the parent must not load)."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        formatter = OrjsonFormatter(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields={"product": os.environ["DJANGO_SETTINGS_MODULE"].rpartition(".")[2]},
            timestamp="time",
        )
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)


if not reload:  # a developer reads the traceback of what does not load
    logger_class = JsonLogger
accesslog = None  # core.middleware.request_id writes one structured line a request
errorlog = "-"
# The most it allows, in bytes; what is longer is a plain 414 that the application never sees. A
# Thai letter takes nine: nginx allows more, and docs/api.md says what fits.
limit_request_line = 8190
# A worker shows that it is alive by touching a file with each turn of its loop: in memory, for on a
# disk that is busy it would wait, and be taken for dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# Connections that wait to be accepted. asyncio's own 100 overflows when hundreds of visitors come
# at once, and each one turned away tries again only a second later.
backlog = 2048
# Accepted before the loop turns to other work: were it more, one worker would take them all.
ACCEPTED_AT_ONCE = 4


# Seconds between two connections that a gthread worker accepts. Without it the first to wake takes
# all that come at once, and a proxy keeps its connections: one process then does the work of both,
# at half the speed.
ACCEPTED_APART = 0.001


def post_worker_init(worker: Any) -> None:
    """Share connections among the workers, for which gunicorn 27.0 has no setting; do what waits in
    the outbox: a thread that sleeps costs less than a process of its own; and spare the first
    visitor the wait for what takes long to load."""
    # What is loaded stays, and is passed over from now on.
    gc.freeze()
    gc.enable()
    Thread(target=keep_delivering, name="outbox", daemon=True).start()
    Thread(target=load_the_slow, name="loading", daemon=True).start()
    if worker_class == "gthread":
        take_turns(worker)
    elif worker_class == "asgi":
        listen_long(worker.loop)


def keep_delivering() -> None:
    from django.apps import apps

    if apps.ready:  # not where the reloader waits for code that loads
        from core import outbox

        outbox.keep_delivering()


def load_the_slow() -> None:
    """What a process does without until it is needed: the dictionary, what a wish is read with, and
    the model's client."""
    from django.apps import apps

    if apps.ready:
        from django.conf import settings

        from core.search.expressions import compile_expressions
        from core.search.text import thai_segmenter

        compile_expressions()
        thai_segmenter()
        if settings.CHAT_ENABLED and settings.LLM is not None:
            import_module("chat.model_client")


def take_turns(worker: Any) -> None:
    accept = worker.accept

    def accept_and_wait(listener: socket) -> None:
        accept(listener)
        time.sleep(ACCEPTED_APART)

    worker.accept = accept_and_wait


def listen_long(loop: Any) -> None:
    """The asgi worker calls `loop.create_server(sock=...)`, with asyncio's own backlog."""
    create_server = loop.create_server

    async def create_listening(*args: Any, sock: socket, **kwargs: Any) -> Server:
        server = await create_server(*args, sock=sock, backlog=ACCEPTED_AT_ONCE, **kwargs)
        sock.listen(backlog)
        return server

    loop.create_server = create_listening


def post_fork(server: Any, worker: Any) -> None:
    gc.disable()  # until the application is loaded, for none of that is garbage
    keep_to_a_core(server.WORKERS)
    if reload:
        forget_own_code()
        show_what_does_not_load(worker)


def forget_own_code() -> None:
    """The parent has imported a little of it (above), which would be the old one after a reload."""
    own = {package.parent.name for package in ROOT.glob("*/__init__.py")}
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]


def keep_to_a_core(siblings: Iterable[int]) -> None:
    """Where there is a worker for every core, stay on the one that the fewest of them are on.

    The threads of a Python process take turns, and turns on different cores carry what they compute
    with from the caches of one to those of the other: with four threads a no-op took 418
    microseconds of CPU on any core, 220 on one. With cores to spare the kernel knows better.
    """
    cores = os.sched_getaffinity(0)
    if not 1 < len(cores) <= workers:
        return
    taken: Counter[int] = Counter()
    for pid in siblings:
        with suppress(ProcessLookupError):  # it has just ended
            taken.update(os.sched_getaffinity(pid))
    os.sched_setaffinity(0, {min(cores, key=lambda core: taken[core])})


def show_what_does_not_load(worker: Any) -> None:
    """With the reloader on, code that does not load is an error page until it is mended.

    gunicorn does so after a SyntaxError; after any other error the server itself would end.
    """
    load = worker.app.load

    def load_or_syntax_error() -> Any:
        try:
            return load()
        except Exception as error:
            raise SyntaxError(f"{type(error).__name__}: {error}") from error

    worker.app.load = load_or_syntax_error


def on_starting(server: object) -> None:
    """Refuse to serve code that does not load, wrong settings or another product's database.

    In a process of its own: the parent must not import the application, or a reload would
    hand its workers the old code, and must not open a pool that the workers would inherit.
    """
    check = get_context("fork").Process(target=check_in_child)
    check.start()
    check.join()
    if check.exitcode:
        sys.exit(check.exitcode)


def check_in_child() -> None:
    gc.disable()  # it ends soon
    try:
        import django

        django.setup()

        from django.conf import settings

        # Its models need the apps.
        from core.startup import connect_without_pools, refuse_what_is_wrong

        import_module(settings.ROOT_URLCONF)
    except Exception as error:
        traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        print(f"{os.environ['DJANGO_SETTINGS_MODULE']} does not load: {what}", file=sys.stderr)
        sys.exit(os.EX_SOFTWARE)  # tells `make run` to wait for a change
    connect_without_pools()
    refuse_what_is_wrong(serving=True)
