"""Names of places with a mistake in them: "chaing mai", "koh phangn", "на Пхукетте", "ภูเกต"."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.search.expressions import expression
from core.search.spelling import distance, misspelt
from core.search.text import THAI_RUN, is_thai, normalise
from properties.market import Market
from properties.wishes import gazetteer
from properties.wishes.talk import THAI_FILLERS, WORDS_MAX, telling_words

# One mistake away from a shorter name is as likely another place: Samut is not Samui.
LETTERS_MIN = 6
# Of a Russian name that is known by its beginning.
ENDINGS = ("", "а", "е", "и", "й", "у", "ю", "я", "ей", "ом")
AROUND = expression(rf"^(?:{THAI_FILLERS.pattern})+|(?:{THAI_FILLERS.pattern})+$")


def respelled(text: str, rest: str, market: Market) -> Iterator[str]:
    """The text with a word of the `rest`, which no filter took, as it is in the name of a place;
    whether it is all of the name, who reads it again will see."""
    said = normalise(text)
    for word in [*telling_words(rest), *thai_left_alone(rest)][:WORDS_MAX]:
        for known in words_of_places(market).get(word[0], ()):
            place = is_alike(word, known) and re.search(
                rf"(?<![a-zа-я\d]){re.escape(word)}(?![a-zа-я\d])", said
            )
            if place:
                yield f"{said[: place.start()]}{known}{said[place.end() :]}"


def is_alike(word: str, known: str) -> bool:
    """Thai has short names of many marks, in which one alone may be wrong."""
    if is_thai(word) and is_thai(known):
        return abs(len(word) - len(known)) <= 1 and distance(word, known) <= 1
    return misspelt(word, known)


def thai_left_alone(rest: str) -> Iterator[str]:
    """What stands between known words, without the talk around it."""
    for run in THAI_RUN.findall(rest):
        if word := AROUND.sub("", run):
            yield word


@lru_cache(maxsize=4)
def words_of_places(market: Market) -> dict[str, tuple[str, ...]]:
    """By their first letters, for few have to be compared."""
    words: dict[str, set[str]] = {}
    for place in market.places:
        for name in map(normalise, (place.city, place.district)):
            for word in [*name.split(), *forms(gazetteer.SPELLINGS.get(name, ()))]:
                if len(word) >= LETTERS_MIN:
                    words.setdefault(word[0], set()).add(word)
    return {letter: tuple(sorted(found)) for letter, found in words.items()}


def forms(spellings: Iterable[str]) -> Iterator[str]:
    """Of a name in other letters, with its endings."""
    for word in " ".join(map(normalise, spellings)).split():
        if word.isascii():
            continue
        yield from (word.replace("*", ending) for ending in (ENDINGS if "*" in word else ("",)))
