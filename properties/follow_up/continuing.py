"""Messages that go on with the search before them: "and in Phuket?", "show me more", "number 2".

Without a model nothing is remembered, but the visitor's earlier messages can be read again. What
says a part of a wish, and a word or two more at most, is read into the last wish; what names both
a kind and a place, or asks for something that no filter takes, is a question of its own, or one of
the listings that were shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from core.search.clauses import clauses
from core.search.text import THAI_RUN, normalise
from properties.filters import Filters
from properties.follow_up.asking import (
    ANY_KIND,
    FOR_ANOTHER,
    OF_IT,
    OF_THEM,
    WHICH,
    asks_for_stay,
    asks_of_each,
    asks_of_one,
)
from properties.follow_up.changing import (
    AREAS,
    CHANGE,
    OPENING,
    PLACES,
    PRICES,
    compares,
    left_of,
    match_of,
    parts_of,
    together,
)
from properties.follow_up.pointing import (
    LENGTH_MAX,
    asks_more,
    names_listing,
    place_named,
    points_back,
)
from properties.follow_up.titles import named_in
from properties.market import Market
from properties.matching import SHOWN, Match
from properties.models import Transaction
from properties.wishes.dates import names_days
from properties.wishes.numbers import NUMBER, OF_OTHER, PRICE_FROM, YEARS, number
from properties.wishes.parsing import BY_NIGHT, TEXT_MAX_LENGTH, read, said_first
from properties.wishes.reading import Reading
from properties.wishes.talk import (
    EVIDENCE_MIN,
    MAY_OWN,
    OTHER_MATTERS,
    QUESTION,
    THAI_FILLERS,
    THE_WAY,
    WANTED,
    evidence,
    leaves_nothing,
    sells,
    telling_words,
)
from properties.words import TOLD_OF_GUESTS

# Between a wish and what goes on with it, so much else may be asked.
OTHERS_MAX = 3
# What is left over beside the parts of a wish may be so much, which the answer says: of words, and
# of Thai letters.
LEFT_MAX, THAI_LEFT_MAX = 2, 12
# What was said last shows other things by their numbers.
NUMBERED = re.compile(r"^\s*\d+[.)] ", re.MULTILINE)
# As the text of an answer about one thing.
UNNUMBERED = "-"
# Of so many messages about one listing, the first named it.
OF_ONE_MAX = 10
HAVING = re.compile(r"(?<!\w)(?:with|without|с|со|без)(?!\w)|มี")
# A number with nothing that tells what it is of.
BARE = re.compile(
    r"\W*(?:(?:and|or|but|ok|okay|so|then|maybe|what about|how about|what if"
    r"|can (?:i|we|you) (?:do|have|get|find)|something|anything|one|for|the|budget|а если|а|и"
    r"|или|но|тогда|может|можно|есть|что-нибудь|лучше|за|на)(?!\w)\W*|(?:แล้ว|ถ้า|ขอ|งบ|ราคา) ?)*"
    r"(?P<change>(?:make (?:it|that)|change (?:it|that) to|давай(?:те)?(?: лучше)?|пусть будет"
    r"|(?:เปลี่ยน|เพิ่ม|ลด|เอา)เป็น) ?)?"
    rf"(?P<number>{NUMBER})(?: ?(?:then|instead|please|now|тогда|пожалуйста|แล้วกัน|ล่ะ|ได้ไหม"
    r"|ครับ|ค่ะ|คะ))*[\s?!.]*"
)
# What a stay costs depends on the home, where none was spoken of.
ANY_STAY = Reading("", Filters(transaction=str(Transaction.RENT)))
# Parts that are of a wish whatever word is beside them: "weather in Phuket" is not.
OF_WISHES = PRICES | AREAS | {"bedrooms", "bathrooms", "guests"}


@dataclass(frozen=True)
class Continuation:
    """The last wish with what a message changes in it. Not `sure` where the words may as well be
    asked of the rules: "and pets?". `skipped`: how many of its listings were shown already."""

    reading: Reading
    sure: bool
    skipped: int = 0


@dataclass(frozen=True)
class View:
    """The listings that were shown or told of last, behind those that were `skipped`."""

    listings: list[dict[str, Any]]
    skipped: int = 0


def continuation(
    text: str, reading: Reading, earlier: Sequence[str], market: Market
) -> Continuation | None:
    """None for a message that stands for itself. `reading` is of the text alone; `earlier`: the
    visitor's messages before it, oldest first."""
    if asks_more(text):
        wish = wish_of(earlier, market, between=0)
        return Continuation(wish, sure=True, skipped=shown_before(earlier)) if wish else None
    if not earlier:
        return None
    in_full = completed(text)
    reading = reading if in_full == text else read(in_full, market)
    if not goes_on(in_full, reading):
        return None
    before = wish_of(earlier, market)
    if before is None or not is_counted(text, before):
        return None
    wish = together(before, in_full, market, shown_before(earlier))
    return Continuation(wish, is_sure(in_full, reading))


def chosen(
    text: str, earlier: Sequence[str], market: Market, replied: str = ""
) -> dict[str, Any] | None:
    """The listing that a message names by the number it was shown with. What was `replied` last,
    if known and not numbered, leaves the numbers to the listings before it."""
    place = place_named(text)
    if place is None or not earlier or place >= shown_before(earlier):
        return None
    wish = wish_numbered(earlier, market, replied)
    if wish is None:
        return None
    found = match_of(wish, market, place)
    if shows_none(found, wish):
        return None
    return found.listings[0] if found.listings else None


def points_past(text: str, earlier: Sequence[str], market: Market, replied: str = "") -> int | None:
    """The number, from 1 on, by which a message that has `chosen` none names a listing."""
    place = place_named(text)
    if place is None or not earlier or not names_listing(text):
        return None
    wish = wish_numbered(earlier, market, replied)
    if wish is None or shows_none(found := match_of(wish, market), wish):
        return None
    return place + 1 if found.listings else None


def wish_numbered(earlier: Sequence[str], market: Market, replied: str) -> Reading | None:
    """The last wish, to the listings of which a number belongs."""
    of_shown = replied and not NUMBERED.search(replied)
    of_shown = of_shown or asks_of_each(earlier[-1], read(earlier[-1], market))
    return wish_of(earlier, market, OTHERS_MAX if of_shown else 0)


def shows_none(found: Match, wish: Reading) -> bool:
    """ "Weather in Samui", for which no listings were shown."""
    return bool(found.given_up.q) and wish.filters.given().keys() <= {*PLACES, "q"}


def in_view(earlier: Sequence[str], market: Market, *, past_rules: bool) -> View | None:
    """What was shown or told of last, past what was asked of it and so many other questions: those
    of the rules lead away from "it", but not from "them"."""
    others = 0
    for back in range(1, min(OF_ONE_MAX, len(earlier)) + 1):
        message, before = earlier[-back], earlier[:-back]
        if listing := chosen(message, before, market, UNNUMBERED):
            return View([listing])
        reading = read(message, market)
        if named := named_in(message[:TEXT_MAX_LENGTH], reading):
            return None if named.others else View([named.listing])
        if asks_of_each(message, reading) or asks_of_one(message, reading):
            continue
        if place_named(message) is not None:
            continue  # of none that was shown
        if going := continuation(message, reading, before, market):
            return View(match_of(going.reading, market, going.skipped).listings, going.skipped)
        if is_search(message, reading):
            found = match_of(reading, market)
            return None if shows_none(found, reading) else View(found.listings)
        others += 1
        if others > OTHERS_MAX or (OTHER_MATTERS.search(normalise(message)) and not past_rules):
            return None
    if any(map(asks_for_stay, earlier)) and not market.sells:
        return View(match_of(ANY_STAY, market).listings)
    return None


def shown_before(earlier: Sequence[str]) -> int:
    """How many listings were shown at most, since the last wish."""
    return SHOWN * (1 + sum(map(asks_more, takewhile(looks_back, reversed(earlier)))))


def wish_of(messages: Sequence[str], market: Market, between: int = OTHERS_MAX) -> Reading | None:
    """The last wish of the messages, with those that go on with it: whoever asks about visas in
    `between` still wants the villa. No more are read than that takes, some milliseconds each."""
    links: list[tuple[str, Reading, int]] = []
    others = 0
    for place, text in reversed([*enumerate(messages)]):
        if points_back(text):
            continue
        in_full = completed(text)
        reading = read(in_full, market)
        if asks_for_stay(text):
            links.append((text, reading, 0))
            continue
        if asks_of_each(text, reading):
            continue
        if goes_on(in_full, reading):
            links.append((text, reading, shown_before(messages[:place])))
            others, between = 0, OTHERS_MAX  # it went on past so many others itself
        elif is_search(text, reading):
            links.append((text, reading, 0))
            break
        else:
            others += 0 if between and asks_of_one(text, reading) else 1
            if others > between:
                break
    wish: Reading | None = None
    for text, reading, seen in reversed(links):
        in_full = completed(text)
        if asks_for_stay(text):
            wish = wish if market.sells else asked_for_stay(wish, reading)
        elif wish and goes_on(in_full, reading):
            wish = together(wish, in_full, market, seen) if is_counted(text, wish) else wish
        elif in_full == text:
            wish = reading if is_search(text, reading) else None
    return wish


def asked_for_stay(wish: Reading | None, asked: Reading) -> Reading:
    """A price that is said behind "how much for a month?" is none of a night."""
    return replace(wish or ANY_STAY, for_months=asked.for_months)


def completed(text: str) -> str:
    """A number alone with what it is of, where only a wish before it tells: "4000 then" is the most
    that is to be paid, "make it 8" so many people."""
    bare = BARE.fullmatch(said_first(text))
    if bare is None:
        return text
    value = number(bare["number"])
    if value >= PRICE_FROM and not (value in YEARS and value % 100):
        return f"up to {bare['number']}"
    return f"{value} guests" if bare["change"] and 0 < value < PRICE_FROM else text


def is_counted(text: str, wish: Reading) -> bool:
    """Whether a number alone is of something that was said: people, if there were any."""
    in_full = completed(text)
    return in_full == text or "guests" not in in_full or wish.filters.guests is not None


def all_apart(
    text: str, earlier: Sequence[str], market: Market
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The wish of a message and what is asked along with it (see `apart`), and the wishes of the
    messages before it."""
    wishes: tuple[str, ...] = ()
    for said in earlier:
        wishes = (*wishes, apart(said, market, later=bool(wishes))[0])
    return *apart(text, market, later=bool(wishes)), wishes


def apart(text: str, market: Market, *, later: bool = False) -> tuple[str, tuple[str, ...]]:
    """A wish, and the questions of other matters that were asked along with it: "a villa in
    Samui, and what is the cancellation policy?". `later`: it may go on with a wish before it."""
    parts = clauses(text[:TEXT_MAX_LENGTH])
    asked = [part for part in parts if len(parts) > 1 and is_other(part, market)]
    wish = ", ".join(part.strip(" ,.;") for part in parts if part not in asked)
    if asked and wish:
        reading = read(completed(wish), market)
        if is_search(wish, reading) or (later and goes_on(completed(wish), reading)):
            return wish, tuple(asked)
    return text, ()


def is_other(text: str, market: Market) -> bool:
    """Whether it is asked, and of no home: neither of the rules, nor of anything that a listing
    has."""
    said, reading = normalise(text), read(text, market)
    if not (QUESTION.search(said) or said.endswith("?")) or is_search(text, reading):
        return False
    parts = parts_of(reading)
    if OTHER_MATTERS.search(said) or THE_WAY.search(said):
        return True
    if MAY_OWN.search(said) and parts <= {"type", "transaction"}:
        return True
    of_homes = parts or OF_IT.search(said) or OF_THEM.search(said)
    return not of_homes and not leaves_nothing(reading.left)


def is_search(text: str, reading: Reading) -> bool:
    said = said_first(text)
    return evidence(reading.filters, said, absent=bool(reading.absent)) >= EVIDENCE_MIN


def goes_on(text: str, reading: Reading) -> bool:
    """Whether a message says a part of a wish, and nothing else but a word or two beside what is
    of wishes only."""
    said = normalise(text)
    opened = OPENING.match(said)
    rest = said[opened.end() :] if opened else said
    of_other = is_of_stay(said, reading)
    if len(said) > LENGTH_MAX or (reading.unread and not of_other):
        return False
    if (
        OTHER_MATTERS.search(said)
        or sells(said)
        or (QUESTION.search(rest) and not FOR_ANOTHER.search(rest))
    ):
        return False
    parts, left = parts_of(reading), left_of(reading)
    if not leaves_nothing(left) and not (parts & OF_WISHES and is_little(left)):
        return False
    if not parts and not reading.extreme and not compares(said, parts):
        return reading.dated or of_other
    if "type" in parts and parts & PLACES:
        return False  # "and a condo in Bangkok?" says all that a search needs
    if any(each.type for each in reading.unwanted) and parts <= {"type"}:
        return True  # "not a condo, a townhouse"
    if opened or CHANGE.search(said) or compares(said, parts) or not parts:
        return True
    if parts == {"type"} and said.endswith("?") and not WANTED.search(said):
        return True  # "villa?"
    if "type" in parts or (parts & PLACES and (WANTED.search(said) or ANY_KIND.search(said))):
        return False
    # "total cost of buying" is as likely asked of the rules
    return parts != {"transaction"} or HAVING.search(said) is not None


def is_of_stay(said: str, reading: Reading) -> bool:
    """ "30,000 a month", "for a month", of which a price is told as left out, "for a week"."""
    return bool(OF_OTHER.search(said) or reading.for_months or BY_NIGHT.search(said))


def is_little(left: str) -> bool:
    thai = THAI_RUN.findall(THAI_FILLERS.sub("", left))
    return len(telling_words(left)) <= LEFT_MAX and len("".join(thai)) <= THAI_LEFT_MAX


def looks_back(text: str) -> bool:
    """As `points_back`, or at all that were shown."""
    said = normalise(text)
    return points_back(text) or bool(WHICH.match(said) or OF_THEM.search(said))


def is_sure(text: str, reading: Reading) -> bool:
    """Amenities may be asked of the rules: who comes with a dog, whether there is parking."""
    parts = parts_of(reading)
    if not leaves_nothing(left_of(reading)):
        return False
    if not parts and not reading.extreme and not compares(normalise(text), parts):
        return names_days(normalise(text)) or is_of_stay(normalise(text), reading)
    if parts != {"amenities"}:
        return True
    of_guests = set(reading.filters.amenities) & TOLD_OF_GUESTS
    return not of_guests and HAVING.search(normalise(text)) is not None
