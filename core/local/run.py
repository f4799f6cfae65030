"""The supervisor of `make run`: both servers, migrations, sample data, a web process a product."""

import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from core.local import processes
from core.local.card import card
from core.local.holders import require_free
from core.local.prepare import ROOT, migrate, seed, variables
from core.local.processes import LocalError
from core.local.sharing import own_servers
from core.local.stack import Stack
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
        print("\nStopped everything. Your data stays in .local/.", flush=True)
        return 0


def stop_once(number: int, frame: object) -> None:
    """Begin the orderly end; a second Ctrl-C must not cut it short."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


def make_way(folder: Path, products: Mapping[str, Product]) -> None:
    """Before anything starts: the ports are free, but for what a killed run left on them."""
    for product in products.values():
        processes.stop_orphan(folder / f"{product.id}.pid", ROOT, signal.SIGTERM)
        require_free(product)
    made = (folder / "postgres" / "data").exists()
    print("Starting" if made else "Making and starting", "PostgreSQL and Redis", flush=True)


def serve(stack: Stack) -> int:
    children: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, product in stack.products.items():
            children[name] = start_web(stack, product)
            echo(children[name], name, stack.logs / f"{name}.log")
        wait_until_healthy(stack.products, children)
        print(card(stack), flush=True)
        return watch(children | stack.processes())
    finally:
        # All at once, then one after another: SIGINT has gunicorn drop open streams.
        for child in children.values():
            child.send_signal(signal.SIGINT)
        for child in children.values():
            processes.stop(child, signal.SIGINT)


def start_web(stack: Stack, product: Product) -> subprocess.Popen[str]:
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py"]
    pid_file = ["--pid", str(stack.folder / f"{product.id}.pid")]
    return processes.start(
        [*gunicorn, *pid_file, "config.asgi:application"],
        environment=variables(stack, product.id)
        | {
            "WEB_BIND": f"127.0.0.1:{product.port}",
            "WEB_WORKER_CLASS": "asgi",
            "WEB_WORKERS": "1",
            "WEB_RELOAD": "1",
        },
    )


def echo(child: subprocess.Popen[str], name: str, log: Path) -> None:
    """Copy what a web process says to the terminal, marked with its product, and to its log."""

    def copy() -> None:
        assert child.stdout
        with log.open("a", buffering=1) as file:
            for line in child.stdout:
                file.write(line)
                print(f"{name:<11}| {line}", end="", flush=True)

    threading.Thread(target=copy, daemon=True).start()


def wait_until_healthy(
    products: Mapping[str, Product], children: Mapping[str, subprocess.Popen[str]]
) -> None:
    deadline = time.monotonic() + processes.READY_WITHIN
    for name, product in products.items():
        while not is_healthy(product):
            if children[name].poll() is not None:
                raise LocalError(f"{name} did not start; what it said stands above.")
            if time.monotonic() > deadline:
                raise LocalError(f"{name} does not answer on port {product.port}.")
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
                print(f"{name} ended with status {child.returncode}: stopping.", file=sys.stderr)
                return 1
        time.sleep(0.2)
