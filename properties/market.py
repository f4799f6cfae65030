"""What the product's own listings are about: their places and their money, cached briefly."""

from dataclasses import astuple, dataclass, replace

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q

from properties.models import Property, Transaction

KEY = "properties:market:2"  # a new number where what is kept has other parts
SECONDS = 60
PLACES_MAX = 2000


@dataclass(frozen=True)
class Place:
    """A district of a city, or with `district` "" the city itself; `currency` most use there."""

    city: str
    district: str
    currency: str


@dataclass(frozen=True)
class Market:
    """`currency` is the product's own, or the one of most listings where none has that; "" where
    there are none. `sells`: it has listings for sale, or may have."""

    places: tuple[Place, ...] = ()
    currency: str = ""
    sells: bool = True


def market() -> Market:
    """The market of the published listings. One query a minute, or after a change."""
    if (kept := cache.get(KEY)) is not None:
        places = tuple(Place(*place) for place in kept["places"])
        return Market(places, kept["currency"], kept["sells"])
    known = read()
    kept = {
        "places": list(map(astuple, known.places)),
        "currency": known.currency,
        "sells": known.sells,
    }
    cache.set(KEY, kept, SECONDS)
    return known


def forget() -> None:
    """After a write: the assistant must know a new place at once."""
    cache.delete(KEY)


def read() -> Market:
    rows = (
        Property.objects.published()
        .values_list("city", "district", "currency")
        .annotate(listings=Count("id"), sold=Count("id", filter=Q(transaction=Transaction.SALE)))
        .order_by("-listings", "city", "district")[:PLACES_MAX]
    )
    known = market_of([row[:4] for row in rows], settings.PRODUCT.currency)
    return replace(known, sells=any(row[4] for row in rows))


def market_of(rows: list[tuple[str, str, str, int]], preferred: str = "") -> Market:
    """From (city, district, currency, listings)."""
    money: dict[tuple[str, str], dict[str, int]] = {}
    for city, district, currency, listings in rows:
        for place in {("", ""), (city, ""), (city, district)}:
            counted = money.setdefault(place, {})
            counted[currency] = counted.get(currency, 0) + listings
    usual = {place: max(counted, key=lambda c: counted[c]) for place, counted in money.items()}
    overall = usual.pop(("", ""), "")
    if preferred in money.get(("", ""), {}):
        overall = preferred
    places = (Place(city, district, currency) for (city, district), currency in usual.items())
    return Market(tuple(places), overall)
