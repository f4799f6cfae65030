"""Thai numbers in words: "สิบห้า" is 15, "แปดพันห้า" 8.5 พัน, "ล้านแปด" 1.8 ล้าน.

Regular expressions over normalised text (core.search.text.normalise).
"""

import re
from decimal import Decimal

DIGITS = {
    "หนึ่ง": 1, "เอ็ด": 1, "สอง": 2, "ยี่": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7,
    "แปด": 8, "เก้า": 9,
}  # fmt: skip
SCALES = {"ล้าน": 1_000_000, "แสน": 100_000, "หมื่น": 10_000, "พัน": 1_000}
# Not the beginning of a department store ("ห้าง").
DIGIT = f"(?:(?:{'|'.join(DIGITS)})(?!ง(?!าน)))"
# Not the end of Bang Saen, nor of a thousand millions.
SCALE = r"(?:ล้าน|(?:(?<!บาง)แสน|หมื่น|พัน)(?!ล้าน))"
# Below a thousand, all of it: "สิบห้าคน" is no ten.
WORDS = rf"(?:(?={DIGIT}|ร้อย|สิบ)(?>(?:{DIGIT}?ร้อย(?!ยอด))?(?:{DIGIT}?สิบ)?{DIGIT}?))"
COUNT = rf"(?:(?<![\d.,])\d{{1,3}}(?:\.\d{{1,4}})?|{WORDS})"
# Behind these a scale alone is one of it: "ไม่เกินหมื่น".
LEAD = r"(?:ไม่เกิน|เกิน|ไม่ถึง|ต่ำกว่า|งบ|มากกว่า|ประมาณ|คืนละ|เดือนละ)"
# A sum of these is no money. What others count is no part of a price either: "หมื่น สองคืน".
MEASURED = r"(?:คน|ท่าน|ตาราง|ตร\.|เมตร|กิโล|ไร่|งาน)"
COUNTED = (
    rf"(?:{MEASURED}|ผู้ใหญ่|เด็ก|คู่|ห้อง|นอน|น้ำ|(?:คืน|วัน|สัปดาห์|อาทิตย์|เดือน|ปี)(?!ละ)|ชั่วโมง|นาที"
    r"|ชั้น|หลัง|ยูนิต|แปลง|เตียง|คัน|ตัว|ดาว)"
)
# So many tenths of the scale before it: "หมื่นห้า", "3ล้าน5"; or less than a thousand: "พันห้าร้อย".
TAIL = (
    rf"(?:(?:{WORDS}|ครึ่ง)(?!\s*{COUNTED})|\d(?![\d.,:/%–-]|\s*{COUNTED})"
    r"|\s\d(?=\s*(?:บาท|$)))"
)
PART = re.compile(rf"({COUNT})?\s*({SCALE})")
AMOUNT = re.compile(
    rf"(?P<lead>{LEAD}\s*)?(?P<parts>(?:{COUNT}\s*|(?<!\d)(?<!\d\s)){SCALE}(?:\s*{COUNT}\s*{SCALE})*)"
    rf"(?P<tail>{TAIL})?(?=(?P<measured>\s*{MEASURED})?)"
)
# One word alone may be a part of another.
COMPOUND = re.compile(rf"(?={DIGIT}(?:ร้อย|สิบ)|สิบ{DIGIT}){WORDS}")
PIECE = re.compile(f"{'|'.join(DIGITS)}|ร้อย|สิบ")


def in_digits(text: str) -> str:
    return COMPOUND.sub(lambda match: f" {below_1000(match[0])} ", AMOUNT.sub(amount, text))


def amount(match: re.Match[str]) -> str:
    if match["parts"] in SCALES and not (match["lead"] or match["tail"]):
        return match[0]
    sums = sums_of(match["parts"], (match["tail"] or "").strip())
    if match["measured"]:
        said = (f"{value:f}" for value, _ in sums)
    else:
        said = (f"{value / SCALES[scale]:f} {scale}" for value, scale in sums)
    return f"{match['lead'] or ''} {' - '.join(said)} "


def sums_of(parts: str, tail: str) -> list[tuple[Decimal, str]]:
    """Each with its largest scale. One that is no smaller than that before it begins another sum:
    "หมื่นสองหมื่น" is ten to twenty thousand."""
    sums: list[tuple[Decimal, str]] = []
    last = ""
    for count, scale in PART.findall(parts):
        value = (number(count) if count else 1) * Decimal(SCALES[scale])
        if last and SCALES[scale] < SCALES[last]:
            sums[-1] = (sums[-1][0] + value, sums[-1][1])
        else:
            sums.append((value, scale))
        last = scale
    sums[-1] = (sums[-1][0] + tail_of(tail, SCALES[last]), sums[-1][1])
    return sums


def tail_of(said: str, scale: int) -> Decimal:
    if said == "ครึ่ง":
        return Decimal(scale) / 2
    value = number(said) if said else Decimal(0)
    return value * scale / 10 if value < 10 else value


def number(said: str) -> Decimal:
    return Decimal(said) if said[0].isdigit() else Decimal(below_1000(said))


def below_1000(said: str) -> int:
    total = digit = 0
    for piece in PIECE.findall(said):
        if piece in DIGITS:
            digit = DIGITS[piece]
        else:
            total += (digit or 1) * (100 if piece == "ร้อย" else 10)
            digit = 0
    return total + digit
