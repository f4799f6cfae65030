"""`python -m benchmarks`: fills the databases where they are empty, measures, prints tables."""

import argparse
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import place, wrk
from core.local.processes import LocalError

KINDS = ("web", "streams", "sample", "tokens", "retrieval", "search_scale")
# Not measured unless named: a million FAQs take half an hour to fill.
NAMED = ("search_scale",)
DATA = place.ROOT.parent / "shared" / "data"


def main() -> int:
    arguments = parser().parse_args()
    folder: Path = arguments.folder.resolve()
    raise_descriptor_limit()
    try:
        wrk.require()
        if arguments.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        with place.servers(folder):
            return measured(folder)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "only", nargs="*", metavar="|".join(KINDS), help="all but search_scale when none is named"
    )
    parser.add_argument("--rows", type=int, default=100_000, help="listings, and as many FAQs")
    parser.add_argument(
        "--scale", nargs="+", default=[], metavar="FAQSxSIZE", help="such as 100000x384"
    )
    parser.add_argument("--seconds", type=float, default=4, help="of each run of wrk")
    parser.add_argument("--folder", type=Path, default=place.ROOT / ".local" / "bench")
    parser.add_argument("--data", type=Path, default=DATA, help="collections for retrieval")
    parser.add_argument("--fresh", action="store_true", help="forget what was filled before")
    parser.add_argument("--markdown", action="store_true", help="write the tables to README.md")
    return parser


def measured(folder: Path) -> int:
    """In a process of its own, whose settings are those of the product that is filled."""
    command = [sys.executable, "-m", "benchmarks.measuring", *sys.argv[1:]]
    environment = place.variables(folder, place.LARGE)
    return subprocess.run(command, cwd=place.ROOT, env=environment).returncode


def raise_descriptor_limit() -> None:
    """Every stream is a file descriptor, in the client, the server and the stub; all inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
