"""Plain words to filters: `parse_query`. Pure; what it may know of the listings is handed in."""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.search.text import THAI_RUN, normalise
from properties.areas import read_area
from properties.dates import AVAILABILITY, DATES, FREE, WHEN, names_days
from properties.filters import NOTHING, Filters
from properties.market import Market
from properties.models import Type
from properties.numbers import OF_OTHER, SCALE, price_bounds
from properties.talk import FILLERS, THAI_FILLERS
from properties.words import AMENITIES, READ, SPELLINGS, TRANSACTIONS, TYPES, pattern

# A wish is said in the beginning; the rest of a page that somebody pasted is not read.
TEXT_MAX_LENGTH = 1000
# More words than this left over are talk, not a search.
WORDS_MAX = 6
# More than any listing sleeps is still a wish, which the answer says is not met.
GUESTS_MAX, ROOMS_MAX = 1_000_000, 999

COUNTED = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple": 2,
    "หนึ่ง": 1, "สอง": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8, "เก้า": 9, "สิบ": 10,
}  # fmt: skip
RUSSIAN = (
    (r"одн\w*", 1), (r"дв(?:а|е|у|ое|оих|умя|ух|ум)?", 2), (r"тр(?:и|ое|оих|ех|емя)", 3),
    (r"четыр(?:е|ех)|четвер(?:о|ых)", 4), (r"пят(?:ь|и|еро|ерых)", 5),
    (r"шест(?:ь|и|еро|ерых)", 6), (r"сем(?:ь|и|еро|ерых)", 7), (r"вос[еь]м(?:ь|и|еро|ерых)", 8),
)  # fmt: skip
WORD_NUMBER = "|".join([*COUNTED, *(form for form, _ in RUSSIAN)])
N = rf"(?<![\d.,])(\d{{1,3}}|(?<![a-zа-я])(?:{WORD_NUMBER})(?![a-zа-я]))"

SPAN = (
    r"(?:nights?|days?|weeks?|months?|years?|hours?|minutes?|mins?|metres?|meters?|km|"
    r"ноч\w+|дн\w+|день|сут\w+|недел\w+|месяц\w*|лет|год\w*|час\w*|минут\w*|метр\w*|"
    r"คืน|วัน|สัปดาห์|อาทิตย์|เดือน|ปี|ชั่วโมง|นาที|เมตร)"
)
UNIT = (
    r"(?:sq\.? ?(?:m|metres?|meters?|wah|ft)|m2|sqm|rai|ngan|кв\.? ?м\w*|"
    r"ไร่|งาน|ตารางเมตร|ตารางวา|ตร\.?ม)"
)
NIGHTS = re.compile(rf"{N}\s*(?:nights?|ночи|ночей|ночь|คืน)(?!\w)")
# Numbers that are no price, no rooms and no guests.
OTHER_NUMBERS = [
    re.compile(expression)
    for expression in (
        r"\d{1,2}:\d\d",
        rf"(?:(?:for|at least|minimum|на)\s+)?{N}\s*(?:or (?:more|less)|-\s*\d+|to \d+)?\s*"
        rf"{SPAN}(?![a-zа-я])",
        rf"(?<![\d.,])[\d.,]+\s*{UNIT}(?!\w)",
        r"\d+(?:[.,]\d+)?\s*%",
        r"\d\s*(?:stars?|звезд\w*|ดาว)(?!\w)",
        r"\d{1,2}\s*(?:am|pm)(?!\w)",
    )
]
AT_LEAST = r"(?:(?:at least|min(?:imum)?|minimum of|с|не менее|อย่างน้อย)\s+)?"
TO_MORE = r"(?:\s*(?:-|–|to|or)\s*\d{1,2}(?!\d))?"
BEDROOMS = [
    rf"{AT_LEAST}{N}\s*\+?{TO_MORE}[\s-]*(?:or more )?(?:bed ?rooms?|beds?|br|bdrm?s?)(?!\w)",
    rf"{AT_LEAST}{N}\s*[\s-]?(?:отдельн\w+ )?спал\w+",
    rf"{N}\s*ห้องนอน",
    r"ห้องนอน\s*(\d{1,2})",
]
RUSSIAN_BEDROOMS = ((r"односпальн\w+", 1), (r"двухспальн\w+", 2), (r"трехспальн\w+", 3),
                    (r"четырехспальн\w+", 4))  # fmt: skip
BATHROOMS = [
    rf"{AT_LEAST}(?<!\d)(\d{{1,2}}(?:[.,]5)?|one|two|three|four)\s*\+?[\s-]*bath(?:room)?s?(?!\w)",
    rf"{N}\s*(?:ванн\w+|сануз\w+)",
    rf"{N}\s*ห้องน้ำ",
]
PEOPLE = (
    r"(?:guests?|people|ppl|persons?|pax|adults?|travell?ers?|friends|of us|"
    r"гост\w+|человек\w*|чел(?!\w)|персон\w*|взросл\w+|คน|ท่าน)"
)
CHILDREN = r"(?:children|child|kids?|дет\w+|ребен\w+|เด็ก)"
GUESTS = [
    rf"{N}\s*(?:adults?|взросл\w+|ผู้ใหญ่)\s*(?:,|and|with|plus|\+|и|с|และ|กับ)?\s*{N}\s*{CHILDREN}",
    rf"{N}\s*\+?\s*(?:or more )?{PEOPLE}",
    rf"(?<![\d.,])(\d{{1,3}}(?:[, ]?\d{{3}}){{1,2}})\s*{PEOPLE}",
    rf"(?:family|group|party|семь\w+|групп\w+)\s+(?:of|из)\s+{N}(?!\w)",
    r"(?:ผู้ใหญ่|แขก)\s*(\d{1,2})",
    rf"(?:for|sleeps?|sleeping|fits?|accommodat\w+|we are|we're|на|для|สำหรับ)\s+"
    rf"(?:up to |at least |about |a |the |us |our family of )?{N}"
    rf"(?![\w%]|[.,:]\d|\s*(?:k|m|млн|ล้าน))",
]


@dataclass
class Reading:
    """A normalised text while it is read: what was understood is cut out of `rest`.

    `unwanted` are the types, amenities and places that somebody does not want, one in each;
    `unread` says that something was cut out that no filter can hold; `dated` that it is for certain
    days, or for what is free, which no listing tells of.
    """

    rest: str
    filters: Filters = field(default_factory=Filters)
    unwanted: tuple[Filters, ...] = ()
    unread: bool = False
    dated: bool = False

    def set(self, **values: Any) -> None:
        self.filters = replace(self.filters, **values)

    def take(self, expression: str | re.Pattern[str]) -> re.Match[str] | None:
        match = re.search(expression, self.rest)
        if match:
            self.rest = f"{self.rest[: match.start()]} {READ} {self.rest[match.end() :]}"
        return match


def parse_query(text: str, market: Market | None = None) -> Filters:
    """Filters of a sentence in English, Thai or Russian; `q` is what no filter took.

    `market` tells the places that there are listings in, and their money for a price without one.
    """
    return read(text, market).filters


def read(text: str, market: Market | None = None, before: Filters = NOTHING) -> Reading:
    """As `parse_query`, and the `rest` of the text. `before` is the wish that it goes on with: its
    place tells the money of a price."""
    known = market or Market()
    reading = Reading(in_digits(normalise(text[:TEXT_MAX_LENGTH])), dated=names_dates(text))
    read_unwanted(reading, known)
    while reading.take(OF_OTHER):
        reading.unread = True
    read_areas(reading)
    for expression in (*DATES, WHEN, FREE, *OTHER_NUMBERS):
        while reading.take(expression):
            pass
    read_places(reading, known)
    read_price(reading, known, before)
    read_rooms(reading)
    read_amenities(reading)
    read_guests(reading)
    read_types(reading)
    read_transaction(reading)
    reading.set(q=words_left(reading.rest))
    return reading


HALF = re.compile(r"(?<!\w)half an? (?=rai|acre|hectare)|ครึ่ง\s?(?=ไร่)")
ONE_SCALE = re.compile(
    r"((?<!\w)a |(?:ไม่เกิน|ไม่ถึง|ต่ำกว่า|งบ|มากกว่า|ประมาณ)\s*)(?=million|ล้าน|แสน|หมื่น|พัน)"
)
NUMBER_OF = re.compile(rf"{N}(?=\s*(?:{SCALE}))")


def in_digits(text: str) -> str:
    """ "Five million", "ห้าล้าน", "หมื่น" and "half a rai" with their number in digits."""
    text = ONE_SCALE.sub(r"\1 1 ", HALF.sub("0.5 ", text))
    return NUMBER_OF.sub(lambda match: f" {counted(match[1])} ", text)


def read_unwanted(reading: Reading, market: Market) -> None:
    """ "Not a condo or a house", "without a pool", "не на Самуи", "ไม่เอาคอนโด"."""
    expression, names = refusals(market)
    while match := expression.search(reading.rest):
        reading.rest = f"{reading.rest[: match.start()]} {READ} {reading.rest[match.end() :]}"
        for name, said in match.groupdict().items():
            if said and not match["fine"]:
                refuse(reading, *names[name])


def may_refuse(text: str) -> bool:
    return NO_SAID.search(normalise(text)) is not None


def refused_in(text: str, market: Market) -> tuple[str, tuple[Filters, ...]]:
    """The words to look for, "" where but talk is left, and what is refused among them."""
    reading = Reading(normalise(text))
    read_unwanted(reading, market)
    if not reading.unwanted:
        return text, ()
    words = " ".join(reading.rest.replace(READ, " ").split())
    return "" if leaves_nothing(words) else words, reading.unwanted


def refuse(reading: Reading, name: str, value: str) -> None:
    if value not in TOLD_OF_GUESTS:
        one: dict[str, Any] = {name: value if name in ("city", "district") else (value,)}
        reading.unwanted = (*reading.unwanted, Filters(**one))


@lru_cache(maxsize=4)
def refusals(market: Market) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """One expression for a "no" and what it refuses: group name -> (filter, value)."""
    places, placed = place_names(market)
    names = {f"t{i}": ("type", str(type)) for i, type in enumerate(TYPES)}
    names |= {f"a{i}": ("amenities", amenity) for i, amenity in enumerate(AMENITIES)}
    groups = [f"(?P<t{i}>{words.pattern})" for i, words in enumerate(TYPE_WORDS.values())]
    groups += [f"(?P<a{i}>{words.pattern})" for i, words in enumerate(AMENITY_WORDS.values())]
    for i, (city, district) in enumerate(placed):
        names[f"n{i}"] = ("district", district) if district else ("city", city)
    groups += [places.pattern] if placed else []
    fine = r"(?P<fine>\s+(?:is|are|would be) (?:fine|ok|okay|no problem)(?!\w))?"
    return re.compile(rf"{NO}(?:{'|'.join(groups)}){fine}"), names | {"fine": ("", "")}


def names_dates(text: str) -> bool:
    """Whether a wish is for certain days, or for what is free, which no listing tells of."""
    said = normalise(text[:TEXT_MAX_LENGTH])
    return names_days(said) or any(e.search(said) for e in (NIGHTS, AVAILABILITY))


def read_areas(reading: Reading) -> None:
    """The area of land wherever land is wanted or measured as land is, else the living area."""
    wants_land = TYPE_WORDS[Type.LAND].search(reading.rest)
    wants_home = any(words.search(reading.rest) for words in HOME_WORDS)
    while found := read_area(reading.rest):
        area, reading.rest = found
        name = "land_area" if area.of_land or (wants_land and not wants_home) else "area"
        reading.set(**{f"min_{name}": area.low, f"max_{name}": area.high})


def read_places(reading: Reading, market: Market) -> None:
    expression, names = place_names(market)
    while names and (match := reading.take(expression)):
        city, district = names[index_of(match)]
        if district and not reading.filters.district:
            reading.set(district=district)
        elif not district and not reading.filters.city:
            reading.set(city=city)


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


def read_price(reading: Reading, market: Market, before: Filters) -> None:
    bounds, rest = price_bounds(reading.rest)
    if bounds.low is None and bounds.high is None:
        return
    reading.rest = rest
    here = reading.filters if reading.filters.is_placed else before
    currency = bounds.currency or usual_currency(here, market)
    reading.set(min_price=bounds.low, max_price=bounds.high, currency=currency or None)


def usual_currency(filters: Filters, market: Market) -> str:
    """What a price without a currency means: the money of the place that was named, or of all."""
    for place in market.places:
        if filters.district and place.district == filters.district:
            return place.currency
        if filters.city and not filters.district and (place.city, "") == (filters.city, ""):
            return place.currency
    return market.currency


def read_rooms(reading: Reading) -> None:
    if bedrooms := first_number(reading, BEDROOMS, ROOMS_MAX):
        reading.set(bedrooms=int(bedrooms))
    for expression, count in RUSSIAN_BEDROOMS:
        if reading.take(expression):
            reading.set(bedrooms=count)
    if bathrooms := first_number(reading, BATHROOMS, ROOMS_MAX):
        reading.set(bathrooms=bathrooms)


def read_guests(reading: Reading) -> None:
    if guests := first_number(reading, GUESTS, GUESTS_MAX):
        reading.set(guests=int(guests))
    elif reading.take(r"(?:for|as) (?:a |the )?(?:young |romantic )?couple(?!\w)"):
        reading.set(guests=2)


def first_number(reading: Reading, expressions: list[str], highest: int) -> Decimal | None:
    for expression in expressions:
        if match := reading.take(expression):
            total = sum((counted(group) for group in match.groups() if group), Decimal(0))
            if 0 < total <= highest:
                return total
    return None


def counted(word: str) -> Decimal:
    if word[0].isdigit():
        if re.fullmatch(r"\d{1,3}(?:[, ]\d{3})+", word):
            return Decimal(re.sub(r"\D", "", word))
        return Decimal(word.replace(",", "."))
    if word in COUNTED:
        return Decimal(COUNTED[word])
    return Decimal(next((n for form, n in RUSSIAN if re.fullmatch(form, word)), 0))


# Before what is not wanted, and between one such thing and the next.
NO = (
    r"(?:(?<!\w)(?:not?|without|except(?: for)?|don't want|do not want|don't need|nothing|never"
    r"|anything but|other than|не|без|кроме|только не)(?!\w)"
    r"|ไม่เอา|ไม่ต้องการ|ไม่อยากได้|ไม่มี|ไม่ใช่|ยกเว้น|\|\s*(?:(?:n?or|или|ни)(?!\w)|หรือ))"
    r"(?:\s*(?:in|on|at|near|a|an|the|any|of|have|having|want|на|в|возле|ที่|ใน)(?![a-zа-я]))*\s*"
)
NO_SAID = re.compile(NO)
# Who has no pets says so, and may stay where they are allowed.
TOLD_OF_GUESTS = frozenset({"pet friendly", "child friendly"})
AMENITY_WORDS = {name: re.compile(pattern(*amenity.said)) for name, amenity in AMENITIES.items()}
TYPE_WORDS = {name: re.compile(pattern(*words)) for name, words in TYPES.items()}
HOME_WORDS = [words for name, words in TYPE_WORDS.items() if name != Type.LAND]
TRANSACTION_WORDS = {name: re.compile(pattern(*said)) for name, said in TRANSACTIONS.items()}
FLAT_LAND = re.compile(r"(?<!\w)flat (?=land|plot|piece|terrain)|(?<=land )flat(?!\w)")
OR = re.compile(r"[\s|]*(?:,|/|or|and|หรือ|или|и)?[\s|]*(?:a |an )?")


def read_amenities(reading: Reading) -> None:
    while reading.take("ครอบครัว"):
        pass  # a family, whose end is a kitchen
    while reading.take("รถไฟฟ้า"):
        reading.unread = True  # a train, whose end is electricity
    found = [name for name, words in AMENITY_WORDS.items() if reading.take(words)]
    if reading.take(FLAT_LAND):
        found.append("flat")
    if "beachfront" in found and "near beach" in found:
        found.remove("near beach")
    for name in found:
        while name in AMENITY_WORDS and reading.take(AMENITY_WORDS[name]):
            pass
    if "พูลวิลล" in reading.rest:
        found.append("pool")
    reading.set(amenities=tuple(sorted(set(found))))


def read_types(reading: Reading) -> None:
    """The first type named, and those said along with it: "a villa or bungalow"."""
    named: list[tuple[int, int, str]] = []
    for name, words in TYPE_WORDS.items():
        named += [(match.start(), match.end(), name) for match in words.finditer(reading.rest)]
    named.sort(key=lambda span: (span[0], -span[1]))
    types: list[str] = []
    end = 0
    for start, stop, name in named:
        if start < end:
            continue  # the "house" of a "town house"
        if types and not OR.fullmatch(reading.rest[end:start]):
            break
        types.append(str(name))
        end = stop
    for words in TYPE_WORDS.values():
        while reading.take(words):
            pass
    reading.set(type=tuple(dict.fromkeys(types)))


def read_transaction(reading: Reading) -> None:
    for name, words in TRANSACTION_WORDS.items():
        while reading.take(words):
            reading.set(transaction=str(name))


def words_left(rest: str) -> str | None:
    words = telling_words(rest)
    return " ".join(words) if 0 < len(words) <= WORDS_MAX else None


def telling_words(rest: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", rest) if is_telling(word)]


def thai_left(rest: str) -> bool:
    """Whether there are Thai words that no filter took, and that are more than talk."""
    return THAI_RUN.search(THAI_FILLERS.sub("", rest)) is not None


def leaves_nothing(rest: str) -> bool:
    """Whether all but talk was read."""
    return not telling_words(rest) and not thai_left(rest)


def is_telling(word: str) -> bool:
    """Thai is left out: with no spaces, where a word ends is not certain (`thai_left`)."""
    return (
        not THAI_RUN.search(word) and len(word) > 2 and not word.isdigit() and word not in FILLERS
    )
