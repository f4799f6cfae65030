"""The listings that a visitor names: "Is the Palm Grove Pool Villa pet friendly?"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from core.search.hybrid import quoted
from core.search.text import ANY_CONFIG, STOP_WORDS, is_thai, normalise, words
from properties import catalogue
from properties.catalogue import Condition
from properties.filters import Filters
from properties.vocabulary import indexed
from properties.wishes import gazetteer
from properties.wishes.parsing import parse_query
from properties.wishes.reading import Reading
from properties.wishes.talk import FILLERS, telling_words, thai_left
from properties.words import READ

# A name is said early, in a sentence or two.
WORDS_READ = 60
# Listings whose titles hold two neighbouring words of a text; of more, the words are no name.
NAMESAKES_MAX = 20
# Of so many words at least is what stands before the comma of a title a name by itself.
NAME_MIN = 3
# So many words of a title side by side are a part of its name.
NAMED_MIN = 2
# With these and the beginning of a title, it is the listing that is meant: no others are wanted.
ASKED = {"type", "amenities", "transaction", "q"}
TITLED = f"search_vector @@ to_tsquery('{ANY_CONFIG}', %s)"


class Named(NamedTuple):
    """`fully`: its whole name was said; `leaves`: something else was said that no filter takes;
    `others`: those that were named along with it, all by their whole names."""

    listing: dict[str, Any]
    fully: bool
    leaves: bool
    others: tuple[dict[str, Any], ...] = ()


def named_in(text: str, reading: Reading) -> Named | None:
    """The published listings that a text names by two words at least that stand side by side in
    their titles, one of which no filter took: several by their whole names, or one.

    A part of the name will do where the text says what kind it is, and nothing else: titles hold
    the names of piers and temples, too. None where several are named alike.
    """
    said = indexed(text).split()[:WORDS_READ]
    own = own_words(as_said(reading.rest, normalise(text)))
    found = titled(said, own)
    together = named_fully(found, said, own)
    if len(together) > 1:
        return Named(together[0], True, False, tuple(together[1:]))
    counts = [len(telling_in(listing["title"]).intersection(said)) for listing in found]
    most = max(counts, default=0)
    if counts.count(most) != 1:
        return None
    return as_named(found[counts.index(most)], said, own, reading.filters)


def titled(said: Sequence[str], own: set[str]) -> list[dict[str, Any]]:
    """Published listings with two neighbouring words of those said; none where there are many."""
    pairs = [pair for pair in pairwise(said) if not own.isdisjoint(pair) and all(map(tells, pair))]
    if not pairs:
        return []
    query = " | ".join(f"{quoted(' '.join(pair))}:A" for pair in dict.fromkeys(pairs))
    parts = [catalogue.PUBLISHED, Condition(TITLED, (query,))]
    page = catalogue.page(parts, NAMESAKES_MAX, catalogue.DETAIL)
    return [orjson.loads(row) for row in page.rows] if page.last is None else []


def as_named(
    listing: dict[str, Any], said: Sequence[str], own: set[str], filters: Filters
) -> Named | None:
    title = telling_in(listing["title"])
    thai = {word for word in own if is_thai(word)}
    # Other Thai words may be talk that is not known as such, but not beside a Thai name.
    leaves = not (own - thai if thai.isdisjoint(title) else own) <= title
    name = set(filter(tells, name_of(listing["title"]).split()))
    fully = title.issubset(said) or (len(name) >= NAME_MIN and name.issubset(said))
    if filters.given().keys() <= ASKED and not leaves:
        fully = fully or begins(listing["title"], said, own)
    if not fully and (leaves or not filters.type):
        return None
    return Named(listing, fully, leaves)


def as_said(rest: str, text: str) -> str:
    """With a place that has no listings in the words of the visitor: it stands in titles, too."""
    named = []
    for word in rest.split():
        spellings = map(normalise, gazetteer.SPELLINGS.get(word.replace("-", " "), ()))
        named.append(next((each for each in spellings if each in text), word))
    return " ".join(named)


def own_words(rest: str) -> set[str]:
    """Words that no filter took, and that are more than talk."""
    thai = (word for word in indexed(rest).split() if thai_left(word))
    return {*indexed(" ".join(telling_words(rest))).split(), *thai}


def begins(title: str, said: Sequence[str], own: set[str]) -> bool:
    """Whether a title begins with words that are said side by side, most of them in no filter."""
    beginning = indexed(title).split()[:NAME_MIN]
    runs = zip(*(said[place:] for place in range(NAME_MIN)), strict=False)
    return tuple(beginning) in runs and len(own.intersection(beginning)) >= NAME_MIN - 1


def asked_besides(listing: dict[str, Any], text: str, reading: Reading) -> Reading:
    """Without the amenities that only its name holds: who asks about Beach Villa wants no beach."""
    title, said = words(listing["title"]), words(text)
    block = SequenceMatcher(None, title, said, autojunk=False).find_longest_match()
    if block.size < NAMED_MIN:
        return reading
    name = r"[\W_]+".join(map(re.escape, title[block.a : block.a + block.size]))
    asked = parse_query(re.sub(name, READ, normalise(text), count=1)).amenities
    amenities = tuple(each for each in reading.filters.amenities if each in asked)
    return replace(reading, filters=replace(reading.filters, amenities=amenities))


def named_fully(
    listings: Sequence[dict[str, Any]], said: Sequence[str], own: set[str]
) -> list[dict[str, Any]]:
    """Those whose names are said word for word, one behind the other, as they are said. A name
    within a longer one is not meant, nor one that filters took as a whole: "pool villa"."""
    text = f" {' '.join(said)} "
    places: dict[int, dict[str, Any]] = {}
    names = [(name_of(listing["title"]), listing) for listing in listings]
    for name, listing in sorted(names, key=lambda pair: len(pair[0]), reverse=True):
        place = text.find(f" {name} ")
        if place >= 0 and " " in name and not own.isdisjoint(name.split()):
            places[place] = listing
            text = text.replace(f" {name} ", f" {' ' * len(name)} ")
    return [places[place] for place in sorted(places)]


def name_of(title: str) -> str:
    """What stands before its comma."""
    return indexed(title.partition(",")[0])


def telling_in(title: str) -> set[str]:
    return set(filter(tells, indexed(title).split()))


def tells(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and word not in FILLERS
