"""Rooms and guests in plain words, and the numbers that they are said in."""

import re
from decimal import Decimal

from properties.wishes import thai_numbers
from properties.wishes.numbers import SCALE
from properties.wishes.reading import Reading

# More than any listing sleeps is still a wish, which the answer says is not met.
GUESTS_MAX, ROOMS_MAX = 1_000_000, 999

COUNTED = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple": 2,
    "หนึ่ง": 1, "สอง": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8, "เก้า": 9, "สิบ": 10,
}  # fmt: skip
RUSSIAN = (
    (r"одн\w*", 1), (r"дв(?:а|е|у|ое|оих|умя|ух|ум|оем)?", 2), (r"тр(?:и|ое|оих|ех|емя|оем)", 3),
    (r"четыр(?:е|ех)|четвер(?:о|ых|ом)", 4), (r"пят(?:ь|и|еро|ерых|ером)", 5),
    (r"шест(?:ь|и|еро|ерых|ером)", 6), (r"сем(?:ь|и|еро|ерых|ером)", 7),
    (r"вос[еь]м(?:ь|и|еро|ерых|ером)", 8), (r"девят(?:ь|и|еро|ерых|ером)", 9),
    (r"десят(?:ь|и|еро|ерых|ером)", 10), (r"двенадцат(?:ь|и)", 12), (r"пятнадцат(?:ь|и)", 15),
    (r"двадцат(?:ь|и)", 20), (r"тридцат(?:ь|и)", 30), (r"сорока?", 40),
)  # fmt: skip
WORD_NUMBER = "|".join([*COUNTED, *(form for form, _ in RUSSIAN)])
SAID = rf"(?:\d{{1,3}}|(?<![a-zа-я])(?:{WORD_NUMBER})(?![a-zа-я]))"
N = rf"(?<![\d.,])({SAID})"

SPAN = (
    r"(?:nights?|days?|weeks?|months?|years?|hours?|minutes?|mins?|metres?|meters?|km|"
    r"ноч\w+|дн\w+|день|сут\w+|недел\w+|месяц\w*|лет|год\w*|час\w*|минут\w*|метр\w*|"
    r"คืน|วัน|สัปดาห์|อาทิตย์|เดือน|ปี|ชั่วโมง|นาที|เมตร)"
)
UNIT = (
    r"(?:sq\.? ?(?:m|metres?|meters?|wah|ft)|m2|sqm|rai|ngan|кв\.? ?м\w*|"
    r"ไร่|งาน|ตารางเมตร|ตารางวา|ตร\.?ม)"
)
NIGHTS = re.compile(rf"{N}\s*(?:nights?|ночи|ночей|ночь|คืน)(?!\w)")
# Numbers that are no price, no rooms and no guests.
OTHER_NUMBERS = [
    re.compile(expression)
    for expression in (
        r"\d{1,2}:\d\d",
        rf"(?:(?:for|at least|minimum|на)\s+)?{N}\s*(?:or (?:more|less)|-\s*\d+|to \d+)?\s*"
        rf"{SPAN}(?![a-zа-я])",
        rf"(?<![\d.,])[\d.,]+\s*{UNIT}(?!\w)",
        r"\d+(?:[.,]\d+)?\s*%",
        r"\d\s*(?:stars?|звезд\w*|ดาว)(?!\w)",
        r"\d{1,2}\s*(?:am|pm)(?!\w)",
    )
]
AT_LEAST = r"(?:(?:at least|min(?:imum)?|minimum of|с|не менее|минимум|อย่างน้อย)\s+)?"
# Behind what is counted, unless it is of what follows.
OR_MORE = r"(?:\W{0,2}(?:(?:min(?:imum)?|or more|минимум|или больше)(?!\w)(?!\W*\w)|ขึ้นไป))?"
TO_MORE = rf"(?:\s*(?:-|–|to|or|до|или|ถึง|หรือ)\s*{SAID}(?!\d))?"
BEDROOMS = [
    rf"{AT_LEAST}{N}\s*\+?{TO_MORE}[\s-]*(?:or more )?(?:bed ?rooms?|beds?|br|bdrm?s?)(?!\w)"
    rf"{OR_MORE}",
    rf"{AT_LEAST}{N}{TO_MORE}\s*[\s-]?(?:отдельн\w+ )?спал\w+{OR_MORE}",
    rf"{N}{TO_MORE}\s*ห้องนอน{OR_MORE}",
    r"ห้องนอน\s*(\d{1,2})",
]
RUSSIAN_BEDROOMS = ((r"односпальн\w+", 1), (r"двухспальн\w+", 2), (r"трехспальн\w+", 3),
                    (r"четырехспальн\w+", 4))  # fmt: skip
BATHROOMS = [
    rf"{AT_LEAST}(?<!\d)(\d{{1,2}}(?:[.,]5)?|one|two|three|four)\s*\+?[\s-]*bath(?:room)?s?(?!\w){OR_MORE}",
    rf"{AT_LEAST}{N}\s*(?:ванн\w+|сануз\w+){OR_MORE}",
    rf"{N}\s*ห้องน้ำ{OR_MORE}",
]
PEOPLE = (
    r"(?:guests?|people|ppl|persons?|pax|adults?|travell?ers?|friends|of us|"
    r"гост\w+|человек\w*|чел(?!\w)|персон\w*|взросл\w+|คน|ท่าน)"
)
CHILDREN = r"(?:children|child|kids?|дет\w+|ребен\w+|เด็ก)"
A_CHILD = r"child|kid|baby|toddler|infant|ребен\w+|малыш\w*"
CHILD = (
    r"(?:(?<!\w)(?:baby|babies|toddlers?|infants?|child|children|kids?|sons?|daughters?"
    r"|ребен\w+|дет(?:и|ей|ям|ьми)|малыш\w*)(?!\w)|เด็ก(?:เล็ก)?|ลูก(?:เล็ก)?|ทารก)"
)
# Not "2 kids' beds".
COUNTED_CHILDREN = [
    rf"{N}\s*(?:(?:little|small|young|маленьк\w+) )?(?![ก-๎]){CHILD}"
    r"(?!['’-]|s['’]| (?:friendly|rooms?|beds?|bedrooms?|pools?|cots?|cribs?|chairs?)(?!\w))",
    rf"(?:เด็ก|ลูก)(?:เล็ก)?\s*{N}(?:\s*คน)?(?!\d|\s*(?:ขวบ|ปี|เดือน))",
]
COUNTED_ADULTS = [rf"{N}\s*(?:adults?|взросл\w+)(?!\w)", rf"ผู้ใหญ่\s*{N}(?:\s*คน)?(?!\d)"]
COUPLES = [rf"{N}\s*(?:couples|пары?(?!\w)|คู่)"]
A_COUPLE = r"(?:for|as) (?:a |the )?(?:young |romantic )?couple(?!\w)|для (?:\w+ой )?пары(?!\w)|คู่รัก"
ADULTS = re.compile(rf"(?<!\w)(?:adults?|взросл\w+)(?!\w)|ผู้ใหญ่|{A_COUPLE}")
TOGETHER = r"двое|трое|четверо|пятеро|шестеро|семеро|восьмеро"
GUESTS = [
    rf"{N}\s*(?:{PEOPLE})?\s*(?:and|with|plus|\+|и|с)\s*(?:(?:an?|one|1|один) )?({A_CHILD})"
    r"(?![\w-]| (?:friendly|cot|bed|crib|chair))",
    rf"{AT_LEAST}{N}{TO_MORE}\s*\+?\s*(?:or more )?{PEOPLE}{OR_MORE}",
    rf"(?<![\d.,])(\d{{1,3}}(?:[, ]?\d{{3}}){{1,2}})\s*{PEOPLE}",
    rf"(?:family|group|party|семь\w+|групп\w+)\s+(?:of|из)\s+{N}(?!\w)",
    r"(?:ผู้ใหญ่|แขก)\s*(\d{1,2})",
    rf"(?<!\w)(?<!у )нас (?:будет |всего )*(?:({TOGETHER})(?!\w)|{N}(?=\s*(?:[,.;:!?|]|$)))",
    r"(?<!\w)в(двоем|троем|четвером|пятером|шестером|семером|восьмером)(?!\w)",
    rf"(?:for|sleeps?|sleeping|fits?|accommodat\w+|we are|we're|на|для|สำหรับ)\s+"
    rf"(?:up to |at least |about |a |the |us |our family of )?{N}"
    rf"(?![\w%]|[.,:]\d|\s*(?:k|m|млн|ล้าน))",
]

HALF = re.compile(
    r"(?<!\w)half an? (?=rai|acre|hectare|million)|ครึ่ง\s?(?=ไร่|ล้าน|แสน|หมื่น)"
    r"|(?<!\w)пол(?:овина |-)?(?=(?:гектар|миллион|рая(?!\w)|акр))"
)
ONE_AND_A_HALF = re.compile(r"(?<!\w)(?:полтор[аы]|полутора)(?!\w)")
# Russians count so where it is about as many: "тысяч за 60", "недели на две", "человек десять".
# Not "5 тысяч до 10", where the number is before it.
COUNTED_BEHIND = re.compile(
    r"(?<![\w.,-])(?<!\d )"
    r"(?P<of>тысяч|миллион(?:ов|а)|недел[иь]|дн(?:я|ей)|ноч(?:и|ей)|месяц(?:а|ев)|человек)"
    rf" (?:(?P<before>за|до|от|по|на|около|под) )?(?P<number>{SAID})"
    r"(?!\w|[.,]\d| ?[-–]\d| ?(?:тыс|млн|человек|ноч|недел|месяц|дн|взросл|дет|спал))"
)
A_MILLION = re.compile(r"(?<!\w)a (?=million)")
NUMBER_OF = re.compile(rf"{N}(?=\s*(?:{SCALE}))")


def in_digits(text: str) -> str:
    """ "Five million", "ห้าล้าน", "หมื่น" and "half a rai" with their number in digits."""
    text = ONE_AND_A_HALF.sub("1.5", HALF.sub("0.5 ", text))
    text = COUNTED_BEHIND.sub(number_first, text)
    text = A_MILLION.sub(" 1 ", thai_numbers.in_digits(text))
    return NUMBER_OF.sub(lambda match: f" {counted(match[1])} ", text)


TOGETHER_FORM = re.compile(r"дво\w+|тро\w+|\w+[еы]р(?:о|ых|ым|ыми)")
COUNTED_BEFORE = re.compile(
    rf"(?<!\w)(?:{WORD_NUMBER}|пару|нескольк\w+|ста?|\w+(?:дцати?|дцать|десяти?|сот)) $"
)


def number_first(match: re.Match[str]) -> str:
    if COUNTED_BEFORE.search(match.string, 0, match.start()):
        return match[0]
    if match["of"] != "человек" and TOGETHER_FORM.fullmatch(match["number"]):
        return match[0]  # people: "до конца месяца на троих"
    before = "" if match["of"] == "человек" else match["before"] or ""
    return f"{before} {counted(match['number'])} {match['of']}".lstrip()


def read_rooms(reading: Reading) -> None:
    if bedrooms := first_number(reading, BEDROOMS, ROOMS_MAX):
        reading.set(bedrooms=int(bedrooms))
    for expression, count in RUSSIAN_BEDROOMS:
        if reading.take(expression):
            reading.set(bedrooms=count)
    if bathrooms := first_number(reading, BATHROOMS, ROOMS_MAX):
        reading.set(bathrooms=bathrooms)


def read_guests(reading: Reading) -> int:
    """How many children were counted: guests with the adults, or some of the people that come, of
    whom alone there would be no guests."""
    children = int(first_number(reading, COUNTED_CHILDREN, GUESTS_MAX) or 0)
    of_adults = ADULTS.search(reading.rest) is not None
    if couples := first_number(reading, COUPLES, GUESTS_MAX // 2):
        reading.set(guests=2 * int(couples) + children)
    elif children and (adults := first_number(reading, COUNTED_ADULTS, GUESTS_MAX)):
        # "four of us, 2 adults and 2 children" are four
        all_told = first_number(reading, GUESTS, GUESTS_MAX) or 0
        reading.set(guests=max(int(adults) + children, int(all_told)))
    elif guests := first_number(reading, GUESTS, GUESTS_MAX):
        reading.set(guests=int(guests) + (children if of_adults else 0))
    elif reading.take(A_COUPLE):
        reading.set(guests=2 + children)
    return children


def counts_people(text: str) -> bool:
    return any(re.search(said, text) for said in (*COUPLES, *GUESTS, A_COUPLE))


def first_number(reading: Reading, expressions: list[str], highest: int) -> Decimal | None:
    for expression in expressions:
        if match := reading.take(expression):
            total = sum((counted(group) for group in match.groups() if group), Decimal(0))
            if 0 < total <= highest:
                return total
    return None


def counted(word: str) -> Decimal:
    if word[0].isdigit():
        if re.fullmatch(r"\d{1,3}(?:[, ]\d{3})+", word):
            return Decimal(re.sub(r"\D", "", word))
        return Decimal(word.replace(",", "."))
    if word in COUNTED:
        return Decimal(COUNTED[word])
    forms = (*RUSSIAN, (A_CHILD, 1))
    return Decimal(next((n for form, n in forms if re.fullmatch(form, word)), 0))
