"""Starting and stopping servers, so that none outlives the program that started it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY_WITHIN = 60.0  # seconds; a machine that is busy with much else takes long
STOPPED_WITHIN = 10.0
# As PostgreSQL marks what it ends of.
GRAVE = ("PANIC: ", "FATAL: ")


class LocalError(Exception):
    """One sentence for the person at the keyboard."""


def start(
    command: Sequence[str],
    *,
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
    death_signal: str = "TERM",
) -> subprocess.Popen[str]:
    """Start a program in a session of its own, so that Ctrl-C reaches only its supervisor.

    Output goes to the end of `log`, or with none to the pipe `stdout`. The kernel sends
    `death_signal` when the supervisor is gone, even by `kill -9`.
    """
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [*tied(death_signal), *command],
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
            text=True,
            errors="replace",
        )
    finally:
        if output:
            output.close()


def tied(death_signal: str) -> list[str]:
    """A prefix that ties a program's life to its parent's; Linux only, elsewhere it is empty."""
    setpriv = shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    return [setpriv, "--pdeathsig", death_signal] if setpriv else []


def stop(process: subprocess.Popen[str], *signals: signal.Signals) -> None:
    """Send each signal in turn, giving the process time after each, and at last SIGKILL."""
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            continue


def stop_orphan(pid_file: Path, folder: Path, number: signal.Signals) -> None:
    """Stop the server that a killed supervisor left running, and remove its pid file.

    The process id may belong to another program by now (ids start over in a container), so only
    a process that works in `folder` is stopped.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        pid_file.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + STOPPED_WITHIN
    while working_folder(pid) == folder.resolve():
        os.kill(pid, number if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def working_folder(pid: int) -> Path | None:
    """Of a running process; None for one that has ended or is another user's."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[str], name: str, log: Path
) -> None:
    """Raise LocalError, with the gravest line of the log, when `process`, a server whose data are
    beside its log, ends or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while not ready():
        if process.poll() is not None:
            problem = "did not start"
        elif time.monotonic() > deadline:
            problem = f"was not ready in {READY_WITHIN:.0f} seconds"
        else:
            time.sleep(0.02)
            continue
        raise LocalError(
            f"{name} {problem}: {gravest_line(log)} (more in {log}). If its data are damaged, "
            f"move {log.parent} elsewhere: the next run makes it anew."
        )


def set_aside(log: Path) -> None:
    """So that what a log says is of this run; the one before stays beside it."""
    if log.is_file():
        log.replace(log.with_name(f"{log.name}.before"))


def gravest_line(log: Path) -> str:
    """The last that tells of an end, without its time; else the last of all."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        for level in GRAVE:
            _, found, words = line.partition(level)
            if found:
                return " ".join(words.split())
    return last_line(log)


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, whole or not at all."""
    half_made = path.with_name(path.name + ".new")
    half_made.unlink(missing_ok=True)
    with os.fdopen(os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half_made.replace(path)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server binds: a connection that lingers after its server is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports the kernel holds to be free, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def remembered_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """A port for each name: the one used last time where it is still free, else another."""
    fresh = dict(zip(names, free_ports(len(names)), strict=True))
    known = fresh | known_ports(file)
    ports = {name: known[name] if is_free(known[name]) else fresh[name] for name in names}
    if len(set(ports.values())) < len(names):
        ports = fresh
    write_private(file, json.dumps(ports))
    return ports


def known_ports(file: Path) -> dict[str, int]:
    """What `remembered_ports` wrote; without what is no port, should the file be damaged."""
    try:
        found = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: port for name, port in pairs if type(port) is int and 0 < port < 65536}
