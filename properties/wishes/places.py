"""Places of the market in plain words."""

import re
from functools import lru_cache
from itertools import groupby

from core.search.text import normalise
from properties.filters import Filters
from properties.market import Market
from properties.wishes import gazetteer
from properties.wishes.reading import Absent, Reading
from properties.words import READ, pattern

# Where the visitor is or comes from, and need not want to go.
ORIGIN = re.compile(
    r"(?:(?<!\w)(?:from|(?:i'm|i am|we're|we are|live|living|based) in|из|живу в|живем в|я в|мы в)"
    r"|มาจาก|อยู่ที่)\s*$"
)
Names = tuple[tuple[str, str], ...]  # (city, district) of each place, those of most listings first


def read_places(reading: Reading, market: Market) -> None:
    """One place, a district with its city; of several that are named any will do.

    The name of one without listings is left to be looked for, in English; the city around it will
    do.
    """
    expression, names = place_names(names_in(market))
    listed = {(place.city, place.district) for place in market.places}
    named: list[tuple[str, str]] = []
    absent: dict[str, str] = {}

    def note(match: re.Match[str]) -> str:
        city, district = names[index_of(match)]
        if (city, district) in listed:
            named.append((city, district))
            return f" {READ} "
        words = match[0] if match[0].isascii() else one_word(district or city)
        if (city, "") in listed:
            named.append((city, ""))
        elif listed and ORIGIN.search(match.string, 0, match.start()):
            return f" {READ} "
        elif listed:
            absent[district or city] = words
        return f" {words} "

    # in one pass, which takes milliseconds where there are thousands of places
    reading.rest = expression.sub(note, reading.rest)
    reading.absent = tuple(Absent(name, words) for name, words in absent.items())
    districts = {district for _, district in named if district}
    around = {place.city for place in market.places if place.district in districts}
    apart = dict.fromkeys(place for place in named if place[1] or place[0] not in around)
    if len(apart) > 1:
        reading.set(places=tuple(dict.fromkeys(district or city for city, district in apart)))
        return
    for city, district in named:
        reading.set(**{"district": district} if district else {"city": city})
    cities = {place.city for place in market.places if place.district == reading.filters.district}
    if reading.filters.district and len(cities) == 1:
        reading.set(city=cities.pop())  # where there is something, if not in the district


def short(name: str) -> str:
    return re.sub(r"^(?:koh?|ko|muang) ", "", name)


def one_word(name: str) -> str:
    """So that its short parts count as well: "bang-na"."""
    return normalise(name).replace(" ", "-")


def index_of(match: re.Match[str]) -> int:
    return int((match.lastgroup or "n0")[1:])


def names_in(market: Market) -> Names:
    return tuple((place.city, place.district) for place in market.places)


@lru_cache(maxsize=16)
def place_names(listed: Names) -> tuple[re.Pattern[str], list[tuple[str, str]]]:
    """One expression for every place, longest name first of those with the same first letter, which
    is looked at before them; group `n3` is the fourth place. Well-known ones without listings are
    among them."""
    spelled: dict[str, tuple[str, str]] = {}
    for city, district in sorted(listed, key=lambda place: place[1] != ""):
        # in our own lists a `*` is any ending, in what an agent wrote nothing
        for name in spellings(normalise((district or city).replace("*", " "))):
            spelled.setdefault(name, (city, district))
    cities = {normalise(city): city for city, _ in listed}
    for city, district in gazetteer.places():
        for name in spellings(district or city):
            spelled.setdefault(name, (cities.get(city, city.title()), district.title()))
    ordered = sorted(spelled, key=lambda name: (name[0], -len(name)))
    by_letter = groupby(enumerate(ordered), key=lambda item: item[1][0])
    groups = [
        f"(?={re.escape(letter)})(?:{'|'.join(f'(?P<n{i}>{pattern(name)})' for i, name in names)})"
        for letter, names in by_letter
    ]
    return re.compile("|".join(groups)), [spelled[name] for name in ordered]


def spellings(name: str) -> set[str]:
    """A place's name with the forms that people use: "samui" for Koh Samui, "sodermalm" for
    Södermalms.
    """
    if not name:
        return set()
    forms = {name, short(name), *map(normalise, gazetteer.SPELLINGS.get(name, ()))}
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
