"""Days and what is free on them: said by visitors, told by no listing. Over normalised text."""

from core.search.expressions import expression
from properties.words import AMENITIES, pattern

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|(?:март|август)[аеу]?|ма[йяею]|"
    r"(?:январ|феврал|апрел|июн|июл|сентябр|октябр|ноябр|декабр)[ьяею]м?|"
    r"มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม)"
)
# Beside a day; what follows in Thai is written without a space.
THAI_MONTH = (
    r"(?:(?:มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา)(?:คม|ยน|พันธ์)?"
    r"|(?:ม\.ค|ก\.พ|มี\.ค|เม\.ย|พ\.ค|มิ\.ย|ก\.ค|ส\.ค|ก\.ย|ต\.ค|พ\.ย|ธ\.ค)\.?)"
)
A_MONTH = rf"(?:{MONTH}(?!\w)|{THAI_MONTH})"
DATES = [
    expression(days)
    for days in (
        r"\d{4}-\d\d?-\d\d?",
        r"\d{1,2}[./]\d{1,2}[./]\d{2,4}",
        r"\d{1,2}/\d{1,2}(?!\d)",
        rf"(?:from |с )?\d{{1,2}}(?:st|nd|rd|th)?\s*(?:-|–|to|till|until|по|до|ถึง)\s*"
        rf"\d{{1,2}}(?:st|nd|rd|th)?\s*(?:of )?{A_MONTH}",
        rf"\d{{1,2}}(?:st|nd|rd|th)?\s*(?:of )?{A_MONTH}(?:\s*\d{{4}}(?!\d))?",
        r"วันที่\s*\d{1,2}(?:\s*(?:-|–|ถึง)\s*\d{1,2})?(?!\d)",
        r"(?<!\w)с \d{1,2}(?:-?го)? по \d{1,2}(?:-?(?:е|го))?(?![\w.,]?\d)"
        r"(?! ?(?:млн|тыс|миллион))",
        rf"{MONTH}\s+\d{{1,4}}(?:st|nd|rd|th)?(?!\d)(?:\s*(?:-|–|to)\s*\d{{1,2}}(?!\d))?",
    )
]
# Dates without a number.
WHEN = expression(
    rf"(?<!\w)(?:in|during|until|early|mid|late|next|this|over|в|на|до)\s+{MONTH}(?!\w)|(?<!\w)(?:"
    r"(?:this|next|coming) (?:weekend|week|month|summer|winter)|(?:for |on |at )(?:the|a) weekend"
    r"|tomorrow|today|tonight|(?:christmas|easter)(?! island)|(?:for|over|at) new year"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    rf"|(?!(?:may|mar|march)(?!\w)){MONTH}"
    r"|понедельник|вторник|среду|четверг|пятницу|субботу|воскресенье"
    r"|послезавтра|завтра|сегодня|на выходные|на выходных|на новый год"
    r"|на следующ\w+ недел\w+|в следующем месяце)(?!\w)"
    r"|มะรืนนี้|พรุ่งนี้|วันนี้|คืนนี้|สุดสัปดาห์|เสาร์อาทิตย์นี้|อาทิตย์หน้า|สัปดาห์หน้า|เดือนหน้า|ปีใหม่|สงกรานต์"
    r"|(?:เดือน|ช่วง)(?:มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา)"
    r"(?:คม|ยน|พันธ์)?"
)
AMENITY = pattern(*(word for amenity in AMENITIES.values() for word in amenity.said))
# Not taken; that of "free wifi", "free of charge" and "step free" is another.
FREE_WORD = (
    rf"(?<![\w-])(?<!step )(?<!smoke )(?<!pet )free(?![\w-])"
    rf"(?!\s+(?:of|cancellation|transfer|shuttle|airport|pick|bike|bicycle|use|{AMENITY}))"
)
FREE = expression(FREE_WORD)
# Not the end of the Thai "between".
VACANT = r"vacant(?!\w)(?! (?:land|plot))|vacanc(?:y|ies)|свобод(?:ен|н\w+)|(?<!ระห)ว่าง(?!เปล่า)"
AVAILABILITY = expression(
    rf"{FREE_WORD}|{VACANT}|(?<!\w)availability(?!\w)"
    r"|(?<!\w)(?:is|are) (?:it|they|this|that|the)(?!\w).*(?<!\w)available(?!\w)"
)
IS_IT = expression(rf"^\W*(?:is|are)(?!\w).*(?:{FREE_WORD}|available(?!\w))|{VACANT}")


def names_days(text: str) -> bool:
    return any(days.search(text) for days in (*DATES, WHEN))


def asks_if_free(text: str) -> bool:
    """ "Is the Palm Villa free on 24 December?": of a listing, though it begins as a question."""
    return IS_IT.search(text) is not None and names_days(text)
