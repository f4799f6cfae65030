"""The assistant's tool over listings (core.tools.Tool)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import orjson
from django.urls import reverse

from core.search.text import normalise
from core.tools import Source, ToolContext, ToolError, ToolResult
from properties import catalogue
from properties.answers import (
    answer,
    compared,
    dates_left_out,
    details_of,
    mentions,
    no_more_said,
    no_such_number,
    nothing_in,
    numbered,
    price_is_nightly,
    prices_of,
    stay_not_priced,
)
from properties.catalogue import Order
from properties.filters import (
    AMENITIES_MAX,
    TEXT_MAX_LENGTH,
    FilterErrors,
    Filters,
    read_filters,
)
from properties.follow_up.asking import (
    OF_IT,
    OF_SHOWN,
    asks_for_night,
    asks_for_stay,
    asks_of_each,
    asks_of_one,
    of_facts,
    tells_all,
    tells_income,
)
from properties.follow_up.changing import PRICES, match_of, order_of
from properties.follow_up.continuing import (
    ANY_STAY,
    View,
    all_apart,
    chosen,
    continuation,
    in_view,
    points_past,
)
from properties.follow_up.titles import asked_besides, named_in
from properties.market import Market, market
from properties.matching import Match, best_match, listings_of
from properties.models import Transaction, Type
from properties.wishes.parsing import TEXT_MAX_LENGTH as TEXT_READ, read, said_first
from properties.wishes.places import short
from properties.wishes.reading import Reading
from properties.wishes.talk import (
    EVIDENCE_MIN,
    OTHER_MATTERS,
    QUESTION,
    REQUEST,
    asks_of_a_place,
    evidence,
    leaves_nothing,
    thai_left,
    words_left,
)
from properties.words import AMENITIES, TOLD_OF_GUESTS, Extreme

# How sure a wish is that goes on with the one before; where FAQs may be meant as well, less.
CONTINUED, MAYBE_CONTINUED = 0.8, 0.6
# What a listing tells of itself comes before what FAQs say of such things.
ASKED_OF_IT = 1.0
# Filters that say where, but not what.
PLACES = frozenset({"city", "district", "places", "q"})
# A model reads the beginning of a description; the rest would only cost tokens.
DESCRIPTION_SHOWN = 300
SHOWN_FIELDS = (
    "id", "title", "type", "transaction", "price", "currency", "bedrooms", "bathrooms",
    "max_guests", "area", "land_area", "city", "district", "amenities",
)  # fmt: skip
TEXT = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX_LENGTH}
COUNT = {"type": "integer", "minimum": 0, "maximum": 9999}
AREA = {"type": "number", "minimum": 0}
PRICE = {"type": "number", "minimum": 0}


class PropertySearch:
    name = "property_search"
    description = (
        "Find published listings (homes, land, commercial property) of this site by place, type, "
        "price, size and amenities. Returns up to five with their prices, and says which of the "
        "wishes they do not meet. A rent price is per night; null means unknown."
    )
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {
            "city": TEXT | {"description": "City or island, such as Phuket."},
            "district": TEXT,
            "type": {"type": "array", "items": {"type": "string", "enum": Type.values}},
            "transaction": {"type": "string", "enum": Transaction.values},
            "min_price": PRICE,
            "max_price": PRICE | {"description": "Give `currency` as well."},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "bedrooms": COUNT | {"description": "At least so many."},
            "bathrooms": {"type": "number", "minimum": 0, "description": "At least so many."},
            "guests": COUNT | {"description": "How many people are to sleep there."},
            "min_area": AREA | {"description": "Living area in square metres."},
            "max_area": AREA,
            "min_land_area": AREA | {"description": "Plot in square metres; 1 rai is 1,600."},
            "max_land_area": AREA,
            "amenities": {
                "type": "array",
                "items": TEXT,
                "maxItems": AMENITIES_MAX,
                "description": f"All of them. Known names: {', '.join(AMENITIES)}.",
            },
            "q": TEXT | {"description": "Words that the listing itself should hold, in English."},
        },
        "additionalProperties": False,
    }

    def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        try:
            wish = read_filters({k: v for k, v in arguments.items() if v not in (None, "", [])})
        except FilterErrors as error:
            raise ToolError(str(error)) from error
        return result(best_match(wish), wish, context.language, confidence=1.0)

    def offline(self, text: str, context: ToolContext) -> ToolResult | None:
        """None unless the words describe a listing: "How do I book a villa?" is no search. What
        else is asked along with a wish is left to the other tools."""
        known = market()
        wish, left, earlier = all_apart(text, context.earlier, known)
        found = self.of_wish(wish, replace(context, earlier=earlier), known)
        if found is None or not left:
            return found
        return replace(found, whole=False, left=left, confidence=max(found.confidence, CONTINUED))

    def of_wish(self, text: str, context: ToolContext, known: Market) -> ToolResult | None:
        reading = read(text, known)
        said = said_first(text)
        if listing := chosen(text, context.earlier, known, context.replied):
            return told_of(listing, reading, said, context.language)
        if number := points_past(text, context.earlier, known, context.replied):
            none = no_such_number(number, context.language)
            return ToolResult(content=none, answer=none, confidence=CONTINUED)
        if found := of_view(text, reading, context, known):
            return found
        if goes_on := continuation(text, reading, context.earlier, known):
            sure = CONTINUED if goes_on.sure else MAYBE_CONTINUED
            wish = goes_on.reading
            order = order_of(wish, known)
            found = listings_for(wish, context.language, sure, goes_on.skipped, order)
            return found and replace(found, whole=goes_on.sure or only_refuses(reading))
        points = evidence(reading.filters, said, absent=bool(reading.absent))
        named = named_in(text[:TEXT_READ], reading)
        if named and named.others:
            return comparison((named.listing, *named.others), reading, said, context.language)
        if named and (named.fully or points < EVIDENCE_MIN):
            asked = asked_besides(named.listing, said, reading)
            found = told_of(named.listing, asked, said, context.language)
            return replace(found, whole=found.whole and not named.leaves)
        if points < EVIDENCE_MIN:
            return None
        sure, order = points / (points + 2), order_of(reading, known)
        found = listings_for(reading, context.language, sure, order=order)
        return found and replace(found, whole=points > EVIDENCE_MIN and is_whole(reading, said))


def of_view(text: str, reading: Reading, context: ToolContext, known: Market) -> ToolResult | None:
    """What is asked of the listing that was told of just before, or of each that was shown."""
    each, one = asks_of_each(text, reading), asks_of_one(text, reading)
    if not (each or one) or named_in(text[:TEXT_READ], reading):
        return None
    said = normalise(text)
    back = each and OF_SHOWN.search(said) is not None
    of_stay = asks_for_stay(text)
    view = in_view(context.earlier, known, past_rules=back or of_stay)
    if of_stay:
        prices = told_prices(view, context, known, of_night=asks_for_night(text))
        # what is for sale has none, but "how much is it a month?" is asked of "it"
        if prices or not one or view is None or len(view.listings) > 1:
            return prices
    if view is None or not view.listings:
        return None
    if len(view.listings) > 1:
        return told_of_each(view, reading, said, context.language) if each else None
    facts = of_facts(text)
    if facts:  # how far the beach is, not whether it is near
        reading = replace(reading, filters=replace(reading.filters, amenities=()))
    found = told_of(view.listings[0], reading, said, context.language)
    if back or (tells_all(reading) and OF_IT.search(said) and not facts):
        return found
    if tells_income(said, view.listings[0]["description"]):
        return replace(found, whole=True)
    sure = found.whole and (facts or tells_all(reading))
    return replace(
        found,
        answer=f"{found.answer}\n\n{no_more_said(context.language)}",
        whole=False,
        confidence=ASKED_OF_IT if sure else found.confidence,
    )


def told_of_each(view: View, reading: Reading, said: str, language: str) -> ToolResult:
    """Which of the amenities that are asked for each listing has, by the numbers shown before."""
    asked = reading.filters.amenities
    lines = []
    for number, listing in enumerate(view.listings, view.skipped + 1):
        mentioned = catalogue.told(listing["id"], asked)
        missing = tuple(name for name in asked if name not in mentioned)
        lines.append(f"{number}. {listing['title']}: {mentions(mentioned, missing, language)}")
    return ToolResult(
        content=orjson.dumps([shown(listing) for listing in view.listings], default=str).decode(),
        answer="\n".join(lines),
        sources=tuple(map(source_of, view.listings)),
        confidence=CONTINUED,
        whole=not asks_rules(reading, said),
    )


def told_prices(
    view: View | None, context: ToolContext, known: Market, *, of_night: bool
) -> ToolResult | None:
    """Of a night; what a stay comes to is for others to say. Behind "do you rent motorbikes?" it
    may be asked what one of those costs, so it is said that these are prices of the homes that were
    shown, or of some where none was. None where a home is for sale."""
    listings, skipped, first = (view.listings, view.skipped, "") if view else ([], 0, "")
    if not listings and not known.sells:
        listings, first = match_of(ANY_STAY, known).listings, "any stay"
    elif not any(listing["title"] in context.replied for listing in listings):
        first = "stay shown"
    if not listings or any(listing["transaction"] != Transaction.RENT for listing in listings):
        return None
    lines = numbered(listings, skipped, context.language)
    told = [prices_of(first, context.language), *lines] if first else lines
    if not of_night:
        told = [*told, "", stay_not_priced(context.language)]
    return ToolResult(
        content=orjson.dumps([shown(listing) for listing in listings], default=str).decode(),
        answer="\n".join(told),
        sources=tuple(map(source_of, listings)),
        confidence=MAYBE_CONTINUED if first else CONTINUED,
    )


def told_of(listing: dict[str, Any], reading: Reading, said: str, language: str) -> ToolResult:
    """All of one listing, for whoever asks about it, beginning with the amenities that are asked
    for, or refused; the rules may tell more, of dogs and of what else is `said`."""
    refused = chain.from_iterable(each.amenities for each in reading.unwanted)
    asked = tuple(dict.fromkeys((*reading.filters.amenities, *refused)))
    mentioned = catalogue.told(listing["id"], asked)
    missing = tuple(name for name in asked if name not in mentioned)
    parts = [mentions(mentioned, missing, language), details_of(listing, language)]
    if reading.dated:
        parts.append(dates_left_out(language))
    return ToolResult(
        content=orjson.dumps(shown(listing), default=str).decode(),
        answer="\n\n".join(filter(None, parts)),
        sources=(source_of(listing),),
        confidence=CONTINUED,
        whole=not asks_rules(reading, said),
    )


def comparison(
    listings: Sequence[dict[str, Any]], reading: Reading, said: str, language: str
) -> ToolResult:
    """For whoever names several listings: which one is better is for them to say."""
    parts = [compared(listings, language), dates_left_out(language) if reading.dated else ""]
    return ToolResult(
        content=orjson.dumps([shown(listing) for listing in listings], default=str).decode(),
        answer="\n\n".join(filter(None, parts)),
        sources=tuple(map(source_of, listings)),
        confidence=CONTINUED,
        whole=not asks_rules(reading, said),
    )


def asks_rules(reading: Reading, said: str) -> bool:
    asked_of_guests = not TOLD_OF_GUESTS.isdisjoint(reading.filters.amenities)
    return asked_of_guests or OTHER_MATTERS.search(said) is not None


def is_whole(reading: Reading, said: str) -> bool:
    """Whether a wish is all that was said. Who comes with a dog may be told the rules as well."""
    if reading.unread or not leaves_nothing(reading.left):
        return False
    requested = reading.filters.type and REQUEST.match(said)
    asked = (QUESTION.search(said) and not requested) or OTHER_MATTERS.search(said)
    return not asked and TOLD_OF_GUESTS.isdisjoint(reading.filters.amenities)


def only_refuses(reading: Reading) -> bool:
    """ "No leasehold please": a wish, of which nothing is asked of the rules."""
    return bool(reading.unwanted or reading.spared) and not reading.filters.given()


def listings_for(
    reading: Reading,
    language: str,
    confidence: float,
    skipped: int = 0,
    order: Order | None = None,
) -> ToolResult | None:
    """None for "weather in Samui": what is asked about it is in no listing."""
    wish = reading.filters
    match = best_match(wish, reading.unwanted, skipped, order=order, limits=reading.limits)
    if match.given_up.q and is_nowhere(reading):
        return elsewhere(reading, language, confidence, skipped, order)
    if wish.given().keys() <= PLACES and (match.given_up.q or asks_of_a_place(reading.rest)):
        return None
    found = result(
        match,
        wish,
        language,
        unwanted=reading.unwanted,
        confidence=confidence,
        left_out=reading.left_out,
        unread=thai_left(reading.rest) or (reading.unread and not reading.left_out),
        skipped=skipped,
        extreme=reading.extreme,
    )
    notes = [dates_left_out(language)] if reading.dated else []
    notes += [price_is_nightly(language)] if reading.for_months and own_price(reading) else []
    if match.listings and notes:
        return replace(found, answer="\n\n".join([found.answer, *notes]))
    return found


def own_price(reading: Reading) -> bool:
    """Whether the visitor has named one, not "cheaper" alone."""
    bounds = reading.compared.own if reading.compared else reading.filters.given()
    return any(bounds.get(name) is not None for name in PRICES)


def is_nowhere(reading: Reading) -> bool:
    """Whether it is to be where no listing is, and none tells of: "Krabi" may be "Krabi Town"."""
    names = [short(normalise(place.name)) for place in reading.absent]
    return bool(names) and not any(listings_of(Filters(q=name)) for name in names)


def elsewhere(
    reading: Reading, language: str, confidence: float, skipped: int, order: Order | None
) -> ToolResult | None:
    """For who looks where there is nothing. None for "the ferry to Koh Tao", which is no search."""
    nothing = nothing_in([place.name for place in reading.absent], language)
    wish = replace(reading.filters, q=words_left(reading.left))
    if wish.given().keys() <= PLACES:
        if wish.given() or not leaves_nothing(reading.left):
            return None
        return ToolResult(content=nothing, answer=nothing, confidence=round(confidence, 2))
    found = listings_for(
        replace(reading, filters=wish, rest=reading.left, absent=()),
        language,
        confidence,
        skipped,
        order,
    )
    return found and replace(found, answer=f"{nothing} {found.answer}")


def result(
    match: Match,
    wish: Filters,
    language: str,
    *,
    confidence: float,
    unwanted: Sequence[Filters] = (),
    left_out: Sequence[str] = (),
    unread: bool = False,
    skipped: int = 0,
    extreme: Extreme | None = None,
) -> ToolResult:
    """That nothing is left behind those that were `skipped` is something found, too."""
    listings = [shown(listing) for listing in match.listings]
    if match.missed:
        for listing, missed in zip(listings, match.missed, strict=True):
            listing["not_met_or_not_mentioned"] = missed.given()
    content = {
        "searched_for": wish.given(),
        "not_met_or_not_mentioned": match.given_up.given(),
        "listings": listings,
    }
    return ToolResult(
        content=orjson.dumps(content, default=str).decode(),
        answer=answer(
            match,
            wish,
            language,
            unwanted=unwanted,
            left_out=left_out,
            unread=unread,
            skipped=skipped,
            extreme=extreme,
        ),
        sources=tuple(source_of(listing) for listing in match.listings),
        confidence=round(confidence, 4),
        found=bool(match.listings or skipped),
        partly=match.given_up.q is not None,
    )


def shown(listing: dict[str, Any]) -> dict[str, Any]:
    return {name: listing[name] for name in SHOWN_FIELDS} | {
        "description": listing["description"][:DESCRIPTION_SHOWN]
    }


def source_of(listing: dict[str, Any]) -> Source:
    url = reverse("property", args=[listing["id"]])
    return Source("listing", listing["id"], listing["title"], url)


property_search = PropertySearch()
