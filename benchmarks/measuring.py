"""What `python -m benchmarks` does once the servers are up and the environment is a product's."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()  # what is imported below imports models

from benchmarks import fill, retrieval, sample, search_scale, streams, tokens, web  # noqa: E402
from benchmarks.__main__ import KINDS, NAMED, parser  # noqa: E402
from benchmarks.report import Table, markdown, plain, say  # noqa: E402
from core.local.processes import LocalError  # noqa: E402

README = Path(__file__).with_name("README.md")
MARK = "<!-- figures: written by python -m benchmarks --markdown -->\n"


def main() -> int:
    arguments = parser().parse_args()
    try:
        tables = run(arguments)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if arguments.markdown:
        write_markdown(tables)
    return 0 if all(table.passed for table in tables) else 1


def run(arguments: argparse.Namespace) -> list[Table]:
    if unknown := set(arguments.only) - set(KINDS):
        raise LocalError(f"There is no benchmark {unknown.pop()!r}: choose of {', '.join(KINDS)}.")
    tables = []
    for name in arguments.only or [each for each in KINDS if each not in NAMED]:
        if name == "retrieval" and not arguments.only and not arguments.data.is_dir():
            say(f"Retrieval is left out: {arguments.data} is not there.")
            continue
        tables.append(measure(name, arguments))
        print(f"\n{plain(tables[-1])}\n", flush=True)
    return tables


def measure(name: str, arguments: argparse.Namespace) -> Table:
    folder = arguments.folder.resolve()
    if name == "web":
        fill.fill(folder, arguments.rows)
        return web.run(folder, arguments.rows, arguments.seconds)
    if name == "search_scale":
        return search_scale.run(folder, arguments.scale)
    if name == "retrieval":
        return retrieval.run(folder, arguments.data)
    return {"streams": streams, "sample": sample, "tokens": tokens}[name].run(folder)


def write_markdown(tables: list[Table]) -> None:
    """Put the tables in place of those that stand in README.md."""
    head, mark, _ = README.read_text().partition(MARK)
    figures = "\n\n".join(markdown(table) for table in tables)
    README.write_text(f"{head}{mark}\n{about()}\n\n{figures}\n")


def about() -> str:
    """When, on what, and how to see it again."""
    today = datetime.now(UTC).date().isoformat()
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    return f"{today}, {os.cpu_count()} cores, Python {platform.python_version()}: `{command}`"


if __name__ == "__main__":
    sys.exit(main())
