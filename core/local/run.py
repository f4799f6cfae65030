"""The supervisor of `make run`: both servers, migrations, sample data, the products."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from core.local import code, processes
from core.local.card import card
from core.local.holders import require_different, require_free
from core.local.prepare import ROOT, migrate, seed, variables
from core.local.processes import LocalError
from core.local.sharing import own_servers
from core.local.stack import Stack
from core.local.workers import start_workers
from core.product import Product

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Someone asked the supervisor to stop."""


def run(folder: Path, products: Mapping[str, Product]) -> int:
    """Serve until a signal comes (0) or a server ends by itself (1). LocalError: cannot start."""
    # Handlers of our own: a shell script's background job inherits SIGINT ignored.
    for number in STOP_SIGNALS:
        signal.signal(number, stop_once)
    try:
        with own_servers(folder, products, lambda: make_way(folder, products)) as stack:
            migrate(stack)
            seed(stack)
            return serve(stack)
    except Stopped:
        print(f"\nStopped everything. Your data stays in {shown(folder)}.", flush=True)
        return 0


def shown(folder: Path) -> str:
    """As it is called from where the code is; in full where it is elsewhere."""
    return f"{folder.relative_to(ROOT)}/" if folder.is_relative_to(ROOT) else str(folder)


def stop_once(number: int, frame: object) -> None:
    """Begin the orderly end; a second Ctrl-C must not cut it short."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


def make_way(folder: Path, products: Mapping[str, Product]) -> None:
    """Before anything starts: each has a port, free but for what a killed run left on it."""
    require_different(products.values())
    for product in products.values():
        processes.stop_orphan(folder / f"{product.id}.pid", ROOT, signal.SIGTERM)
        require_free(product)
    made = (folder / "postgres" / "data").exists()
    print("Starting" if made else "Making and starting", "PostgreSQL and Redis", flush=True)


def serve(stack: Stack) -> int:
    tried = code.state()
    for name, product in stack.products.items():
        stack.web[name] = start_web(stack, product)
    for product in stack.products.values():
        wait_until_healthy(stack, product, tried)
    start_workers(stack)
    print(card(stack), flush=True)
    for name in stack.web:
        threading.Thread(target=repeat, args=(name, web_log(stack, name)), daemon=True).start()
    return watch(stack.processes())


def web_log(stack: Stack, name: str) -> Path:
    return stack.logs / f"{name}.log"


def start_web(stack: Stack, product: Product) -> subprocess.Popen[str]:
    log = web_log(stack, product.id)
    log.unlink(missing_ok=True)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py"]
    pid_file = ["--pid", str(stack.folder / f"{product.id}.pid")]
    return processes.start(
        [*gunicorn, *pid_file, "config.asgi:application"],
        log=log,
        environment=variables(stack, product.id)
        | {
            "WEB_BIND": f"127.0.0.1:{product.port}",
            "WEB_WORKER_CLASS": "asgi",
            "WEB_WORKERS": "1",
            "WEB_RELOAD": "1",
        },
    )


def repeat(name: str, log: Path) -> None:
    """Print what a web process logs from now on, marked with its product."""
    with log.open(errors="replace") as file:
        file.seek(0, os.SEEK_END)
        while True:
            if line := file.readline():
                print(f"{name:<11}| {line}", end="", flush=True)
            else:
                time.sleep(0.1)


def wait_until_healthy(stack: Stack, product: Product, tried: code.State) -> None:
    """Code that does not load is tried again after each change; `tried` is what runs now."""
    name, log = product.id, web_log(stack, product.id)
    deadline = time.monotonic() + processes.READY_WITHIN
    while not is_healthy(product):
        status = stack.web[name].poll()
        if status == os.EX_SOFTWARE:
            print(
                f"\n{processes.last_line(log)}\nMend it and {name} starts (more in {log}).",
                flush=True,
            )
            tried = code.wait_for_another(than=tried)
            stack.web[name] = start_web(stack, product)
            deadline = time.monotonic() + processes.READY_WITHIN
        elif status is not None:
            said = log.read_text(errors="replace")
            raise LocalError(f"{name} did not start. Its log:\n{said}")
        elif time.monotonic() > deadline:
            raise LocalError(f"{name} does not answer (see {log}).")
        time.sleep(0.05)


def is_healthy(product: Product) -> bool:
    try:
        url = f"http://127.0.0.1:{product.port}/api/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def watch(children: Mapping[str, subprocess.Popen[str]]) -> int:
    """Wait until one ends by itself, which is the end of all."""
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                print(f"\n{name} ended (status {child.returncode}): stopping all.", file=sys.stderr)
                return 1
        time.sleep(0.2)
