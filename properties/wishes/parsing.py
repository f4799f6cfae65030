"""Plain words to filters: `parse_query`. Pure; what it may know of the listings is handed in."""

import re
from itertools import chain, pairwise
from os.path import commonprefix

from core.search.text import is_thai, normalise
from properties.filters import Filters
from properties.market import Market
from properties.models import Transaction, Type
from properties.wishes.areas import read_area
from properties.wishes.counts import (
    CHILD,
    NIGHTS,
    OTHER_NUMBERS,
    N,
    in_digits,
    read_guests,
    read_rooms,
)
from properties.wishes.dates import AVAILABILITY, DATES, FREE, MONTH, WHEN, names_days
from properties.wishes.numbers import OF_OTHER, price_bounds
from properties.wishes.places import read_places, usual_currency
from properties.wishes.reading import Reading
from properties.wishes.refusals import read_unwanted
from properties.wishes.spelling import respelled, with_kinds_respelled
from properties.wishes.talk import EXTREMES, LANDING, UNSURE, words_left
from properties.words import (
    AMENITY_WORDS,
    HOME_WORDS,
    NEVER,
    SPECIFIC_WORDS,
    TRANSACTION_WORDS,
    TYPE_WORDS,
)

# Chiang Mai and Mai Khao, of which a word is May as well.
WITH_MAY = re.compile(r"(?<!\w)(чианг(?=[\s-]+ма[йеяю](?!\w))|май(?=[\s-]+као(?!\w)))[\s-]+")
# "Не дорого" is "недорого".
IN_TWO_WORDS = re.compile(r"(?<!\w)не (?=дорог(?:о|ой|ая|ую|ие|их|ое)(?!\w)|далеко(?!\w))")
# Before it nothing was wished for.
FIRST = Reading("")
# What says nothing of a listing, in several words.
IDLE = re.compile(
    r"(?<!\w)(?:not (?:too |very |so )?(?:expensive|pricey)|first time"
    rf"|no (?:rush|hurry|preferences?))(?!\w)|{UNSURE}|{LANDING}"
)
# How old the children are, no listing tells; of their age alone, so that a home's is left. How many
# ages are said is how many come.
YEARS = r"(?:months?|years?|yrs?|лет|год(?:а|ик\w*)?|месяц\w*|ขวบ|ปี|เดือน)"
AND_AGED = r"\s*(?:,\s*(?:and |и )?|and|&|и|และ|กับ)\s*"
AGES_SAID = rf"\d{{1,2}}(?:{AND_AGED}\d{{1,2}})*"
SO_OLD = (
    rf"(?:\d{{1,2}}(?: ?{YEARS})?{AND_AGED})*\d{{1,2}}(?:\s*-\s*\d{{1,2}})?"
    rf"(?:[ -]?{YEARS}(?:[ -]old)?)(?!\w)"
)
COUNTED_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:no|without|an?|the|без)|{N}(?: (?:little|small|young|маленьк\w+))?|ไม่มี)\s*$"
)
OF_AGE = r"(?:is|are|aged?|ages)"
AGES = re.compile(
    rf"(?P<first>{CHILD}(?: ?\d{{1,2}} ?คน)?),?(?: ?(?:{OF_AGE}|of|อายุ))? ?{SO_OLD}"
    rf"|(?P<one>{CHILD})(?:,? {OF_AGE} {AGES_SAID}(?:-\d{{1,2}})?"
    rf"| ?\((?:{OF_AGE} )?{AGES_SAID}\)|,? \d{{1,2}}{AND_AGED}{AGES_SAID})"
    r"(?=\W*(?:$|[,.;!?)|]|(?:and|with|in|on|near|for|с|на|в)(?!\w)))"
    rf"|(?<!\w){AGES_SAID}[ -]?(?:months?|years?|yrs?)[ -]olds? (?P<last>{CHILD})"
)
# Of a price, perhaps: what nobody could read must not be passed over.
LARGE_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}[,. ]\d{3}|\d{3})(?:[.,]?\w)*")
# No listing says whether its place is one.
ISLAND = re.compile(r"(?<!\w)(?:islands?|остров\w*)(?!\w)")
# A wish is said in the beginning; the rest of a page that somebody pasted is not read.
TEXT_MAX_LENGTH = 1000


def parse_query(text: str, market: Market | None = None) -> Filters:
    """Filters of a sentence in English, Thai or Russian; `q` is what no filter took.

    `market` tells the places that there are listings in, and their money for a price without one.
    """
    return read(text, market).filters


def read(text: str, market: Market | None = None, before: Reading = FIRST) -> Reading:
    """As `parse_query`, and the `rest` of the text. `before` is the wish that it goes on with: its
    place tells the money of a price, and its months that this is none of a night. A misspelt place
    is read as the one that it may be."""
    known = market or Market()
    reading = read_as_written(text, known, before)
    if is_somewhere(reading.filters) or reading.absent:
        return reading
    others = (read_as_written(each, known, before) for each in respelled(text, reading.rest, known))
    return next((other for other in others if is_somewhere(other.filters)), reading)


def is_somewhere(filters: Filters) -> bool:
    return bool(filters.is_placed or filters.places)


def read_as_written(text: str, known: Market, before: Reading) -> Reading:
    said = beginning(text)
    reading = Reading(in_digits(said), dated=is_dated(said))
    for_months = before.for_months or FOR_MONTHS.search(reading.rest) is not None
    by_night = BY_NIGHT.search(reading.rest) is not None
    reading.extreme = next((e for e, said in EXTREMES.items() if reading.take(said)), None)
    read_unwanted(reading, known, counted=before.filters.guests is not None)
    while match := reading.take(OF_OTHER):
        reading.unread = True
        is_stay_price = not known.sells and OF_STAY.search(match[0]) is not None
        reading.leave_out(match[0], is_stay_price=is_stay_price)
        for_months = for_months or OF_MONTHS.search(match[0]) is not None
    reading.for_months = for_months and not known.sells and not by_night
    read_areas(reading)
    for expression in (*DATES, WHEN, FREE, *OTHER_NUMBERS):
        while reading.take(expression):
            pass
    read_places(reading, known)
    spare_wanted(reading)
    read_price(reading, known, before.filters)
    read_rooms(reading)
    children = read_guests(reading)  # before what is good for children
    read_amenities(reading, with_children=bool(children or AGES.search(said_first(text))))
    specific = read_types(reading)
    read_transaction(reading, known)
    is_placed = is_somewhere(reading.filters)
    for unread in (LARGE_NUMBER, *([] if is_placed else [ISLAND])):
        if match := unread.search(reading.rest):
            reading.unread = True
            reading.leave_out(match[0])
    words = words_left(f"{reading.rest} {specific}")
    reading.set(q=f"{words or ''} {specific}".strip() if is_thai(specific) else words)
    return reading


def said_first(text: str) -> str:
    """Normalised, and cut once more after it: a single character may stand for many."""
    return normalise(text[:TEXT_MAX_LENGTH])[:TEXT_MAX_LENGTH]


def beginning(text: str) -> str:
    said = IN_TWO_WORDS.sub("не", said_first(text))
    said = AGES.sub(without_ages, said)
    return with_kinds_respelled(IDLE.sub(" ", WITH_MAY.sub(r"\1", said)))


def without_ages(match: re.Match[str]) -> str:
    """Of "kids aged 4 and 7" two kids, whose number nobody else has said."""
    child = match["first"] or match["one"] or match["last"]
    ages = len(re.findall(r"\d+(?:-\d+)?", match[0]))
    if ages < 2 or child.endswith("คน") or COUNTED_BEFORE.search(match.string, 0, match.start()):
        return child
    return f"{child} {ages}" if is_thai(child) else f"{ages} {child}"


def names_dates(text: str) -> bool:
    """Whether a wish is for certain days, or for what is free, which no listing tells of."""
    return is_dated(beginning(text))


def is_dated(said: str) -> bool:
    return names_days(said) or any(e.search(said) for e in (NIGHTS, AVAILABILITY))


def spare_wanted(reading: Reading) -> None:
    """ "Not Chaweng, but Chaweng Noi", or "... but Chaweng Noi or Lamai": what is wanted is not
    refused along with the place that it is named after."""
    refused = tuple(f"{each.district} " for each in reading.unwanted if each.district)
    spared = {name for name in reading.filters.places if name.startswith(refused)}
    spared.add(reading.filters.district or "")
    reading.unwanted = tuple(
        each for each in reading.unwanted if not each.district or each.district not in spared
    )


def read_areas(reading: Reading) -> None:
    """The area of land wherever land is wanted or measured as land is, else the living area. Of two
    for one of them the first is meant."""
    wants_land = TYPE_WORDS[Type.LAND].search(reading.rest)
    wants_home = any(words.search(reading.rest) for words in HOME_WORDS)
    while found := read_area(reading.rest):
        area, reading.rest = found
        of_land = area.of_land or (wants_land and not wants_home and not area.of_home)
        name = "land_area" if of_land else "area"
        bounds = {f"min_{name}": area.low, f"max_{name}": area.high}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if given.keys() & reading.filters.given().keys():
            reading.unread = True
            reading.leave_out(area.said)
        else:
            reading.set(**given)


# Of a stay of months a price is that of the month, or of the stay, until nights or weeks are spoken
# of. Not of "in two months", which is a date, nor of a child's age.
FOR_MONTHS = re.compile(
    r"(?<!\w)(?:for|на)\s+(?!(?:the )?next|this|следующ|этот|будущ)"
    rf"(?:(?!{MONTH})[^\W_]+\s+)?(?:months?|месяц\w*)(?!\w|[ -]old)"
    r"|(?<!in )(?<!about )(?<!\d)\d+ ?months?(?! old| from| later| ago)(?!\w)"
    r"|monthly(?! discount)|помесячно|รายเดือน"
    r"|(?<!อีก)(?<!อีก )(?<!ลูก)(?<!ลูก )(?<!อายุ)(?<!อายุ )(?<!\d)\d+ ?เดือน"
)
BY_NIGHT = re.compile(
    r"(?<!\w)(?:nights?|nightly|weeks?|weekends?|(?:a|per) day|ноч\w+|недел\w+|выходн\w+"
    r"|(?:в|за) (?:сутки|день))(?!\w)|/ *(?:day|сутки|день)"
    r"|(?:ต่อ|/ *)วัน|วันละ|คืน(?!เงิน)|สัปดาห์|อาทิตย์"
)


# What a sum is of that is none of a night.
OF_MONTHS = re.compile(r"month|месяц|เดือน")
OF_STAY = re.compile(rf"{OF_MONTHS.pattern}|week|year|недел|год|สัปดาห์|อาทิตย์|ปี")


def read_price(reading: Reading, market: Market, before: Filters) -> None:
    bounds, rest = price_bounds(reading.rest)
    if bounds.low is None and bounds.high is None:
        return
    if reading.for_months:
        reading.unread = True
        reading.leave_out(cut_out(reading.rest, rest), is_stay_price=True)
        reading.rest = rest
        return
    reading.rest = rest
    here = reading.filters if reading.filters.is_placed else before
    currency = bounds.currency or usual_currency(here, market)
    reading.set(min_price=bounds.low, max_price=bounds.high, currency=currency or None)


def cut_out(text: str, rest: str) -> str:
    """What of a text is not in the rest of it."""
    start = len(commonprefix((text, rest)))
    behind = len(commonprefix((text[:start:-1], rest[:start:-1])))
    return text[start : len(text) - behind]


FLAT_LAND = re.compile(r"(?<!\w)flat (?=land|plot|piece|terrain)|(?<=land )flat(?!\w)")
OR = re.compile(r"-|[\s|]*(?:,|/|or|and|หรือ|или|и)?[\s|]*(?:a |an )?")


def read_amenities(reading: Reading, *, with_children: bool) -> None:
    """`with_children`: some come along, who want a home that is fit for them, unless they are among
    the guests or refused."""
    found = [name for name, words in AMENITY_WORDS.items() if reading.take(words)]
    if reading.take(FLAT_LAND):
        found.append("flat")
    refused = {name for each in (*reading.unwanted, *reading.spared) for name in each.amenities}
    if with_children and reading.filters.guests is None and "child friendly" not in refused:
        found.append("child friendly")
    while with_children and reading.take(CHILD):
        pass
    if "beachfront" in found and "near beach" in found:
        found.remove("near beach")
    for name in found:
        while name in AMENITY_WORDS and reading.take(AMENITY_WORDS[name]):
            pass
    for name in [name for name in found if name in NEVER]:
        if NEVER[name] in found:  # "freehold or leasehold": either will do
            found = [other for other in found if other not in (name, NEVER[name])]
        else:
            other = Filters(amenities=(NEVER[name],))
            reading.unwanted = tuple(dict.fromkeys((*reading.unwanted, other)))
    if "พูลวิลล" in reading.rest:
        found.append("pool")
    reading.set(amenities=tuple(sorted(set(found))))


def read_types(reading: Reading) -> str:
    """The first type named, and those said along with it: "a villa or bungalow". Returns the word
    of the only one if it means more than a type: "warehouse", "studio apartment"."""
    named: list[tuple[int, int, str]] = []
    for name, words in TYPE_WORDS.items():
        named += [(match.start(), match.end(), name) for match in words.finditer(reading.rest)]
    named.sort(key=lambda span: (span[0], -span[1]))
    spans: dict[tuple[int, int], list[str]] = {}
    end = 0
    for start, stop, name in named:
        if (start, stop) in spans:
            spans[start, stop].append(str(name))  # a studio may be either
            continue
        if start < end:
            continue  # the "house" of a "town house"
        if spans and not OR.fullmatch(reading.rest[end:start]):
            break
        spans[start, stop] = [str(name)]
        end = stop
    said = [reading.rest[start:stop] for start, stop in spans]
    between = [reading.rest[stop:start] for (_, stop), (start, _) in pairwise(spans)]
    for words in TYPE_WORDS.values():
        while reading.take(words):
            pass
    reading.set(type=tuple(dict.fromkeys(chain.from_iterable(spans.values()))))
    specific = None if "".join(between).strip("- ") else SPECIFIC_WORDS.search(" ".join(said))
    return specific[0] if specific else ""


# Whoever wants to let a home buys it first, unless it is to be rented. What it earns no filter
# holds. "ปล่อยเช่า" alone is what stands in an advertisement: to let.
TO_LET = re.compile(
    r"(?<!\w)(?:(?:for|as|with|good|an?) )*(?:rental income|(?:rental )?investments?)(?!\w)"
    r"|(?<!\w)(?:(?:для|под) сдач\w+(?: в аренду)?|(?:для|под|как) инвестици\w*)(?!\w)"
    r"|(?<!\w)(?:инвестир\w+|влож(?:ить|у|им|иться)|вкладыва\w+)(?!\w)"
    r"|(?<!\w)(?:(?:and|to) )*(?:rent|let)(?:t?ing)? (?:it|them) out(?!\w)"
    r"|(?:เพื่อ|ไว้|(?:เพื่อ)?ลงทุน.{0,30}?)ปล่อยเช่า|(?:เพื่อ)?ลงทุน"
)


def read_transaction(reading: Reading, market: Market) -> None:
    invests = False
    while match := reading.take(TO_LET):
        reading.leave_out(match[0])
        invests = True
    for name, words in TRANSACTION_WORDS.items():
        while reading.take(words):
            reading.set(transaction=str(name))
    if invests and market.sells and not reading.filters.transaction:
        reading.set(transaction=str(Transaction.SALE))
