"""The listing that a visitor names: "Is the Palm Grove Pool Villa pet friendly?"."""

from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from core.search.hybrid import quoted
from core.search.text import ANY_CONFIG, STOP_WORDS
from properties import catalogue
from properties.catalogue import Condition
from properties.reading import Reading
from properties.talk import FILLERS, telling_words
from properties.vocabulary import indexed

# A name is said early, in a sentence or two.
WORDS_READ = 60
# Listings whose titles hold two neighbouring words of a text; of more, the words are no name.
NAMESAKES_MAX = 20
# Of so many words at least is what stands before the comma of a title a name by itself.
NAME_MIN = 3
TITLED = f"search_vector @@ to_tsquery('{ANY_CONFIG}', %s)"


class Named(NamedTuple):
    """`fully`: its whole name was said; `leaves`: something else was said that no filter takes."""

    listing: dict[str, Any]
    fully: bool
    leaves: bool


def named_in(text: str, reading: Reading) -> Named | None:
    """The published listing that a text names by two words at least that stand side by side in its
    title, one of which no filter took.

    A part of the name will do where the text says what kind it is, and nothing else: titles hold
    the names of piers and temples, too. None where several are named alike.
    """
    said = indexed(text).split()[:WORDS_READ]
    own = set(indexed(" ".join(telling_words(reading.rest))).split())
    pairs = [pair for pair in pairwise(said) if not own.isdisjoint(pair) and all(map(tells, pair))]
    if not pairs:
        return None
    query = " | ".join(f"{quoted(' '.join(pair))}:A" for pair in dict.fromkeys(pairs))
    parts = [catalogue.PUBLISHED, Condition(TITLED, (query,))]
    page = catalogue.page(parts, NAMESAKES_MAX, catalogue.DETAIL)
    if page.last is not None:
        return None
    found = [orjson.loads(row) for row in page.rows]
    titles = [telling_in(listing["title"]) for listing in found]
    counts = [len(title.intersection(said)) for title in titles]
    most = max(counts, default=0)
    if counts.count(most) != 1:
        return None
    best = counts.index(most)
    name = telling_in(found[best]["title"].partition(",")[0])
    fully = titles[best].issubset(said) or (len(name) >= NAME_MIN and name.issubset(said))
    leaves = not own <= titles[best]
    if not fully and (leaves or not reading.filters.type):
        return None
    return Named(found[best], fully, leaves)


def telling_in(title: str) -> set[str]:
    return set(filter(tells, indexed(title).split()))


def tells(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and word not in FILLERS
