"""Names of places with a mistake in them: "chaing mai", "koh phangn"."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.search.spelling import misspelt
from core.search.text import normalise
from properties.market import Market
from properties.talk import WORDS_MAX, telling_words

# One mistake away from a shorter name is as likely another place: Samut is not Samui.
LETTERS_MIN = 6


def respelled(text: str, rest: str, market: Market) -> Iterator[str]:
    """The text with a word of the `rest`, which no filter took, as it is in the name of a place;
    whether it is all of the name, who reads it again will see."""
    said = normalise(text)
    for word in telling_words(rest)[:WORDS_MAX]:
        for known in words_of_places(market).get(word[0], ()):
            place = misspelt(word, known) and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said)
            if place:
                yield f"{said[: place.start()]}{known}{said[place.end() :]}"


@lru_cache(maxsize=4)
def words_of_places(market: Market) -> dict[str, tuple[str, ...]]:
    """By their first letters, for few have to be compared."""
    words: dict[str, set[str]] = {}
    for place in market.places:
        for word in normalise(f"{place.city} {place.district}").split():
            if len(word) >= LETTERS_MIN:
                words.setdefault(word[0], set()).add(word)
    return {letter: tuple(sorted(found)) for letter, found in words.items()}
