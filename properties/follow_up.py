"""Messages that go on with the search before them: "and in Phuket?", "show me more", "number 2".

Without a model nothing is remembered, but the visitor's earlier messages can be read again. What
says a part of a wish, and a word or two more at most, is read into the last wish; what names both
a kind and a place, or asks for something that no filter takes, is a question of its own, or one of
the listings that were shown.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, takewhile
from typing import Any

from core.search.text import THAI_RUN, normalise
from properties.catalogue import Order
from properties.dates import names_days
from properties.filters import NOTHING, Filters
from properties.market import Market
from properties.matching import SHOWN, Match, best_match
from properties.models import Type
from properties.numbers import NUMBER, PRICE_FROM, YEARS, number, whole
from properties.places import usual_currency
from properties.reading import Absent, Compared, Reading
from properties.refusals import TOLD_OF_GUESTS
from properties.search import TEXT_MAX_LENGTH, read
from properties.talk import (
    EVIDENCE_MIN,
    OTHER_MATTERS,
    QUESTION,
    THAI_FILLERS,
    WANTED,
    evidence,
    leaves_nothing,
    sells,
    telling_words,
    thai_left,
)
from properties.titles import named_in
from properties.words import NEVER, SPECIFIC_WORDS, Extreme

# What goes on with something is short.
LENGTH_MAX = 100
# Between a wish and what goes on with it, so much else may be asked.
OTHERS_MAX = 3
# With these a message goes on with the one before.
OPENING = re.compile(
    r"^\W*(?:(?:and|or|but|maybe|then|wh?at about|how about|what if|а если|а|и|или|но|тогда|может)"
    r"(?!\w)|แล้ว|และ|หรือ|แต่|ถ้า)\W*"
)
# It changes the wish, whatever else is in it.
FIRST_OF_CHANGE = (
    r"(?<!\w)(?:actually|rather|only|just|только|(?:i'd |i would |we'd )?rather have"
    r"|make (?:it|that)|change (?:it |that )?to|switch to"
    r"|let'?s (?:do|say|try)|на самом деле|вообще-то|давай(?:те)?|лучше|поменяй(?:те)? на"
    r"|измени(?:те)? на|пусть будет)(?!\w)|(?:ขอ)?(?:เปลี่ยน|เพิ่ม|ลด|ปรับ|เอา)เป็น"
)
LAST_OF_CHANGE = (
    r"(?<!\w)(?:actually|rather|then|now|only|тогда|теперь|только)(?=\W*$)"
    r"|(?:ดีกว่า|แทน|เท่านั้น|ล่ะ|แล้วกัน)(?=\W*$)|(?<!\w)(?:instead|взамен)(?!\w)"
)
# It adds to the wish, so that either will do.
TOO = re.compile(r"(?<!\w)(?:too|also|as well|тоже|также)(?!\w)|ก็ได้|ด้วย(?=\W*$)")
CHANGE = re.compile(
    rf"^\W*(?:(?:no|ok|okay|sorry|hm+|well|нет|ой|а|и|ไม่) ?\W*)*(?:{FIRST_OF_CHANGE})"
    rf"|{LAST_OF_CHANGE}|{TOO.pattern}"
)
OF_CHANGE = re.compile(f"{FIRST_OF_CHANGE}|{LAST_OF_CHANGE}|{TOO.pattern}")
# What is left over beside the parts of a wish may be so much, which the answer says: of words, and
# of Thai letters.
LEFT_MAX, THAI_LEFT_MAX = 2, 12
CHEAPER = re.compile(
    r"(?<!\w)(?<!not )(?<!не )"
    r"(?:cheaper|less expensive|lower priced?|(?:по)?дешевле|бюджетнее)(?!\w)"
    r"|(?<!ไม่)ถูก(?:กว่า|ลง)"
)
# "Nothing dearer" is no wish for it.
DEARER = re.compile(
    r"(?<!\w)(?<!not )(?<!no )(?<!nothing )(?<!not any )(?<!without any )(?<!without )"
    r"(?<!не )(?<!ничего )(?<!не хочу )(?<!не надо )(?<!не нужно )"
    r"(?:more expensive|dearer|pricier|higher priced?|(?:по)?дороже)(?!\w)"
    r"|(?<!ไม่)แพง(?:กว่า|ขึ้น)"
)
BIGGER = re.compile(
    r"(?<!\w)(?:bigger|larger|roomier|more spacious|побольше|покрупнее|просторнее)(?!\w)"
    r"|ใหญ่กว่า|ใหญ่ขึ้น|กว้างกว่า"
)
COMPARING = re.compile(f"{CHEAPER.pattern}|{DEARER.pattern}|{BIGGER.pattern}")
# "Is there one with a pool?": asked like a question, but for another listing.
FOR_ANOTHER = re.compile(
    r"^\W*(?:which (?:of (?:these|those|them)|ones?)(?!\w)"
    r"|(?:do you have|have you|(?:is|are) there|can you (?:show|find)|(?:что|чего)-нибудь)(?!\w)"
    rf".*(?:(?<!\w)(?:ones?|any|anything|something|with|с|со|без)(?!\w)|{COMPARING.pattern}))"
)
# The listings behind those that were shown: a way of asking, what is meant, and politeness.
MORE = re.compile(
    r"\W*(?:(?:and|ok|okay|yes|please|could you|can you|can i|i want to|i'd like to|let me|show|see"
    r"|give|list|find|are there|is there|do you have|have you got|got|me|us) )*"
    r"(?:(?:some|any|a few|the) )?"
    r"(?:(?:more|others?|further|different|next|rest)"
    r"(?: (?:of (?:them|those|these)|ones?|options?|choices?|listings?|results?|places?"
    r"|properties|homes?))?"
    r"|another(?: one)?|(?:something|anything|what) else|next (?:cheapest|biggest|best)(?: ones?)?)"
    r"(?: (?:do you have|have you got|are there|is there|available|please))*\W*"
    r"|\W*(?:(?:а|и|да|есть ли|есть|что|покажи\w*|давай\w*|можно|посмотреть|мне|нам|у вас) )*"
    r"(?:еще|другие|остальные|дальше|следующие)"
    r"(?: (?:варианты|объявления|предложения|дома))?(?: (?:есть|у вас|пожалуйста))*\W*"
    r"|(?:ขอ|ดู|มี|แสดง|อยาก|ที่พัก|รายการ|ตัวเลือก|อัน|ที่|\W)*(?:อีก|เพิ่มเติม|เพิ่ม|อื่นๆ|อื่น)+"
    r"(?:บ้าง|ไหม|มั้ย|หน่อย|ได้|ครับ|ค่ะ|คะ|นะ|\W)*"
)
# One of those that were shown, by its number: what leads to it, the number, and what it is called.
NUMBERS = (("first", "перв", "แรก"), ("second", "втор", "สอง"), ("third", "трет", "สาม"),
           ("fourth", "четверт", "สี่"), ("fifth", "пят", "ห้า"))  # fmt: skip
ENGLISH_NUMBER = "first|second|third|fourth|fifth"
RUSSIAN_NUMBER = r"(?:перв|втор|четверт|пят)(?:ый|ая|ое|ую|ом|ой)|трет(?:ий|ья|ье|ью|ьем|ьей)"
THAI_NUMBER = "แรก|สอง|สาม|สี่|ห้า"
THAI_ONE = "(?:อัน|หลัง|แปลง|ห้อง|ข้อ|รายการ|ตัวเลือก|ตัว|แห่ง|ยูนิต|ประกาศ|วิลล่า|บ้าน|คอนโด)"
DIGITS = r"[1-9]\d?"
# Of a text without its PUNCTUATION, so that one space is all that stands between two words.
CHOSEN = re.compile(
    r"(?:(?:and|ok|okay|yes|please|can you|could you|tell|show|give|open|see|me|more about|info"
    r"|information|details?|details on|details of|about|what about|how about|what is|i like|i want"
    r"|i'd like|i'll take|the|number|no|option|listing|villa|house|condo|а|и|да|нет"
    r"|расскажи|расскажите|покажи|покажите|подробнее|мне|про|о|об|номер|вариант|варианте|варианта) "
    r"|(?:ขอ|ดู|รายละเอียด|ข้อมูล|เพิ่มเติม|ของ|สนใจ|เอา|อัน|ข้อ|รายการ|หลัง|หมายเลข|เบอร์|ตัวเลือก|ที่) ?)*"
    rf"(?:(?:#|no) ?)?(?P<number>{DIGITS}|{ENGLISH_NUMBER}|{RUSSIAN_NUMBER}|{THAI_NUMBER})"
    r"(?:st|nd|rd|th)?(?: (?:one|option|listing|villa|house|condo|вариант|варианте|номер))?"
    r"(?: (?:please|пожалуйста))?(?: ?(?:ครับ|ค่ะ|คะ|หน่อย))*"
)
# "Not the first one, the second": what is left names the one that is meant.
NOT_CHOSEN = re.compile(
    r"(?:(?:^| )(?:(?:and|but|а|и) )?(?:not|не) (?:(?:the|number|option|про|о|об|номер|вариант) )*"
    rf"(?:{DIGITS}|{ENGLISH_NUMBER}|{RUSSIAN_NUMBER})(?:st|nd|rd|th)?"
    r"(?: (?:one|option|listing|villa|house|condo|вариант))?(?!\w)(?: but(?!\w))?"
    rf"|ไม่(?:ใช่|เอา) ?(?:{THAI_ONE} ?)?(?:ที่ ?)?(?:{DIGITS}|{THAI_NUMBER})(?: ?แต่)?) ?"
)
# What was said last shows other things by their numbers.
NUMBERED = re.compile(r"^\s*\d+[.)] ", re.MULTILINE)
# "Is the first one quiet?": what is asked may be anything, so that it is of a listing must be said,
# or be clear from what follows: "the first month" is none.
ABOUT_CHOSEN = (
    re.compile(
        r"(?:(?:and|so|ok|but) )*(?:is|does|has|can|where is|how many \w+ (?:does|has|are in)"
        r"|wh?at about|how (?:big|far|much) is) (?:the )?"
        rf"(?:(?:({ENGLISH_NUMBER})|({DIGITS})(?:st|nd|rd|th))"
        r" (?:one|option|listing|villa|house|condo|plot|bungalow|apartment)"
        rf"|(?:(?:number|no|option|listing) |# ?)({DIGITS}))(?!\w)"
    ),
    re.compile(
        r"(?:(?:а|и|ну|да|тогда|сколько|стоит|как\w{2}|цена|стоимость|площадь|есть ли|где|далеко ли"
        r"|что|насчет|про|о|об|в|во|у|до|от|для|расскажи\w*|покажи\w*|скажи\w*|подробнее|мне|нам"
        r"|можно|посмотреть|интересует) )*"
        rf"(?:({RUSSIAN_NUMBER}|(?<=у )(?:перв|втор|четверт|пят)ого|(?<=у )третьего)"
        rf"|(?:номер|вариант\w?|№) ?({DIGITS}))"
        r"(?: (?:вариант|вилл|дом(?!аш)|квартир|участ|студи|апартамент|таунхаус|объявлени)\w*"
        r"| (?:кондо|бунгало)(?!\w)"
        r"|(?=$| (?:есть|со?|без|подробн\w+|сколько|как\w{2}|далеко|близко|рядом|можно|цен[аы]"
        r"|стоит|где|тих\w+|свобод\w+|наход\w+|подход\w+|пожалуйста)(?!\w)))"
    ),
    re.compile(
        r"(?:(?:แล้ว|และ|ส่วน|ขอ|ดู|รายละเอียด|ข้อมูล|เพิ่มเติม|ของ|เกี่ยวกับ|สนใจ|เอา|อยาก(?=รู้|ทราบ|ดู|จอง)"
        r"|รู้|ทราบ|ว่า|สอบถาม|ถาม|ราคา|ค่าเช่า|จอง|ใน|วิลล่า|บ้าน|คอนโด|ที่พัก|ที่ดิน|บังกะโล) ?)*"
        rf"(?:{THAI_ONE} ?ที่ ?({DIGITS}|{THAI_NUMBER})|(?:{THAI_ONE}|ที่) ?(แรก)"
        rf"|(?:ข้อ|รายการ|ตัวเลือก|หมายเลข|เบอร์) ?({DIGITS}))"
        r"(?!\d| ?(?:คน|ชั้น|ไร่|งาน|ห้องนอน|ร้อย|พัน|หมื่น|แสน|ล้าน|บาท))"
    ),
    # behind what is asked: "is there parking at the first one?"
    re.compile(
        rf".*(?<!\w)(?:in|at|of|for|with|to|from) (?:the )?({ENGLISH_NUMBER})"
        r" (?:one|option|listing|villa|house|condo|plot|bungalow|apartment)$"
    ),
    re.compile(
        r".*(?<!\w)(?:у|во?|до|от|для) "
        r"((?:перв|втор|четверт|пят)(?:ой|ого|ом)|трет(?:ьей|ьего|ьем))"
        r"(?: (?:вариант|вилл|дом(?!аш)|квартир|участ|студи|апартамент|таунхаус|объявлени)\w*)?$"
    ),
)
# What was told last: "does it have a washing machine?".
OF_IT = re.compile(
    r"(?<!\w)(?:it|its|there(?=\W*$)|(?:this|that) (?:one|villa|house|home|place|condo|flat|plot)"
    r"|он|она|оно|там|в не[йм]|у не[ей]|у него)(?!\w)|หลังนี้|ที่นี่|ห้องนี้|แปลงนี้|ที่นั่น"
)
HOW_TO = re.compile(
    r"^\W*how (?:do|can|to|should)(?!\w)|(?<!\w)как (?:мне |нам )?\w+ть(?!\w)|ยังไง|อย่างไร"
)
# "Is it legal?" is another "it", and what "you" do is none of a listing.
IMPERSONAL = re.compile(
    r"(?<!\w)(?:is|was|would|will) it (?:be )?(?:possible|legal|true|necessary|required|allowed"
    r"|ok(?:ay)?|worth|better|easy|hard|difficult|common|normal|customary|rain\w*|hot|cold|sunny)(?!\w)"
    r"|(?<!\w)(?:can|could|do|does|will|would|are) (?:you|i|we|foreigners)(?!\w)"
    r"|(?<!\w)(?:your?|must|should|weather|rain\w*|snow\w*|hospital|dangerous|safe|thailand"
    r"|вы|ваш\w*|могу|можем|можно|погод\w*|дожд\w*|опасн\w*|таиланд\w*)(?!\w)|คุณ|อากาศ|ฝน|อันตราย"
)
# Those that were shown: "do they have parking?", "which has a pool?".
OF_THEM = re.compile(
    r"(?<!\w)(?:they|them|these|those|any of (?:them|these|those)|они|них|ними)(?!\w)"
    r"|พวกนี้|เหล่านี้|แต่ละ"
)
WHICH = re.compile(
    r"\W*(?:(?:and|so|but|а|и) )*(?:(?:which|what)(?: ones?)?(?: of (?:them|these|those))?"
    r" (?:has|have|is|are|comes? with)(?!\w)"
    r"|(?:(?:в|у|на|с) )?(?:котор|как)\w+(?: из (?:них|этих))? (?:есть|со?|имеет|имеют)(?!\w))"
    r"|\W*(?:แล้ว)? ?(?:หลัง|อัน|ห้อง|แห่ง|ตัว|แปลง)ไหน"
)
OF_SHOWN = re.compile(f"{OF_IT.pattern}|{OF_THEM.pattern}|{WHICH.pattern}|(?<!\\w)котор\\w+")
ASKING = re.compile(r"\?|ไหม|มั้ย|หรือยัง")
WITH = re.compile(
    r"\W*(?:(?:and|or|but|а|и|или) )*(?:what about |how about )?(?:with|without|со?|без)(?!\w)"
)
# What is told of a listing, and is no wish.
FACTS = re.compile(
    r"(?<!\w)(?:how (?:far|close|near|big|large|old|spacious)|distance|furnished|furniture|address"
    r"|how many (?:people|persons|guests|beds?|bedrooms|bathrooms|rooms|floors|sqm|square)"
    r"|located|location|(?:rent(?:al)? )?income|what floor|which floor"
    r"|(?:what(?:'s| is) the )?(?:price|rent|size|area)(?=\W*$)|how much(?=\W*$)"
    r"|сколько (?:до|метров|спален|ванн\w*|гостей|человек|комнат|этажей)|сколько стоит(?=\W*$)"
    r"|далеко|расстояни\w+|находится|адрес|площадь|мебел\w+|меблир\w+|(?:какой|каком) этаж\w*"
    r"|доход|цена(?=\W*$))(?!\w)"
    r"|ห่าง|ไกล|กี่ ?(?:เมตร|ห้อง|คน|ชั้น|ตาราง|ไร่|กิโล)|เฟอร์|รายได้|ชั้นไหน|ขนาด|พื้นที่"
    r"|ราคา(?:เท่า\S+)?(?=\W*$)"
)
# As the text of an answer about one thing.
UNNUMBERED = "-"
# Of so many messages about one listing, the first named it.
OF_ONE_MAX = 10
PUNCTUATION = re.compile(r"[?!.,;:()\"«»“”…]+")
# Of any kind: with a place, all that a search needs.
ANY_KIND = re.compile(
    r"(?<!\w)(?:something|anything|somewhere|places?|accommodation|propert(?:y|ies)"
    r"|жиль[её]|недвижимость|что-нибудь)(?!\w)|ที่พัก|อสังหา"
)
HAVING = re.compile(r"(?<!\w)(?:with|without|с|со|без)(?!\w)|มี")
# A number with nothing that tells what it is of.
BARE = re.compile(
    r"\W*(?:(?:and|or|but|ok|okay|so|then|maybe|what about|how about|what if"
    r"|can (?:i|we|you) (?:do|have|get|find)|something|anything|one|for|the|budget|а если|а|и"
    r"|или|но|тогда|может|можно|есть|что-нибудь|лучше|за|на)(?!\w)\W*|(?:แล้ว|ถ้า|ขอ|งบ|ราคา) ?)*"
    r"(?P<change>(?:make (?:it|that)|change (?:it|that) to|давай(?:те)?(?: лучше)?|пусть будет"
    r"|(?:เปลี่ยน|เพิ่ม|ลด|เอา)เป็น) ?)?"
    rf"(?P<number>{NUMBER})(?: ?(?:then|instead|please|now|тогда|пожалуйста|แล้วกัน|ล่ะ|ได้ไหม"
    r"|ครับ|ค่ะ|คะ))*[\s?!.]*"
)
PLACES = {"city", "district", "places"}
PRICES = {"min_price", "max_price"}
AREAS = {"min_area", "max_area", "min_land_area", "max_land_area"}
COMPARED = PLACES | PRICES | {"type"}
# Parts that are of a wish whatever word is beside them: "weather in Phuket" is not.
OF_WISHES = PRICES | AREAS | {"bedrooms", "bathrooms", "guests"}


@dataclass(frozen=True)
class Continuation:
    """The last wish with what a message changes in it. Not `sure` where the words may as well be
    asked of the rules: "and pets?". `skipped`: how many of its listings were shown already."""

    reading: Reading
    sure: bool
    skipped: int = 0


@dataclass(frozen=True)
class View:
    """The listings that were shown or told of last, behind those that were `skipped`."""

    listings: list[dict[str, Any]]
    skipped: int = 0


def continuation(
    text: str, reading: Reading, earlier: Sequence[str], market: Market
) -> Continuation | None:
    """None for a message that stands for itself. `reading` is of the text alone; `earlier`: the
    visitor's messages before it, oldest first."""
    if asks_more(text):
        wish = wish_of(earlier, market, between=0)
        return Continuation(wish, sure=True, skipped=shown_before(earlier)) if wish else None
    if not earlier:
        return None
    in_full = completed(text)
    reading = reading if in_full == text else read(in_full, market)
    if not goes_on(in_full, reading):
        return None
    before = wish_of(earlier, market)
    if before is None or not is_counted(text, before):
        return None
    wish = together(before, in_full, market, shown_before(earlier))
    return Continuation(wish, is_sure(in_full, reading))


def chosen(
    text: str, earlier: Sequence[str], market: Market, replied: str = ""
) -> dict[str, Any] | None:
    """The listing that a message names by the number it was shown with. What was `replied` last,
    if known and not numbered, leaves the numbers to the listings before it."""
    place = place_named(text)
    if place is None or not earlier or place >= shown_before(earlier):
        return None
    of_shown = replied and not NUMBERED.search(replied)
    of_shown = of_shown or asks_of_each(earlier[-1], read(earlier[-1], market))
    between = OTHERS_MAX if of_shown else 0
    wish = wish_of(earlier, market, between)
    if wish is None:
        return None
    found = match_of(wish, market, place)
    if shows_none(found, wish):
        return None
    return found.listings[0] if found.listings else None


def shows_none(found: Match, wish: Reading) -> bool:
    """ "Weather in Samui", for which no listings were shown."""
    return bool(found.given_up.q) and wish.filters.given().keys() <= {*PLACES, "q"}


def asks_of_one(text: str, reading: Reading) -> bool:
    """Whether something is asked of one listing: of "it", what it has, how large or far it is. A
    wish and a question of the rules are not."""
    said = normalise(text)
    if len(said) > LENGTH_MAX or any(e.search(said) for e in (OTHER_MATTERS, FOR_ANOTHER, HOW_TO)):
        return False
    asked = QUESTION.search(said) or ASKING.search(said)
    if OF_IT.search(said) and (tells_all(reading) or (asked and not IMPERSONAL.search(said))):
        return True
    parts = parts_of(reading)
    if not asked or WITH.match(said) or ANY_KIND.search(said):
        return False
    if of_facts(text):
        return not IMPERSONAL.search(said) and parts <= {"amenities", "transaction"}
    return parts == {"amenities"} and tells_all(reading)


def of_facts(text: str) -> bool:
    return FACTS.search(normalise(text)) is not None


def tells_all(reading: Reading) -> bool:
    """Whether nothing is asked for that no filter takes."""
    return not reading.unread and leaves_nothing(OF_IT.sub(" ", reading.rest))


def asks_of_each(text: str, reading: Reading) -> bool:
    """Whether it is asked what those that were shown have: "do they have parking?"."""
    said = normalise(text)
    if len(said) > LENGTH_MAX or OTHER_MATTERS.search(said) or reading.unread:
        return False
    if not reading.filters.amenities or parts_of(reading) != {"amenities"}:
        return False
    asked = QUESTION.search(said) or ASKING.search(said)
    back = WHICH.match(said) or (asked and (OF_THEM.search(said) or OF_IT.search(said)))
    return bool(back) and leaves_nothing(OF_SHOWN.sub(" ", reading.rest))


def in_view(earlier: Sequence[str], market: Market, *, past_rules: bool) -> View | None:
    """What was shown or told of last, past what was asked of it and a few other questions: those of
    the rules lead away from "it", but not from "them"."""
    others = 0
    for back in range(1, min(OF_ONE_MAX, len(earlier)) + 1):
        message, before = earlier[-back], earlier[:-back]
        if listing := chosen(message, before, market, UNNUMBERED):
            return View([listing])
        reading = read(message, market)
        if named := named_in(message[:TEXT_MAX_LENGTH], reading):
            return None if named.others else View([named.listing])
        if asks_of_each(message, reading) or asks_of_one(message, reading):
            continue
        if going := continuation(message, reading, before, market):
            return View(match_of(going.reading, market, going.skipped).listings, going.skipped)
        if is_search(message, reading):
            found = match_of(reading, market)
            return None if shows_none(found, reading) else View(found.listings)
        others += 1
        if others > OTHERS_MAX or (OTHER_MATTERS.search(normalise(message)) and not past_rules):
            break
    return None


def order_of(reading: Reading, market: Market) -> Order | None:
    """In which the wish is to be shown, the money being that of its price or of its place."""
    wish, extreme = reading.filters, reading.extreme
    if extreme is None:
        return None
    if extreme in (Extreme.LARGEST, Extreme.SMALLEST):
        return Order(f"{extreme} land" if wish.type == (Type.LAND,) else str(extreme))
    return Order(str(extreme), wish.currency or usual_currency(wish, market))


def shown_before(earlier: Sequence[str]) -> int:
    """How many listings were shown at most, since the last wish."""
    return SHOWN * (1 + sum(map(asks_more, takewhile(looks_back, reversed(earlier)))))


def wish_of(messages: Sequence[str], market: Market, between: int = OTHERS_MAX) -> Reading | None:
    """The last wish of the messages, with those that go on with it: whoever asks about visas in
    `between` still wants the villa. No more are read than that takes, some milliseconds each."""
    links: list[tuple[str, Reading, int]] = []
    others = 0
    for place, text in reversed([*enumerate(messages)]):
        if points_back(text):
            continue
        in_full = completed(text)
        reading = read(in_full, market)
        if asks_of_each(text, reading):
            continue
        if goes_on(in_full, reading):
            links.append((text, reading, shown_before(messages[:place])))
            others, between = 0, OTHERS_MAX  # it went on past so many others itself
        elif is_search(text, reading):
            links.append((text, reading, 0))
            break
        else:
            others += 0 if between and asks_of_one(text, reading) else 1
            if others > between:
                break
    wish: Reading | None = None
    for text, reading, seen in reversed(links):
        in_full = completed(text)
        if wish and goes_on(in_full, reading):
            wish = together(wish, in_full, market, seen) if is_counted(text, wish) else wish
        elif in_full == text:
            wish = reading if is_search(text, reading) else None
    return wish


def completed(text: str) -> str:
    """A number alone with what it is of, where only a wish before it tells: "4000 then" is the most
    that is to be paid, "make it 8" so many people."""
    bare = BARE.fullmatch(normalise(text[:TEXT_MAX_LENGTH]))
    if bare is None:
        return text
    value = number(bare["number"])
    if value >= PRICE_FROM and not (value in YEARS and value % 100):
        return f"up to {bare['number']}"
    return f"{value} guests" if bare["change"] and 0 < value < PRICE_FROM else text


def is_counted(text: str, wish: Reading) -> bool:
    """Whether a number alone is of something that was said: people, if there were any."""
    in_full = completed(text)
    return in_full == text or "guests" not in in_full or wish.filters.guests is not None


def is_search(text: str, reading: Reading) -> bool:
    said = normalise(text[:TEXT_MAX_LENGTH])
    return evidence(reading.filters, said, absent=bool(reading.absent)) >= EVIDENCE_MIN


def goes_on(text: str, reading: Reading) -> bool:
    """Whether a message says a part of a wish, and nothing else but a word or two beside what is
    of wishes only."""
    said = normalise(text)
    opened = OPENING.match(said)
    rest = said[opened.end() :] if opened else said
    if len(said) > LENGTH_MAX or reading.unread:
        return False
    if (
        OTHER_MATTERS.search(said)
        or sells(said)
        or (QUESTION.search(rest) and not FOR_ANOTHER.search(rest))
    ):
        return False
    parts, left = parts_of(reading), left_of(reading)
    if not leaves_nothing(left) and not (parts & OF_WISHES and is_little(left)):
        return False
    if not parts and not reading.extreme and not compares(said, parts):
        return reading.dated
    if "type" in parts and parts & PLACES:
        return False  # "and a condo in Bangkok?" says all that a search needs
    if opened or CHANGE.search(said) or compares(said, parts) or not parts:
        return True
    if parts == {"type"} and said.endswith("?") and not WANTED.search(said):
        return True  # "villa?"
    if "type" in parts or (parts & PLACES and (WANTED.search(said) or ANY_KIND.search(said))):
        return False
    # "total cost of buying" is as likely asked of the rules
    return parts != {"transaction"} or HAVING.search(said) is not None


def left_of(reading: Reading) -> str:
    """What a message says beside the parts of a wish, and that it goes on with one."""
    left = COMPARING.sub(" ", OPENING.sub(" ", reading.left))
    return OF_CHANGE.sub(" ", CHANGE.sub(" ", left))


def is_little(left: str) -> bool:
    thai = THAI_RUN.findall(THAI_FILLERS.sub("", left))
    return len(telling_words(left)) <= LEFT_MAX and len("".join(thai)) <= THAI_LEFT_MAX


def points_back(text: str) -> bool:
    """To what was shown; the wish stays what it was."""
    return asks_more(text) or place_named(text) is not None


def looks_back(text: str) -> bool:
    """As `points_back`, or at all that were shown."""
    said = normalise(text)
    return points_back(text) or bool(WHICH.match(said) or OF_THEM.search(said))


def asks_more(text: str) -> bool:
    said = normalise(text)
    return len(said) <= LENGTH_MAX and MORE.fullmatch(said) is not None


def place_named(text: str) -> int | None:
    """From 0 on; None for what names no number, or more than that."""
    said = " ".join(PUNCTUATION.sub(" ", normalise(text)).split())
    if len(said) > LENGTH_MAX:
        return None
    said = NOT_CHOSEN.sub(" ", said).strip()
    if match := CHOSEN.fullmatch(said):
        return place_of(match["number"])
    about = next(filter(None, (asked.match(said) for asked in ABOUT_CHOSEN)), None)
    return place_of(next(filter(None, about.groups()))) if about else None


def place_of(number: str) -> int:
    if number.isdigit():
        return int(number) - 1
    return next(place for place, forms in enumerate(NUMBERS) if number.startswith(forms))


def compares(said: str, parts: set[str]) -> bool:
    return asks_by_price(said, parts) or asks_bigger(said, parts)


def asks_by_price(said: str, parts: set[str]) -> bool:
    """Cheaper or dearer than what was shown; "дешевле 2500" says itself than what."""
    return not parts & PRICES and bool(CHEAPER.search(said) or DEARER.search(said))


def asks_bigger(said: str, parts: set[str]) -> bool:
    return not parts & {*AREAS, "bedrooms"} and BIGGER.search(said) is not None


def is_sure(text: str, reading: Reading) -> bool:
    """Amenities may be asked of the rules: who comes with a dog, whether there is parking."""
    parts = parts_of(reading)
    if not leaves_nothing(left_of(reading)):
        return False
    if not parts and not reading.extreme and not compares(normalise(text), parts):
        return names_days(normalise(text))
    if parts != {"amenities"}:
        return True
    of_guests = set(reading.filters.amenities) & TOLD_OF_GUESTS
    return not of_guests and HAVING.search(normalise(text)) is not None


def parts_of(reading: Reading) -> set[str]:
    said = (reading.filters, *reading.unwanted, *reading.spared)
    parts = {name for each in said for name in each.given() if name != "q"}
    return parts | {"city"} if reading.absent else parts


def together(before: Reading, text: str, market: Market, seen: int = SHOWN) -> Reading:
    """The wish before with what a message changes: another place, price or area takes the place of
    the one before, amenities are added, and what is refused is wanted no more. `seen`: how many of
    its listings were shown at most."""
    after = read(text, market, before.filters)
    said, parts = normalise(text), parts_of(after)
    new = after.filters.given()
    by_price = asks_by_price(said, parts)
    if by_price:
        dearer = DEARER.search(said) is not None and CHEAPER.search(said) is None
        before = compared(before, shown(before, market, seen), dearer=dearer)
    elif before.compared and new.keys() & COMPARED:
        # what was shown is not what it is compared with any more
        before = replace(
            before, filters=replace(before.filters, **before.compared.own), compared=None
        )
    wish = bigger(before, market) if asks_bigger(said, parts) else before.filters
    words = new.pop("q", None)  # "cheaper" itself; other words do not go on
    absent = () if PLACES & new.keys() else after.absent or before.absent
    if absent != before.absent:
        wish = replace(wish, q=words_of(absent) or None)
    if (old := price_left(wish, new)) and not by_price:
        new |= old
    changed = new.keys() | (PLACES if after.absent else set())
    for names in (PLACES, PRICES | {"currency"}, AREAS):
        if names & changed:
            nothing: dict[str, Any] = {name: getattr(NOTHING, name) for name in names}
            wish = replace(wish, **nothing)
    said_now = set(after.filters.amenities)
    opposite = opposites(said_now)
    amenities = {*wish.amenities, *said_now} - opposite
    if "type" in new and wish.type and TOO.search(said):
        new["type"] = tuple(dict.fromkeys((*wish.type, *new["type"])))
    elif "type" in new:
        new["q"] = words_of_kind(wish.q, words)
    wish = replace(wish, **new | {"amenities": tuple(sorted(amenities))})
    wanted = values_of(after.filters)
    refused = list(after.unwanted)
    if TOO.search(said) and opposite & set(before.filters.amenities):  # either will do
        wish = replace(wish, amenities=tuple(sorted(amenities - said_now)))
        refused = [each for each in refused if not opposite & set(each.amenities)]
    still_refused = [each for each in before.unwanted if not values_of(each) & wanted]
    words = telling_words(left_of(after))
    left_out = (*before.left_out, *after.left_out, *([" ".join(words)] if words else ()))
    return replace(
        before,
        filters=less(wish, (*refused, *after.spared)),
        unwanted=tuple(dict.fromkeys((*still_refused, *refused))),
        left_out=tuple(dict.fromkeys(left_out)),
        unread=before.unread or thai_left(left_of(after)),
        extreme=after.extreme or before.extreme,
        dated=before.dated or after.dated,
        absent=absent,
    )


def opposites(amenities: Collection[str]) -> set[str]:
    """What no listing has beside them: freehold, and leasehold."""
    pairs = [*NEVER.items(), *((other, name) for name, other in NEVER.items())]
    return {other for name, other in pairs if name in amenities}


def words_of(places: Sequence[Absent]) -> str:
    return " ".join(place.words for place in places)


def words_of_kind(before: str | None, after: str | None) -> str | None:
    """The words before with the word of another kind: a villa is wanted, and a studio no more."""
    kept = SPECIFIC_WORDS.sub(" ", before or "").split()
    kind = SPECIFIC_WORDS.search(after or "")
    return " ".join([*kept, *([kind[0]] if kind else [])]) or None


def price_left(wish: Filters, new: dict[str, Any]) -> dict[str, Any]:
    """The other bound of a price, where only one is said anew: "under 10m", then "over 7m"."""
    if wish.currency != new.get("currency") or wish.min_price and wish.max_price:
        return {}
    low, high = new.get("min_price"), new.get("max_price")
    if low and not high and wish.max_price and low < wish.max_price:
        return {"max_price": wish.max_price}
    if high and not low and wish.min_price and wish.min_price < high:
        return {"min_price": wish.min_price}
    return {}


def compared(before: Reading, listings: Sequence[dict[str, Any]], *, dearer: bool) -> Reading:
    """Below the least of the prices that were shown, or above the greatest, and within the
    visitor's own bound on that side; the same wish where no price was shown."""
    priced = [listing for listing in listings if listing["price"] is not None]
    if not priced:
        return before
    currency = priced[0]["currency"]
    prices = [listing["price"] for listing in priced if listing["currency"] == currency]
    than = Decimal(str(max(prices) if dearer else min(prices)))
    bounds = {name: getattr(before.filters, name) for name in (*PRICES, "currency")}
    own = before.compared.own if before.compared else bounds
    bound, nearer = ("min_price", max) if dearer else ("max_price", min)
    beyond = than + 1 if dearer else max(than - 1, Decimal(0))
    if own[bound] is not None and own["currency"] == currency:
        beyond = nearer(beyond, own[bound])
    prices_wanted: dict[str, Any] = {"min_price": None, "max_price": None, bound: beyond}
    wish = replace(before.filters, **prices_wanted, currency=currency)
    return replace(before, filters=wish, compared=Compared(than, own, dearer))


def bigger(before: Reading, market: Market) -> Filters:
    """Larger than the first that was shown: by its land where land is wanted, else by a bedroom."""
    is_land = before.filters.type == (Type.LAND,)
    measure = "land_area" if is_land else "bedrooms"
    known = [listing[measure] for listing in shown(before, market) if listing[measure] is not None]
    if not known:
        return before.filters
    if is_land:
        above = whole(Decimal(str(known[0])) + 1)
        return replace(before.filters, min_land_area=above, max_land_area=None)
    return replace(before.filters, bedrooms=known[0] + 1)


def shown(before: Reading, market: Market, seen: int = SHOWN) -> list[dict[str, Any]]:
    """All that were shown, the first page and those that were asked for after it."""
    pages = (match_of(before, market, skipped).listings for skipped in range(0, seen, SHOWN))
    return list(chain.from_iterable(pages))


def match_of(wish: Reading, market: Market, skipped: int = 0) -> Match:
    order = order_of(wish, market)
    return best_match(wish.filters, wish.unwanted, skipped, order=order, limits=wish.limits)


def less(wish: Filters, refused: Sequence[Filters]) -> Filters:
    """Without what is refused, so that nothing is both."""
    gone = {value for each in refused for value in values_of(each)}
    return replace(
        wish,
        type=tuple(type for type in wish.type if type not in gone),
        amenities=tuple(name for name in wish.amenities if name not in gone),
        city=None if wish.city in gone else wish.city,
        district=None if wish.district in gone else wish.district,
        places=tuple(place for place in wish.places if place not in gone),
    )


def values_of(filters: Filters) -> set[str]:
    """The types, amenities and places of a wish, which share no name."""
    named = {*filters.type, *filters.amenities, *filters.places, filters.city, filters.district}
    return {value for value in named if value}
