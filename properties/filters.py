"""What a list of listings may be narrowed by: one type for the API, the assistant and cursors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.search.text import is_blank
from properties.models import CURRENCY, Transaction, Type, tidy_amenities

TEXT_MAX_LENGTH = 200
AMENITIES_MAX = 20
# Fits the price column; more digits are a mistake, not a wish.
AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
WHOLE_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """None and () narrow nothing. A listing whose value is unknown meets no bound on it.

    `bedrooms`, `bathrooms` and `guests` mean "at least"; prices are in `currency`, and where that
    is None in whatever currency a listing has; areas are in square metres; `city` and `district`
    match in any case; `type` is any of several; `amenities` must all be there; `q` is free text.
    `places` are cities and districts of which any will do; only the assistant reads them.
    """

    city: str | None = None
    district: str | None = None
    places: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    transaction: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    currency: str | None = None
    bedrooms: int | None = None
    bathrooms: Decimal | None = None
    guests: int | None = None
    min_area: Decimal | None = None
    max_area: Decimal | None = None
    min_land_area: Decimal | None = None
    max_land_area: Decimal | None = None
    amenities: tuple[str, ...] = ()
    q: str | None = None

    def given(self) -> dict[str, Any]:
        """The filters that narrow anything, by name."""
        return {name: value for name, value in vars(self).items() if value not in (None, ())}

    @property
    def is_placed(self) -> bool:
        return bool(self.city or self.district or self.places)


NOTHING = Filters()


class FilterErrors(Exception):
    """`fields` maps a filter to its messages."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(told)}" for name, told in fields.items()))
        self.fields = fields


def read_filters(values: Mapping[str, Any]) -> Filters:
    """Filters of a query string (text) or of a tool's arguments (JSON). Raises FilterErrors."""
    problems: dict[str, list[str]] = {}
    read: dict[str, Any] = {}
    for name, value in values.items():
        try:
            read[name] = READERS[name](value)
        except KeyError:
            problems[name] = ["This filter is not known."]
        except ValueError as error:
            problems[name] = [str(error)]
    for name in ("price", "area", "land_area"):
        low, high = read.get(f"min_{name}"), read.get(f"max_{name}")
        if low is not None and high is not None and low > high:
            problems[f"min_{name}"] = [f"This is more than max_{name}."]
    if problems:
        raise FilterErrors(problems)
    return Filters(**read)


def text(value: Any) -> str:
    if not isinstance(value, str) or is_blank(value):
        raise ValueError("Some text.")
    if len(value) > TEXT_MAX_LENGTH:
        raise ValueError(f"At most {TEXT_MAX_LENGTH} characters.")
    if "\x00" in value:
        raise ValueError("Null characters are not allowed.")
    return value.strip()


def one_of(choices: list[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        chosen = text(value).lower()
        if chosen not in choices:
            raise ValueError(f"One of {', '.join(choices)}.")
        return chosen

    return read


def types(value: Any) -> tuple[str, ...]:
    """Comma separated in a query string, an array in JSON."""
    read = one_of(Type.values)
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise ValueError("Some types.")
    return tuple(sorted({read(item) for item in items}))


def currency(value: Any) -> str:
    code = text(value).upper()
    if not re.fullmatch(CURRENCY, code):
        raise ValueError("A currency's three letters, such as THB.")
    return code


def amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not AMOUNT.fullmatch(str(value)):
        raise ValueError("A number of at least 0, such as 8000 or 99.50.")
    return Decimal(str(value))


def whole_number(value: Any) -> int:
    if isinstance(value, bool) or not WHOLE_NUMBER.fullmatch(str(value)):
        raise ValueError("A whole number from 0 to 9999.")
    return int(value)


def half_steps(value: Any) -> Decimal:
    number = amount(value)
    if number % Decimal("0.5") or number >= 1000:
        raise ValueError("A number in steps of a half, such as 1.5.")
    return number


def amenities(value: Any) -> tuple[str, ...]:
    """Comma separated in a query string, an array in JSON."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or len(items) > AMENITIES_MAX:
        raise ValueError(f"At most {AMENITIES_MAX} amenities.")
    # Sorted: the same wish is the same cursor, in whatever order it is said.
    return tuple(sorted(tidy_amenities(text(item) for item in items)))


READERS: dict[str, Callable[[Any], Any]] = {
    "city": text,
    "district": text,
    "type": types,
    "transaction": one_of(Transaction.values),
    "min_price": amount,
    "max_price": amount,
    "currency": currency,
    "bedrooms": whole_number,
    "bathrooms": half_steps,
    "guests": whole_number,
    "min_area": amount,
    "max_area": amount,
    "min_land_area": amount,
    "max_land_area": amount,
    "amenities": amenities,
    "q": text,
}
