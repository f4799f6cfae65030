"""One word for one thing: what visitors say in Thai and Russian, as the index has it in English.

A listing is written in one language and looked for in another. So the words below become the
English one wherever they stand, in the text of a listing and in a question alike. `*` is any
ending, which Russian needs; Thai is written here as `core.search.text` cuts it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from core.search.text import searchable

TRANSLATED = {
    # types and transactions
    "villa": "вилл*, วิลล่า, วิ ล ลา",
    "house": "дом, дома, дому, домом, доме, домик*, коттедж*, บ้าน",
    "bungalow": "бунгало, บังกะโล",
    "condo": "кондо, кондоминиум*, คอนโด, คอนโดมิเนียม",
    "apartment": "квартир*, апартамент*, อพาร์ทเมนท์, อพาร์ตเมนต์, อพาร์ทเม้นท์, อพาร์ทเมนต์, ห้องชุด",
    "townhouse": "таунхаус*, ทาวน์เฮ้าส์, ทาวน์เฮาส์, ทาวน์ โฮม",
    "room": "комнат*, ห้องเช่า",
    "land": "земл*, земельн*, участок, участк*, ที่ดิน",
    "commercial": "коммерческ*, อาคาร พาณิชย์",
    "studio": "студи*, สตูดิโอ",
    "penthouse": "пентхаус*",
    "office": "офис*, ออฟฟิศ, สำนักงาน",
    "warehouse": "склад, склада, складу, складом, складе, склады, складов, โกดัง",
    "shophouse": "ตึกแถว",
    "hotel": "отел*, гостиниц*, โรงแรม",
    "rent": "аренд*, снять, сниму, сдается, เช่า, ให้เช่า",
    "sale": "купить, куплю, покупк*, продаж*, продает*, продам, ซื้อ, ขาย",
    # amenities, and what they are made of
    "beach": "пляж*, หาด, ชายหาด",
    "beachfront": "берег*, перв* лини*, ติด ทะเล, ติด หาด, ติด ชายหาด, ริมทะเล, ริมหาด",
    "near": "рядом, возле, около, недалеко, ใกล้",
    "sea": "море, моря, морю, морем, морск*, ทะเล",
    "view": "вид, вида, виды, видом, видами, วิว",
    "mountain": "гора, горы, горе, гору, гор, горам, горами, горах, горн*, ภูเขา, เขา",
    "quiet": "тих*, спокойн*, уединенн*, เงียบ, สงบ, เงียบสงบ",
    "pool": "бассейн*, สระว่ายน้ำ, สระน้ำ, พูล",
    "wifi": "вай фай, вайфай, интернет*, ไวไฟ, อินเทอร์เน็ต, อินเตอร์เน็ต",
    "air conditioning": "кондиционер*, แอร์, เครื่องปรับอากาศ",
    "kitchen": "кухн*, ครัว, ห้องครัว",
    "parking": "парковк*, гараж*, стоянк*, ที่จอดรถ, จอด รถ",
    "washing machine": "стиральн* машин*, стиралк*, เครื่องซักผ้า",
    "balcony": "балкон*, ระเบียง",
    "garden": "сад, сада, саду, садом, สวน",
    "security": "охран*, รปภ, รักษา ความปลอดภัย",
    "gym": "спортзал*, тренажерн*, фитнес*, ฟิตเนส, ยิม",
    "workspace": "рабоч* мест*, โต๊ะทำงาน",
    "elevator": "лифт*, ลิฟต์, ลิฟท์",
    "children": "дети, детей, детям, детск*, เด็ก",
    "bathtub": "ванна, ванной, ванну, อ่าง อาบน้ำ, อ่างอาบน้ำ",
    "jacuzzi": "джакузи, จา กุ ซ ซี่",
    "sauna": "саун*, ซาว น่า",
    "fireplace": "камин*, เตาผิง",
    "breakfast": "завтрак*, อาหารเช้า",
    "bbq": "барбекю, мангал*, บาร์บีคิว",
    "pets": "питомц*, питомец, животн*, собак*, кошк*, สัตว์เลี้ยง, เลี้ยงสัตว์, สุนัข, หมา, แมว",
    "wheelchair": "инвалидн*, รถเข็น",
    "motorbike": "мотобайк*, мотоцикл*, скутер*, มอเตอร์ไซค์",
    "road": "дорог*, ถนน",
    "electricity": "электричеств*, ไฟฟ้า",
    "chanote": "чанот*, โฉนด",
    "foreign quota": "иностранн* квот*, โควต้า ต่างชาติ",
    "hill": "холм*, เนินเขา",
    # places
    "bangkok": "бангкок*, กรุงเทพ, กรุงเทพมหานคร",
    "phuket": "пхукет*, ภูเก็ต",
    "samui": "самуи, สมุย",
    "phangan": "пханган*, панган*, พะ งัน",
    "chiang mai": "чиангма*, чианг ма*, เชียงใหม่",
    "pattaya": "паттай*, พัทยา",
    "hua hin": "хуахин*, хуа хин*, หัว หิน",
    "krabi": "краби, กระบี่",
    "stockholm": "стокгольм*, สตอกโฮล์ม",
}

# What a type, a transaction or an amenity is called besides, for the listings that have it.
ALSO_CALLED = {
    "condo": "condominium",
    "apartment": "flat",
    "townhouse": "town house",
    "land": "plot",
    "rent": "rental",
    "sale": "buy",
    "beachfront": "on the beach",
    "quiet": "peaceful calm",
    "pool": "swimming",
    "wifi": "internet",
    "air conditioning": "aircon",
    "parking": "garage",
    "washing machine": "washer laundry",
    "gym": "fitness",
    "workspace": "desk",
    "elevator": "lift",
    "child friendly": "children kids family",
    "hot tub": "jacuzzi",
    "bbq": "barbecue grill",
    "pet friendly": "pets dogs cats",
    "motorbike rental": "scooter",
}


def indexed(text: str) -> str:
    """Words of a listing or of a question, single-spaced, as the index has them."""
    words = searchable(text, "")
    return words if words.isascii() else " ".join(translated(words.split()))


def translated(words: Sequence[str]) -> Iterator[str]:
    """The longest form that begins at a word is the one that is meant."""
    english, longest = forms()
    marks = [mark_of(word) for word in words]
    place = 0
    while place < len(words):
        for length in range(longest, 0, -1):
            if found := english.get(tuple(marks[place : place + length])):
                yield found
                place += length
                break
        else:
            yield words[place]
            place += 1


def named(names: Iterable[str]) -> str:
    """Types, transactions and amenities, each with what it is called besides."""
    return " ".join(f"{name} {ALSO_CALLED.get(name, '')}" for name in names)


@cache
def forms() -> tuple[dict[tuple[str, ...], str], int]:
    """Words of a form -> English, and of how many words the longest is."""
    english = {
        tuple(form.split()): name
        for name, listed in TRANSLATED.items()
        for form in listed.split(",")
    }
    return english, max(map(len, english))


@cache
def known_marks() -> frozenset[str]:
    return frozenset(mark for form in forms()[0] for mark in form)


@lru_cache(maxsize=20_000)
def mark_of(word: str) -> str:
    """The word as a form has it: itself, or its beginning and `*`; "" where no form does."""
    if word in known_marks():
        return word
    beginnings = (f"{word[:length]}*" for length in range(len(word), 0, -1))
    return next((mark for mark in beginnings if mark in known_marks()), "")
