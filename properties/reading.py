"""A wish in plain words while it is read."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from properties.filters import Filters
from properties.words import READ, Extreme


@dataclass
class Reading:
    """A normalised text while it is read: what was understood is cut out of `rest`.

    `unwanted` are the types, amenities and places that somebody does not want, one in each;
    `spared` are amenities that need not be there; `extreme`: the cheapest, the largest ... of what
    fits is wanted first; `unread` says that something was cut out that no filter can hold; `dated`
    that it is for certain days, or for what is free, which no listing tells of.
    """

    rest: str
    filters: Filters = field(default_factory=Filters)
    unwanted: tuple[Filters, ...] = ()
    spared: tuple[Filters, ...] = ()
    extreme: Extreme | None = None
    unread: bool = False
    dated: bool = False

    def set(self, **values: Any) -> None:
        self.filters = replace(self.filters, **values)

    def take(self, expression: str | re.Pattern[str]) -> re.Match[str] | None:
        match = re.search(expression, self.rest)
        if match:
            self.rest = f"{self.rest[: match.start()]} {READ} {self.rest[match.end() :]}"
        return match
