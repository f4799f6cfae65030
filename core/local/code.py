"""Whether our own code has changed, for a product that waits until it loads."""

import os
import time
from contextlib import suppress
from pathlib import Path

from core.local.prepare import ROOT

State = frozenset[tuple[Path, float]]


def state() -> State:
    """Every module of ours with the time of its last change."""
    found = set()
    for package in ROOT.glob("*/__init__.py"):
        for module in package.parent.rglob("*.py"):
            with suppress(FileNotFoundError):  # an editor has just replaced it
                found.add((module, os.stat(module).st_mtime))
    return frozenset(found)


def wait_for_another(than: State) -> State:
    while (now := state()) == than:
        time.sleep(0.2)
    return now
