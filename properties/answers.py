"""Listings in plain words, in the visitor's language. Says what a listing says, and no more."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from properties.filters import Filters
from properties.matching import Match
from properties.models import Transaction, Type
from properties.words import Extreme

FRAMES: dict[str, dict[str, str]] = {
    "en": {
        "found": "These listings match ({wish}):",
        "understood": "These are listings by what was understood of the question ({wish}).",
        "left out": "This could not be taken into account, so please check: {said}.",
        "currency": "Prices in {others} were not compared with yours in {currency}: currencies are "
        "not converted here.",
        "unread": "Other words of it could not be taken into account, so please check:",
        "close": "No listing meets all of that ({wish}). These come closest, but do not meet or do "
        "not mention: {lost}.",
        "closest": "No listing meets all of that ({wish}). These come closest.",
        "missed": "not met or not mentioned: {lost}",
        "unmentioned": "These listings match ({wish}), but do not mention {lost}.",
        "mentions": "The listing mentions: {names}.",
        "not mentioned": "The listing does not mention: {names}.",
        "no more said": "The listing says no more than this. What it does not say, you can ask "
        "with an enquiry about it.",
        "no such number": "None of the listings shown last has the number {n}.",
        "unwanted": "but not: {refused}",
        "none": "There is no listing that matches ({wish}).",
        "nowhere": "There are no listings in {places}, only elsewhere.",
        "no more": "There are no more listings like these ({wish}).",
        "per night": "{price} per night",
        "on request": "price on request",
        "bedrooms": "bedrooms: {n}",
        "max_guests": "guests: up to {n}",
        "bedrooms wish": "at least {n} bedrooms",
        "bathrooms": "bathrooms: {n}",
        "bathrooms wish": "at least {n} bathrooms",
        "guests wish": "for {n} guests",
        "min_price": "from {n}",
        "max_price": "up to {n}",
        "rent": "for rent",
        "min_area": "area of at least {n} m²",
        "max_area": "area of at most {n} m²",
        "min_land_area": "land of at least {n} m²",
        "max_land_area": "land of at most {n} m²",
        "area": "area: {n} m²",
        "land": "land: {n} m²",
        "dates": "The calendar cannot be seen from here, so your dates were not taken into "
        "account: whether a home is free then, our team or the agent can tell you.",
        "stay": "What a whole stay comes to is not worked out here: our team or the agent can tell "
        "you, for your dates.",
        "stay shown": "If you mean a stay in a home that was shown before, these are the prices "
        "per night (for anything else, please say what you mean):",
        "any stay": "If you mean a stay, that depends on the home. These are some of them, with "
        "their prices per night (for anything else, please say what you mean):",
        "months": "Your price was taken as one per night: what a stay of months comes to, our team "
        "or the agent can tell you.",
        "sale": "for sale",
        "or": " or ",
        "cheapest": "cheapest first",
        "dearest": "most expensive first",
        "largest": "largest first",
        "smallest": "smallest first",
    },
    "th": {
        "found": "รายการที่ตรงกับที่คุณหา ({wish}):",
        "understood": "รายการต่อไปนี้เลือกจากส่วนของคำถามที่เข้าใจ ({wish})",
        "left out": "ยังไม่ได้นำมาพิจารณา กรุณาตรวจสอบอีกครั้ง: {said}",
        "currency": "ราคาที่เป็น {others} ยังไม่ได้เทียบกับราคาของคุณที่เป็น {currency} เพราะที่นี่ไม่ได้แปลงสกุลเงิน",
        "unread": "ส่วนคำอื่น ๆ ในคำถามยังไม่ได้นำมาพิจารณา กรุณาตรวจสอบรายละเอียดอีกครั้ง:",
        "close": "ไม่มีรายการที่ตรงครบทุกข้อ ({wish}) รายการที่ใกล้เคียงที่สุดมีดังนี้ แต่ไม่ตรงหรือไม่ได้ระบุ: {lost}",
        "closest": "ไม่มีรายการที่ตรงครบทุกข้อ ({wish}) รายการที่ใกล้เคียงที่สุดมีดังนี้",
        "missed": "ไม่ตรงหรือไม่ได้ระบุ: {lost}",
        "unmentioned": "รายการต่อไปนี้ตรงกับที่คุณหา ({wish}) แต่ไม่ได้ระบุ {lost}",
        "mentions": "ประกาศระบุว่ามี: {names}",
        "not mentioned": "ประกาศไม่ได้ระบุ: {names}",
        "no more said": "ประกาศมีข้อมูลเพียงเท่านี้ หากต้องการทราบเพิ่มเติม สามารถส่งคำถามเกี่ยวกับประกาศนี้ได้",
        "no such number": "ในรายการที่แสดงล่าสุดไม่มีหมายเลข {n}",
        "unwanted": "ยกเว้น: {refused}",
        "none": "ไม่พบรายการที่ตรงกับที่คุณหา ({wish})",
        "nowhere": "ไม่มีประกาศใน {places} มีแต่ที่อื่น",
        "no more": "ไม่มีรายการลักษณะนี้เพิ่มเติมแล้ว ({wish})",
        "per night": "{price} ต่อคืน",
        "on request": "สอบถามราคา",
        "bedrooms": "{n} ห้องนอน",
        "max_guests": "พักได้ {n} คน",
        "bedrooms wish": "อย่างน้อย {n} ห้องนอน",
        "bathrooms": "{n} ห้องน้ำ",
        "bathrooms wish": "อย่างน้อย {n} ห้องน้ำ",
        "guests wish": "สำหรับ {n} คน",
        "min_price": "ตั้งแต่ {n}",
        "max_price": "ไม่เกิน {n}",
        "rent": "ให้เช่า",
        "min_area": "พื้นที่อย่างน้อย {n} ตร.ม.",
        "max_area": "พื้นที่ไม่เกิน {n} ตร.ม.",
        "min_land_area": "ที่ดินอย่างน้อย {n} ตร.ม.",
        "max_land_area": "ที่ดินไม่เกิน {n} ตร.ม.",
        "area": "พื้นที่ {n} ตร.ม.",
        "land": "ที่ดิน {n} ตร.ม.",
        "dates": "ที่นี่ไม่เห็นปฏิทินที่พักว่าง จึงยังไม่ได้นำวันที่ของคุณมาพิจารณา "
        "กรุณาสอบถามทีมงานหรือตัวแทนว่าว่างในวันดังกล่าวหรือไม่",
        "stay": "ที่นี่ไม่ได้คำนวณราคารวมตลอดการเข้าพัก ทีมงานหรือเอเจนต์แจ้งราคาตามวันที่ของคุณได้",
        "months": "ราคาที่คุณระบุถือเป็นราคาต่อคืน ส่วนการพักหลายเดือน ทีมงานหรือเอเจนต์แจ้งราคาได้",
        "stay shown": "หากหมายถึงที่พักที่แสดงไว้ก่อนหน้านี้ ราคาต่อคืนมีดังนี้ (หากหมายถึงเรื่องอื่น กรุณาระบุ):",
        "any stay": "หากหมายถึงการเข้าพัก ราคาขึ้นอยู่กับที่พัก ตัวอย่างราคาต่อคืนมีดังนี้ (หากหมายถึงเรื่องอื่น กรุณาระบุ):",
        "sale": "ขาย",
        "or": " หรือ ",
        "cheapest": "ราคาถูกสุดก่อน",
        "dearest": "ราคาแพงสุดก่อน",
        "largest": "ใหญ่สุดก่อน",
        "smallest": "เล็กสุดก่อน",
    },
    "ru": {
        "found": "Вот что подходит ({wish}):",
        "understood": "Объявления подобраны по тому, что удалось понять из вопроса ({wish}).",
        "left out": "Это учесть не удалось, проверьте, пожалуйста: {said}.",
        "currency": "Цены в {others} не сравнивались с вашей в {currency}: валюты здесь не "
        "пересчитываются.",
        "unread": "Другие его слова учесть не удалось, поэтому проверьте, пожалуйста:",
        "close": "Полностью подходящих объявлений нет ({wish}). Ближайшие варианты; не выполнено "
        "или не указано: {lost}.",
        "closest": "Полностью подходящих объявлений нет ({wish}). Ближайшие варианты.",
        "missed": "не выполнено или не указано: {lost}",
        "unmentioned": "Вот что подходит ({wish}), но не указано: {lost}.",
        "mentions": "В объявлении указано: {names}.",
        "not mentioned": "В объявлении не указано: {names}.",
        "no more said": "Больше в объявлении ничего не сказано. Об остальном можно спросить, "
        "отправив по нему запрос.",
        "no such number": "Среди показанных последними объявлений нет номера {n}.",
        "unwanted": "кроме: {refused}",
        "none": "Подходящих объявлений нет ({wish}).",
        "nowhere": "В этом месте объявлений нет ({places}), есть в других.",
        "no more": "Больше таких объявлений нет ({wish}).",
        "per night": "{price} за ночь",
        "on request": "цена по запросу",
        "bedrooms": "спален: {n}",
        "max_guests": "гостей: до {n}",
        "bedrooms wish": "спален не менее {n}",
        "bathrooms": "ванных: {n}",
        "bathrooms wish": "ванных не менее {n}",
        "guests wish": "гостей: {n}",
        "min_price": "от {n}",
        "max_price": "до {n}",
        "rent": "аренда",
        "min_area": "площадь не менее {n} м²",
        "max_area": "площадь не более {n} м²",
        "min_land_area": "участок не менее {n} м²",
        "max_land_area": "участок не более {n} м²",
        "area": "площадь: {n} м²",
        "land": "участок: {n} м²",
        "dates": "Календарь отсюда не виден, поэтому даты не учтены: свободен ли дом на эти дни, "
        "подскажет наша команда или агент.",
        "stay": "Сколько выйдет за всё время, здесь не подсчитывается: это подскажет наша команда "
        "или агент по вашим датам.",
        "months": "Ваша цена понята как цена за ночь: сколько стоят месяцы, подскажет наша команда "
        "или агент.",
        "stay shown": "Если речь о доме из показанных раньше, вот цены за ночь (если о другом, "
        "уточните, пожалуйста):",
        "any stay": "Если речь о проживании, цена зависит от дома. Вот некоторые, с ценами за ночь "
        "(если о другом, уточните, пожалуйста):",
        "sale": "продажа",
        "or": " или ",
        "cheapest": "сначала самые дешёвые",
        "dearest": "сначала самые дорогие",
        "largest": "сначала самые большие",
        "smallest": "сначала самые маленькие",
    },
}
TYPE_NAMES: dict[str, dict[str, str]] = {
    "th": {
        "villa": "วิลล่า", "house": "บ้าน", "bungalow": "บังกะโล", "condo": "คอนโด",
        "apartment": "อพาร์ตเมนต์", "townhouse": "ทาวน์เฮาส์", "room": "ห้อง", "land": "ที่ดิน",
        "commercial": "อาคารพาณิชย์", "other": "อื่น ๆ",
    },
    "ru": {
        "villa": "вилла", "house": "дом", "bungalow": "бунгало", "condo": "кондо",
        "apartment": "квартира", "townhouse": "таунхаус", "room": "комната", "land": "участок",
        "commercial": "коммерческая недвижимость", "other": "другое",
    },
}  # fmt: skip
AMENITY_NAMES: dict[str, dict[str, str]] = {
    "th": {
        "beachfront": "ติดทะเล", "near beach": "ใกล้ทะเล", "sea view": "วิวทะเล",
        "mountain view": "วิวภูเขา", "quiet": "เงียบสงบ", "pool": "สระว่ายน้ำ", "wifi": "ไวไฟ",
        "air conditioning": "แอร์", "kitchen": "ห้องครัว", "parking": "ที่จอดรถ",
        "washing machine": "เครื่องซักผ้า", "balcony": "ระเบียง", "garden": "สวน",
        "security": "รปภ.", "gym": "ฟิตเนส", "workspace": "โต๊ะทำงาน", "elevator": "ลิฟต์",
        "child friendly": "เหมาะกับเด็ก", "bathtub": "อ่างอาบน้ำ", "hot tub": "จากุซซี่",
        "sauna": "ซาวน่า", "fireplace": "เตาผิง", "breakfast": "อาหารเช้า", "bbq": "บาร์บีคิว",
        "pet friendly": "รับสัตว์เลี้ยง", "wheelchair accessible": "ใช้รถเข็นได้",
        "motorbike rental": "มีมอเตอร์ไซค์ให้เช่า", "road access": "ติดถนน", "electricity": "ไฟฟ้า",
        "chanote title": "โฉนด", "foreign quota": "โควต้าต่างชาติ", "leasehold": "สิทธิการเช่า",
        "freehold": "กรรมสิทธิ์",
        "tenant in place": "มีผู้เช่า", "hillside": "บนเนินเขา", "flat": "ที่ราบ",
        "solar": "โซลาร์เซลล์", "rental history": "มีประวัติการเช่า",
        "rental programme": "โปรแกรมปล่อยเช่า",
    },
    "ru": {
        "beachfront": "на берегу", "near beach": "рядом с пляжем", "sea view": "вид на море",
        "mountain view": "вид на горы", "quiet": "тихое место", "pool": "бассейн",
        "wifi": "интернет", "air conditioning": "кондиционер", "kitchen": "кухня",
        "parking": "парковка", "washing machine": "стиральная машина", "balcony": "балкон",
        "garden": "сад", "security": "охрана", "gym": "спортзал", "workspace": "рабочее место",
        "elevator": "лифт", "child friendly": "для детей", "bathtub": "ванна",
        "hot tub": "джакузи", "sauna": "сауна", "fireplace": "камин", "breakfast": "завтрак",
        "bbq": "барбекю", "pet friendly": "можно с животными",
        "wheelchair accessible": "доступно для инвалидной коляски",
        "motorbike rental": "аренда мотобайка", "road access": "подъезд с дороги",
        "electricity": "электричество", "chanote title": "чанот",
        "foreign quota": "иностранная квота", "leasehold": "долгосрочная аренда (лизхолд)",
        "freehold": "в собственность (фрихолд)",
        "tenant in place": "с арендатором", "hillside": "на склоне", "flat": "ровный участок",
        "solar": "солнечные батареи", "rental history": "есть история аренды",
        "rental programme": "программа аренды",
    },
}  # fmt: skip


def answer(
    match: Match,
    wish: Filters,
    language: str,
    *,
    unwanted: Sequence[Filters] = (),
    left_out: Sequence[str] = (),
    unread: bool = False,
    skipped: int = 0,
    extreme: Extreme | None = None,
) -> str:
    """A visitor's answer: what the listings are, then a line for each.

    `left_out`, `unread`: the visitor said more than is in the wish, so nothing may be called a
    match. They are numbered from behind those that were shown before and `skipped` now.
    """
    frames = FRAMES.get(language, FRAMES["en"])
    refused = ", ".join(said(each, language) for each in unwanted)
    wanted = [said(wish, language), frames[extreme] if extreme else ""]
    wanted.append(frames["unwanted"].format(refused=refused) if refused else "")
    told = ", ".join(filter(None, wanted))
    if not match.listings:
        return frames["no more" if skipped else "none"].format(wish=told)
    lost = said(match.given_up, language)
    if match.given_up == Filters(q=wish.q) and wish.q:
        kept = ", ".join(filter(None, [said(replace(wish, q=None), language), *wanted[1:]]))
        first = frames["unmentioned"].format(wish=kept, lost=lost)
    else:
        more = unread or left_out
        close = frames["closest"] if match.missed else frames["close"]
        frame = close if lost else frames["understood"] if more else frames["found"]
        first = frame.format(wish=told, lost=lost)
    first = " ".join(filter(None, [first, not_compared(match, wish, frames)]))
    if left_out:
        named = ", ".join(f"“{each}”" for each in left_out)
        first = f"{first} {frames['left out'].format(said=named)}"
    if unread:
        first = f"{first} {frames['unread']}"
    lines = numbered(match.listings, skipped, language)
    if match.missed:
        misses = (frames["missed"].format(lost=said(each, language)) for each in match.missed)
        lines = [f"{line} – {missed}" for line, missed in zip(lines, misses, strict=True)]
    return "\n".join([first, *lines])


def numbered(listings: Sequence[dict[str, Any]], skipped: int, language: str) -> list[str]:
    """A line for each, from behind those that were `skipped`."""
    return [
        f"{number}. {line_of(listing, language)}"
        for number, listing in enumerate(listings, skipped + 1)
    ]


def not_compared(match: Match, wish: Filters, frames: dict[str, str]) -> str:
    """That what is in other money may as well meet a price."""
    if not match.other_money:
        return ""
    others = ", ".join(match.other_money)
    return frames["currency"].format(others=others, currency=wish.currency)


def dates_left_out(language: str) -> str:
    """What is free when is not known here, and must not be made up."""
    return FRAMES.get(language, FRAMES["en"])["dates"]


def price_is_nightly(language: str) -> str:
    """To whoever has named a price, and then months."""
    return FRAMES.get(language, FRAMES["en"])["months"]


def stay_not_priced(language: str) -> str:
    """A night may cost more on some dates than on others: no total is made up."""
    return FRAMES.get(language, FRAMES["en"])["stay"]


def prices_of(which: str, language: str) -> str:
    """Before prices of a night: of the homes that were shown ("stay shown"), or of "any stay"."""
    return FRAMES.get(language, FRAMES["en"])[which]


def nothing_in(places: Sequence[str], language: str) -> str:
    frames = FRAMES.get(language, FRAMES["en"])
    return frames["nowhere"].format(places=frames["or"].join(places))


def no_such_number(number: int, language: str) -> str:
    """To whoever points to a listing that was not shown."""
    return FRAMES.get(language, FRAMES["en"])["no such number"].format(n=number)


def no_more_said(language: str) -> str:
    """To whoever asks of a listing what it may not tell."""
    return FRAMES.get(language, FRAMES["en"])["no more said"]


def line_of(listing: dict[str, Any], language: str) -> str:
    """ "Palm Villa (Srithanu, Koh Phangan): THB 6,900 per night, bedrooms: 3, guests: up to 6"."""
    frames = FRAMES.get(language, FRAMES["en"])
    place = ", ".join(filter(None, [listing["district"], listing["city"]]))
    facts = [price_of(listing, frames)]
    facts += [
        frames[name].format(n=listing[name])
        for name in ("bedrooms", "max_guests")
        if listing[name] is not None
    ]
    if listing["transaction"] == Transaction.SALE and listing.get("area") is not None:
        facts.append(frames["area"].format(n=f"{listing['area']:,.10g}"))
    if listing.get("type") == Type.LAND and listing["land_area"] is not None:
        facts.append(frames["land"].format(n=f"{listing['land_area']:,.10g}"))
    where = f" ({place})" if place else ""
    return f"{listing['title']}{where}: {', '.join(facts)}"


def details_of(listing: dict[str, Any], language: str) -> str:
    """One listing with its own description, in the language that it is written in."""
    first = "\n".join(filter(None, [line_of(listing, language), sizes_of(listing, language)]))
    told = [first, listing["description"].strip(), amenities_of(listing, language)]
    return "\n\n".join(filter(None, told))


def sizes_of(listing: dict[str, Any], language: str) -> str:
    """What a line of a list leaves out."""
    frames = FRAMES.get(language, FRAMES["en"])
    names = {"bathrooms": "bathrooms", "area": "area", "land_area": "land"}
    if listing["transaction"] == Transaction.SALE:
        names.pop("area")
    if listing["type"] == Type.LAND:
        names.pop("land_area")
    sizes = [
        frames[frame].format(n=f"{listing[name]:,.10g}")
        for name, frame in names.items()
        if listing[name] is not None
    ]
    return ", ".join(sizes)


def compared(listings: Sequence[dict[str, Any]], language: str) -> str:
    """What can be compared of several listings, one below the other."""
    told = ([line_of(each, language), amenities_of(each, language)] for each in listings)
    return "\n\n".join("\n".join(filter(None, lines)) for lines in told)


def amenities_of(listing: dict[str, Any], language: str) -> str:
    return ", ".join(amenity_name(name, language) for name in listing["amenities"])


def mentions(mentioned: Sequence[str], missing: Sequence[str], language: str) -> str:
    """Which amenities a listing tells of, and of which it does not."""
    frames = FRAMES.get(language, FRAMES["en"])
    told = [
        frames[frame].format(names=", ".join(amenity_name(name, language) for name in names))
        for frame, names in (("mentions", mentioned), ("not mentioned", missing))
        if names
    ]
    return " ".join(told)


def price_of(listing: dict[str, Any], frames: dict[str, str]) -> str:
    if listing["price"] is None:
        return frames["on request"]
    price = money(Decimal(str(listing["price"])), listing["currency"])
    return frames["per night"].format(price=price) if listing["transaction"] == "rent" else price


def money(value: Decimal, currency: str | None) -> str:
    """ "THB 6,900"; cents only where there are any."""
    digits = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    return f"{currency} {digits}" if currency else digits


def said(filters: Filters, language: str) -> str:
    """Filters in words, in the order in which people say them."""
    frames = FRAMES.get(language, FRAMES["en"])
    given = filters.given()
    words = [TYPE_NAMES.get(language, {}).get(type, type) for type in filters.type]
    words += [frames[filters.transaction]] if filters.transaction in frames else []
    words += [amenity_name(name, language) for name in filters.amenities]
    words += [frames[f"{name} wish"].format(n=given[name]) for name in COUNTS if name in given]
    words += [
        frames[name].format(n=money(given[name], filters.currency))
        for name in ("min_price", "max_price")
        if name in given
    ]
    words += [frames[name].format(n=f"{given[name]:,.10g}") for name in AREAS if name in given]
    words += [place for place in (filters.district, filters.city) if place]
    words += [frames["or"].join(filters.places)] if filters.places else []
    words += [f"“{filters.q}”"] if filters.q else []
    return ", ".join(words)


AREAS = ("min_area", "max_area", "min_land_area", "max_land_area")
COUNTS = ("bedrooms", "bathrooms", "guests")


def amenity_name(name: str, language: str) -> str:
    return AMENITY_NAMES.get(language, {}).get(name, name)
