"""What somebody does not want: "not a condo or a house", "без бассейна"."""

import re
from functools import lru_cache
from typing import Any

from core.search.text import normalise
from properties.filters import Filters
from properties.market import Market
from properties.places import place_names
from properties.reading import Reading
from properties.talk import leaves_nothing
from properties.words import AMENITIES, AMENITY_WORDS, FLATS, READ, TYPES, pattern

# Before what is not wanted, and between one such thing and the next.
NO = (
    r"(?:(?<!\w)(?:(?P<spared>don't need|do not need|no need for)|not?|without|except(?: for)?"
    r"|don't want|do not want|nothing|never"
    r"|anything but|other than|не|без|кроме|только не)(?!\w)"
    r"|ไม่เอา|ไม่ต้องการ|ไม่อยากได้|ไม่มี|ไม่ใช่|ยกเว้น|\|\s*(?:(?:n?or|или|ни)(?!\w)|หรือ))"
    r"(?:\s*(?:in|on|at|near|a|an|the|any|of|have|having|want|на|в|возле|ที่|ใน)(?![a-zа-я]))*\s*"
)
NO_SAID = re.compile(NO)
# Who has no pets says so, and may stay where they are allowed.
TOLD_OF_GUESTS = frozenset({"pet friendly", "child friendly"})


def read_unwanted(reading: Reading, market: Market) -> None:
    """ "Not a condo or a house", "without a pool", "не на Самуи", "ไม่เอาคอนโด"."""
    expression, names = refusals(market)
    groups: list[tuple[list[tuple[str, str]], list[bool]]] = []
    while match := expression.search(reading.rest):
        reading.rest = f"{reading.rest[: match.start()]} {READ} {reading.rest[match.end() :]}"
        if not groups or not match[0].startswith(READ):
            groups.append(([], []))  # else "... or this": one group with what was just refused
        things, is_fine = groups[-1]
        things += [names[name] for name, said in match.groupdict().items() if said]
        is_fine.append(bool(match["fine"] or match["spared"]))
    for things, is_fine in groups:
        for name, value in things:
            refuse(reading, name, value, is_fine=any(is_fine))


def may_refuse(text: str) -> bool:
    return NO_SAID.search(normalise(text)) is not None


def refused_in(text: str, market: Market) -> tuple[str, tuple[Filters, ...]]:
    """The words to look for, "" where but talk is left, and what is refused among them."""
    reading = Reading(normalise(text))
    read_unwanted(reading, market)
    if not reading.unwanted:
        return text, ()
    words = " ".join(reading.rest.replace(READ, " ").split())
    return "" if leaves_nothing(words) else words, reading.unwanted


def refuse(reading: Reading, name: str, value: str, *, is_fine: bool) -> None:
    """What is fine without may be there as well, if it is an amenity; "I don't need a condo" wants
    none."""
    if not name or value in TOLD_OF_GUESTS:
        return
    one: dict[str, Any] = {name: value if name in ("city", "district") else (value,)}
    if is_fine and name == "amenities":
        reading.spared = (*reading.spared, Filters(**one))
    else:
        reading.unwanted = (*reading.unwanted, Filters(**one))


@lru_cache(maxsize=4)
def refusals(market: Market) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """One expression for a "no" and what it refuses: group name -> (filter, value)."""
    places, placed = place_names(market)
    names = {f"t{i}": ("type", str(type)) for i, type in enumerate(TYPES)}
    names |= {f"a{i}": ("amenities", amenity) for i, amenity in enumerate(AMENITIES)}
    groups = [
        f"(?P<t{i}>{pattern(*(word for word in said if word not in FLATS))})"
        for i, said in enumerate(TYPES.values())
    ]
    groups += [f"(?P<a{i}>{words.pattern})" for i, words in enumerate(AMENITY_WORDS.values())]
    for i, (city, district) in enumerate(placed):
        names[f"n{i}"] = ("district", district) if district else ("city", city)
    groups += [places.pattern] if placed else []
    fine = (
        r"(?P<fine>\s+(?:(?:is|are|would be) (?:too |also )?(?:fine|ok|okay|no problem)"
        r"|(?:is |are )?(?:needed|necessary|required)"
        r"|(?:тоже )?(?:можно|подойд\w+|нормально|не страшно))(?!\w)|\s*ก็ได้)?"
    )
    expression = re.compile(rf"{NO}(?:{'|'.join(groups)}){fine}")
    return expression, names | {"fine": ("", ""), "spared": ("", "")}
