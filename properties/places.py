"""Places of the market in plain words."""

import re
from functools import lru_cache

from core.search.text import normalise
from properties.filters import Filters
from properties.market import Market
from properties.reading import Reading
from properties.words import READ, SPELLINGS, pattern


def read_places(reading: Reading, market: Market) -> None:
    """One place, a district perhaps with its city; of several that are named any will do."""
    expression, names = place_names(market)
    named: list[tuple[str, str]] = []

    def note(match: re.Match[str]) -> str:
        named.append(names[index_of(match)])
        return f" {READ} "

    if names:  # in one pass, which takes milliseconds where there are thousands of places
        reading.rest = expression.sub(note, reading.rest)
    districts = {district for _, district in named if district}
    around = {place.city for place in market.places if place.district in districts}
    apart = dict.fromkeys(place for place in named if place[1] or place[0] not in around)
    if len(apart) > 1:
        reading.set(places=tuple(dict.fromkeys(district or city for city, district in apart)))
        return
    for city, district in named:
        reading.set(**{"district": district} if district else {"city": city})


def index_of(match: re.Match[str]) -> int:
    return int((match.lastgroup or "n0")[1:])


@lru_cache(maxsize=4)
def place_names(market: Market) -> tuple[re.Pattern[str], list[tuple[str, str]]]:
    """One expression for every place, longest name first; group `n3` is the fourth place."""
    spelled: dict[str, tuple[str, str]] = {}
    for place in sorted(market.places, key=lambda place: place.district != ""):
        for name in spellings(normalise(place.district or place.city)):
            spelled.setdefault(name, (place.city, place.district))
    ordered = sorted(spelled, key=len, reverse=True)
    groups = [f"(?P<n{i}>{pattern(name)})" for i, name in enumerate(ordered)]
    return re.compile("|".join(groups)), [spelled[name] for name in ordered]


def spellings(name: str) -> set[str]:
    """A place's name with the forms that people use: "samui" for Koh Samui, "sodermalm" for
    Södermalms.
    """
    if not name:
        return set()
    short = re.sub(r"^(?:koh?|ko|muang) ", "", name)
    forms = {name, short, *SPELLINGS.get(name, ())}
    if len(name) > 5 and name.endswith("s"):
        forms.add(name[:-1])
    return forms


def usual_currency(filters: Filters, market: Market) -> str:
    """What a price without a currency means: the money of the place that was named, or of all."""
    for place in market.places:
        if (place.district or place.city) in filters.places[:1]:
            return place.currency
        if filters.district and place.district == filters.district:
            return place.currency
        if filters.city and not filters.district and (place.city, "") == (filters.city, ""):
            return place.currency
    return market.currency
