"""Management commands for every product at the same time, as `make run` needs them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from core.local import processes
from core.local.processes import LocalError
from core.local.stack import MIGRATED, SAMPLE, Stack

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"


def migrate(stack: Stack) -> None:
    """Migrate what has changed since the last run, in the code or in the database."""
    migrations = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py")]
    code = digest([*migrations, ROOT / "requirements" / "base.lock"])

    def state(name: str) -> str:
        return f"{code} {stack.applied_migrations(name)}"

    stale = [name for name in stack.products if stack.remembered(name, MIGRATED) != state(name)]
    manage(stack, stale, "migrate", "Migrating")
    for name in stale:
        stack.remember(name, MIGRATED, state(name))


def seed(stack: Stack) -> None:
    """Load sample data that is new since the last run: what was deleted since stays deleted."""
    folders = {name: SEEDS / name for name in stack.products if (SEEDS / name).is_dir()}
    samples = {name: digest(folder.rglob("*.*")) for name, folder in folders.items()}
    stale = [name for name in samples if stack.remembered(name, SAMPLE) != samples[name]]
    manage(stack, stale, "seed", "Loading the sample data of")
    for name in stale:
        stack.remember(name, SAMPLE, samples[name])


def digest(files: Iterable[Path]) -> str:
    return sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def manage(stack: Stack, names: list[str], command: str, doing: str) -> None:
    """Run a management command for these products. LocalError with its last words if it fails."""
    running: dict[str, subprocess.Popen[str]] = {}
    logs = {name: stack.logs / f"{name}-{command}.log" for name in names}
    try:
        for name, log in logs.items():
            print(f"{doing} {name}", flush=True)
            log.unlink(missing_ok=True)
            program = [sys.executable, "manage.py", command]
            running[name] = processes.start(program, log=log, environment=variables(stack, name))
        for name, process in running.items():
            if process.wait():
                why = last_words(name, logs[name])
                raise LocalError(f"{command} failed for {name}: {why} (see {logs[name]})")
    finally:
        for process in running.values():
            processes.stop(process, signal.SIGINT)


def last_words(name: str, log: Path) -> str:
    """All that is wrong with a product's settings, where it is that; else the last line, which is
    what a command says that refuses."""
    _, refusal, problems = log.read_text(errors="replace").partition(f"{name} does not start:\n")
    if refusal:
        return f"{refusal}{problems.rstrip()}"
    return processes.last_line(log).removeprefix("CommandError: ")


def variables(stack: Stack, name: str) -> dict[str, str]:
    """The environment of a product's processes."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": f"config.{name}",
        "LOCAL_DIR": str(stack.folder),
        "PYTHONUNBUFFERED": "1",
    }
