"""Coverage of the programs that tests start. slipcover itself measures the tests' own processes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[2]


def measured(program: Sequence[str]) -> list[str]:
    """What Python is to run in place of this file, or `-m` and module, with its arguments.

    The same where nothing is measured. Else what is reached goes to a file beside those of the
    tests when the program ends by itself: one that is killed leaves nothing, unless it was just
    writing that file. Measuring takes a program more than a second to start, so only those go
    through here whose lines no test reaches otherwise.
    """
    if "SLIPCOVER_ENABLED" not in os.environ:
        return list(program)
    return ["-m", "slipcover", "--out", str(ROOT / f".coverage.{uuid4()}.json"), *program]


def without_coverage(environment: Mapping[str, str]) -> dict[str, str]:
    """For a program: slipcover's names are those of one that runs tests."""
    return {name: value for name, value in environment.items() if "SLIPCOVER" not in name}
