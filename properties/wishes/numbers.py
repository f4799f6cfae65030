"""Numbers as people write them: bounds of prices, counts of rooms and guests.

Regular expressions over normalised text (core.search.text.normalise).
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from properties.words import pattern

# At most 15 digits: what is longer is no price.
NUMBER = r"(?:\d{1,3}(?:[,. ]\d{3}){1,4}(?:\.\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,6})?(?!\d))"
GROUPED = re.compile(r"\d{1,3}(?:[,. ]\d{3})+(\.\d{1,2})?")
# "m" alone may be metres; "500 m from the beach" is no price.
# So does "mb", for million baht, but of data.
MILLION_LETTER = (
    r"(?:m(?!\w)(?!\s*(?:from|to the|off|away|wide|long|of))"
    r"|mb(?!\w)(?!\s*(?:of|wifi|internet|fib)))"
)
SCALES: tuple[tuple[str, int], ...] = (
    (r"(?:bn|billion|млрд)(?!\w)", 1_000_000_000),
    (rf"(?:million|milion|mio|mil|mln|млн|миллион\w*|ล้าน|{MILLION_LETTER})(?![a-zа-я])", 1_000_000),
    (r"แสน", 100_000),
    (r"หมื่น", 10_000),
    (r"(?:[kк](?!\w)|thousand|тыс\w*|พัน)", 1_000),
)
SCALE = "|".join(scale for scale, _ in SCALES)
CURRENCIES: dict[str, str] = {
    "THB": r"฿|thb|baht|bht|บาท|бат\w*",
    "USD": r"us\$|\$|usd|(?:us )?dollars?|доллар\w*|ดอลลาร์",
    "EUR": r"€|eur(?!o)|euros?|евро|ยูโร",
    "SEK": r"sek|kr(?!\w)|kron(?:or|a)|крон\w*|โครน",
    "GBP": r"£|gbp|pounds?(?!\w)|фунт\w*|ปอนด์",
    "RUB": r"₽|rub(?!\w)|rubles?|roubles?|рубл\w*|руб(?!\w)|รูเบิล",
}
CURRENCY = "|".join(CURRENCIES.values())


def amount(name: str) -> str:
    """A named sum of money: groups {name}, {name}_scale, {name}_before and {name}_after."""
    return (
        rf"(?:(?P<{name}_before>{CURRENCY})\s*)?(?<![\d.,])(?P<{name}>{NUMBER})"
        rf"\s*(?P<{name}_scale>{SCALE})?\s*(?P<{name}_after>{CURRENCY})?"
    )


MOST = pattern(
    "under", "below", "less than", "less then", "smaller than", "not exceeding", "up to", "max",
    "maximum", "at most", "no more than",
    "not more than", "not over", "cheaper than", "within", "budget", "budget of", "budget is",
    "max price", "до", "не дороже", "не более", "не больше", "не выше",
    "менее", "меньше", "дешевле", "ถูกกว่า", "ไม่มากกว่า", "ไม่แพงกว่า", "ไม่สูงกว่า",
    "максимум", "в пределах", "бюджет", "бюджет до", "ไม่เกิน", "ต่ำกว่า", "น้อยกว่า", "ไม่ถึง",
    "งบ", "งบประมาณ", "งบไม่เกิน",
)  # fmt: skip
LEAST = pattern(
    "over", "above", "more than", "more then", "at least", "from", "min", "minimum", "bigger than",
    "larger than", "no less than", "not less than", "starting at", "starting from",
    "от", "минимум", "более", "больше", "дороже", "не менее", "выше", "มากกว่า", "เกิน", "ตั้งแต่",
    "ขั้นต่ำ", "สูงกว่า", "แพงกว่า", "กว่า",
)  # fmt: skip
# With a "no" before them they are the most, or the least: "nothing over 5,000", "не меньше 5 млн".
OVER = pattern("over", "above", "more than", "more then", "более", "больше", "дороже", "выше")
SPENDING = frozenset(
    {"i", "we", "want", "like", "would", "to", "spend", "pay", "be", "cost", "that"}
    | {"хочу", "хотим", "готов", "готовы", "тратить", "платить"}
)
NO = r"(?<!\w)(?:nothing|not|none|never|dont|\w+n't|не|ничего)"
NO_SOON = re.compile(rf"{NO}((?: [^\W\d]+){{0,5}}) $")
NO_AT_ONCE = re.compile(r"(?:(?<!\w)(?:not|no|не) |ไม่ ?)$")
ABOUT = pattern("around", "about", "roughly", "approximately", "около", "примерно", "ประมาณ", "ราว")
BETWEEN = pattern("between", "from", "от", "ระหว่าง", "ตั้งแต่")
AND = r"(?:-|–|—|and(?!\w)|to(?!\w)|till(?!\w)|до(?!\w)|и(?!\w)|ถึง|และ|กับ)"
OR_LESS = pattern(
    "or less", "or under", "or cheaper", "max", "maximum", "или меньше", "и меньше", "или дешевле",
    "максимум", "หรือน้อยกว่า", "ลงมา",
)  # fmt: skip
OR_MORE = pattern(
    "or more", "and up", "and above", "or above", "и выше", "и больше", "или больше", "ขึ้นไป"
)
# Behind a sum, unless it is of what follows: "5000 baht, minimum 3 bedrooms".
OR_MORE = rf"(?:{OR_MORE}|(?<!\w)(?:min(?:imum)?|минимум)(?!\w)(?!\W*\w))"
PRICE = pattern("price", "budget", "цена", "ценой", "цены", "бюджет", "ราคา", "งบ", "งบประมาณ")
FILLER = r"[\s:~]*(?:the |of |a |price |of about |about )?"

PRICED = re.compile(rf"{PRICE}{FILLER}$")
RANGE = re.compile(rf"(?:{BETWEEN}{FILLER})?{amount('low')}\s*{AND}\s*{amount('high')}")
MOST_OF = re.compile(rf"{MOST}{FILLER}{amount('high')}(?:\s*{OR_LESS})?")
LEAST_OF = re.compile(rf"{LEAST}{FILLER}{amount('low')}")
ABOUT_OF = re.compile(rf"{ABOUT}{FILLER}{amount('about')}")
MOST_AFTER = re.compile(rf"{amount('high')}\s*{OR_LESS}")
LEAST_AFTER = re.compile(rf"{amount('low')}\s*{OR_MORE}")
PLAIN = re.compile(amount("high"))
NIGHTLY = re.compile(
    r"\s*(?:(?:a|per|each|/)\s*night(?!\w)|/\s*(?:night|ночь|сутки|คืน)|nightly"
    r"|за ноч\w+|в сутки|за сутки|ต่อคืน|คืนละ)"
)
# "5 ล้านกว่า" is five million and something, "5 ล้านปลายๆ" nearly six, "20 กว่าล้าน" twenty-odd:
# shares of one more of what was counted.
ODD: dict[str, tuple[Decimal, Decimal]] = {
    word: (Decimal(low) / 10, Decimal(high) / 10)
    for word, low, high in (("กว่า", 0, 10), ("ต้น", 0, 4), ("กลาง", 3, 7), ("ปลาย", 6, 10))
}
ODD_OF = re.compile(
    rf"(?:(?P<most>{MOST})|(?P<least>{LEAST}))?{FILLER}(?:(?P<odd_before>{CURRENCY})\s*)?"
    rf"(?<![\d.,])(?P<odd>{NUMBER})\s*(?:(?P<tens>กว่า)(?: ?ๆ)?\s*(?=ล้าน|แสน|หมื่น|พัน))?"
    rf"(?P<odd_scale>{SCALE})?\s*(?:(?P<some>กว่า(?!จะ)(?: ?ๆ)?|(?:ต้น|กลาง|ปลาย)(?: ?ๆ|(?![ก-๎]))))?"
    rf"\s*(?P<odd_after>{CURRENCY})?(?P<or_more>\s*{OR_MORE})?"
)
# "About 5 million" reaches so far to both sides.
ABOUT_SHARE = Decimal("0.2")
# A bound without a currency or scale is a price from here on: "under 8" says nothing of money.
PRICE_FROM = 100
YEARS = range(1900, 2101)


# What a sum is for when it is no price of a listing: 20,000 a month is not 20,000 a night.
OF_OTHER = re.compile(
    rf"(?:(?:{MOST}|{LEAST}|{ABOUT}){FILLER})?{amount('of')}\s*"
    r"(?:(?:per|a|an|each|every|/|в|за|ต่อ|ละ)\s*(?:calendar )?"
    r"(?:month|week|year|person|rai|ngan|(?:square |sq\.? ?)?(?:wah?|m(?:et(?:er|re))?)(?!\w)|sqm"
    r"|m2"
    r"|месяц|недел\w|год(?!\w)|рай|сотк\w|м2|кв\.? ?м|человека"
    r"|เดือน|สัปดาห์|ปี|คน|ไร่|ตารางวา|ตร\.? ?ว|ตารางเมตร|ตร\.? ?ม)|monthly|weekly|yearly"
    r"|each(?!\w)(?! night)|с (?:человека|каждого))"
    r"|(?:คนละ|เดือนละ|ปีละ|ไร่ละ|ตารางวาละ|ตร\.? ?ว\.?ละ|ตารางเมตรละ)\s*"
    rf"(?:{MOST}\s*)?{amount('each')}"
)


@dataclass(frozen=True)
class Sum:
    value: Decimal
    currency: str | None
    scaled: bool

    @property
    def is_money(self) -> bool:
        return bool(self.currency) or self.scaled


def sum_of(match: re.Match[str], name: str, scale_of: str = "") -> Sum:
    """One named amount of a match; without a scale of its own it takes that of `scale_of`."""
    found = match.groupdict()
    scale = found[f"{name}_scale"] or (scale_of and found[f"{scale_of}_scale"]) or ""
    sign = found[f"{name}_before"] or found[f"{name}_after"] or ""
    value = number(found[name], scaled=bool(scale)) * scale_value(scale)
    return Sum(whole(value), currency_of(sign), bool(scale))


def number(text: str, *, scaled: bool = False) -> Decimal:
    """ "8,000", "8 000" and "8.000" are eight thousand; "1.5" and "2,5" have decimals."""
    grouped = GROUPED.fullmatch(text)
    if grouped and not (scaled and "." in text):
        cents = grouped[1] or ""
        whole = text.removesuffix(cents) if cents else text
        return Decimal(re.sub(r"\D", "", whole) + cents)
    return Decimal(text.replace(",", ".").replace(" ", ""))


def whole(value: Decimal) -> Decimal:
    """Without a fraction that says nothing: 1.5 million is 1500000, not 1500000.0."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def scale_value(text: str) -> int:
    return next((value for scale, value in SCALES if text and re.fullmatch(scale, text)), 1)


def currency_of(text: str) -> str | None:
    return next((code for code, said in CURRENCIES.items() if re.fullmatch(said, text)), None)


@dataclass(frozen=True)
class PriceBounds:
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str | None = None


def price_bounds(text: str) -> tuple[PriceBounds, str]:
    """The bounds of a price and the text with them read (replaced by `|`)."""
    for find in (read_range, read_odd, read_most, read_least, read_about, read_plain):
        if found := find(text):
            bounds, rest = found
            if bounds.low is None and bounds.high is not None and (other := read_least(rest)):
                bounds, rest = PriceBounds(other[0].low, bounds.high, bounds.currency), other[1]
            return bounds, rest
    return PriceBounds(), text


Found = tuple[PriceBounds, str] | None


def cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} | {text[match.end() :]}"


def read_range(text: str) -> Found:
    for match in RANGE.finditer(text):
        high = sum_of(match, "high")
        low = sum_of(match, "low", "high")
        if low.value > high.value:
            low = sum_of(match, "low")
        known = low.is_money or high.is_money or is_price_range(text, match, low, high)
        if known and low.value <= high.value:
            bounds = PriceBounds(low.value, high.value, high.currency or low.currency)
            return bounds, cut(text, match)
    return None


def is_price_range(text: str, match: re.Match[str], low: Sum, high: Sum) -> bool:
    """Of numbers without money: "between 5000 and 8000", "2000-3000 a night", "villa 2000-3000",
    "price 2000-3000", but not the years, metres and megabits that other words go on with."""
    if low.value < PRICE_FROM or (low.value in YEARS and high.value in YEARS):
        return False
    before, after = text[: match.start()], text[match.end() :]
    if re.match(BETWEEN, match[0]) or PRICED.search(before):
        return True
    return bool(NIGHTLY.match(after) or not after.strip(" ?!.,|"))


def read_odd(text: str) -> Found:
    """Of "15 ล้านกว่า" and "20 กว่าล้าน" what is counted are millions and tens of them."""
    for match in ODD_OF.finditer(text):
        odd, said = sum_of(match, "odd"), match["tens"] or match["some"]
        if not said or not (odd.is_money or PRICED.search(text, 0, match.start("odd"))):
            continue
        unit = Decimal(10) ** int(odd.value.normalize().as_tuple().exponent)
        if odd.scaled and not match["tens"]:
            unit = min(unit, Decimal(scale_value(match["odd_scale"])))
        from_share, to_share = next(share for word, share in ODD.items() if said.startswith(word))
        low = None if match["most"] else whole(odd.value + unit * from_share)
        high = None if match["least"] or match["or_more"] else whole(odd.value + unit * to_share)
        return PriceBounds(low, high, odd.currency), cut(text, match)
    return None


def read_most(text: str) -> Found:
    for match in (*MOST_OF.finditer(text), *MOST_AFTER.finditer(text)):
        high = sum_of(match, "high")
        if is_price(high) and not NO_AT_ONCE.search(text, 0, match.start()):
            return PriceBounds(high=high.value, currency=high.currency), cut(text, match)
    for match in LEAST_OF.finditer(text):
        high, no = sum_of(match, "low"), no_over(text, match)
        if is_price(high) and no:
            between = " ".join(word for word in no[1].split() if word not in SPENDING)
            rest = f"{text[: no.start()]} {between} | {text[match.end() :]}"
            return PriceBounds(high=high.value, currency=high.currency), rest
    return None


def read_least(text: str) -> Found:
    for match in (*LEAST_OF.finditer(text), *LEAST_AFTER.finditer(text)):
        low = sum_of(match, "low")
        if match[0].startswith("กว่า") and not low.is_money:
            continue  # nearer than, older than
        if is_price(low) and not no_over(text, match):
            return PriceBounds(low=low.value, currency=low.currency), cut(text, match)
    for match in MOST_OF.finditer(text):
        low = sum_of(match, "high")
        if is_price(low) and NO_AT_ONCE.search(text, 0, match.start()):
            return PriceBounds(low=low.value, currency=low.currency), cut(text, match)
    return None


def is_price(found: Sum) -> bool:
    return found.is_money or found.value >= PRICE_FROM


def no_over(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """The "no" before an "over", with the words between them as its group."""
    return NO_SOON.search(text, 0, match.start()) if re.match(OVER, match[0]) else None


def read_about(text: str) -> Found:
    for match in ABOUT_OF.finditer(text):
        about = sum_of(match, "about")
        if is_price(about):
            share = about.value * ABOUT_SHARE
            low, high = whole(about.value - share), whole(about.value + share)
            return PriceBounds(low, high, about.currency), cut(text, match)
    return None


def read_plain(text: str) -> Found:
    """A sum by itself is the most that somebody wants to pay: "villa 5000 baht", "8000 a night"."""
    for match in PLAIN.finditer(text):
        high = sum_of(match, "high")
        if high.is_money or (high.value >= PRICE_FROM and NIGHTLY.match(text, match.end())):
            return PriceBounds(high=high.value, currency=high.currency), cut(text, match)
    return None
