"""Whether a FAQ covers what was asked, word by word. Pure, but for the look-ups at the end.

Search ranks, and the best of a poor lot is still the best. Without a model to read the results, a
FAQ may be quoted only if it holds the words that tell one question from another: those that few
FAQs hold, or none. "House in London" is not answered by the house rules.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from django.db import connection
from django.db.models.functions import Length

from core.search.hybrid import UNKNOWN_GRAM_SHARE, rarity
from core.search.spelling import misspelt
from core.search.text import ANY_CONFIG, PLACES, SYNONYMS, is_thai, is_thai_word
from faq.models import Lexeme

# A word in the answer may stand there by the way; in the question it is what the FAQ is about.
ANSWER_SHARE = 0.6
# The least of the subject that the FAQ's own question must name, or its slug: "Should I buy land
# through a Thai company?" is called `company-structures-and-nominees`. A slug counts for no more:
# "property taxes" is not answered by `lost-property`.
TITLE_MIN = 0.2
# Of another way to ask a FAQ so much must be asked, by rarity: it is there for its whole sentence.
ALTERNATE_MIN = 0.3
# Letters of the longer of two words that may be one misspelt; words of a question that are looked
# up, and words that each is compared with.
RESPELT_MIN = 6
RESPELT_MOST = 6
COMPARED = 300

# Lexemes of what is said around a subject, and of which listing, which PostgreSQL's stop words
# leave in.
TALK = frozenset(
    re.findall(
        r"\S+",
        """
    accept allow also anyon ask better charg explain fifth find first fourth get give go got happen
    hello help hi know let like look make mani may mean much need offer one pleas possibl provid
    question say second see someth tell thank there thing third tri us use want wat what whats would
    благодар вообщ дават дайт дают ест здравств зна каков как люб мог мож можн мочь надо нуж
    нужн подскаж пожалуйст привет происход проход разреш расскаж взят скаж скольк спасиб так тако
    хот хоч перв втор трет четверт получ получа
    กว่า กับ กี่ ก็ ก่อน ของ ขอ ขอบคุณ คะ ครับ ครับผม ค่า คือ คุณ จะ จัง จาก จ้า จ๊ะ ฉัน ดิฉัน ช่วย
    ด้วย ดี ต้อง ต้องการ ถ้า เช็ค ทราบ ทำ ที่ ที่ไหน ถึง ท่าน นะ บ้าง ผม ผ่าน มี มั้ย ยัง รบกวน ละ ล่ะ ว่า สวัสดี
    สอบถาม หน่อย หนู หรือ อยาก อยู่ อะไร เป็น เรา เลย เอา เมื่อ เมื่อไร เมื่อไหร่ แบบ แรก แล้ว และ หลัง ใคร
    ใช้ ใน ได้ ให้ ไป ไหน ไหม ๆ
    """,
    )
)
# Lexemes of what is asked about a subject, and of time. Alone they say nothing: both a transfer and
# a permit take long, and homes are booked for the night as they are let by it.
MEASURES = frozenset(
    re.findall(
        r"\S+",
        """
    cost day durat fee hour long minut month much night often price safe take time week year
    врем год ден дне дни дня долг длит лет месяц недел ноч сто стоимост сутк суток цен час
    คืน เดือน บาท ปี ราคา วัน สัปดาห์ ชั่วโมง โมง เท่าไร เท่าไหร่
    """,
    )
)
# What something costs, in a question, and what tells of money.
COSTS = frozenset({"cost", "price", "сто", "стоимост", "цен", "ราคา", "ค่าใช้จ่าย"})
MONEY = COSTS.union(
    re.findall(
        r"\S+",
        """
    baht charg discount fee free includ money paid pay payment rate thb usd
    бат бесплатн входит деньг доллар комисс оплат оплачива плат сбор скидк тариф
    คิด จ่าย ชำระ ค่า ค่าธรรมเนียม เงิน บาท ฟรี รวม ส่วนลด
    """,
    )
)
# Kinds of what is bought, of which the law of one is not that of another.
KINDS = tuple(
    frozenset(words.split())
    for words in (
        "land plot земл участк участок ที่ดิน",
        "bungalow home hous townhous villa бунга вилл дом коттедж таунхаус"
        " บังกะโล บ้าน เจ้าของบ้าน ทาวน์เฮาส์ ทาวน์เฮ้าส์ วิลล่า",
        "apart condo condominium flat penthous studio апартамент квартир кондо кондоминиум"
        " пентхаус студ quota квот โควตา โควต้า คอนโด ห้องชุด สตูดิโอ เพนต์เฮาส์ เพนท์เฮาส์",
    )
)
# What FAQs call them, in the same order.
KIND_NAMES = {
    "en": ("land", "house", "condominium"),
    "th": ("ที่ดิน", "บ้าน", "คอนโด"),
    "ru": ("земля", "дом", "квартира"),
}
# What the law takes for a house, with the land under it, or for a condominium, where somebody asks
# who may own what.
LEGALLY = {
    **dict.fromkeys(("bungalow", "townhous", "villa"), "hous"),
    **dict.fromkeys(("бунга", "вилл", "таунхаус"), "дом"),
    **dict.fromkeys(("บังกะโล", "ทาวน์เฮาส์", "ทาวน์เฮ้าส์", "วิลล่า"), "บ้าน"),
    **dict.fromkeys(("penthous", "studio"), "condominium"),
    **dict.fromkeys(("пентхаус", "студ"), "квартир"),
    **dict.fromkeys(("สตูดิโอ", "เพนต์เฮาส์", "เพนท์เฮาส์"), "คอนโด"),
}
FOREIGN = frozenset({"foreign", "иностран", "иностранец", "иностранц"}).union(
    ("ต่างชาติ", "ชาวต่างชาติ", "คนต่างชาติ")
)
OWNING = FOREIGN.union(
    ("own", "ownership", "собствен", "собственност", "владе", "เจ้าของ", "เจ้าของบ้าน")
)
# What else may be said of it.
BUYING = frozenset(
    re.findall(
        r"\S+",
        """
    allow bought buy citizen freehold full hold law legal name nation outright permit peopl person
    purchas regist thai thailand titl
    закон зарегистрирова им куп легальн оформ покупа покупк полн приобрест разреш сво собствен
    таец таиланд тайк тайц гражда граждан гражданин гражданк
    ซื้อ ซื้อได้ ถือครอง ถือ ถือกรรมสิทธิ์ กรรมสิทธิ์ กฎหมาย ชื่อ คน ครอบครอง คนไทย สัญชาติ ไทย ประเทศไทย เมืองไทย
    """,
    )
)
SPOUSES = SYNONYMS["wife"]
# Whoever may do so owns it afterwards; a "how" beside these asks for the steps.
BUYS = frozenset(
    {"buy", "bought", "purchas", "freehold", "куп", "купл", "покупа", "приобрест"}
).union(("оформ", "фрихолд", "ซื้อ", "ซื้อได้", "ถือครอง", "กรรมสิทธิ์"))
TAXES = frozenset({"tax", "налог", "ภาษี"})
THAI_TALK = re.compile(
    "ได้หรือไม่|ได้ไหม|ได้มั้ย|ไหม|มั้ย|เท่าไหร่|เท่าไร|คืออะไร|อะไรบ้าง|อะไร|อย่างไร|ยังไง|หรือไม่|หรือเปล่า"
    "|หรือยัง|(?:หรือ|ได้)?(?:ป่าว|ป่ะ|ปะ(?![ก-๎]))|ใช่ไหม|ทำไง|เป็นไง|ครับ|ค่ะ|นะคะ|หน่อย|ถ้า|วันนี้|บ้าง"
)

# As people say and write them, which are no words of the dictionary.
THAI_SPELLINGS = {"เช็?[คก]เอ้?า[ทต]์?": "เช็กเอาต์", "มอ(?:เตอร์?)?ไซ(?:ค์|ด์|ต์)?": "มอเตอร์ไซค์"}

LEXEMES = f"""
SELECT id::text, tsvector_to_array(ts_filter(search, '{{a}}')),
    tsvector_to_array(to_tsvector('{ANY_CONFIG}', split_part(answer_text, E'\\n', 1))),
    tsvector_to_array(to_tsvector('{ANY_CONFIG}', replace(slug, '-', ' '))),
    ARRAY(
        SELECT array_to_json(tsvector_to_array(to_tsvector('{ANY_CONFIG}', line)))
        FROM string_to_table(answer_text, E'\\n') WITH ORDINALITY lines (line, number)
        WHERE number > 1
    )
FROM faq_document WHERE id = ANY(%s::uuid[])"""


@dataclass(frozen=True)
class Concept:
    """One thing asked for, in any of its words; `weight` is its rarity."""

    lexemes: frozenset[str]
    weight: float

    @property
    def is_measure(self) -> bool:
        return any(map(is_measure, self.lexemes))


@dataclass(frozen=True)
class Lexemes:
    """Of one FAQ, as PostgreSQL keeps them; `slug` is what staff call it, and `alternates` are
    other ways to ask it."""

    question: frozenset[str]
    answer: frozenset[str]
    slug: frozenset[str] = frozenset()
    alternates: tuple[frozenset[str], ...] = ()
    own: frozenset[str] | None = None  # the FAQ's own question, where `question` is an alternate

    @property
    def is_alternate(self) -> bool:
        return self.own is not None


def is_measure(lexeme: str) -> bool:
    """A number is no subject either: "1" is not what "1 rai" is about."""
    return lexeme in MEASURES or lexeme.isdecimal()


def without_talk(text: str) -> str:
    """Thai has no spaces, so its talk is cut out of the text; of others, see TALK."""
    for said, word in THAI_SPELLINGS.items():
        text = re.sub(said, word, text)
    return THAI_TALK.sub(" ", text)


def synonyms(lexemes: Iterable[str]) -> list[str]:
    """Other lexemes for the same things, sorted."""
    given = set(lexemes)
    return sorted({other for lexeme in given for other in SYNONYMS.get(lexeme, ())} - given)


def legal_kinds(lexemes: Collection[str]) -> dict[str, str]:
    """Of kinds of houses and flats, what the law calls them, where it is asked who may own them,
    and not how a foreigner rents, pays or insures them."""
    if OWNING.isdisjoint(lexemes) or not is_of_owning(lexemes):
        return {}
    return {lexeme: LEGALLY[lexeme] for lexeme in lexemes if lexeme in LEGALLY}


def is_of_owning(lexemes: Collection[str]) -> bool:
    """Whether nothing is said but what is bought, where, and that somebody owns it."""
    return not set(lexemes).difference(OWNING, BUYING, TALK, *PLACES, *KINDS)


def is_of_a_spouse(lexemes: Collection[str], faq: Lexemes) -> bool:
    """Whether it is asked what somebody's wife or husband may own, who may be Thai, and the FAQ is
    of neither."""
    of_spouse = not SPOUSES.isdisjoint(lexemes) and FOREIGN.isdisjoint(lexemes)
    return of_spouse and SPOUSES.isdisjoint(faq.question)


def as_legal_kinds(asked: Sequence[Concept], kinds: Mapping[str, str]) -> list[Concept]:
    """With the words of `legal_kinds` beside their own."""

    def either(concept: Concept) -> Concept:
        others = {kinds[lexeme] for lexeme in concept.lexemes & kinds.keys()}
        return replace(concept, lexemes=concept.lexemes | others)

    return [either(concept) for concept in asked]


def most_held(lexeme: str, held: Mapping[str, int]) -> int:
    """In how many FAQs it stands, or the commonest of its synonyms."""
    return max(held.get(word, 0) for word in SYNONYMS.get(lexeme, (lexeme,)))


def concepts(held: Mapping[str, int], documents: int) -> list[Concept]:
    """The things asked for. `held`: of each lexeme, in how many of the documents it stands, in any
    of its words. Of how many nights, or of which year, no FAQ tells: a number that none holds is
    left out."""
    most: dict[frozenset[str], int] = {}
    for lexeme, count in held.items():
        if lexeme not in TALK and (count or not lexeme.isdecimal()):
            thing = SYNONYMS.get(lexeme, frozenset({lexeme}))
            most[thing] = max(count, most.get(thing, 0))
    return [Concept(thing, weight(count, documents, thing)) for thing, count in most.items()]


def weight(held: int, documents: int, lexemes: Collection[str]) -> float:
    """A word of the dictionary counts in full, held or not: what is none may be the seam of two."""
    is_seam = not held and all(is_thai(lexeme) and not is_thai_word(lexeme) for lexeme in lexemes)
    return rarity(documents, held) * (UNKNOWN_GRAM_SHARE if is_seam else 1)


def grounds(asked: Sequence[Concept], faq: Lexemes) -> float:
    """How much of what was asked the FAQ holds, 0..1; 0 if its question is of something else, or of
    somewhere else."""
    if is_elsewhere(asked, faq) or is_of_no_price(asked, faq):
        return 0.0
    asked = of_any_kind(anywhere(asked, faq), faq)
    subject = [concept for concept in asked if not concept.is_measure]
    measures = [concept for concept in asked if concept.is_measure]
    if measures and not share(measures, faq.question):  # what a villa costs is told by listings
        subject = [concept for concept in subject if not named_among(KINDS, concept.lexemes)]
    if share(subject, faq.question | faq.slug) < TITLE_MIN:
        return 0.0
    return round(min(covered(asked, faq), covered(subject, faq)), 4)


def words_of(asked: Sequence[Concept]) -> frozenset[str]:
    return frozenset().union(*(concept.lexemes for concept in asked))


def asked_as(
    asked: Sequence[Concept], faq: Lexemes, rarities: Mapping[str, float]
) -> Iterator[Lexemes]:
    """The FAQ by each of its questions that may be what was asked: its own, and of the others those
    of which enough was asked. What is said elsewhere is no ground for these. They may leave out
    the place that its own question names, but whoever asks may not."""
    yield faq
    places = named_among(PLACES, faq.question)
    if places and places.isdisjoint(named_among(PLACES, words_of(asked))):
        return
    here = faq.question & frozenset().union(*places)
    for question in faq.alternates:
        other = replace(faq, question=question | here, answer=frozenset(), own=faq.question)
        if closeness(asked, other, rarities) >= ALTERNATE_MIN:
            yield other


def is_of_no_price(asked: Sequence[Concept], faq: Lexemes) -> bool:
    """Whether a price is asked for, and the FAQ tells of no money: what a rai is, say."""
    of_price = any(concept.lexemes & COSTS for concept in asked)
    return of_price and MONEY.isdisjoint(faq.question | faq.answer)


def is_of_a_price(asked: Sequence[Concept], faq: Lexemes) -> bool:
    """Whether the FAQ's question is what something costs, and nothing of money is asked."""
    of_money = any(concept.lexemes & MONEY for concept in asked)
    return not of_money and not COSTS.isdisjoint(faq.question)


def anywhere(asked: Sequence[Concept], faq: Lexemes) -> Sequence[Concept]:
    """Without the places, where a home or land was asked about and the FAQ's question is of no
    place: the law of land is also that of Phuket."""
    known = words_of(asked)
    if not named_among(KINDS, known) or named_among(PLACES, faq.question):
        return asked
    rest = [concept for concept in asked if not named_among(PLACES, concept.lexemes)]
    return rest or asked


def of_any_kind(asked: Sequence[Concept], faq: Lexemes) -> Sequence[Concept]:
    """Without the kinds of homes where the FAQ's question is of taxes and of no kind: they are the
    same for all."""
    if faq.question.isdisjoint(TAXES) or named_among(KINDS, faq.question):
        return asked
    rest = [concept for concept in asked if not named_among(KINDS, concept.lexemes)]
    return rest if any(concept.lexemes & TAXES for concept in rest) else asked


def covered(asked: Sequence[Concept], faq: Lexemes) -> float:
    in_question = share(asked, faq.question)
    in_either = share(asked, faq.question | faq.answer)
    return in_question + ANSWER_SHARE * (in_either - in_question)


def share(asked: Sequence[Concept], lexemes: frozenset[str]) -> float:
    """Of what was asked, by weight; 0 when nothing was."""
    total = sum(concept.weight for concept in asked)
    found = sum(c.weight for c in asked if not c.lexemes.isdisjoint(lexemes))
    return found / total if total else 0.0


def closeness(asked: Sequence[Concept], faq: Lexemes, rarities: Mapping[str, float]) -> float:
    """How much of the FAQ's own question was asked, 0..1: of two that cover all, the nearer.

    What is rare counts most: whoever asks about buying land is asked after no spouse, but may well
    be a foreigner, as most are.
    """
    known = words_of(asked)
    subject = faq.question - TALK
    total = sum(rarities[lexeme] for lexeme in subject)
    return sum(rarities[lexeme] for lexeme in subject & known) / total if total else 0.0


def is_elsewhere(
    asked: Sequence[Concept], faq: Lexemes, classes: Sequence[frozenset[str]] = PLACES
) -> bool:
    """Whether the FAQ's question names a place, and another one was asked about; or another kind of
    home."""
    wanted = named_among(classes, words_of(asked))
    named = named_among(classes, faq.question)
    return bool(wanted and named) and wanted.isdisjoint(named)


def named_among(classes: Sequence[frozenset[str]], lexemes: frozenset[str]) -> set[frozenset[str]]:
    return {words for words in classes if not words.isdisjoint(lexemes)}


def law_of(faq: Lexemes) -> set[frozenset[str]]:
    """The kinds of what is bought that a FAQ of who may own what is about."""
    question = faq.question if faq.own is None else faq.own
    return set() if OWNING.isdisjoint(question) else named_among(KINDS, question)


def respelt(unknown: Iterable[str]) -> dict[str, str]:
    """Of lexemes that stand in no FAQ: what those that are misspelt most likely are. Only the first
    few are looked up, each by a query of its own."""
    long = islice((word for word in unknown if len(word) >= RESPELT_MIN - 1), RESPELT_MOST)
    found = {word: spelt_alike(word) for word in long}
    return {word: other for word, other in found.items() if other}


def spelt_alike(word: str) -> str | None:
    """The commonest lexeme of the FAQs that this one is misspelt from. A short word is as likely
    another one: "shark" is no "share"."""
    beginning, size = word[0], len(word)
    known = (
        Lexeme.objects.filter(
            lexeme__gte=beginning, lexeme__lt=chr(ord(beginning) + 1), documents__gt=0
        )
        .annotate(size=Length("lexeme"))
        .filter(size__gte=max(size - 2, RESPELT_MIN - 1), size__lte=size + 2)
        .order_by("-documents", "lexeme")
        .values_list("lexeme", flat=True)[:COMPARED]
    )
    alike = (other for other in known if max(size, len(other)) >= RESPELT_MIN)
    return next((other for other in alike if misspelt(word, other)), None)


def held_in(lexemes: Sequence[str]) -> dict[str, int]:
    """In how many FAQs each lexeme stands; left out are those that stand in none."""
    return dict(
        Lexeme.objects.filter(lexeme__in=lexemes).values_list("lexeme", "documents")
        if lexemes
        else ()
    )


def rarities_of(lexemes: Collection[str], documents: int) -> dict[str, float]:
    held = held_in(sorted(lexemes))
    return {lexeme: rarity(documents, held.get(lexeme, 0)) for lexeme in lexemes}


def lexemes_of(ids: Sequence[str]) -> Mapping[str, Lexemes]:
    with connection.cursor() as cursor:
        cursor.execute(LEXEMES, [list(ids)])
        rows = cursor.fetchall()
    return {
        id: Lexemes(
            frozenset(question), frozenset(answer), frozenset(slug), tuple(map(frozenset, others))
        )
        for id, question, answer, slug, others in rows
    }
