"""Well-known places of Thailand, and how visitors spell them.

A form stands for the listings whose city or district has the name of its place; `*` is any ending.
Thai is found within other words, so no form is a common word as well: Chalong is "ฉลอง", which also
means to celebrate, and Maenam is "แม่น้ำ", a river.
"""

from collections.abc import Iterator
from string import capwords

# Cities and islands, with or without listings.
CITIES: dict[str, tuple[str, ...]] = {
    "bangkok": (
        "bkk", "bankok", "krung thep", "กรุงเทพ", "กรุงเทพฯ", "กรุงเทพมหานคร", "กทม", "กทม.", "บางกอก",
        "бангкок*",
    ),
    "phuket": ("puket", "pukhet", "phucket", "ภูเก็ต", "ภูเก็จ", "ภุเก็ต", "пхукет*"),
    "koh samui": ("samuy", "ko samui", "สมุย", "самуи", "самуй"),
    "koh phangan": (
        "พะงัน", "пханган*", "панган*", "phangan", "pha ngan", "ko pha ngan", "pangan", "koh pangan",
        "ko phangan", "koh pha ngan",
    ),
    "chiang mai": (
        "chang mai", "chiang may", "เชียงใหม่", "чиангма*", "чианг ма*", "chiangmai",
    ),
    "pattaya": ("pataya", "pattay", "พัทยา", "паттай*"),
    "hua hin": ("หัวหิน", "хуахин*", "хуа хин*"),
    "stockholm": ("สตอกโฮล์ม", "стокгольм*"),
    "ao nang": ("อ่าวนาง", "ао нанг*"),
    "ayutthaya": ("อยุธยา", "аюттхая", "аюттхае", "аюттайя", "аюттайе"),
    "bang saen": ("บางแสน", "банг саен*"),
    "chanthaburi": ("จันทบุรี", "чантхабури"),
    "chiang rai": ("เชียงราย", "чианграй", "чианграе", "чианг рай", "чианг рае"),
    "chonburi": ("ชลบุรี", "чонбури"),
    "chumphon": ("ชุมพร", "чумпхон*", "чумпон*"),
    "hat yai": ("หาดใหญ่", "хат яй", "хатъяй", "хат яе"),
    "kanchanaburi": ("กาญจนบุรี", "канчанабури"),
    "khao kho": ("เขาค้อ",),
    "khao lak": ("เขาหลัก", "као лак*", "каолак*"),
    "khao yai": ("เขาใหญ่", "као яй", "као яе"),
    "khon kaen": ("ขอนแก่น", "кхон кэн", "кхонкэн"),
    "koh chang": ("เกาะช้าง", "ко чанг*", "остров чанг", "острове чанг"),
    "koh kood": ("เกาะกูด", "ко куд*", "koh kut", "ko kut"),
    "koh lanta": ("ลันตา", "ланта", "ланте", "ланту"),
    "koh larn": ("เกาะล้าน", "ко лан"),
    "koh lipe": ("หลีเป๊ะ", "липе"),
    "koh phi phi": ("พีพี", "пхи пхи", "пи пи"),
    "koh samet": ("เกาะเสม็ด", "самет", "самете"),
    "koh tao": ("เกาะเต่า", "ко тао", "тао"),
    "krabi": ("กระบี่", "краби"),
    "lampang": ("ลำปาง", "лампанг*"),
    "mae hong son": ("แม่ฮ่องสอน", "мэхонгсон*"),
    "nakhon ratchasima": ("โคราช", "นครราชสีมา", "korat", "корат*"),
    "nakhon si thammarat": ("นครศรีธรรมราช",),
    "nonthaburi": ("นนทบุรี", "нонтхабури", "нонтабури"),
    "pathum thani": ("ปทุมธานี",),
    "phang nga": ("พังงา", "пханг нга", "пхангнга", "панг нга"),
    "phetchaburi": ("เพชรบุรี",),
    "phitsanulok": ("พิษณุโลก",),
    "prachuap khiri khan": ("ประจวบคีรีขันธ์", "ประจวบ"),
    "ranong": ("ระนอง", "ранонг*"),
    "rayong": ("ระยอง", "районг*", "рейонг*"),
    "samut prakan": ("สมุทรปราการ",),
    "sattahip": ("สัตหีบ", "саттахип*"),
    "satun": ("สตูล", "сатун*"),
    "songkhla": ("สงขลา", "сонгкхла"),
    "sriracha": ("ศรีราชา", "сирача", "сираче", "си рача"),
    "sukhothai": ("สุโขทัย", "сукхотай", "сукотай"),
    "surat thani": ("สุราษฎร์ธานี", "สุราษฎร์", "сураттани", "сурат тани", "сураттхани"),
    "trang": ("ตรัง", "транг", "транге"),
    "trat": ("เกาะตราด", "จังหวัดตราด", "เมืองตราด", "ที่ตราด"),
    "ubon ratchathani": ("อุบลราชธานี", "อุบล"),
    "udon thani": ("อุดรธานี", "อุดร", "удон тани", "удонтани"),
}  # fmt: skip

DISTRICTS: dict[str, dict[str, tuple[str, ...]]] = {
    "bangkok": {
        "ari": ("อารีย์", "ари"),
        "asok": ("asoke", "อโศก", "асок", "асоке"),
        "bang na": ("บางนา", "бангна", "бангне", "банг на"),
        "bang sue": ("บางซื่อ",),
        "chatuchak": ("จตุจักร", "чатучак*"),
        "don mueang": ("don muang", "ดอนเมือง", "донмыанг", "дон мыанг"),
        "ekkamai": ("ekamai", "เอกมัย", "эккамай", "экамай", "эккамае"),
        "huai khwang": ("ห้วยขวาง",),
        "khao san": ("ข้าวสารโรด", "ถนนข้าวสาร", "као сан", "каосан"),
        "khlong san": ("คลองสาน", "кхлонг сан", "клонг сан"),
        "lat phrao": ("ladprao", "lad prao", "ลาดพร้าว", "лат прао", "ладпрао"),
        "on nut": ("อ่อนนุช", "он нут"),
        "phra khanong": ("พระโขนง", "пхра кханонг", "пра канонг"),
        "phrom phong": ("พร้อมพงษ์", "пхром пхонг", "пром понг"),
        "rama 9": ("rama ix", "พระราม 9", "พระรามเก้า", "рама 9"),
        "ratchada": ("ratchadaphisek", "รัชดาภิเษก", "รัชดา", "ратчада", "ратчаде"),
        "sathorn": ("sathon", "สาทร", "สาธร", "сатхорн*", "саторн*"),
        "silom": ("สีลม", "силом", "силоме"),
        "sukhumvit": ("sukumvit", "สุขุมวิท", "сукхумвит*", "сукумвит*"),
        "talat noi": ("ตลาดน้อย", "талат ной"),
        "thonglor": ("thong lo", "thong lor", "ทองหล่อ", "тонглор*", "тхонглор*", "тонг ло"),
        "yaowarat": ("เยาวราช", "яоварат*"),
    },
    "phuket": {
        "bang tao": ("บางเทา", "банг тао", "бангтао"),
        "cape panwa": ("panwa", "laem panwa", "แหลมพันวา", "อ่าวพันวา", "панва", "панве"),
        "chalong": ("อ่าวฉลอง", "ห้าแยกฉลอง", "ฉลองภูเก็ต", "แถวฉลอง", "ย่านฉลอง", "чалонг*"),
        "cherng talay": (
            "choeng thale", "เชิงทะเล", "чернг талай", "черн талай", "чернг талае", "черн талае",
        ),
        "kamala": ("กมลา", "камала", "камале", "камалы", "камалу"),
        "karon": ("กะรน", "карон", "кароне"),
        "kata": ("กะตะ", "ката", "кате", "кату"),
        "kathu": ("กะทู้", "катху"),
        "koh kaew": ("เกาะแก้ว", "ко кео", "ко кэу"),
        "layan": ("ลายัน", "หาดลายัน", "лаян", "лаяне"),
        "mai khao": ("ไม้ขาว", "майкао"),
        "nai harn": ("nai han", "ในหาน", "най харн*", "найхарн*"),
        "nai yang": ("ในยาง", "най янг*", "найянг*"),
        "patong": ("ป่าตอง", "патонг*"),
        "rawai": ("ราไวย์", "равай", "равае", "раваи"),
        "surin": ("หาดสุรินทร์", "сурин", "сурине"),
    },
    "koh samui": {
        "bang por": ("บางปอ", "банг пор*", "бангпор*"),
        "bang rak": ("บางรัก", "банг рак*", "банграк*"),
        "bophut": ("bo phut", "บ่อผุด", "бопхут*", "бопут*"),
        "chaweng": ("เฉวง", "чавенг*"),
        "choeng mon": ("cheong mon", "เชิงมน", "чоенг мон*", "чонг мон*"),
        "hua thanon": ("บ้านหัวถนน", "หัวถนนสมุย", "хуа танон*"),
        "lamai": ("ละไม", "ламай", "ламае"),
        "lipa noi": ("ลิปะน้อย", "липа ной", "липа ное"),
        "maenam": ("mae nam", "หาดแม่น้ำ", "แม่น้ำสมุย", "маенам*", "мэнам*"),
        "nathon": ("หน้าทอน", "натон*"),
        "plai laem": ("ปลายแหลม", "плай лаем*"),
        "taling ngam": ("ตลิ่งงาม", "талинг нгам*"),
    },
    "koh phangan": {
        "ban tai": ("baan tai", "หาดบ้านใต้", "บ้านใต้พะงัน", "บ้านใต้เกาะพะงัน", "бан тай", "бан тае"),
        "bottle beach": ("หาดขวด",),
        "chaloklum": ("chalok lum", "chaloklam", "โฉลกหลำ", "чалоклам*", "чалок лам*"),
        "haad rin": ("hat rin", "had rin", "หาดริ้น", "хаад рин*", "хад рин*", "хат рин*"),
        "haad salad": ("hat salad", "had salad", "หาดสลัด", "хаад салад*", "хад салад*"),
        "haad yao": ("hat yao", "had yao", "หาดยาว", "хаад яо", "хад яо"),
        "haad yuan": ("hat yuan", "had yuan", "หาดยวน", "хаад юан"),
        "hin kong": ("หินกอง", "хин конг*"),
        "mae haad": ("mae hat", "แม่หาด", "мае хаад*", "мэ хад*"),
        "srithanu": ("sri thanu", "ศรีธนู", "шритану", "сритану", "шри тану", "сри тану"),
        "thong nai pan": ("ท้องนายปาน", "тонг най пан*"),
        "thong sala": ("ท้องศาลา", "тонг сала", "тонг сале", "тонгсала", "тонгсале"),
        "wok tum": ("วกตุ่ม", "вок тум*"),
    },
    "chiang mai": {
        "chang phueak": ("ช้างเผือก",),
        "doi saket": ("ดอยสะเก็ด", "дой сакет*"),
        "hang dong": ("หางดง", "ханг донг*", "хангдонг*"),
        "mae kampong": ("แม่กำปอง", "мае кампонг*", "мэ кампонг*"),
        "mae on": ("แม่ออน",),
        "mae rim": ("แม่ริม", "мае рим*", "мэ рим*"),
        "nimman": ("nimmanhaemin", "nimmanhemin", "นิมมาน", "นิมมานเหมินท์", "นิมมานเหมินทร์", "нимман*"),
        "san kamphaeng": ("สันกำแพง",),
        "san sai": ("สันทราย", "сан сай", "сан сае"),
        "santitham": ("สันติธรรม", "сантитам*"),
        "wat ket": ("วัดเกต", "ват кет*"),
    },
    "pattaya": {
        "bang lamung": ("บางละมุง", "банг ламунг*"),
        "bang saray": ("บางเสร่", "банг сарай", "банг сарае", "бангсарай"),
        "jomtien": ("jomthien", "จอมเทียน", "джомтьен*", "джомтиен*"),
        "naklua": ("นาเกลือ", "наклуа", "наклыа"),
        "pratumnak": ("pratamnak", "พระตำหนัก", "пратамнак*", "пратумнак*"),
        "wongamat": ("wong amat", "วงศ์อมาตย์", "วงอมาตย์", "вонгамат*", "вонг амат*"),
    },
    "hua hin": {
        "cha-am": ("ชะอำ", "ча ам", "чаам"),
        "hin lek fai": ("หินเหล็กไฟ", "хин лек фай"),
        "khao takiab": ("เขาตะเกียบ", "као такиаб*", "као такьяб*"),
        "khao tao": ("เขาเต่า", "као тао"),
        "pranburi": ("ปราณบุรี", "пранбури"),
    },
}  # fmt: skip

# Only where there are listings: names that many towns have, which do not say of which, and parts of
# places that are named above.
OF_LISTINGS: dict[str, tuple[str, ...]] = {
    "chaweng noi": ("เฉวงน้อย", "чавенг ной", "чавенг ное"),
    "east pattaya": ("พัทยาตะวันออก", "восточн* паттай*"),
    "old city": ("เมืองเก่าเชียงใหม่", "คูเมือง"),
    "phuket old town": ("เมืองเก่าภูเก็ต", "стар* город* пхукет*"),
}

SPELLINGS: dict[str, tuple[str, ...]] = OF_LISTINGS | CITIES
for districts in DISTRICTS.values():
    SPELLINGS |= districts


def spelt(name: str) -> str:
    """A well-known place as it is written; any other name as it is."""
    return capwords(name) if name.lower() in SPELLINGS else name


def places() -> Iterator[tuple[str, str]]:
    """(city, district), with "" for the city itself."""
    yield from ((city, "") for city in CITIES)
    for city, names in DISTRICTS.items():
        yield from ((city, district) for district in names)
