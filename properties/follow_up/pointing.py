"""Messages that point to what was shown: "show me more", "number 2", "not the first"."""

import re

from core.search.text import normalise

# What goes on with something is short.
LENGTH_MAX = 100
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
RUSSIAN_NUMBER = (
    r"(?:перв|втор|четверт|пят)(?:ый|ая|ое|ую|ом|ой|ому)|трет(?:ий|ья|ье|ью|ьем|ьей|ьему)"
)
THAI_NUMBER = "แรก|สอง|สาม|สี่|ห้า"
THAI_ONE = "(?:อัน|หลัง|แปลง|ห้อง|ข้อ|รายการ|ตัวเลือก|ตัว|แห่ง|ยูนิต|ประกาศ|วิลล่า|บ้าน|คอนโด)"
DIGITS = r"[1-9]\d?"
# Of a text without its PUNCTUATION, so that one space is all that stands between two words.
CHOSEN = re.compile(
    r"(?:(?:and|ok|okay|yes|please|can you|could you|tell|show|give|open|see|me|more about|info"
    r"|information|details?|details on|details of|about|what about|how about|what is|i like|i want"
    r"|i'd like|i'll take|the|number|no|option|listing|villa|house|condo|а|и|да|нет"
    r"|расскажи|расскажите|покажи|покажите|вернемся|вернись|вернитесь|назад|обратно|снова|к|ко"
    r"|подробнее|мне|про|о|об|номер|вариант|варианте|варианта) "
    r"|(?:กลับ|ย้อน|ไป|ขอ|ดู|รายละเอียด|ข้อมูล|เพิ่มเติม|ของ|สนใจ|เอา|อัน|ข้อ|รายการ|หลัง|หมายเลข"
    r"|เบอร์|ตัวเลือก|ที่) ?)*"
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
# That a number is of a listing: "the 24th" is a date, and "no, 8" are people.
OF_A_LISTING = re.compile(
    rf"#|№|(?<!\w)(?:number|option|listing|one|villa|house|condo|plot|bungalow|apartment"
    rf"|{ENGLISH_NUMBER}|{RUSSIAN_NUMBER}|номер|вариант\w?)(?!\w)|{THAI_ONE}|หมายเลข|เบอร์"
)
PUNCTUATION = re.compile(r"[?!.,;:()\"«»“”…]+")


def points_back(text: str) -> bool:
    """To what was shown; the wish stays what it was."""
    return asks_more(text) or place_named(text) is not None


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


def names_listing(text: str) -> bool:
    return OF_A_LISTING.search(normalise(text)) is not None


def place_of(number: str) -> int:
    if number.isdigit():
        return int(number) - 1
    return next(place for place, forms in enumerate(NUMBERS) if number.startswith(forms))
