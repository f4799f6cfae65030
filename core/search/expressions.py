"""Regular expressions of many words, which take long to compile."""

import re
from typing import Any, cast

METHODS = ("search", "match", "fullmatch", "findall", "finditer", "split", "sub")
made: list["Uncompiled"] = []


def expression(pattern: str) -> re.Pattern[str]:
    """As `re.compile(pattern)`, compiled when it is first used: most processes, such as a
    management command, read no text. `re.search` and its like do not take it."""
    made.append(Uncompiled(pattern))
    return cast(re.Pattern[str], made[-1])


def compile_expressions() -> None:
    """All that there are so far: for a server, which reads text soon."""
    for each in made:
        each.compile()


class Uncompiled:
    """From its first use on it has the methods of the compiled one for its own."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def compile(self) -> None:
        compiled = re.compile(self.pattern)
        vars(self).update((name, getattr(compiled, name)) for name in METHODS)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(name)
        self.compile()
        return getattr(self, name)
