"""Messages that ask of the listings that were shown: "does it have wifi?", "which has a pool?"."""

import re

from core.search.text import normalise
from properties.follow_up.changing import COMPARING, parts_of
from properties.follow_up.pointing import LENGTH_MAX, PUNCTUATION
from properties.models import Transaction
from properties.wishes.numbers import CURRENCY
from properties.wishes.reading import Reading
from properties.wishes.talk import OTHER_MATTERS, QUESTION, leaves_nothing

# "Is there one with a pool?": asked like a question, but for another listing.
FOR_ANOTHER = re.compile(
    r"^\W*(?:which (?:of (?:these|those|them)|ones?)(?!\w)"
    r"|(?:do you have|have you|(?:is|are) there|can you (?:show|find)|(?:что|чего)-нибудь)(?!\w)"
    rf".*(?:(?<!\w)(?:ones?|any|anything|something|with|с|со|без)(?!\w)|{COMPARING.pattern}))"
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
    r"|(?:(?:в|у|на|с) )?(?:котор|как)\w+(?: из (?:них|этих))? "
    r"(?:есть|со?|у|на|в|возле|рядом|ближе|имеет|имеют)(?!\w))"
    r"|\W*(?:แล้ว)? ?(?:หลัง|อัน|ห้อง|แห่ง|ตัว|แปลง)ไหน"
)
# Of a home, and behind several of each: "is there parking?".
IS_THERE = re.compile(
    r"\W*(?:(?:and|so|but|ok) )*(?:is|are) there(?! (?:any )?(?:ones?|anything)(?!\w))"
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
# What a home earns, and a listing that tells it: in words with a sum behind them, not "the rent is
# paid up", nor from which year on it was let.
INCOME = re.compile(r"(?<!\w)(?:income|доход\w*)(?!\w)|รายได้")
TELLS_INCOME = re.compile(
    r"(?:(?<!\w)(?:income|rents?|rental|yields?|let|tenant|доход\w*|аренд\w*|сда\w+)(?!\w)|รายได้|ค่าเช่า)"
    rf"[^.]{{0,60}}?\d[\d.,]* ?(?:%|million|{CURRENCY})"
)
# What a stay of so many nights comes to: "how much for 10 nights?", "а за неделю сколько?".
SPAN_OF_STAY = (
    r"(?:nights?|days?|weeks?|months?|weekend|выходные|ноч(?:ь|и|ей)|сут(?:ки|ок)|день|дн(?:я|ей)"
    r"|недел[юиья]|месяц(?:а|ев)?)"
)
STAY = (
    r"(?:(?:for|a|per|the|whole|за|на|в|\d+|one|two|three|four|five|six|seven|eight|nine|ten|одну"
    rf"|один|две|два|три|четыре|пять|шесть|семь|восемь|девять|десять) )+{SPAN_OF_STAY}"
)
THAI_STAY = r"(?:\d+ ?(?:คืน|วัน|สัปดาห์|อาทิตย์|เดือน)|(?:คืน|วัน|สัปดาห์|อาทิตย์|เดือน)ละ|ราย(?:วัน|สัปดาห์|เดือน))"
COST_OF_STAY = re.compile(
    r"(?:(?:and|so|ok|but|а|и|ну|тогда) )*(?:"
    r"(?:how much|what(?: would|'s| is| will| do(?:es)?)|prices?|cost|total|сколько|итого|какая"
    r"|цена|стоимость)"
    r"(?: (?:is|would|will|does|do|it|they|that|this|be|the|one|total|cost|price|come|to|stay"
    r"|we|pay|будет|это|все|всё|стоит|стоить|выйдет|получится|обойд[её]тся|цена|стоимость|аренда"
    r"|снять))*"
    rf" (?:{STAY}|(?<=стоит ){SPAN_OF_STAY})(?: (?:cost|come to|be|in total|total|altogether|then"
    r"|please|выйдет|стоит|будет|всего))*"
    r"|(?:what(?:'s| is) )?(?:the |your )?(?:nightly|daily|weekly|monthly) (?:price|cost)s?"
    rf"|{STAY} (?:сколько|почем)(?: (?:будет|стоит|стоить|выйдет))*"
    rf"|(?:(?:ถ้า|แล้ว|พัก|อยู่|จอง|เช่า|ราคา|ค่าเช่า|รวม|ทั้งหมด) ?)*{THAI_STAY} ?"
    r"(?:(?:ราคา|ค่าเช่า|รวม|ทั้งหมด|เป็นเงิน) ?)*(?:เท่าไหร่|เท่าไร|กี่บาท) ?(?:ครับ|ค่ะ|คะ)?"
    r"|(?:(?:ถ้า|แล้ว|ราคา|รวม|ทั้งหมด) ?)*(?:เท่าไหร่|เท่าไร|กี่บาท) ?(?:ถ้า|สำหรับ)?"
    rf"(?:พัก|อยู่|เช่า)? ?{THAI_STAY} ?(?:ครับ|ค่ะ|คะ)?"
    r")"
)
# Not of a stay but of a night.
OF_A_NIGHT = re.compile(
    r"(?<!\w)(?:(?:per|a|one) night|nightly|(?:за|стоит) (?:одну )?ночь|(?:в|за) сутки)(?!\w)|คืนละ"
)
# Of any kind: with a place, all that a search needs.
ANY_KIND = re.compile(
    r"(?<!\w)(?:something|anything|somewhere|places?|accommodation|propert(?:y|ies)"
    r"|жиль[её]|недвижимость|что-нибудь)(?!\w)|ที่พัก|อสังหา"
)


def asks_of_one(text: str, reading: Reading) -> bool:
    """Whether something is asked of one listing: of "it", what it has, how large or far it is. A
    wish and a question of the rules are not."""
    said = normalise(text)
    if len(said) > LENGTH_MAX or any(e.search(said) for e in (OTHER_MATTERS, FOR_ANOTHER, HOW_TO)):
        return False
    asked = QUESTION.search(said) or ASKING.search(said)
    if reading.filters.transaction == Transaction.SALE and IMPERSONAL.search(said):
        return False  # "can I buy it?" asks the law
    if OF_IT.search(said) and (tells_all(reading) or (asked and not IMPERSONAL.search(said))):
        return True
    parts = parts_of(reading)
    if not asked or WITH.match(said) or ANY_KIND.search(said):
        return False
    if of_facts(text):
        return not IMPERSONAL.search(said) and parts <= {"amenities", "transaction"}
    return parts == {"amenities"} and tells_all(reading)


def asks_for_stay(text: str) -> bool:
    """Whether it is asked what the nights come to, of whatever is in view."""
    said = " ".join(PUNCTUATION.sub(" ", normalise(text)).split())
    return len(said) <= LENGTH_MAX and COST_OF_STAY.fullmatch(said) is not None


def asks_for_night(text: str) -> bool:
    return OF_A_NIGHT.search(normalise(text)) is not None


def of_facts(text: str) -> bool:
    return FACTS.search(normalise(text)) is not None


def tells_income(said: str, description: str) -> bool:
    """Whether it is asked what a home earns, and its listing tells that."""
    return bool(INCOME.search(said) and TELLS_INCOME.search(normalise(description)))


def tells_all(reading: Reading) -> bool:
    """Whether nothing is asked for that no filter takes."""
    return not reading.unread and leaves_nothing(OF_IT.sub(" ", reading.rest))


def asks_of_each(text: str, reading: Reading) -> bool:
    """Whether it is asked what those that were shown have: "do they have parking?", or cost."""
    said = normalise(text)
    if asks_for_stay(text):
        return True
    if len(said) > LENGTH_MAX or OTHER_MATTERS.search(said) or reading.unread:
        return False
    if not reading.filters.amenities or parts_of(reading) != {"amenities"}:
        return False
    asked = QUESTION.search(said) or ASKING.search(said)
    back = WHICH.match(said) or (asked and (OF_THEM.search(said) or OF_IT.search(said)))
    of_a_home = IS_THERE.match(said) and not FOR_ANOTHER.search(said)
    return bool(back or of_a_home) and leaves_nothing(OF_SHOWN.sub(" ", reading.rest))
