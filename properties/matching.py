"""The listings that fit a wish best, and what had to be given up for them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson

from properties import catalogue, engine, ranking
from properties.catalogue import Order
from properties.filters import NOTHING, Filters
from properties.words import RELATED

# Listings looked at before the best are chosen.
CANDIDATES = 60
SHOWN = 5
# What is given up first, when nothing meets everything. What is not here is never given up.
LEAST_IMPORTANT_FIRST = (
    "q", "amenities", "bathrooms", "type", "needs", "min_area", "max_area", "min_land_area",
    "max_land_area", "bedrooms", "district", "min_price", "max_price", "guests", "city", "places",
    "musts",
)  # fmt: skip
# Amenities without which a home of the right type is of no use, and without which none is.
NEEDED = frozenset({"pet friendly", "beachfront", "near beach"})
MUST = frozenset({"wheelchair accessible"})
PRICES = ("min_price", "max_price")
STRETCHED = 2
NO_LIMITS: Mapping[str, Decimal] = {}


@dataclass(frozen=True)
class Match:
    """`listings` as JSON objects, best first; `given_up` are the parts of the wish that any of them
    does not meet, or does not tell of, and `missed` those of each of them, where they differ;
    `other_money` are the currencies of what meets them all but the price, with which it cannot be
    compared.
    """

    listings: list[dict[str, Any]]
    given_up: Filters = NOTHING
    missed: tuple[Filters, ...] = ()
    other_money: tuple[str, ...] = ()


def best_match(
    wish: Filters,
    unwanted: Sequence[Filters] = (),
    skipped: int = 0,
    *,
    order: Order | None = None,
    limits: Mapping[str, Decimal] = NO_LIMITS,
) -> Match:
    """A handful of published listings; none when even what is left of the wish finds nothing, or
    no more than are `skipped`, the best ones: the first in an `order`, if there is one.

    Of what is `unwanted` no listing has anything, whatever else is given up; and the `limits`, by
    filter, are what is left of a bound that is given up.
    """
    for attempt in attempts(wish, limits):
        if found := listings_of(attempt, unwanted, order):
            given_up = difference(wish, attempt)
            missed = missed_by(found, given_up)
            if order is None:
                used = Counter(listing["currency"] for listing in found)
                too_dear = wish.max_price != attempt.max_price
                found.sort(
                    key=lambda listing: misfit(
                        listing, wish, used, len(missed[listing["id"]]), too_dear=too_dear
                    )
                )
            shown = found[skipped : skipped + SHOWN]
            each = [joined(missed[listing["id"]], given_up.q) for listing in shown]
            if shown:
                given_up = joined(each, given_up.q)
            return Match(
                shown,
                given_up,
                tuple(each) if any(other != given_up for other in each) else (),
                other_money(shown, wish, given_up, unwanted),
            )
    return Match([], wish)


def missed_by(listings: Sequence[dict[str, Any]], given_up: Filters) -> dict[str, list[Filters]]:
    """By its id, what each does not meet, a part in each; the words were given up for all."""
    parts = [part_of(given_up, *part) for part in parts_of(replace(given_up, q=None))]
    held = catalogue.met([listing["id"] for listing in listings], parts)
    return {
        id: [part for part, holds in zip(parts, holding, strict=True) if not holds]
        for id, holding in held.items()
    }


def part_of(wish: Filters, name: str, value: str) -> Filters:
    part: dict[str, Any] = {name: (value,) if name == "amenities" else getattr(wish, name)}
    return Filters(**part, currency=wish.currency if name in PRICES else None)


def joined(parts: Iterable[Filters], words: str | None) -> Filters:
    wish = Filters(q=words)
    for part in parts:
        amenities = tuple(sorted({*wish.amenities, *part.amenities}))
        wish = replace(wish, **part.given() | {"amenities": amenities})
    return wish


def other_money(
    shown: Sequence[dict[str, Any]], wish: Filters, given_up: Filters, unwanted: Sequence[Filters]
) -> tuple[str, ...]:
    """The currencies in which as much as was wished for, or what is `shown` for a price that is not
    met, may cost less, or more: nothing is converted."""
    if not wish.currency or not replace(given_up, q=None).given():
        return ()
    unpriced = replace(wish, q=None, min_price=None, max_price=None, currency=None)
    priced = listings_of(unpriced, (*unwanted, Filters(currency=wish.currency)))
    if given_up.currency:
        priced = [*priced, *shown]
    found = {listing["currency"] for listing in priced if listing["price"] is not None}
    return tuple(sorted(found - {wish.currency}))


def listings_of(
    filters: Filters, unwanted: Sequence[Filters] = (), order: Order | None = None
) -> list[dict[str, Any]]:
    """Best first where there are free words, which must all be there; else the first in
    an order, or the newest."""
    parts = [catalogue.PUBLISHED, *catalogue.loosely(filters), *catalogue.avoiding(unwanted)]
    if order is not None:
        if filters.q:
            parts.append(ranking.matching(ranking.look_up(filters.q, ranking.EVERY)))
        rows = catalogue.first(parts, order, CANDIDATES, catalogue.DETAIL)
    elif filters.q:
        start = ranking.beginning(filters.q, ranking.EVERY)
        ids, _ = ranking.page(parts, start, CANDIDATES)
        rows = list(engine.rows_of(parts, ids, catalogue.DETAIL).values())
    else:
        rows = catalogue.page(parts, CANDIDATES, catalogue.DETAIL).rows
    return [orjson.loads(row) for row in rows]


def attempts(wish: Filters, limits: Mapping[str, Decimal] = NO_LIMITS) -> Iterator[Filters]:
    """The wish; then without its free words, which may be talk; then without one part of it, and
    the words as well where it has to be, least important first; then with ever fewer. Of a price
    that is given up something is kept until all that matters less is gone: who has 3,000 a night is
    not shown what costs 38,000. What nothing of the kind has, wherever it is, such as land with a
    wheelchair's way in, is given up before all this."""
    yield wish
    parts = list(parts_of(wish))
    steps = [part for part in parts if part[1] not in MUST]
    told = without(wish, "q", "")
    near = {**nearly(wish), **limits}
    for step in steps:
        if wish.q and step[0] != "q":
            yield without(wish, *step, near)
        yield without(told, *step, near)
    left = wish
    for index, step in enumerate(steps):
        if step[0] in PRICES and left != wish:
            yield without(left, *step, near)
        left = without(left, *step, limits)
        if step[0] in PRICES:
            yield without(told, *step, limits)
        if index:
            yield left
    if len(steps) < len(parts):
        if len(steps) == 1:
            yield left
        yield from attempts(without_musts(wish), limits)


def without_musts(wish: Filters) -> Filters:
    return replace(wish, amenities=tuple(name for name in wish.amenities if name not in MUST))


def nearly(wish: Filters) -> dict[str, Decimal]:
    """The bounds that a price may be stretched to."""
    stretched = {}
    if wish.min_price is not None:
        stretched["min_price"] = wish.min_price / STRETCHED
    if wish.max_price is not None:
        stretched["max_price"] = wish.max_price * STRETCHED
    return stretched


def parts_of(wish: Filters) -> Iterator[tuple[str, str]]:
    """(filter, value); the value tells one amenity from another."""
    given = wish.given()
    for name in LEAST_IMPORTANT_FIRST:
        if name in ("amenities", "needs", "musts"):
            yield from (
                ("amenities", amenity)
                for amenity in reversed(wish.amenities)
                if importance(amenity) == name
            )
        elif name in given:
            yield name, ""


def importance(amenity: str) -> str:
    if amenity in MUST:
        return "musts"
    return "needs" if amenity in NEEDED else "amenities"


def without(
    wish: Filters, name: str, value: str = "", limits: Mapping[str, Decimal] = NO_LIMITS
) -> Filters:
    if name == "amenities":
        return replace(wish, amenities=tuple(item for item in wish.amenities if item != value))
    if name == "type":
        related = {other for type in wish.type for other in RELATED.get(type, ())}
        return replace(wish, type=tuple(sorted({*wish.type, *map(str, related)})))
    nothing: dict[str, Any] = {name: limits.get(name, getattr(NOTHING, name))}
    left = replace(wish, **nothing)
    priced = left.min_price is not None or left.max_price is not None
    return left if priced else replace(left, currency=None)


def difference(wish: Filters, met: Filters) -> Filters:
    """What of a wish is not in what was met. The currency belongs to the price."""
    kept = met.given()
    lost = {name: value for name, value in wish.given().items() if kept.get(name) != value}
    if "amenities" in lost:
        lost["amenities"] = tuple(sorted(set(wish.amenities) - set(met.amenities)))
    if "min_price" in lost or "max_price" in lost:
        lost["currency"] = wish.currency
    return Filters(**lost)


def misfit(
    listing: dict[str, Any],
    wish: Filters,
    used: Mapping[str, int],
    missed: int,
    *,
    too_dear: bool = False,
) -> tuple[Any, ...]:
    """Sorts the best first: has `missed` least of the wish, says what was asked for, is no larger
    than needed, costs least. Where all are `too_dear`, what costs least comes closest.

    Prices compare within a currency alone; the one `used` by most listings comes first.
    """
    unsaid = len(set(wish.amenities) - set(listing["amenities"]))
    other_type = bool(wish.type) and listing["type"] not in wish.type
    room_to_spare = (listing["max_guests"] or 0) - wish.guests if wish.guests else 0
    bedrooms = (listing["bedrooms"] or 0) - wish.bedrooms if wish.bedrooms else 0
    land = float(wish.min_land_area or wish.max_land_area or 0)
    land_to_spare = abs((listing["land_area"] or 0) - land) if land else 0.0
    price, currency = listing["price"], listing["currency"]
    cost = (price is None, -used[currency], currency, price or 0)
    fit = (missed, other_type, unsaid, abs(room_to_spare), abs(bedrooms), land_to_spare)
    return (*cost, *fit) if too_dear else (*fit, *cost)
