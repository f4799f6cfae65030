"""How a question is asked: which of a message stand alone, who asks, and whether one may own it."""

import re
from collections.abc import Sequence
from itertools import islice

from core.search.clauses import clauses
from core.search.text import PLACES, language_of, normalise
from faq.grounds import BUYS, FOREIGN, KINDS, OWNING, is_of_owning, named_among, without_talk
from faq.ranking import look_up_words
from faq.search import QUERY_MAX_LENGTH

# So many messages may lie between a home and "can I own it?".
MESSAGES_READ = 10
# Words that open or close a question, normalised. Visitors ask FAQs something; they ask a
# listings search for something ("villa in Phuket, sea view").
ASKING = re.compile(
    r"\?|\b(how|what|what's|when|where|which|who|whom|why|can|could|may|must|should|do|does|did|is"
    r"|are|will|am|explain|tell me about|как|каков\w*|какие|какой|какая|когда|где|куда|кто|почему"
    r"|зачем|можно|могу|может|можем|можете|могут|нужн\w*|сколько|что|ли|есть)\b"
    r"|ไหม|มั้ย|หรือไม่|หรือเปล่า|หรือยัง|อย่างไร|ยังไง|อะไร|เท่าไร|เท่าไหร่|ทำไม|เมื่อไร|เมื่อไหร่|ที่ไหน|ใคร|กี่"
)
TELLING = re.compile(
    r"\b(?:i|we|he|she|(?:my|our) \w+) (?:am|are|can|could|do|does|did|is|may|must|should|will)\b"
    r"|\d ?am\b"
)
ASKING_HOW = re.compile(
    r"\bhow (?:can|could|do|does|should|to|would)\b|\bкак\b(?! (?:быстро|далеко|долго|часто)\b)"
    r"|อย่างไร|ยังไง|ขั้นตอน|วิธี"
)
YES_OR_NO = re.compile(
    r"^(?:are|can|could|do|does|has|have|is|may|must|should|will)\b|\b(?:ли|можно)\b"
    r"|ไหม|มั้ย|หรือไม่|หรือเปล่า"
)
# Whether "I" may own something, which the law answers for foreigners.
MAY_ONE = re.compile(
    r"^\W*(?:(?:and|so|but|ok|hi|then)\W+)?(?:(?:can|could|may|am) (?:i|we|one|anyone)\b"
    r"|can you (?:own\b|(?:buy|purchase) (?!me\b|us\b|my\b|our\b).*\bin thailand\b))"
    r"|\b(?:possible|можно|могу|можем|возможно)\b|ได้(?:ไหม|มั้ย|หรือไม่|หรือเปล่า)"
)
ASKING_WHERE = re.compile(r"\b(?:where|when|which|what|где|когда|как\w+|что)\b|ที่ไหน|เมื่อไ")
I_AM = re.compile(r"\b(?:i'm|we're)(?! not\b)")
# A Thai, who may own what a foreigner may not. "Thai land" is none, nor is who is "not Thai".
A_THAI = re.compile(
    r"(?<!not )(?<!not a )(?<!from )(?<!from a )"
    r"\bthais?\b(?! (?:compan|cond|hous|home|land|law|prop|villa))"
    r"|(?<!ไม่ใช่)(?<!กับ)(?<!จาก)(?:คนไทย|สัญชาติไทย)"
    r"|(?<!не )\b(?:таец|тайк[аеи]|тайц\w+|гражд\w+ таиланда)\b"
)
LOOKS_BACK = re.compile(
    r"(?<!\w)(?:it|its|they|them|this|that|these|those|он|она|оно|его|ее|их|это|этот|эту"
    r"|the island)(?!\w)"
    r"|นั้น|นี้"
)
# The way to a place that was named before.
THE_WAY_THERE = re.compile(
    r"\b(?:get|travel|come) (?:over |up |out |down )?there\b|\bтуда\b|\b(?:добра|доеха)ться\W*$"
    r"|ไป(?:ที่นั่น)?(?:ยังไง|อย่างไร)"
)
THERE = re.compile(r"\bthere\b|\bтуда\b|ที่นั่น")
# A foreigner, by where they come from: "can a german buy", not "is the bank german?" nor "a german
# bank".
NATION = (
    "(?:farang|russian|ukrainian|american|british|brit|briton|australian|canadian|german|french"
    "|italian|swede|swedish|dutch|spaniard|swiss|israeli|indian|chinese|japanese|korean"
    "|singaporean|european)"
)
NATIONS = {
    "en": (
        rf"\b(?:(?:an? )?{NATION} (?:citizen|national|person|people)s?|{NATION}s"
        rf"|an? {NATION}(?=\W*$"
        r"| (?:buy|own|purchase|get|have|need|pay|rent|inherit|be|live|allowed)\b))\b"
    ),
    "ru": (
        r"\b(?:россиян\w*|русск(?:ий|ая|ие|им|ому|их|ой)|украин(?:ец|цы|ц[ауе]м?|к[аи])"
        r"|белорус\w*|казах(?:и|у|ам|станц\w*)?|(?:американ|китай|европей)(?:ец|цы|ц[ауе]м?)"
        r"|граждан\w+ (?:росси|рф|украин|беларус|казахстан)\w*)\b"
    ),
    "th": (
        "(?:คน|ชาว|สัญชาติ)(?:รัสเซีย|ยูเครน|อเมริกัน|อเมริกา|อังกฤษ|ออสเตรเลีย|แคนาดา|เยอรมัน|ฝรั่งเศส|อิตาลี"
        "|สวีเดน|สวิส|อินเดีย|จีน|ญี่ปุ่น|เกาหลี|สิงคโปร์|ยุโรป)|ฝรั่ง(?!เศส)"
    ),
}
FOREIGN_SPOUSES = {
    "en": rf"\b{NATION} (?:wife|husband|spouse|partner)s?\b",
    "ru": r"\b(?:русск|украинск|американск|китайск|немецк)\w+ (?:жен[аеуы]|муж\w*|супруг\w*)\b",
}
# A couple who may own what each of them may.
COUPLES = {
    "we": re.compile(
        r"\b(?:(?:my|our) (?:wife|husband|spouse|partner|girlfriend|boyfriend) and (?:i|me|myself)"
        r"|(?:i|me) and my (?:wife|husband|spouse|partner|girlfriend|boyfriend))\b"
    ),
    "мы": re.compile(
        r"\b(?:мы с (?:моей |моим )?(?:женой|мужем|супруг(?:ой|ом))"
        r"|моя (?:жена|супруга) и я|мой (?:муж|супруг) и я"
        r"|я (?:и|с) (?:мо[яйей]\w? |моим )?(?:жен(?:а|ой)|муж(?:ем)?|супруг(?:а|ой|ом)?))\b"
    ),
    "เรา": re.compile("(?:ผม|ฉัน|ดิฉัน|เรา)(?:กับ|และ)(?:เมีย|ภรรยา|สามี|แฟน|คู่สมรส)"),
}
# What is of the two as a couple.
OF_MARRIAGE = re.compile(
    r"\b(?:divorc\w*|separat\w*|inherit\w*|die[sd]?|(?:her|his) (?:own )?name|развод\w*|развед\w*"
    r"|наслед\w*|на (?:ее|его|мое) имя)\b|หย่า|มรดก|ในชื่อ"
)
FOREIGNERS = {"en": "foreigner", "th": "ต่างชาติ", "ru": "иностранец"}
# Of a home it is a wish.
OFFERED = re.compile(
    r"^\W*(?:\w+ )?(?:do you (?:have|sell|offer)|have you got|got any|are there|is there|any"
    r"|у вас есть|есть(?: ли)?)(?!\w)"
)
# A wish for one, in whatever sentence. "Which homes" is asked of them, and of the rules.
WISHED = re.compile(
    r"\b(?:show me|find|send me|recommend|suggest|looking for|searching for|what .+ do you have"
    r"|покаж\w+|найд\w+|ищу|ищем|подбер\w+|посовет\w+)\b|^\W*(?:which|какие)\b"
    r"|อยากได้|ขอดู|มองหา|^มี.+(?:ไหม|มั้ย|หรือเปล่า)"
)
# Where something else is, or what it is for: "is there electricity on the land?".
BESIDE = re.compile(
    r"(?<!looking )(?<!searching )"
    r"\b(?:at|behind|for|in|near|of|on|to|в|во|к|на|около) "
    r"(?:(?:a|an|all|any|every|each|my|our|that|the|these|this|those|your|ваш\w*|эт\w+) )?\w+"
)
OWN = re.compile(r"\bown\b")  # a stop word of PostgreSQL's
# To see a home with one's own eyes, and what FAQs call that. "See the title deed of the house
# before I buy" is none.
HOME = (
    r"(?:apartment|condo|flat|home|house|land|place|plot|property|properties|unit|villa)s?\b"
    r"(?! (?:agreement|contract|deed|department|document|offer|office|paper|permit|record|rule"
    r"|title)s?\b)"
)
OF_HOME = rf"(?:(?:an?|my|one|our|that|the|this|your) )?(?:(?!a |about |if |lawyer )[\w-]+ )?{HOME}"
SEEING = {
    "viewing": re.compile(
        r"\bviewings?\b(?! (?:area|balcon|deck|gallery|platform|point|room|terrace|tower))"
        r"|\b(?:arrange|book|organi[sz]e|schedule) (?:an? )?(?:visit|tour|showing)"
        rf"(?=\W*$| (?:at|in|of|to) {OF_HOME})"
        rf"|\b(?:inspect|look at|see|show (?:me|us)|view|visit) (?:{OF_HOME}|(?:it|one)\b(?! is\b))"
        r".*\b(?:before (?:(?:i|we) )?(?:book|buy|decid|pay|purchas|rent|reserv|sign)\w*|in person"
        r"|(?:my|our) own eyes|tomorrow|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    ),
    "просмотр": re.compile(
        r"\bпросмотр(?:а|е|у|ы)?\b|\b(?:посмотр|осмотр|увид|покаж)(?!имся)\w* (?:\w+ )?"
        r"(?:виллу|дом|его|ее|землю|квартиру|кондо|недвижимость|объект|участок)\b.*"
        r"\b(?:лично|вживую|своими глазами|перед покупкой|до покупки|завтра)\b"
    ),
    "นัดดู": re.compile(
        r"นัดดู|(?:เข้า|นัด)ชม(?:บ้าน|ที่ดิน|คอนโด|วิลล่า|ห้อง)"
        r"|(?:ดู|ชม)(?:บ้าน|ที่ดิน|คอนโด|วิลล่า|ห้อง)(?:จริง|ก่อนซื้อ|พรุ่งนี้)"
    ),
}


# To be met and taken along, which FAQs call a transfer.
PICKED_UP = re.compile(
    r"\b(?:(?:pick|picked|picking) (?:me|us|him|her|them|guests|people) up"
    r"|picked up(?= (?:at|from) )"
    r"|(?<!car )(?<!key )(?<!keys )(?<!laundry )(?<!luggage )"
    r"pick ?up(?= (?:at|from|service)\b|\W*$)"
    r"|(?:meet|fetch|collect) (?:me|us|him|her|them) (?:at|from)"
    r"(?= .*\b(?:airport|pier|port|station)\b))"
    r"|\b(?:встре(?:т|ч)\w+|забер\w+|(?:забира\w+|забрать)(?= (?:нас|меня|гостей)\b)"
    r"|подвез\w+|довез\w+)"
    r"(?= .*\b(?:аэропорт|пирс|причал|вокзал|паром)\w*)"
    r"|(?:(?<=аэропорту )|(?<=аэропорта ))(?:встре(?:т|ч)\w+|забер\w+|забрать)"
)
TRANSFERS = {"en": "transfer", "ru": "трансфер"}


def asked_apart(parts: Sequence[str]) -> list[str]:
    """Of what is said in one message the questions that are answered each by itself: "a villa in
    Samui, and what is the cancellation policy?". One that looks back at the rest is part of it: "I
    have a dog. Can I bring it?"."""
    if len(parts) < 2:
        return []
    asking = [part for part in parts if is_asking(part)]
    return [part for part in asking if stands_alone(part) and not is_offered(part)]


def is_asking(part: str) -> bool:
    """Not "I am married": one that tells of somebody holds the words of a question as well."""
    return ASKING.search(TELLING.sub(" ", normalise(part))) is not None


def stands_alone(part: str) -> bool:
    """Of who may own "it", the kind that was spoken of tells."""
    return not LOOKS_BACK.search(normalise(part)) or asks_to_own(part, lexemes_in(part))


def is_offered(part: str) -> bool:
    """Whether a wish has the form of a question: "do you have a villa?", "villas in Samui?"."""
    said = normalise(part)
    wished = OFFERED.search(said) or not ASKING.search(said.replace("?", ""))
    return bool(wished and names_a_home(said))


def wishes(text: str) -> bool:
    """Whether homes of a kind are wished for: of what they are like, listings tell."""
    return is_offered(text) or bool(WISHED.search(said := normalise(text)) and names_a_home(said))


def names_a_home(said: str) -> bool:
    """Normalised; one that something else is near, or in, is not what is wished for."""
    return bool(named_among(KINDS, lexemes_in(BESIDE.sub(" ", said))))


def is_beside_a_home(parts: Sequence[str]) -> bool:
    """Whether a home is wished for beside a question: what the whole finds is of neither."""
    rest = [part for part in parts if is_offered(part) or not is_asking(part)]
    return any(named_among((*KINDS, *PLACES), lexemes_in(part)) for part in rest)


def is_of_a_thai(query: str, earlier: Sequence[str]) -> bool:
    """Whether a Thai asks what they may own, or is asked about: no Thai's company, nor spouse."""
    if not lexemes_in(query).isdisjoint(FOREIGN):
        return False
    texts = (query, *islice(reversed(earlier), MESSAGES_READ))
    parts = (part for text in texts for part in clauses(text[:QUERY_MAX_LENGTH]))
    said = (I_AM.sub(" ", normalise(part)) for part in parts)
    return any(A_THAI.search(part) and is_of_owning(lexemes_in(part)) for part in said)


def kinds_before(earlier: Sequence[str]) -> set[frozenset[str]]:
    """What the visitor spoke of last, of what is bought."""
    for text in islice(reversed(earlier), MESSAGES_READ):
        if kinds := named_among(KINDS, lexemes_in(text.strip()[:QUERY_MAX_LENGTH])):
            return kinds
    return set()


def with_place(query: str, earlier: Sequence[str]) -> str | None:
    """The way "there" as that to the place named last, in English; of two none is meant for
    certain."""
    if not THE_WAY_THERE.search(normalise(query)) or named_among(PLACES, lexemes_in(query)):
        return None
    for text in islice(reversed(earlier), MESSAGES_READ):
        if places := named_among(PLACES, lexemes_in(text.strip()[:QUERY_MAX_LENGTH])):
            if len(places) > 1:
                return None
            return f"{THERE.sub(' ', normalise(query))} {min(filter(str.isascii, places.pop()))}"
    return None


def of_any_nation(query: str) -> str:
    """A Russian, or an American, as the FAQs call either: a foreigner."""
    said = normalise(query)
    for language, nations in NATIONS.items():
        said = re.sub(nations, f" {FOREIGNERS[language]} ", said)
    return said


def of_foreign_spouse(query: str) -> str:
    """A Russian wife is a foreigner: FAQs on spouses tell of a Thai one."""
    said = normalise(query)
    for language, spouses in FOREIGN_SPOUSES.items():
        if re.search(spouses, said):
            return re.sub(spouses, f" {FOREIGNERS[language]} ", said)
    return query


def of_transfer(query: str) -> str:
    """ "Can you pick us up at the airport?" as FAQs call it."""
    said = normalise(query)
    called = TRANSFERS.get(language_of(query), TRANSFERS["en"])
    return PICKED_UP.sub(called, said) if PICKED_UP.search(said) else query


def of_couple(query: str, earlier: Sequence[str]) -> str:
    """Of "my wife and I" as of "we", unless one of them is a Thai: FAQs on spouses tell of such."""
    said = normalise(query)
    if OF_MARRIAGE.search(said):
        return query
    if any(A_THAI.search(normalise(text)) for text in (said, *earlier[-MESSAGES_READ:])):
        return query
    for we, couple in COUPLES.items():
        if couple.search(said):
            return couple.sub(we, said)
    return query


def to_see(query: str) -> str | None:
    """What to look up for whoever wants to see a home before it is theirs."""
    said = normalise(query)
    return next((word for word, seeing in SEEING.items() if seeing.search(said)), None)


def lexemes_in(text: str) -> frozenset[str]:
    return frozenset(term.lexeme for term in look_up_words(without_talk(text)).terms)


def asks_to_own(query: str, lexemes: frozenset[str]) -> bool:
    """Whether one may own something, and nothing else: neither how, nor what a spouse may."""
    said = normalise(query)
    if not is_of_owning(lexemes):
        return False
    if not MAY_ONE.search(said) or asks_how(query) or ASKING_WHERE.search(said):
        return not OWNING.isdisjoint(lexemes)
    return not BUYS.isdisjoint(lexemes) or OWN.search(said) is not None


def asks_how(question: str) -> bool:
    return ASKING_HOW.search(normalise(question)) is not None


def is_yes_or_no(question: str) -> bool:
    return YES_OR_NO.search(normalise(question)) is not None
