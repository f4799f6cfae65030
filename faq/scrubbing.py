"""Takes out of a visitor's question what may tell who asked. Pure.

Found are addresses, numbers long enough to be a phone's, a card's or a booking's, and names that
are said to be names ("my name is ..."). A name without such words, or a street, is not found.
"""

import re
import unicodedata

from core.search.text import STOP_WORDS

EMAIL, LINK, NUMBER, NAME = "[email]", "[link]", "[number]", "[name]"
PLACEHOLDERS = re.compile(r"\[(?:email|link|number|name)\]")
# Of a text, so many times the length that is kept is read: what is taken out makes it shorter.
READ_MAX = 4
# As many digits may be a phone number; prices of six digits and fewer stay, and grouped ones.
DIGITS_MIN = 7
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

AT = r"(?:@|\s*[(\[{]\s*(?:at|собака)\s*[)\]}]\s*)"
DOT = r"(?:\.|\s*[(\[{]\s*(?:dot|точка)\s*[)\]}]\s*)"
EMAILS = re.compile(rf"(?<![\w.+'-])[\w.+'-]+{AT}[\w-]+(?:{DOT}[\w-]+)+", re.IGNORECASE)
LINKS = re.compile(
    r"(?:https?|ftp)://\S+|www\.\S+"
    r"|(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|me|co|ru|th|de|uk|app|info|gg)\b(?:/\S*)?",
    re.IGNORECASE,
)
# "@ivan_p", "line id: ivan"; the word "id" alone is asked about ("do I need an ID").
HANDLES = re.compile(
    r"((?<!\w)(?:line id:? ?|(?:line|instagram|ig|facebook|fb|wechat|telegram|whatsapp|viber|skype"
    r"|zalo|инстаграм|телеграм|ватсап|вотсап)(?: id)? ?: ?|ไอดีไลน์ ?:? |ไลน์ไอดี ?:? ))\S+"
    r"|(?<!\w)@\w[\w.]{2,}",
    re.IGNORECASE,
)
# "ivan dot petrov at gmail dot com"
SPELT_EMAILS = re.compile(
    r"(?<![\w.+'-])[\w.+'-]+(?: dot [\w.+'-]+)* at [\w-]+(?: dot [\w-]+)+\b"
    r"|(?<![\w.+'-])[\w.+'-]+(?: точка [\w.+'-]+)* собака [\w-]+(?: точка [\w-]+)+\b",
    re.IGNORECASE,
)
# Fewer digits than elsewhere tell who somebody is.
DOCUMENTS = re.compile(
    r"(\b(?:passport|паспорта?|visa|виза)\b(?: (?:no\.?|number|номер|№|#))? ?:? ?)"
    r"([a-zа-я]{0,3} ?\d(?: ?\d){4,})",
    re.IGNORECASE,
)
# Digits with what people write between them, and letters that touch them ("AB1234567").
NUMBERS = re.compile(r"[^\W\d_]{0,4}\+?\(?\d(?:[\d\s().,/+–-]*\d)?[^\W\d_]{0,4}")
INTRODUCED = re.compile(
    r"(\b(?:my (?:full )?name(?:'s| is)|i am called|i'm called|меня зовут|мо[её] имя"
    r"|моя фамилия|фамилия)\b[\s:]*)([^\W\d_][\w'’-]*)((?:\s+[^\W\d_][\w'’-]*){0,2})",
    re.IGNORECASE,
)
# Two names, or one to call by: a single word after "I am" is mostly no name ("I am Russian").
PRESENTED = re.compile(
    r"(\b(?:[Ii] am|[Ii]['’]m|[Tt]his is|[Cc]all me|[Nn]ame:|[Ии]мя:|Я|[Ээ]то)\s+)"
    r"([A-ZА-ЯЁ][\w'’-]+(?:\s+[A-ZА-ЯЁ][\w'’-]+)+)"
    r"|(\b(?:[Cc]all me|[Nn]ame:|[Ии]мя:)\s+)([A-ZА-ЯЁ][\w'’-]+)"
)
# Thai writes names and what comes after without a space: all of the run goes, and the next one, the
# family's name, unless it begins as what somebody wants does.
INTRODUCED_IN_THAI = re.compile(
    r"((?:ผม|ดิฉัน|ฉัน|หนู|เรา)ชื่อ|ชื่อของ(?:ผม|ดิฉัน|ฉัน|เรา)(?:คือ)?|นามสกุล)\s*\S+"
    r"(?:\s+(?!อยาก|จะ|ต้อง|ขอ|มี|มา|เป็น|สนใจ|กำลัง|ถาม|และ|จาก|อายุ|เบอร์|โทร|สามารถ|พา|จอง|เช่า|ซื้อ|หา"
    r"|ครับ|ค่ะ|คะ|ได้|ที่|บ้าน|วิลล่า|คอนโด)[\u0e01-\u0e4e]+)?"
)


def scrubbed(text: str, length: int) -> str:
    """On one line, at most `length` characters."""
    most = READ_MAX * length
    # Cut once more, since a single character may stand for many.
    text = " ".join(unicodedata.normalize("NFKC", text[:most])[:most].split())
    text = SPELT_EMAILS.sub(EMAIL, EMAILS.sub(EMAIL, text))
    text = LINKS.sub(LINK, text)
    text = HANDLES.sub(rf"\1{NAME}", text)
    text = DOCUMENTS.sub(rf"\1{NUMBER}", text)
    text = NUMBERS.sub(without_number, text)
    text = INTRODUCED.sub(without_name, text)
    text = PRESENTED.sub(rf"\1\3{NAME}", text)
    text = INTRODUCED_IN_THAI.sub(rf"\1 {NAME}", text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def without_name(found: re.Match[str]) -> str:
    """The word after "my name is" goes, and those after it that may be the rest of the name."""
    introduction, _, more = found.groups()
    rest = more.split()
    while rest and rest[0].lower() not in STOP_WORDS:
        rest.pop(0)
    return " ".join([introduction.rstrip(), NAME, *rest])


def without_number(found: re.Match[str]) -> str:
    number = found.group()
    digits = sum(character.isdigit() for character in number)
    if digits < DIGITS_MIN or GROUPED.fullmatch(number.strip()):
        return number
    return NUMBER
