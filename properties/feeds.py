"""Inside Airbnb's listings.csv: one row to one listing. Pure; reading and storing is in `imports`.

Columns: https://insideairbnb.com/data-assumptions/ and the data dictionary linked there.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from core.files import RowError, what_is_unstorable
from properties.models import PRICE_DIGITS, Property, Status, Transaction, Type
from properties.plain_text import plain_text
from properties.words import common_names

REQUIRED_COLUMNS = (
    "id", "name", "description", "property_type", "room_type", "accommodates", "bedrooms",
    "amenities", "price", "latitude", "longitude", "neighbourhood_cleansed",
)  # fmt: skip
# Used where they are there.
OPTIONAL_COLUMNS = ("neighbourhood", "bathrooms", "bathrooms_text")

TEXTS = ("id", "name", "description", "neighbourhood_cleansed")
# Not "- quiet" or "+46 8 123".
FORMULA = re.compile(r"\s*(?:[=@]|[+-]\S*[(|])")
TEXT_MAX_LENGTH = 20_000
PLACE_MAX_LENGTH = 100
PRICE_END = 10 ** (PRICE_DIGITS - 2)
PRICE = re.compile(r"[^\d.,\s-]{0,3}\s?(\d{1,3}(?:,\d{3})+|\d{1,12})(\.\d{1,2})?", re.ASCII)
HALF_BATH = re.compile(r"half-bath", re.IGNORECASE)
BATHS = re.compile(r"(\d+(?:\.\d+)?) ")
TYPES: tuple[tuple[str, str], ...] = (
    # The first that is found in property_type; a room in a villa is a room.
    (r"^(private|shared) room|^room in|^hotel room", Type.ROOM),
    (r"townhouse", Type.TOWNHOUSE),
    (r"villa", Type.VILLA),
    (r"condo", Type.CONDO),
    (r"bungalow", Type.BUNGALOW),
    (r"rental unit|apartment|loft|guest suite|in-law|aparthotel", Type.APARTMENT),
    (r"home|house|cottage|cabin|chalet|casa particular", Type.HOUSE),
)


def listing_of(row: Mapping[str, str], *, source: str, currency: str, city: str) -> Property:
    """The listing that a row tells of. Raises RowError for the first thing wrong with it.

    An empty price, bedrooms or bathrooms is unknown, not wrong.
    """
    return Property(
        source=source,
        external_id=external_id_of(row),
        title=title_of(row),
        description=plain_text(bounded(row, "description")),
        type=type_of(row["property_type"] or row["room_type"]),
        transaction=Transaction.RENT.value,
        price=price_of(row["price"]),
        currency=currency,
        bedrooms=count_of(row, "bedrooms"),
        bathrooms=bathrooms_of(row),
        max_guests=count_of(row, "accommodates"),
        city=city,
        district=" ".join(row["neighbourhood_cleansed"].split())[:PLACE_MAX_LENGTH],
        latitude=coordinate_of(row, "latitude", 90),
        longitude=coordinate_of(row, "longitude", 180),
        amenities=amenities_of(row["amenities"]),
        status=Status.PUBLISHED.value,
    )


def formulas_in(row: Mapping[str, str]) -> list[str]:
    """Columns whose text a spreadsheet may carry out. To us it is a text as any other."""
    return [name for name in TEXTS if FORMULA.match(row[name])]


def external_id_of(row: Mapping[str, str]) -> str:
    id = row["id"].strip()
    if not id or len(id) > 100:
        raise RowError("id", "is empty" if not id else "is longer than 100 characters")
    return id


def title_of(row: Mapping[str, str]) -> str:
    title = " ".join(plain_text(bounded(row, "name")).split())
    if not title:
        raise RowError("name", "is empty")
    return title[:200]


def bounded(row: Mapping[str, str], column: str) -> str:
    if len(row[column]) > TEXT_MAX_LENGTH:
        raise RowError(column, f"is longer than {TEXT_MAX_LENGTH} characters")
    return row[column]


def type_of(said: str) -> str:
    found = (type for expression, type in TYPES if re.search(expression, said, re.IGNORECASE))
    return str(next(found, Type.OTHER))


def price_of(text: str) -> Decimal | None:
    """ "$1,250.00" whatever the sign: the currency is said on the command line."""
    if not text.strip():
        return None
    match = PRICE.fullmatch(text.strip())
    if not match:
        raise RowError("price", f"{text[:40]!r} is not a price")
    price = Decimal(match[1].replace(",", "") + (match[2] or ""))
    if price >= PRICE_END:
        raise RowError("price", f"{text[:40]!r} is not below {PRICE_END:,}")
    return price


def count_of(row: Mapping[str, str], column: str) -> int | None:
    number = number_of(row, column)
    if number is None:
        return None
    if number != int(number) or number > 1000:
        raise RowError(column, f"{row[column][:40]!r} is not a whole number up to 1000")
    return int(number)


def bathrooms_of(row: Mapping[str, str]) -> Decimal | None:
    if (number := number_of(row, "bathrooms")) is not None:
        return number
    said = row.get("bathrooms_text", "")
    if HALF_BATH.search(said):
        return Decimal("0.5")
    match = BATHS.match(said)
    return Decimal(match[1]) if match else None


def number_of(row: Mapping[str, str], column: str) -> Decimal | None:
    text = row.get(column, "").strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number < 1000:
        raise RowError(column, f"{text[:40]!r} is not a number from 0 to 999")
    return number


def coordinate_of(row: Mapping[str, str], column: str, limit: int) -> float | None:
    text = row[column].strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= limit:
        raise RowError(column, f"{text[:40]!r} is not between -{limit} and {limit}")
    return value


def amenities_of(text: str) -> list[str]:
    """The feed's own names, after ours for those that have one."""
    if not text.strip():
        return []
    try:
        amenities = json.loads(text)
    except (ValueError, RecursionError):
        amenities = None
    if not isinstance(amenities, list) or not all(isinstance(item, str) for item in amenities):
        raise RowError("amenities", "is not a JSON array of texts")
    if reason := what_is_unstorable("".join(amenities)):
        raise RowError("amenities", reason)
    listed = [plain_text(item) for item in amenities]
    return [*common_names(listed), *listed]


def usual_city(neighbourhoods: Iterable[str]) -> str:
    """The city of a feed, which has no column for it: what `neighbourhood`, such as
    "Stockholm, Stockholms län, Sweden", most often begins with. "" when it never says.
    """
    places = (text.partition(",")[0].strip() for text in neighbourhoods)
    common = Counter(filter(None, places)).most_common(1)
    return common[0][0][:PLACE_MAX_LENGTH] if common else ""
