"""A wish and what a message changes in it: another place, a lower price, one thing more or less."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from core.search.text import normalise
from properties.catalogue import Order
from properties.filters import NOTHING, Filters
from properties.market import Market
from properties.matching import SHOWN, Match, best_match
from properties.models import Type
from properties.wishes.numbers import whole
from properties.wishes.parsing import read
from properties.wishes.places import usual_currency
from properties.wishes.reading import Absent, Compared, Reading
from properties.wishes.talk import telling_words, thai_left
from properties.words import NEVER, SPECIFIC_WORDS, Extreme

# With these a message goes on with the one before.
OPENING = re.compile(
    r"^\W*(?:(?:and|or|but|maybe|then|wh?at about|how about|what if"
    r"|(?:а )?что если|а если|а|и|или|но|тогда|может)"
    r"(?!\w)|แล้ว|และ|หรือ|แต่|ถ้า)\W*"
)
# It changes the wish, whatever else is in it.
FIRST_OF_CHANGE = (
    r"(?<!\w)(?:actually|rather|only|just|только|(?:i'd |i would |we'd )?rather have"
    r"|make (?:it|that)|change (?:it |that )?to|switch to"
    r"|let'?s (?:do|say|try)|на самом деле|вообще-то|давай(?:те)?|лучше|поменяй(?:те)? на"
    r"|измени(?:те)? на|пусть будет)(?!\w)|(?:ขอ)?(?:เปลี่ยน|เพิ่ม|ลด|ปรับ|เอา)เป็น"
)
LAST_OF_CHANGE = (
    r"(?<!\w)(?:actually|rather|then|now|only|тогда|теперь|только)(?=\W*$)"
    r"|(?:ดีกว่า|แทน|เท่านั้น|ล่ะ|แล้วกัน)(?=\W*$)|(?<!\w)(?:instead|взамен)(?!\w)"
)
# It adds to the wish, so that either will do.
TOO = re.compile(r"(?<!\w)(?:too|also|as well|тоже|также)(?!\w)|ก็ได้|ด้วย(?=\W*$)")
CHANGE = re.compile(
    rf"^\W*(?:(?:no|ok|okay|sorry|hm+|well|нет|ой|а|и|ไม่) ?\W*)*(?:{FIRST_OF_CHANGE})"
    rf"|{LAST_OF_CHANGE}|{TOO.pattern}"
)
OF_CHANGE = re.compile(f"{FIRST_OF_CHANGE}|{LAST_OF_CHANGE}|{TOO.pattern}")
CHEAPER = re.compile(
    r"(?<!\w)(?<!not )(?<!не )"
    r"(?:cheaper|less expensive|lower priced?|(?:по)?дешевле|бюджетнее)(?!\w)"
    r"|(?<!ไม่)ถูก(?:กว่า|ลง)"
)
# "Nothing dearer" is no wish for it.
DEARER = re.compile(
    r"(?<!\w)(?<!not )(?<!no )(?<!nothing )(?<!not any )(?<!without any )(?<!without )"
    r"(?<!не )(?<!ничего )(?<!не хочу )(?<!не надо )(?<!не нужно )"
    r"(?:more expensive|dearer|pricier|higher priced?|(?:по)?дороже)(?!\w)"
    r"|(?<!ไม่)แพง(?:กว่า|ขึ้น)"
)
BIGGER = re.compile(
    r"(?<!\w)(?:bigger|larger|roomier|more spacious|побольше|покрупнее|просторнее)(?!\w)"
    r"|ใหญ่กว่า|ใหญ่ขึ้น|กว้างกว่า"
)
COMPARING = re.compile(f"{CHEAPER.pattern}|{DEARER.pattern}|{BIGGER.pattern}")
PLACES = {"city", "district", "places"}
PRICES = {"min_price", "max_price"}
AREAS = {"min_area", "max_area", "min_land_area", "max_land_area"}
COMPARED = PLACES | PRICES | {"type"}


def order_of(reading: Reading, market: Market) -> Order | None:
    """In which the wish is to be shown, the money being that of its price or of its place."""
    wish, extreme = reading.filters, reading.extreme
    if extreme is None:
        return None
    if extreme in (Extreme.LARGEST, Extreme.SMALLEST):
        return Order(f"{extreme} land" if wish.type == (Type.LAND,) else str(extreme))
    return Order(str(extreme), wish.currency or usual_currency(wish, market))


def left_of(reading: Reading) -> str:
    """What a message says beside the parts of a wish, and that it goes on with one."""
    left = COMPARING.sub(" ", OPENING.sub(" ", reading.left))
    return OF_CHANGE.sub(" ", CHANGE.sub(" ", left))


def compares(said: str, parts: set[str]) -> bool:
    return asks_by_price(said, parts) or asks_bigger(said, parts)


def asks_by_price(said: str, parts: set[str]) -> bool:
    """Cheaper or dearer than what was shown; "дешевле 2500" says itself than what."""
    return not parts & PRICES and bool(CHEAPER.search(said) or DEARER.search(said))


def asks_bigger(said: str, parts: set[str]) -> bool:
    return not parts & {*AREAS, "bedrooms"} and BIGGER.search(said) is not None


def parts_of(reading: Reading) -> set[str]:
    said = (reading.filters, *reading.unwanted, *reading.spared)
    parts = {name for each in said for name in each.given() if name != "q"}
    return parts | {"city"} if reading.absent else parts


def together(before: Reading, text: str, market: Market, seen: int = SHOWN) -> Reading:
    """The wish before with what a message changes: another place, price or area takes the place of
    the one before, amenities are added, and what is refused is wanted no more. `seen`: how many of
    its listings were shown at most."""
    after = read(text, market, before)
    said, parts = normalise(text), parts_of(after)
    new = after.filters.given()
    by_price = asks_by_price(said, parts)
    if by_price:
        dearer = DEARER.search(said) is not None and CHEAPER.search(said) is None
        before = compared(before, shown(before, market, seen), dearer=dearer)
    elif before.compared and new.keys() & COMPARED:
        # what was shown is not what it is compared with any more
        before = replace(
            before, filters=replace(before.filters, **before.compared.own), compared=None
        )
    before = without_replaced_price(before, after)
    wish = bigger(before, market) if asks_bigger(said, parts) else before.filters
    words = new.pop("q", None)  # "cheaper" itself; other words do not go on
    absent = () if PLACES & new.keys() else after.absent or before.absent
    if absent != before.absent:
        wish = replace(wish, q=words_of(absent) or None)
    if (old := price_left(wish, new)) and not by_price:
        new |= old
    changed = new.keys() | (PLACES if after.absent else set())
    for names in (PLACES, PRICES | {"currency"}, AREAS):
        if names & changed:
            nothing: dict[str, Any] = {name: getattr(NOTHING, name) for name in names}
            wish = replace(wish, **nothing)
    said_now = set(after.filters.amenities)
    opposite = opposites(said_now)
    amenities = {*wish.amenities, *said_now} - opposite
    if "type" in new and wish.type and TOO.search(said):
        new["type"] = tuple(dict.fromkeys((*wish.type, *new["type"])))
    elif "type" in new:
        new["q"] = words_of_kind(wish.q, words)
    wish = replace(wish, **new | {"amenities": tuple(sorted(amenities))})
    wanted = values_of(after.filters)
    refused = list(after.unwanted)
    if TOO.search(said) and opposite & set(before.filters.amenities):  # either will do
        wish = replace(wish, amenities=tuple(sorted(amenities - said_now)))
        refused = [each for each in refused if not opposite & set(each.amenities)]
    still_refused = [each for each in before.unwanted if not values_of(each) & wanted]
    words = telling_words(left_of(after))
    left_out = (*before.left_out, *after.left_out, *([" ".join(words)] if words else ()))
    return replace(
        before,
        filters=less(wish, (*refused, *after.spared)),
        unwanted=tuple(dict.fromkeys((*still_refused, *refused))),
        left_out=tuple(dict.fromkeys(left_out)),
        stay_prices=(*before.stay_prices, *after.stay_prices),
        unread=before.unread or thai_left(left_of(after)),
        extreme=after.extreme or before.extreme,
        dated=before.dated or after.dated,
        for_months=after.for_months,
        absent=absent,
    )


def without_replaced_price(before: Reading, after: Reading) -> Reading:
    """ "Under 60,000 a month" is said in place of "under 3,000 a night", and the other way."""
    if after.stay_prices:
        without_price = replace(before.filters, min_price=None, max_price=None, currency=None)
        before = replace(before, filters=without_price, compared=None)
    if before.stay_prices and (after.stay_prices or PRICES & after.filters.given().keys()):
        still_left = tuple(each for each in before.left_out if each not in before.stay_prices)
        before = replace(before, left_out=still_left, stay_prices=(), unread=bool(still_left))
    return before


def opposites(amenities: Collection[str]) -> set[str]:
    """What no listing has beside them: freehold, and leasehold."""
    pairs = [*NEVER.items(), *((other, name) for name, other in NEVER.items())]
    return {other for name, other in pairs if name in amenities}


def words_of(places: Sequence[Absent]) -> str:
    return " ".join(place.words for place in places)


def words_of_kind(before: str | None, after: str | None) -> str | None:
    """The words before with the word of another kind: a villa is wanted, and a studio no more."""
    kept = SPECIFIC_WORDS.sub(" ", before or "").split()
    kind = SPECIFIC_WORDS.search(after or "")
    return " ".join([*kept, *([kind[0]] if kind else [])]) or None


def price_left(wish: Filters, new: dict[str, Any]) -> dict[str, Any]:
    """The other bound of a price, where only one is said anew: "under 10m", then "over 7m"."""
    if wish.currency != new.get("currency") or wish.min_price and wish.max_price:
        return {}
    low, high = new.get("min_price"), new.get("max_price")
    if low and not high and wish.max_price and low < wish.max_price:
        return {"max_price": wish.max_price}
    if high and not low and wish.min_price and wish.min_price < high:
        return {"min_price": wish.min_price}
    return {}


def compared(before: Reading, listings: Sequence[dict[str, Any]], *, dearer: bool) -> Reading:
    """Below the least of the prices that were shown, or above the greatest, and within the
    visitor's own bound on that side; the same wish where no price was shown."""
    priced = [listing for listing in listings if listing["price"] is not None]
    if not priced:
        return before
    currency = priced[0]["currency"]
    prices = [listing["price"] for listing in priced if listing["currency"] == currency]
    than = Decimal(str(max(prices) if dearer else min(prices)))
    bounds = {name: getattr(before.filters, name) for name in (*PRICES, "currency")}
    own = before.compared.own if before.compared else bounds
    bound, nearer = ("min_price", max) if dearer else ("max_price", min)
    beyond = than + 1 if dearer else max(than - 1, Decimal(0))
    if own[bound] is not None and own["currency"] == currency:
        beyond = nearer(beyond, own[bound])
    prices_wanted: dict[str, Any] = {"min_price": None, "max_price": None, bound: beyond}
    wish = replace(before.filters, **prices_wanted, currency=currency)
    return replace(before, filters=wish, compared=Compared(than, own, dearer))


def bigger(before: Reading, market: Market) -> Filters:
    """Larger than the first that was shown: by its land where land is wanted, else by a bedroom."""
    is_land = before.filters.type == (Type.LAND,)
    measure = "land_area" if is_land else "bedrooms"
    known = [listing[measure] for listing in shown(before, market) if listing[measure] is not None]
    if not known:
        return before.filters
    if is_land:
        above = whole(Decimal(str(known[0])) + 1)
        return replace(before.filters, min_land_area=above, max_land_area=None)
    return replace(before.filters, bedrooms=known[0] + 1)


def shown(before: Reading, market: Market, seen: int = SHOWN) -> list[dict[str, Any]]:
    """All that were shown, the first page and those that were asked for after it."""
    pages = (match_of(before, market, skipped).listings for skipped in range(0, seen, SHOWN))
    return list(chain.from_iterable(pages))


def match_of(wish: Reading, market: Market, skipped: int = 0) -> Match:
    order = order_of(wish, market)
    return best_match(wish.filters, wish.unwanted, skipped, order=order, limits=wish.limits)


def less(wish: Filters, refused: Sequence[Filters]) -> Filters:
    """Without what is refused, so that nothing is both."""
    gone = {value for each in refused for value in values_of(each)}
    return replace(
        wish,
        type=tuple(type for type in wish.type if type not in gone),
        amenities=tuple(name for name in wish.amenities if name not in gone),
        city=None if wish.city in gone else wish.city,
        district=None if wish.district in gone else wish.district,
        places=tuple(place for place in wish.places if place not in gone),
    )


def values_of(filters: Filters) -> set[str]:
    """The types, amenities and places of a wish, which share no name."""
    named = {*filters.type, *filters.amenities, *filters.places, filters.city, filters.district}
    return {value for value in named if value}
