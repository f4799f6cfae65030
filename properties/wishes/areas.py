"""Areas as people write them, in square metres: "1,000 sqm", "2 rai 1 ngan", "ไม่เกิน 2 ไร่".

Thai land measures: 1 rai = 4 ngan = 400 square wah = 1,600 square metres (the FAQ `land-measures`).
Regular expressions over normalised text (core.search.text.normalise).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from properties.wishes.numbers import AND, BETWEEN, LEAST, MOST, NUMBER, OR_LESS, number, whole

UNITS: tuple[tuple[str, Decimal], ...] = (
    (r"(?:rais?(?!\w)|рай(?!\w)|ра[яев]\w?(?!\w)|ไร่)", Decimal(1600)),
    (r"(?:ngans?(?!\w)|нган\w*|งาน)", Decimal(400)),
    (r"(?:(?:sq(?:uare|\.)?\s?)?(?:talang )?wah?(?!\w)|кв\.? ?ва(?!\w)|ตารางวา|ตร\.?ว\.?)",
     Decimal(4)),
    (r"(?:sq(?:uare|\.)? ?f(?:ee)?t(?!\w)|sqft(?!\w)|ft2(?!\w))", Decimal("0.0929")),
    (r"(?:hectares?(?!\w)|гектар\w*|เฮกตาร์)", Decimal(10_000)),
    (r"(?:acres?(?!\w)|акр\w*)", Decimal(4047)),
    (r"(?:сот(?:ок|к[аи])(?!\w))", Decimal(100)),
    (r"(?:sq(?:uare|\.)? ?(?:m(?!\w)|met(?:er|re)s?(?!\w))|sqm(?!\w)|m2(?!\w)|кв\.? ?м\w*"
     r"|квадратн\w+ метр\w*|м2(?!\w)|ตารางเมตร|ตร\.? ?ม\.?)", Decimal(1)),
)  # fmt: skip
UNIT = "|".join(unit for unit, _ in UNITS)
ONE = re.compile(rf"({NUMBER})\s*[+-]?\s*({UNIT})")
# "2 rai 1 ngan" is one area, "200 sqm and 1 rai" are two.
SMALLER = f"(?:{UNITS[1][0]}|{UNITS[2][0]})"
SUM = (
    rf"(?<![\d.,]){NUMBER}\s*[+-]?\s*(?:(?:{UNITS[0][0]}|{SMALLER})"
    rf"(?:\s*(?:and |และ)?\s*{NUMBER}\s*{SMALLER})*|{UNIT})"
)
AREA = re.compile(
    rf"(?:(?P<most>{MOST})|(?P<least>{LEAST})|{BETWEEN})?[\s:~]*(?:(?P<low>{NUMBER})\s*{AND}\s*)?"
    rf"(?P<area>{SUM})(?P<less>\s*{OR_LESS})?"
)
LAND_UNIT = re.compile(UNITS[0][0] + "|" + UNITS[1][0] + "|" + UNITS[2][0])
# "a 1000 sqm plot", "land of 800 sqm", "on 1,200 sqm of land".
AFTER_LAND = re.compile(
    r"^[\s|]*(?:of )?"
    r"(?:(?!on |with |and |plus |or |in |house |home |villa |condo |bungalow )[a-z]+ )?"
    r"(?:land|plot)(?!\w)(?!\s*(?:of\s*)?\d)"
)
BEFORE_LAND = re.compile(r"(?:land|plot)(?: (?:of|size|area|is|over|about))*\s*$")
# What is measured along with the land: "500 sqm living area", "พื้นที่ใช้สอย 200 ตร.ม.".
OF_HOME = (
    r"(?:(?:living|floor|indoor|interior|internal|usable|built[ -]?up) (?:area|space)(?!\w)"
    r"|жил\w+ площад\w+|площад\w+ дома|พื้นที่ใช้สอย)"
)
BEFORE_HOME = re.compile(rf"(?:with )?(?:an? )?{OF_HOME}(?: (?:is|of|over|about))*[\s:~]*$")
AFTER_HOME = re.compile(rf"^[\s|]*(?:of )?{OF_HOME}")
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class Area:
    """Bounds in square metres, in the words that `said` them; `of_land` or `of_home` when these say
    so, else the caller decides."""

    low: Decimal | None
    high: Decimal | None
    of_land: bool
    of_home: bool
    said: str


def read_area(text: str) -> tuple[Area, str] | None:
    """The first area of a text, and the text with it read (replaced by `|`)."""
    match = AREA.search(text)
    if not match:
        return None
    before, after = text[: match.start()], text[match.end() :]
    value = square_metres(match["area"])
    low, high = bounds(match, value)
    of_home = bool(BEFORE_HOME.search(before) or AFTER_HOME.search(after))
    before, after = BEFORE_HOME.sub("", before), AFTER_HOME.sub("", after)
    said = (
        LAND_UNIT.search(match["area"]),
        AFTER_LAND.search(after),
        BEFORE_LAND.search(before),
    )
    of_land = any(said) and not of_home
    return Area(low, high, of_land, of_home, match[0]), f"{before} | {after}"


def bounds(match: re.Match[str], value: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """An area by itself is the least that is wanted, as bedrooms are."""
    if match["low"]:
        first, unit = ONE.findall(match["area"])[0][0], match["area"]
        low = number(match["low"]) * square_metres(unit) / (number(first) or 1)
        return tuple(sorted((whole(low), value)))  # type: ignore[return-value]
    if match["most"] or match["less"]:
        return None, value
    return value, None


def square_metres(text: str) -> Decimal:
    """Of "2 rai 1 ngan": 3600."""
    total = sum((number(said) * size(unit) for said, unit in ONE.findall(text)), Decimal(0))
    return min(whole(total.quantize(Decimal("0.01"))), LARGEST)


def size(unit: str) -> Decimal:
    return next(metres for said, metres in UNITS if re.fullmatch(said, unit))
