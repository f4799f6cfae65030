"""The workers of `make run`: one for each product, started anew when the code has changed."""

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from core.local import code, processes
from core.local.prepare import variables
from core.local.stack import Stack

LOOKED_EVERY = 2.0  # seconds


def start_workers(stack: Stack) -> None:
    """They are not waited for. The thread stays, since the kernel ends them with who began them."""
    threading.Thread(target=keep, args=(stack,), daemon=True).start()


def keep(stack: Stack) -> None:
    """Until the stack stops. One that ended by itself is told, and tried with the next change."""
    tried, told = None, set[str]()
    while not stack.stopping.is_set():
        if (now := code.state()) != tried:
            tried = now
            told.clear()
            for name in stack.products:
                stack.work(name, partial(start, stack, name))
        stack.stopping.wait(LOOKED_EVERY)
        for name, worker in list(stack.workers.items()):
            if worker.poll() is not None and name not in told:
                told.add(name)
                reason = processes.last_line(log_of(stack, name))
                print(f"\nThe worker of {name} ended: {reason}", file=sys.stderr, flush=True)


def start(stack: Stack, name: str) -> subprocess.Popen[str]:
    log = log_of(stack, name)
    log.unlink(missing_ok=True)
    program = [sys.executable, "manage.py", "work"]
    return processes.start(program, log=log, environment=variables(stack, name))


def log_of(stack: Stack, name: str) -> Path:
    return stack.logs / f"{name}-worker.log"
