"""The listing that a visitor names: "Is the Palm Grove Pool Villa pet friendly?"."""

from itertools import pairwise
from typing import Any

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
TITLED = f"search_vector @@ to_tsquery('{ANY_CONFIG}', %s)"


def named_in(text: str, reading: Reading) -> tuple[dict[str, Any], bool] | None:
    """The published listing that a text names by two words at least that stand side by side in its
    title, one of which is neither a place nor anything else that a filter took; and whether the
    whole title is said. None where several are named alike."""
    said = indexed(text).split()[:WORDS_READ]
    own = set(indexed(" ".join(telling_words(reading.rest))).split())
    pairs = [pair for pair in pairwise(said) if not own.isdisjoint(pair) and all(map(tells, pair))]
    if not pairs:
        return None
    query = " | ".join(f"{quoted(' '.join(pair))}:A" for pair in dict.fromkeys(pairs))
    parts = [catalogue.PUBLISHED, Condition(TITLED, (query,))]
    rows = catalogue.page(parts, NAMESAKES_MAX, catalogue.DETAIL).rows
    found = [orjson.loads(row) for row in rows]
    titles = [set(filter(tells, indexed(listing["title"]).split())) for listing in found]
    counts = [len(title.intersection(said)) for title in titles]
    most = max(counts, default=0)
    if counts.count(most) != 1:
        return None
    best = counts.index(most)
    return found[best], titles[best].issubset(said)


def tells(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and word not in FILLERS
