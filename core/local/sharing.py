"""Who starts and stops the servers of a `.local/` folder, when several commands want them.

One command owns the servers, others use them as its guests. Both are locks on files: the kernel
releases them even for a command that was killed.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.local import processes
from core.local.processes import LocalError
from core.local.stack import Stack
from core.product import Product

PORTS = "ports.json"
SERVERS = ("postgres", "redis")
POLL = 0.1  # seconds
# What an owner is, as it writes into its lock for others to read.
RUNNING, PASSING = "running", "passing"


@contextmanager
def own_servers(
    folder: Path, products: Mapping[str, Product], before: Callable[[], None]
) -> Iterator[Stack]:
    """The servers for `make run`; stopped at its end whoever still uses them.

    Waits for a passing command that owns them now. `before` runs when nothing is started yet.
    LocalError while another `make run` is up.
    """
    with locks(folder) as (owner, guests):
        while not acquired(owner):
            state, _, pid = said_by(owner).partition(" ")
            if state == RUNNING:
                raise LocalError(f"`make run` is already up here (process {pid}): stop it first.")
            time.sleep(POLL)
        say(owner, RUNNING)
        before()
        with started(folder, products, guests) as stack:
            try:
                yield stack
            finally:
                say(owner, PASSING)


@contextmanager
def use_servers(folder: Path, products: Mapping[str, Product]) -> Iterator[Stack]:
    """The servers, up: another command's, else started here and stopped after the last guest."""
    with locks(folder) as (owner, guests):
        deadline = time.monotonic() + processes.READY_WITHIN
        while not acquired(owner):
            fcntl.flock(guests, fcntl.LOCK_SH)  # waits while their owner starts them
            if stack := running(folder, products):
                yield stack
                return
            fcntl.flock(guests, fcntl.LOCK_UN)
            if time.monotonic() > deadline:
                pid = said_by(owner).partition(" ")[2]
                raise LocalError(
                    f"The servers that another command started here (process {pid}) do not "
                    f"answer: stop it, then try again."
                )
            time.sleep(POLL)
        say(owner, PASSING)
        with started(folder, products, guests) as stack:
            yield stack
            fcntl.flock(guests, fcntl.LOCK_EX)


@contextmanager
def started(folder: Path, products: Mapping[str, Product], guests: TextIO) -> Iterator[Stack]:
    fcntl.flock(guests, fcntl.LOCK_EX)
    ports = processes.remembered_ports(folder / PORTS, SERVERS)
    stack = Stack(folder, products, ports)
    try:
        stack.start()
        fcntl.flock(guests, fcntl.LOCK_UN)
        yield stack
    finally:
        stack.stop()


def running(folder: Path, products: Mapping[str, Product]) -> Stack | None:
    ports = processes.known_ports(folder / PORTS)
    if not ports.keys() >= set(SERVERS):
        return None  # the owner has not come that far
    try:
        stack = Stack(folder, products, ports)
        return stack if stack.postgres.is_ready() and stack.redis.is_ready() else None
    except FileNotFoundError:
        return None


@contextmanager
def locks(folder: Path) -> Iterator[tuple[TextIO, TextIO]]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "owner.lock").open("a+") as owner, (folder / "guests.lock").open("a") as guests:
        yield owner, guests


def acquired(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def say(lock: TextIO, state: str) -> None:
    lock.truncate(0)
    lock.write(f"{state} {os.getpid()}")
    lock.flush()


def said_by(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read()
