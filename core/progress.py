import sys
from typing import Any

from tqdm import tqdm

# Without a terminal, a plain line so often.
LINE_EVERY_SECONDS = 5


def bar(total: int, things: str) -> Any:
    """A progress bar on standard error, as a context; `update(n)` advances it."""
    piped = not sys.stderr.isatty()
    return tqdm(
        total=total,
        unit=f" {things}",
        ascii=piped,
        mininterval=LINE_EVERY_SECONDS if piped else 0.1,
        bar_format=f"{{n}}/{{total}} {things}, {{elapsed}}\n" if piped else None,
    )
