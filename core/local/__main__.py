"""The commands behind the Makefile: `python -m core.local run`, `services` and `reset`."""

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from core.local.prepare import ROOT, migrate, seed
from core.local.processes import LocalError
from core.local.run import run
from core.local.sharing import use_servers
from core.product import Product, misnamed_sentence

NO_SPACE = 1024 * 1024  # bytes


def main() -> int:
    os.chdir(ROOT)
    arguments = parser().parse_args()
    folder = Path(os.environ.get("LOCAL_DIR", ROOT / ".local")).resolve()
    try:
        status = int(arguments.act(folder, products(), arguments))
        return status if status >= 0 else 128 - status  # as a shell reports a signal
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (LocalError, OSError) as error:
        sentence = explanation(error, folder)
        if sentence is None:
            raise
    print(f"\n{sentence}", file=sys.stderr)
    return 1


def products() -> Mapping[str, Product]:
    """By name, as Django finds settings: nothing in core depends on config.

    LocalError while the settings do not load, or call a product otherwise than its module.
    """
    try:
        found: Mapping[str, Product] = import_module("config").products()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise LocalError(f"The settings of the products do not load: {what}") from error
    for name, product in found.items():
        if sentence := misnamed_sentence(name, product):
            raise LocalError(sentence)
    return found


def explanation(error: LocalError | OSError, folder: Path) -> str | None:
    """One sentence for the person at the keyboard; None for what only a traceback explains."""
    if isinstance(error, IsADirectoryError):
        folder = error.filename2 or error.filename  # what was to be replaced, or read
        return f"{folder} is a folder where a file should be: remove it, then try again."
    if isinstance(error, NotADirectoryError | FileExistsError):
        inside = Path(error.filename)
        file = next(part for part in (inside, *inside.parents) if part.exists())
        return f"{file} is a file where a folder should be: remove it, then try again."
    if isinstance(error, PermissionError) and not os.path.exists(error.filename):
        folder = next(part for part in Path(error.filename).parents if os.path.exists(part))
        return (
            f"{error.filename} cannot be made or opened: {folder} belongs to another user. Set "
            "LOCAL_DIR to a folder of yours, or run as that user."
        )
    if isinstance(error, PermissionError):
        return f"{error.filename} belongs to another user: remove it or run as that user."
    no_space = isinstance(error, OSError) and error.errno == errno.ENOSPC
    # A server or a command that found no space may not even have been able to write so.
    made = next(part for part in (folder, *folder.parents) if part.exists())
    if no_space or shutil.disk_usage(made).free < NO_SPACE:
        return f"The disk of {folder} is full: free some space, then try again."
    return str(error) if isinstance(error, LocalError) else None


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.local", description=__doc__)
    commands = parser.add_subparsers(required=True)

    running = commands.add_parser("run", help="serve every product until Ctrl-C")
    running.set_defaults(act=lambda folder, products, _: run(folder, products))

    services = commands.add_parser("services", help="run a command with the servers up")
    services.add_argument("command", nargs=argparse.REMAINDER, metavar="-- command")
    services.set_defaults(act=with_services)

    reset = commands.add_parser("reset", help="empty one product's database and Redis keys")
    reset.add_argument("product")
    reset.set_defaults(act=reset_product)
    return parser


def with_services(
    folder: Path, products: Mapping[str, Product], arguments: argparse.Namespace
) -> int:
    command = arguments.command[arguments.command[:1] == ["--"] :]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with use_servers(folder, products):
        # A terminal sends Ctrl-C to the command too, which ends as it sees fit.
        signal.signal(signal.SIGINT, lambda *_: None)
        process = subprocess.Popen(command)
        try:
            return process.wait()
        finally:
            process.terminate()
            process.wait()


def reset_product(
    folder: Path, products: Mapping[str, Product], arguments: argparse.Namespace
) -> int:
    name = arguments.product
    if name not in products:
        raise LocalError(f"There is no product {name!r}: choose {' or '.join(products)}.")
    print(f"This deletes everything in {name}'s local database and its Redis keys.")
    if typed(f"Type {name} to go on: ") != name:
        raise LocalError("Nothing was deleted.")
    with use_servers(folder, products) as stack:
        stack.empty(name)
        only = stack.only(name)
        migrate(only)
        seed(only)
    print(f"{name} is as new.")
    return 0


def typed(question: str) -> str:
    """Empty where nobody types, as in a script."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
