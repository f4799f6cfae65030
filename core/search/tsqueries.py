"""Texts of tsqueries over lexemes."""

from collections.abc import Sequence

from core.search.hybrid import quoted


def at_least(count: int, lexemes: Sequence[str]) -> str:
    """Matches whatever holds so many of the lexemes, of which there are 1 to a handful: the text
    grows with the ways to choose them. Raises ValueError where there are not so many.

    With the rarest first, an index drops most of the table at the first of them.
    """
    if not 0 < count <= len(lexemes):
        raise ValueError(f"{count} of {len(lexemes)} lexemes")
    if count == len(lexemes):
        return " & ".join(map(quoted, lexemes))
    if count == 1:
        return " | ".join(map(quoted, lexemes))
    first, rest = quoted(lexemes[0]), lexemes[1:]
    return f"{first} & ({at_least(count - 1, rest)}) | ({at_least(count, rest)})"


def exactly(count: int, lexemes: Sequence[str]) -> str:
    """Matches whatever holds so many of the lexemes and no more."""
    if count == len(lexemes):
        return at_least(count, lexemes)
    return f"({at_least(count, lexemes)}) & !({at_least(count + 1, lexemes)})"
