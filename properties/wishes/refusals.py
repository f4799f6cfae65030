"""What somebody does not want: "not a condo or a house", "без бассейна", "сауна не нужна"."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from core.search.expressions import expression
from core.search.text import normalise
from properties.filters import Filters
from properties.market import Market
from properties.models import Type
from properties.wishes.counts import CHILDREN, counts_people
from properties.wishes.places import Names, names_in, place_names
from properties.wishes.reading import Reading
from properties.wishes.talk import leaves_nothing
from properties.words import (
    AMENITIES,
    AMENITY_PATTERNS,
    AMENITY_WORDS,
    FLATS,
    READ,
    RUSSIAN_FLATS,
    TOLD_OF_GUESTS,
    TYPES,
    pattern,
)

# Between a "no" and what it refuses: "don't want *to stay on* Samui", "не *хочу на* Самуи".
LEAD = (
    r"(?:\s*(?:in|on|at|near|with|to|stay|live|go|be|me|a|an|the|any|anything|anywhere|of|have"
    r"|having|want"
    r"|на|в|с|со|возле|для|бы|жить|ехать|лететь|хочу|хотим|хочется|хотел\w*|ищу|ищем|люблю|любим"
    r"|интерес\w+|нрав\w+|подход\w+|предлага\w+|показыва\w+|рассматрива\w+"
    r"|ที่|ใน|แถว|อยู่|ไป|พัก|มี|เป็น)(?![a-zа-я]))*\s*+"
)
# Before what is not wanted, and between one such thing and the next. What is `spared` is not
# needed: an amenity may be there; what is `optional` says nothing against a place or a type either.
NO = (
    r"(?:(?P<optional>(?<!\w)(?:not necessarily|(?:do|does)(?:n'?t| not) (?:have to|care about)"
    r"|не ?обязательно)(?!\w)|ไม่(?:เน้น|(?:จำเป็น)?ต้อง(?!การ)))"
    r"|(?<!\w)(?:(?P<spared>(?:don'?t|do not) need|no need for|можно (?:и )?без"
    # not "бассейн не нужен вилла ...", where a comma was forgotten
    r"|не (?:нужен(?! \w+[ая](?!\w))|нужна(?= \w+[ая](?!\w))|нужно|нужны|надо))"
    r"|(?:don'?t|do not) (?:want|like|show)|(?P<none>(?:i|we)"
    r" (?:(?:don'?t|do not) have|have(?: got)? no)"
    r"|(?:мы|я) без|у (?:нас|меня) нет)"
    r"|no|without|nothing|instead of|rather than|вместо"
    r"|not(?: (?:interested in|looking for|a fan of))?|except(?: for)?|never|avoid|skip|hate"
    r"|any(?:thing|where) but|other than"
    r"|не|без|кроме|только не)(?!\w)"
    r"|ไม่(?:ได้)?(?:เอา|ต้องการ|อยากได้|อยาก|หา|มี|ใช่|สนใจ|ชอบ)|(?<!หรือ)ไม่(?=[ก-๎])|ยกเว้น"
    rf"|\|\s*(?:(?:n?or|или|ни)(?!\w)|หรือ)){LEAD}"
)
FINE = (
    r"(?P<fine>\s+(?:(?:is|are|would be) (?:too |also )?(?:fine|ok|okay|no problem)"
    r"|(?:is |are )?(?:needed|necessary|required)"
    r"|(?:тоже )?(?:можно|подойд\w+|нормально|не страшно))(?!\w)|\s*ก็ได้)?"
)


def agreeing(stem: str, masculine: str) -> str:
    """Russian adjectives with what stands before them: in "на Самуи не нужна виза" that is not
    what the visa is needed for."""
    return (
        rf"(?:(?<=[ая])\s+не ?(?:{stem})а|(?<=[ыи])\s+не ?(?:{stem})ы|(?<=[еио])\s+не ?(?:{stem})о"
        rf"|(?:(?<![аеуыюя])|(?<=море))\s+не ?(?:{masculine}))(?!\w)"
    )


# Behind what is not wanted; what agrees with nothing is the end of its clause.
ENDS = r"(?=\s*(?:$|[^\w\s]|\d|(?:и|а|но|до|от|только)(?!\w)))"
THAI_ENDS = r"(?:แล้ว|เลย|ดีกว่า|นะ|ครับ|ค่ะ|คะ)*(?![ก-๎])"
THAI_OPTIONAL = rf"\s*ไม่(?:จำเป็น|(?:ต้อง|มี|ต้องมี)ก็ได้){THAI_ENDS}"
REFUSED = (
    r"\s+не (?:хочу|хотим|хочется|люблю|любим|интерес\w+|нрав\w+|подход\w+|предлага\w+"
    rf"|показыва\w+|рассматрива\w+){ENDS}"
    rf"|\s*ไม่(?:เอา|ต้องการ|อยากได้|สนใจ|ชอบ){THAI_ENDS}"
)
NO_AFTER = (
    r"(?P<no>(?P<spared>"
    r"\s+(?:(?:is|are)(?:n't| not)|not) (?:needed|necessary|required|important)(?!\w)"
    rf"|\s+не (?:нужно|надо){ENDS}|{agreeing('нужн', 'нужен')})"
    rf"|(?P<optional>{agreeing('обязательн|важн', 'обязателен|важен')}"
    rf"|\s+не ?(?:обязательно|важно){ENDS}|{THAI_OPTIONAL})|{REFUSED})"
)
# Of several amenities with which a clause begins, and their verb is in the plural: "бассейн и
# парковка не нужны". How a home lies is none of them: "a villa, quiet, and parking not needed".
LISTED = "|".join(
    AMENITY_PATTERNS[name]
    for name in AMENITIES
    if name not in ("beachfront", "near beach", "quiet", "hillside")
)
NO_AFTER_LIST = expression(
    rf"(?:^|(?<=[,.;:!?|—–])|(?<=[ก-๎] ))\s*(?:(?:a|an|the) )?(?P<list>(?:{LISTED})"
    rf"(?:\s*,\s*(?:(?:a|an|the) )?(?:{LISTED}))*,?\s*(?:and|or|и|или|และ|กับ|หรือ)\s*"
    rf"(?:(?:a|an|the) )?(?:{LISTED}))"
    r"(?P<no>(?P<spared>\s+(?:are(?:n't| not)|not) (?:needed|necessary|required|important)(?!\w)"
    rf"|\s+(?:мне |нам )?не (?:нужны|нужно|надо){ENDS})"
    rf"|(?P<optional>\s+не ?(?:обязательны|важны){ENDS}|{THAI_OPTIONAL})|{REFUSED})"
)
# Where a word begins that a "no" may follow: nowhere else are thousands of places worth a try.
NEAR_NO = r"(?<![a-zа-я\d])(?=.{2,60}?(?:\snot\s|n't\s|\sне|ไม่))"
NO_SAID, NO_SAID_AFTER = re.compile(NO), re.compile(NO_AFTER)
# "No kids" beside a number of people says who comes, unless more is said of them: "no kids
# allowed", "no kids' pool".
OF_CHILDREN = [("amenities", "child friendly")]
CLAUSE_END = re.compile(r"\s*(?:$|[,.;:!?|()—–])")
TO_A_PLACE = re.compile(r"\s*(?:(?:in|on|at|на|в)(?!\w)|ที่)?\s*")


class Refusals(NamedTuple):
    """A "no" `before` and `after` what it refuses; `names`: group of either -> (filter, value)."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    places: re.Pattern[str]
    names: dict[str, tuple[str, str]]

    def things(self, match: re.Match[str]) -> list[tuple[str, str]]:
        said = (name for name, text in match.groupdict().items() if text)
        return [self.names[name] for name in said if name in self.names]

    def ends(self, match: re.Match[str]) -> bool:
        """Whether nothing but a place is said of it in its clause."""
        said, end = match.string, match.end()
        lead = TO_A_PLACE.match(said, end)
        return bool(CLAUSE_END.match(said, end) or (lead and self.places.match(said, lead.end())))


def read_unwanted(reading: Reading, market: Market, *, counted: bool = False) -> None:
    """ "Not a condo or a house", "without a pool", "не на Самуи", "ไม่เอาคอนโด". `counted`: it was
    said before how many people come."""
    if not has_no(reading.rest):
        return
    no = refusals(names_in(market))
    counted = counted or counts_people(reading.rest)
    read_no_after(reading, no, market)
    groups: list[tuple[list[tuple[str, str]], list[re.Match[str]]]] = []
    while match := no.before.search(reading.rest):
        reading.rest = f"{reading.rest[: match.start()]} {READ} {reading.rest[match.end() :]}"
        if not groups or not match[0].startswith(READ):
            groups.append(([], []))  # else "... or this": one group with what was just refused
        things, said = groups[-1]
        refused = no.things(match)
        of_themselves = match["none"] or (counted and refused == OF_CHILDREN and no.ends(match))
        things += [] if of_themselves and of_guests(refused) else refused
        said.append(match)
    for things, said in groups:
        is_fine = any(match["fine"] or match["spared"] for match in said)
        is_optional = any(match["optional"] for match in said)
        for name, value in with_parts(things, market):
            refuse(reading, name, value, is_fine=is_fine, is_optional=is_optional)
        if of_guests(things) and not (is_fine or is_optional):
            reading.leave_out(" ".join(match[0] for match in said))


def with_parts(things: list[tuple[str, str]], market: Market) -> list[tuple[str, str]]:
    """And the districts that are named after one that is refused: Chaweng Noi after Chaweng."""
    refused = tuple(f"{value} " for name, value in things if name == "district")
    named = [place.district for place in market.places if place.district.startswith(refused)]
    return list(dict.fromkeys((*things, *(("district", name) for name in named))))


def read_no_after(reading: Reading, no: Refusals, market: Market) -> None:
    """ "Condos not needed". A "no" between two things, apart from both, is of the second one."""

    def named(match: re.Match[str]) -> list[tuple[str, str]]:
        if "list" not in match.re.groupindex:
            return no.things(match)
        said = match["list"]
        return [("amenities", name) for name, words in AMENITY_WORDS.items() if words.search(said)]

    def take(match: re.Match[str]) -> str:
        lead = len(match["no"]) - len(match["no"].lstrip())
        if lead and no.before.match(reading.rest, match.start("no") + lead):
            return match[0]
        is_fine, is_optional = bool(match["spared"]), bool(match["optional"])
        for name, value in with_parts(named(match), market):
            refuse(reading, name, value, is_fine=is_fine, is_optional=is_optional)
        if of_guests(no.things(match)) and not (is_fine or is_optional):
            reading.leave_out(match[0])
        return f" {READ}, "  # so that no "or" goes on with it

    for said in (NO_AFTER_LIST, no.after):
        reading.rest = said.sub(take, reading.rest)


def of_guests(things: list[tuple[str, str]]) -> bool:
    return any(value in TOLD_OF_GUESTS for _, value in things)


def has_no(said: str) -> bool:
    return bool(NO_SAID.search(said) or NO_SAID_AFTER.search(said))


def may_refuse(text: str) -> bool:
    return has_no(normalise(text))


def refused_in(text: str, market: Market) -> tuple[str, tuple[Filters, ...]]:
    """The words to look for, "" where but talk is left, and what is refused among them."""
    reading = Reading(normalise(text))
    read_unwanted(reading, market)
    if not reading.unwanted:
        return text, ()
    words = " ".join(reading.rest.replace(READ, " ").split())
    return "" if leaves_nothing(words) else words, reading.unwanted


def refuse(reading: Reading, name: str, value: str, *, is_fine: bool, is_optional: bool) -> None:
    """What is fine without may be there as well, if it is an amenity; "I don't need a condo" wants
    none."""
    one: dict[str, Any] = {name: value if name in ("city", "district") else (value,)}
    if is_optional or (is_fine and name == "amenities") or value in TOLD_OF_GUESTS:
        reading.spared = (*reading.spared, Filters(**one))
    else:
        reading.unwanted = (*reading.unwanted, Filters(**one))


@lru_cache(maxsize=16)
def refusals(listed: Names) -> Refusals:
    places, placed = place_names(listed)
    names = {f"t{i}": ("type", str(type)) for i, type in enumerate(TYPES)}
    names |= {f"a{i}": ("amenities", amenity) for i, amenity in enumerate(AMENITIES)}
    groups = [
        f"(?P<t{i}>{pattern(*(word for word in said if word not in (*FLATS, *left_out)))})"
        for i, (left_out, said) in enumerate(
            (RUSSIAN_FLATS if type == Type.CONDO else (), said) for type, said in TYPES.items()
        )
    ]
    refused = AMENITY_PATTERNS | {
        "child friendly": rf"(?:{AMENITY_PATTERNS['child friendly']}|(?<!\w){CHILDREN}(?!\w))"
    }
    groups += [f"(?P<a{i}>{words})" for i, words in enumerate(refused.values())]
    for i, (city, district) in enumerate(placed):
        names[f"n{i}"] = ("district", district) if district else ("city", city)
    groups += [places.pattern] if placed else []
    things = f"(?:{'|'.join(groups)})"
    before, after = re.compile(NO + things + FINE), re.compile(NEAR_NO + things + NO_AFTER)
    return Refusals(before, after, places, names)
