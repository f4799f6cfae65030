"""Made-up listings and questions in everyday words, always the same for the same number.

The words are those of the sample data, the most frequent first; behind them stands a long tail of
made-up names, as every real collection has one. How often a word comes follows Zipf's law, which
is what full text search has to cope with: a few words that every text holds, many that few do.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, product
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[1] / "seeds"
SYLLABLES = ("ba", "chai", "don", "kha", "lam", "mai", "na", "pha", "ra", "sai", "thong", "wa")
NAMES = 20_000
CITIES = 150
QUESTION_WORDS = (
    "How do I", "Can I", "What happens when I", "Is there a", "Who pays for", "Do you have",
    "When is", "Where is the", "Why is my", "How much is",
)  # fmt: skip


def generator(kind: str, number: int) -> random.Random:
    return random.Random(f"{kind} {number}")


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Words, the most frequent first, and their weights summed up for `random.choices`."""
    texts = " ".join(path.read_text() for path in sorted(SEEDS.glob("*/*.json")))
    counted = Counter(re.findall(r"[a-z]{2,}", texts.lower()))
    common = [word for word, _ in counted.most_common()]
    known = set(common)
    names = [
        name for parts in product(SYLLABLES, repeat=4) if (name := "".join(parts)) not in known
    ]
    words = common + random.Random(0).sample(names, NAMES)
    return words, list(accumulate(1 / rank for rank in range(1, len(words) + 1)))


def some_words(rng: random.Random, count: int) -> list[str]:
    words, weights = vocabulary()
    return rng.choices(words, cum_weights=weights, k=count)


def everyday_words(rng: random.Random, count: int) -> list[str]:
    """Of the words alone, without the made-up names, which are rare."""
    words, weights = vocabulary()
    known = len(words) - NAMES
    return rng.choices(words[:known], cum_weights=weights[:known], k=count)


def sentence(rng: random.Random, count: int) -> str:
    return " ".join(some_words(rng, count)).capitalize()


def question(rng: random.Random) -> str:
    return f"{rng.choice(QUESTION_WORDS)} {' '.join(some_words(rng, rng.randint(3, 7)))}?"


def answer(rng: random.Random) -> str:
    return " ".join(f"{sentence(rng, rng.randint(8, 16))}." for _ in range(rng.randint(2, 5)))


def distinct_questions(kind: str) -> Iterator[str]:
    """Questions without end, none twice."""
    rng, asked = generator(kind, 0), set[str]()
    while True:
        if (asking := question(rng)) not in asked:
            asked.add(asking)
            yield asking


@cache
def places() -> tuple[list[tuple[str, str]], list[float]]:
    """(city, district) pairs: those of the sample listings, then made-up ones, ever rarer."""
    real = dict.fromkeys((each["city"], each["district"] or "") for each in sample_listings())
    rng = random.Random(1)
    cities = [name.capitalize() for name in rng.sample(vocabulary()[0][-NAMES:], CITIES)]
    made_up = [(city, name.capitalize()) for city in cities for name in some_words(rng, 3)]
    pairs = [*real, *made_up]
    return pairs, list(accumulate(1 / rank for rank in range(1, len(pairs) + 1)))


def place(rng: random.Random) -> tuple[str, str]:
    pairs, weights = places()
    return rng.choices(pairs, cum_weights=weights)[0]


@cache
def amenities() -> tuple[list[str], list[int]]:
    """Amenities of the sample listings and how many have each, summed up."""
    counted = Counter(name for listing in sample_listings() for name in listing["amenities"])
    return list(counted), list(accumulate(counted.values()))


def some_amenities(rng: random.Random) -> list[str]:
    names, weights = amenities()
    return list(dict.fromkeys(rng.choices(names, cum_weights=weights, k=rng.randint(0, 9))))


def sample_listings() -> list[dict[str, Any]]:
    paths = sorted(SEEDS.glob("*/listings.json"))
    return [listing for path in paths for listing in json.loads(path.read_text())]
