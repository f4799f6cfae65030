"""The words people use for listings, in English, Thai and Russian.

In a phrase, a space also matches a hyphen or nothing ("sea view", "sea-view", "seaview") and `*`
stands for any ending, which Russian needs. English plurals come by themselves.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from core.search.expressions import expression
from core.search.text import THAI_RUN, normalise
from properties.models import Transaction, Type, tidy_amenities


class Extreme(StrEnum):
    """Which of all listings that fit are wanted first."""

    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    LARGEST = "largest"
    SMALLEST = "smallest"


# Nothing ends before a vowel or tone mark that belongs to its last consonant: Lamai ("ละไม") is not
# in "คืนละไม่เกิน".
THAI_ENDS = "(?![\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
# Of which a word is the end that means something else: who cleans a house, a village, the book of a
# house; who rents one.
NOT_BEHIND = {"บ้าน": "(?<!แม่)(?<!พ่อ)(?<!หมู่)(?<!ทะเบียน)", "เช่า": "(?<!ผู้)"}
# What a place in a text is replaced by once it has been read.
READ = "|"


def pattern(*phrases: str) -> str:
    """Regular expression, without groups, for any of the phrases in normalised text."""
    forms = (form_of(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return f"(?:{'|'.join(forms)})"


def form_of(phrase: str) -> str:
    stem, ending = (phrase[:-1], r"\w*") if phrase.endswith("*") else (phrase, "")
    words = (re.escape(word).replace(r"\*", r"\w*") for word in normalise(stem).split())
    form = r"[\s-]?".join(words)
    if THAI_RUN.search(stem):
        return NOT_BEHIND.get(stem, "") + form + (ending or THAI_ENDS)
    if stem.isascii() and stem[-1].isalpha() and not ending:
        ending = "(?:e?s)?"
    return rf"(?<!\w){form}{ending}(?!\w)"


# Of either kind.
FLATS = ("studio", "penthouse", "студи*", "пентхаус*", "สตูดิโอ", "เพนต์เฮาส์", "เพนท์เฮาส์")
# Of either kind as well, but refused they are apartments.
RUSSIAN_FLATS = ("квартир*", "апартамент*")
TYPES: dict[str, tuple[str, ...]] = {
    Type.VILLA: ("villa", "vila", "вилл*", "вила", "виле", "вилу", "วิลล่า", "วิลลา"),
    Type.HOUSE: ("house", "cottage", "дом", "дома", "доме", "домик*", "коттедж*", "บ้าน"),
    Type.BUNGALOW: ("bungalow", "bungalo", "бунгало", "บังกะโล"),
    Type.CONDO: (
        *RUSSIAN_FLATS,
        "condo", "condominium", "condominum", "кондо", "кондоминиум*", "คอนโดมิเนียม", "คอนโด",
        *FLATS,
    ),
    Type.APARTMENT: (
        "apartment", "appartment", "apartament", "apt", "flat", *RUSSIAN_FLATS,
        "อพาร์ทเมนท์", "อพาร์ตเมนต์", "อพาร์ทเม้นท์", "อพาร์ทเมนต์", "ห้องชุด", *FLATS,
    ),
    Type.TOWNHOUSE: (
        "townhouse", "town house", "town home", "таун хаус*", "ทาวน์เฮ้าส์", "ทาวน์เฮาส์", "ทาวน์โฮม"
    ),
    Type.ROOM: (
        "private room", "single room", "double room", "shared room", "hotel room", "a room",
        "комнат*", "ห้องเช่า",
    ),
    Type.LAND: (
        "land", "plot", "land plot", "plot of land", "земл*", "участок", "участк*", "земельн*",
        "ที่ดิน",
    ),
    Type.COMMERCIAL: (
        "commercial", "commercial building", "office building", "shop", "shophouse",
        "office", "warehouse", "retail", "hotel for sale", "магазин*", "офис*",
        "склад*", "продажа отел*", "купить отел*", "куплю отел*", "коммерческ*", "ขายโรงแรม",
        "โรงแรมขาย", "ซื้อโรงแรม", "ร้านค้า", "สำนักงาน", "ออฟฟิศ", "โกดัง", "ตึกแถว",
        "อาคารพาณิชย์",
    ),
}  # fmt: skip

# More than a type: the listing should say so.
SPECIFIC = (
    *FLATS, "office", "warehouse", "shophouse", "shop", "hotel", "офис*", "склад*", "магазин*",
    "отел*", "โรงแรม", "ออฟฟิศ", "สำนักงาน", "โกดัง", "ตึกแถว",
)  # fmt: skip

# When there is none of a type, these come closest.
RELATED: dict[str, tuple[str, ...]] = {
    Type.APARTMENT: (Type.CONDO,),
    Type.CONDO: (Type.APARTMENT,),
    Type.HOUSE: (Type.VILLA, Type.TOWNHOUSE, Type.BUNGALOW),
    Type.TOWNHOUSE: (Type.HOUSE,),
    Type.BUNGALOW: (Type.VILLA, Type.HOUSE),
    Type.VILLA: (Type.HOUSE,),
    Type.ROOM: (Type.APARTMENT, Type.CONDO),
}

TRANSACTIONS: dict[str, tuple[str, ...]] = {
    Transaction.RENT: (
        "for rent", "to rent", "rent", "rental", "renting", "to let", "per night", "a night",
        "each night", "/night", "/ night", "nightly", "per day", "vacation rental", "holiday",
        "аренда", "аренду", "аренды", "аренде", "арендой", "арендов*", "арендуе*", "арендую*",
        "арендн*", "снять", "сниму", "посуточно", "за ночь", "в сутки", "за сутки", "в день",
        "/ночь", "/сутки", "ให้เช่า", "ปล่อยเช่า", "เช่า", "ต่อคืน", "คืนละ", "ต่อวัน", "/คืน",
    ),
    Transaction.SALE: (
        "for sale", "sale", "to buy", "buy", "buying", "purchase", "купить", "куплю", "покупк*",
        "продаж*", "продает*", "ซื้อ", "ขาย",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Amenity:
    """`said`: how visitors ask for it; `also`: other stored amenities that fulfil it;
    `told`: how a description may tell of it, in phrases that begin and end with words that search
    keeps, for it leaves out the others; `stored`: what feeds call it; `not_in`: Thai words that
    hold one of `said`, and mean something else (both regular expressions); `never`: the amenity
    that no home has along with it.
    """

    said: tuple[str, ...]
    also: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    stored: str = ""
    not_in: str = ""
    never: str = ""


AMENITIES: dict[str, Amenity] = {
    "beachfront": Amenity(
        ("beachfront", "beach front", "on the beach", "oceanfront", "ติดทะเล", "ติดหาด",
         "ติดชายหาด", "ริมทะเล", "ริมหาด", "на берегу", "перв* лини*", "на пляже"),
        told=("beachfront", "directly on the beach", "right on the beach", "ติดทะเล", "ติดหาด",
              "первая линия"),
        stored=r"beachfront",
    ),
    "near beach": Amenity(
        ("beach", "beaches", "beach access", "near sea", "near the sea", "near the ocean",
         "by the sea", "close to the sea", "close to sea", "ใกล้ทะเล", "ใกล้ชายหาด", "ใกล้หาด",
         "пляж*", "у моря", "возле моря", "около моря", "рядом с морем", "близко к морю",
         "недалеко от моря"),
        also=("beachfront",),
        told=("near the beach", "close to the beach", "walk to the beach", "beachfront", "ใกล้ทะเล",
              "ใกล้หาด"),
        stored=r"beach access",
    ),
    "sea view": Amenity(
        ("sea view", "ocean view", "view of the sea", "sea views", "вид* на море", "วิวทะเล"),
        stored=r"(sea|ocean|bay) view",
    ),
    "mountain view": Amenity(
        ("mountain view", "view of the mountains", "in the mountains", "near the mountains",
         "вид* на горы", "в горах", "у гор", "рядом с горами", "วิวภูเขา", "วิวเขา", "ใกล้ภูเขา"),
        stored=r"mountain view",
    ),
    "quiet": Amenity(
        ("quiet", "calm", "peaceful", "tranquil", "silent", "secluded", "тих*", "спокойн*",
         "уединенн*", "เงียบสงบ", "เงียบ", "สงบ"),
        told=("quiet", "calm", "peaceful", "tranquil", "secluded", "тихий", "тихое", "спокойный",
              "เงียบ"),
    ),
    "pool": Amenity(
        ("swimming pool", "pool", "бассейн*", "สระว่ายน้ำ", "มีสระว่ายน้ำ", "สระน้ำ", "มีสระ", "สระ",
         "พูล"),
        stored=r"\bpool\b(?! table)",
        not_in="(?<!อิ)(?!สระบุรี|สระแก้ว|สระผม)",
    ),
    "wifi": Amenity(
        ("wifi", "wi fi", "internet", "fast wifi", "fast internet", "вай фай", "вайфай",
         "интернет*", "ไวไฟ", "อินเทอร์เน็ต"),
        stored=r"^wifi|^fast wifi",
    ),
    "air conditioning": Amenity(
        ("air conditioning", "air conditioned", "air conditioner", "air con", "a/c", "ac",
         "кондиционер*", "แอร์"),
        stored=r"air conditioning|\bac - split",
    ),
    "kitchen": Amenity(
        ("kitchen", "кухн*", "ห้องครัว", "ครัว"), stored=r"^kitchen$", not_in="(?<!ครอบ)"
    ),
    "parking": Amenity(
        ("car parking", "parking", "garage", "парковк*", "гараж*", "ที่จอดรถ"),
        stored=r"parking on premises|free .*parking|garage",
    ),
    "washing machine": Amenity(
        ("washing machine", "washer", "laundry", "стиральн* машин*", "стиральн*", "เครื่องซักผ้า"),
        stored=r"\bwasher\b",
    ),
    "balcony": Amenity(("balcony", "balconies", "балкон*", "ระเบียง"), stored=r"balcony"),
    "garden": Amenity(("garden", "сад", "садом", "สวน"), stored=r"\bbackyard|\bgarden$"),
    "security": Amenity(("security", "guarded", "охран*", "รปภ")),
    "gym": Amenity(("gym", "fitness", "спортзал*", "фитнес*", "ฟิตเนส", "ยิม"), stored=r"\bgym\b"),
    "workspace": Amenity(
        ("workspace", "desk", "remote work", "рабоч* место", "โต๊ะทำงาน"), stored=r"workspace"
    ),
    "elevator": Amenity(("elevator", "lift", "лифт*", "ลิฟต์"), stored=r"^elevator"),
    "child friendly": Amenity(
        ("child friendly", "kid friendly", "family friendly", "for kids", "with kids",
         "for children", "with children", "our baby", "my baby", "our toddler",
         *(f"with {whose}{child}" for whose in ("", "a ", "an ", "our ", "my ")
           for child in ("baby", "toddler", "infant", "child", "son", "daughter")),
         "для детей", "с детьми", "с ребенк*", "с малыш*", "с нами ребен*", "с нами дети",
         "маленьк* ребен*", "маленьк* дет*", "เด็ก", "ทารก", "มีลูก", "พาลูก",
         "ลูกเล็ก", "กับลูก"),
        stored=r"^children.s|high chair|\bcrib\b",
    ),
    "bathtub": Amenity(("bathtub", "bath tub", "อ่างอาบน้ำ"), stored=r"bathtub"),
    "hot tub": Amenity(("hot tub", "jacuzzi", "джакузи", "จากุซซี่"), stored=r"hot tub"),
    "sauna": Amenity(("sauna", "саун*", "ซาวน่า"), stored=r"sauna"),
    "fireplace": Amenity(("fireplace", "камин*", "เตาผิง"), stored=r"indoor fireplace"),
    "breakfast": Amenity(("breakfast", "завтрак*", "อาหารเช้า"), stored=r"^breakfast"),
    "bbq": Amenity(
        ("bbq", "barbecue", "grill", "барбекю", "мангал*", "гриль", "грилем", "บาร์บีคิว",
         "ปิ้งย่าง", "เตาปิ้งย่าง", "เตาย่าง"),
        stored=r"^bbq",
    ),
    "pet friendly": Amenity(
        ("pet friendly", "pet", "pets allowed", "allows pets", "allows dogs", "with a dog",
         "with my dog", "dog", "cat",
         "питомц*", "животн*", "собак*", "สัตว์เลี้ยง", "สุนัข", "เลี้ยงหมา", "พาหมา", "หมา", "แมว"),
        stored=r"pets allowed",
    ),
    "wheelchair accessible": Amenity(
        ("wheelchair", "wheelchair accessible", "wheelchair access", "step free", "инвалидн*",
         "รถเข็น"),
        stored=r"step-free|wheelchair",
    ),
    "motorbike rental": Amenity(("motorbike rental", "scooter rental")),
    "road access": Amenity(("road access", "ติดถนน")),
    "electricity": Amenity(("electricity", "электричеств*", "ไฟฟ้า"), not_in="(?<!รถ)"),
    "chanote title": Amenity(("chanote title", "chanote", "чанот*", "โฉนด")),
    "foreign quota": Amenity(
        ("foreign quota", "foreign freehold", "иностранн* квот*", "โควต้าต่างชาติ")
    ),
    "leasehold": Amenity(
        ("leasehold", "lease hold", "лизхолд*", "лисхолд*", "สิทธิการเช่า", "ลีสโฮลด์"),
        told=("leasehold",),
    ),
    "freehold": Amenity(
        ("freehold", "free hold", "фрихолд*", "фригольд*", "в собственность", "กรรมสิทธิ์", "ฟรีโฮลด์"),
        also=("foreign quota",),
        told=("freehold",),
        not_in="(?<!โอน)",
        never="leasehold",
    ),
    "tenant in place": Amenity(
        ("tenant in place", "with tenant", "with a tenant", "tenanted", "с арендатор*", "มีผู้เช่า",
         "พร้อมผู้เช่า")
    ),
    "hillside": Amenity(
        ("hillside", "on a hill", "on the hill", "на холм*", "холм*", "на склон*", "склон*",
         "เนินเขา", "บนเขา", "เชิงเขา", "ไหล่เขา")
    ),
}  # fmt: skip


@cache
def feed_amenities() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, re.compile(amenity.stored, re.IGNORECASE))
        for name, amenity in AMENITIES.items()
        if amenity.stored
    )


def by_common_names(amenities: Iterable[str]) -> list[str]:
    """What staff write, each by the name that filters know: "Swimming pool", "a/c", "wi-fi"."""
    return tidy_amenities(map(common_name, amenities))


def common_name(amenity: str) -> str:
    said = amenity if "\0" in amenity else normalise(amenity)  # which leaves out what is refused
    return next((name for name, words in AMENITY_WORDS.items() if words.fullmatch(said)), amenity)


def common_names(amenities: list[str]) -> list[str]:
    """Our names for what a feed calls "Pets allowed" or "Private outdoor pool"."""
    return [
        name for name, stored in feed_amenities() if any(stored.search(item) for item in amenities)
    ]


AMENITY_PATTERNS = {
    name: amenity.not_in + pattern(*amenity.said) for name, amenity in AMENITIES.items()
}
# Of who comes along. Who has no pets says so, and may stay where they are allowed; who wants none
# there is told that this was left out.
TOLD_OF_GUESTS = frozenset({"pet friendly", "child friendly"})
NEVER = {name: amenity.never for name, amenity in AMENITIES.items() if amenity.never}
AMENITY_WORDS = {name: expression(words) for name, words in AMENITY_PATTERNS.items()}
TYPE_WORDS = {name: expression(pattern(*words)) for name, words in TYPES.items()}
SPECIFIC_WORDS = expression(pattern(*SPECIFIC))
HOME_WORDS = [words for name, words in TYPE_WORDS.items() if name != Type.LAND]
TRANSACTION_WORDS = {name: expression(pattern(*said)) for name, said in TRANSACTIONS.items()}
