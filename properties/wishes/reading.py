"""A wish in plain words while it is read."""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from properties.filters import Filters
from properties.words import READ, Extreme


@dataclass(frozen=True)
class Compared:
    """Cheaper or dearer than what was shown, of which the cheapest, or the dearest, cost so much:
    `than`. `own`: the bounds that the visitor has said, in place of which the filters have another
    one."""

    than: Decimal
    own: dict[str, Any]
    dearer: bool = False

    @property
    def limits(self) -> dict[str, Decimal]:
        """What is left of the bound where it is given up: nothing that leads back."""
        return {"min_price" if self.dearer else "max_price": self.than}


@dataclass(frozen=True)
class Absent:
    """A well-known place without listings: its name, and its words as they stand in `rest`, for a
    listing may tell of it all the same."""

    name: str
    words: str


@dataclass
class Reading:
    """A normalised text while it is read: what was understood is cut out of `rest`.

    `unwanted` are the types, amenities and places that somebody does not want, one in each;
    `spared` are amenities that need not be there; `extreme`: the cheapest, the largest ... of what
    fits is wanted first; `compared`: it is to be cheaper, or dearer, than what was shown;
    `left_out` are conditions that no filter holds, in the visitor's words, of which `stay_prices`
    are prices of a week, a month or more; `unread` says that there
    is such a one, other than of who comes along; `dated` that it is for certain days, or for what
    is free, which no listing tells of; `for_months`: for so long that a price is none of a night;
    `absent`: it is to be where no listing is.
    """

    rest: str
    filters: Filters = field(default_factory=Filters)
    unwanted: tuple[Filters, ...] = ()
    spared: tuple[Filters, ...] = ()
    extreme: Extreme | None = None
    compared: Compared | None = None
    unread: bool = False
    left_out: tuple[str, ...] = ()
    stay_prices: tuple[str, ...] = ()
    dated: bool = False
    for_months: bool = False
    absent: tuple[Absent, ...] = ()

    @property
    def left(self) -> str:
        """What was not read: `rest` without the places that are `absent`."""
        left = self.rest
        for place in self.absent:
            left = re.sub(rf"(?<![\w-]){re.escape(place.words)}(?![\w-])", READ, left)
        return left

    @property
    def limits(self) -> dict[str, Decimal]:
        return self.compared.limits if self.compared else {}

    def set(self, **values: Any) -> None:
        self.filters = replace(self.filters, **values)

    def leave_out(self, said: str, *, is_stay_price: bool = False) -> None:
        words = " ".join(said.replace(READ, " ").split()).strip(" ,.")
        self.left_out = (*self.left_out, words)
        if is_stay_price:
            self.stay_prices = (*self.stay_prices, words)

    def take(self, expression: str | re.Pattern[str]) -> re.Match[str] | None:
        compiled = re.compile(expression) if isinstance(expression, str) else expression
        match = compiled.search(self.rest)
        if match:
            self.rest = f"{self.rest[: match.start()]} {READ} {self.rest[match.end() :]}"
        return match
