"""The workers of `make run`: one for each product, started anew when the code has changed."""

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from time import monotonic

from core.local import code, processes
from core.local.prepare import variables
from core.local.stack import Stack

LOOKED_EVERY = 2.0  # seconds
# One that ended by itself, as when its database was away for long.
AGAIN_AFTER = 30.0


def start_workers(stack: Stack) -> None:
    """They are not waited for. The thread stays, since the kernel ends them with who began them."""
    threading.Thread(target=keep, args=(stack,), daemon=True).start()


def keep(stack: Stack) -> None:
    """Until the stack stops. One that ended by itself is told, once, and tried again."""
    tried, told, begun = None, set[str](), dict[str, float]()

    def begin(name: str) -> None:
        begun[name] = monotonic()
        stack.work(name, partial(start, stack, name))

    while not stack.stopping.is_set():
        if (now := code.state()) != tried:
            tried = now
            told.clear()
            for name in stack.products:
                begin(name)
        stack.stopping.wait(LOOKED_EVERY)
        for name, worker in list(stack.workers.items()):
            if worker.poll() is None:
                continue
            if name not in told:
                told.add(name)
                reason = processes.last_line(log_of(stack, name))
                print(f"\nThe worker of {name} ended: {reason}", file=sys.stderr, flush=True)
            if monotonic() - begun[name] > AGAIN_AFTER:
                begin(name)


def start(stack: Stack, name: str) -> subprocess.Popen[str]:
    log = log_of(stack, name)
    log.unlink(missing_ok=True)
    program = [sys.executable, "manage.py", "work"]
    return processes.start(program, log=log, environment=variables(stack, name))


def log_of(stack: Stack, name: str) -> Path:
    return stack.logs / f"{name}-worker.log"
