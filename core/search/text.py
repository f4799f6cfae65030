"""Text as the search engine sees it, the same at index time and at query time.

Accents and segmentation are done here, not by PostgreSQL: no extension but `vector` may be needed.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Container
from functools import cache
from importlib import import_module
from threading import Lock

# PostgreSQL's text search configuration of any text, for a text may be of several scripts: it stems
# what is written in ASCII as English, Cyrillic as Russian, and leaves Thai as it is.
ANY_CONFIG = "russian"
# Consonants, vowel signs and tone marks; neither the baht sign nor digits.
THAI_RUN = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]+")
THAI_GRAM = 3
# Letters and digits of any script, with the marks that Thai writes over and under its consonants.
WORD = re.compile("[^\\W_\u0e01-\u0e3a\u0e40-\u0e4e]+|[\u0e01-\u0e3a\u0e40-\u0e4e]+")
# PostgreSQL indexes no lexeme over 2 KB, and nobody searches for a word this long.
WORD_MAX_LENGTH = 64
# Someone who writes this share of another script reads that language: brand names stay Latin.
SCRIPT_SHARE = 0.3

# Words of a question that say nothing about its subject, normalised. PostgreSQL drops its own
# list; this one is for what PostgreSQL does not see.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about all am an and any are as at be been but by can could did do does for from get had has
    have he her him his how i if in into is it its just me my no not of on or our out s she should
    so some t than that the their them then there these they this to up us was we were what when
    where which who whom why will with would you your
    а без более бы был была были было быть в вам вас весь во вот все всего вы где да для до его ее
    если есть еще же за здесь и из или им их к как какая какие каков каковы какой когда кто ли либо
    мне может можно мой мы на над надо наш не него нет ни но ну о об от по под при с со так также
    такой там то тоже только у уже хотя чего чей чем что чтобы это этот я
    """,
    )
)

ENGLISH = frozenset(word for word in STOP_WORDS if word.isascii())
# Latin words with a capital each, a short one within ("House on Hill").
NAME = re.compile(r"\b[A-Z][\w'’]*(?:[ ,-]+(?:[a-z]{2,4} )?[A-Z][\w'’]*)+", re.ASCII)

# What makes a Thai question a question, or polite, at the end of a run. It says nothing else.
THAI_PARTICLES = re.compile(
    "(?<=.)(?:ได้)?(?:ไหม|มั้ย|หรือไม่|หรือเปล่า|หรือยัง|อย่างไร|ยังไง)?(?:ครับ|ค่ะ|คะ|นะคะ|นะครับ)?$"
)

# Places, each by its names in every language, as lexemes.
PLACES = tuple(
    frozenset(line.split())
    for line in """
        bangkok bkk бангкок กรุงเทพ กรุงเทพมหานคร กทม
        chiang chiangmai чиангм чиангмай чиангма เชียงใหม่
        hua хуахин หัวหิน
        krabi краб กระบี่
        pattaya паттай พัทยา
        phangan pangan панга панган пханга пханган งัน
        phuket пхукет ภูเก็ต
        samui саму สมุย
        tao тао เต่า
    """.strip().splitlines()
)

# Different words for one thing, as the lexemes of PostgreSQL's dictionaries; among them forms of
# one Russian word that its stemmer does not bring together. Each stands for the others in its line.
# "Lease" is there for being looked up as a word: PostgreSQL would stem "leas" once more.
SYNONYMS = (
    {
        lexeme: frozenset(line.split())
        for line in """
        anim cat dog pet puppi
        babi child children infant kid toddler дет детск детьм ребенк ребенок เด็ก
        condo condominium apart flat
        chanot чанот โฉนด
        electr электричеств электроэнерг ไฟฟ้า
        differ отлича различа разниц разнич ต่างกัน
        freehold фрихолд
        home hous
        financ loan mortgag ипотек กู้ กู้เงิน สินเชื่อ
        rent rental
        clean убира уборк ทำความสะอาด
        guarante гарант гарантирова การันตี
        husband spous wife жен муж супруг เมีย ภรรยา สามี คู่สมรส
        inherit наследник наследств มรดก
        insur страхован страховк ประกันภัย
        internet wifi интернет вайфа อินเตอร์เน็ต อินเทอร์เน็ต เน็ต ไวไฟ
        island koh остров เกาะ
        invoic receipt квитанц чек ใบเสร็จ
        leas lease leasehold лизхолд
        mope motorbik motorcycl scooter байк мопед мотобайк скутер มอเตอร์ไซค์
        paid pay payment
        passport паспорт พาสปอร์ต หนังสือเดินทาง
        quota квот โควตา โควต้า
        refund reimburs
        storm шторм พายุ
        usufruct узуфрукт สิทธิเก็บกิน
        брон бронирован забронирова забронир
        вернут верн возврат возвраща деньг
        get доеха добер добира добра еха
        депоз залог
        животн кот кошк питомц собак щенк щенок
        заезд заеха засел заселен
        иностран иностранец иностранц
        квартир кондо кондоминиум
        куп купл покупа покупк
        кур курен
        аренд арендова снима снят
        заплат оплат оплач плат
        ран раньш пораньш
        стоимост цен
        уеха уезжа уед
        отм отмен отменя
        จ่าย ชำระ ชำระเงิน
        เงินประกัน เงินมัดจำ มัดจำ
        คนต่างชาติ ชาวต่างชาติ ต่างชาติ
        ทนาย ทนายความ
        ธนาคาร แบงค์
        สุนัข หมา
    """.strip().splitlines()
        for lexeme in line.split()
    }
    | {lexeme: place for place in PLACES for lexeme in place}
    | {
        # Words that others stand for as well, but not the other way round: who reserves also books,
        # but a house's book is no reservation.
        line.split()[0]: frozenset(line.split())
        for line in """
        airbnb let
        bike motorbik
        solicitor lawyer
        yield roi
        swimmabl swim
        min minimum
        pickup transfer
        sqm metr
        reserv book
        cannabi smoke
        discount low
        marijuana cannabi smoke
        weed cannabi smoke
        вечер поздн
        каннабис кур курен
        марихуа каннабис кур курен
        полноч поздн
        политик правил услов
        прибыва заезд
        прибыт заезд
        нерезидент иностран иностранец иностранц
        приед заезд
        приезжа заезд
        приеха заезд
        сто стоимост цен
        сумк багаж
        чемода багаж
        чемодан багаж
        กลางคืน late
        กัญชา สูบบุหรี่
        ค่าน้ำค่าไฟ ค่าน้ำ ไฟ
        ดึก late
        เงิน คืนเงิน รับเงิน
        บ่าย โมง
        เดือน รายเดือน
        ได้เงิน รับเงิน คืนเงิน
        ตอนกลางคืน late
        ตอนดึก late
        เที่ยงคืน late
        ภาษีที่ดิน ภาษี
        เสียภาษี ภาษี
        มาถึง เช็กอิน checkin
        ยาว ระยะยาว
        ห้อง ที่พัก บ้าน
        เช็กอิน checkin
        อิน เช็กอิน checkin
        เอาต์ เช็กเอาต์
        เอาท์ เช็กเอาต์
    """.strip().splitlines()
    }
)

# Words that are written in two parts as well: as one alone, or with it, where a part has a meaning
# of its own ("checking out").
WRITTEN_APART = {("wi", "fi"): "wifi", ("e", "mail"): "email"}
ALSO_TOGETHER = {("check", "in"): "checkin", ("check", "out"): "checkout"}

ACCENTS = re.compile("[\u0300-\u036f]")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Letters that Unicode does not decompose, and characters that are not what they look like.
FOLDED = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "‘": "'",
        "\u00ad": None,  # soft hyphen
        "\u200b": " ",  # zero-width space, which Thai text uses between words
        "\u200c": None,
        "\u200d": None,
        "\ufeff": None,
        # direction marks and word joiners
        **dict.fromkeys(map(chr, (0x200E, 0x200F, *range(0x202A, 0x202F))), None),
        **dict.fromkeys(map(chr, (*range(0x2060, 0x2065), *range(0x2066, 0x206A))), None),
        "\x00": " ",
        **{chr(0x0E50 + digit): str(digit) for digit in range(10)},
    }
)
# Seen by nobody, though Unicode counts them as letters, marks or symbols: grapheme joiner, fillers,
# blank braille, variation selectors.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE10))
)
# Control and format characters (zero-width spaces and joiners, byte order mark), separators.
BLANK_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# SARA AM falls apart under NFKD, and people type its parts in either order.
SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
# A tone mark before the vowel that it stands over, and two SARA E for SARA AE, look no different.
TONE_BEFORE_VOWEL = re.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e37\u0e47])")


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing at all.

    Within a text the same characters have a meaning: Thai marks its words by zero-width spaces,
    and emoji of several people hold joiners.
    """
    return all(
        character in INVISIBLE or unicodedata.category(character) in BLANK_CATEGORIES
        for character in text
    )


def normalise(text: str) -> str:
    """Lower case, compatibility forms and accents folded, whitespace single.

    Thai keeps its vowel signs and tone marks, Russian its й (ё becomes е).
    """
    if text.isascii():
        return " ".join(text.replace("\x00", " ").lower().split())
    text = text.encode("utf-8", "ignore").decode()  # a lone surrogate cannot be stored
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKD", text).replace("и\u0306", "й")
    text = unicodedata.normalize("NFC", ACCENTS.sub("", text))
    text = SARA_AM.sub("\\1\u0e33", text.translate(FOLDED))
    text = TONE_BEFORE_VOWEL.sub("\\2\\1", text).replace("\u0e40\u0e40", "\u0e41")
    return " ".join(text.split())


def language_of(text: str) -> str:
    """ "th", "ru" or "en", by script; "en" also for scripts of no language of ours.

    A name ("Palm Grove Villa цена?") is of no language, nor are Latin words that make no English.
    """
    text = NAME.sub(lambda name: " " if ENGLISH.isdisjoint(capitalised(name[0])) else name[0], text)
    letters = [character for character in text if character.isalpha()]
    thai = sum("\u0e01" <= letter <= "\u0e4e" for letter in letters)
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in letters)
    share, language = max((thai, "th"), (cyrillic, "ru"))
    is_english = share < SCRIPT_SHARE * len(letters) and not ENGLISH.isdisjoint(words(text))
    return "en" if is_english or not share else language


def capitalised(text: str) -> list[str]:
    return [word.lower() for word in text.split() if word[0].isupper()]


def words(text: str) -> list[str]:
    """Words and numbers of a text, normalised. A Thai run, which has no spaces, is one word."""
    found = WORD.findall(THOUSANDS.sub("", normalise(text)))
    return joined([word if is_thai(word) else word[:WORD_MAX_LENGTH] for word in found])


def joined(words: list[str]) -> list[str]:
    """Those in two parts as one."""
    found: list[str] = []
    for word in words:
        pair = (found[-1], word) if found else None
        if pair in WRITTEN_APART:
            found[-1] = WRITTEN_APART[pair]
        elif pair in ALSO_TOGETHER:
            found += [word, ALSO_TOGETHER[pair]]
        else:
            found.append(word)
    return found


def is_thai(word: str) -> bool:
    return THAI_RUN.match(word) is not None


def thai_words(run: str) -> list[str]:
    """The words of a Thai run, which has no spaces; of what is no word of the dictionary, its
    overlapping character trigrams. Particles at the end are left out."""
    segment, dictionary = thai_segmenter()
    found: list[str] = []
    for word in segment(THAI_PARTICLES.sub("", run)):
        found.extend([word] if word in dictionary else thai_grams(word))
    return found


loading = Lock()


def thai_segmenter() -> tuple[Callable[[str], list[str]], Container[str]]:
    with loading:  # once, though several ask at once
        return load_segmenter()


@cache
def load_segmenter() -> tuple[Callable[[str], list[str]], Container[str]]:
    """PyThaiNLP's maximal matching, and its dictionary, which takes up to a second and 80 MB to
    load: only where there is Thai, and in a web server before anybody asks."""
    # It would make a folder in the home directory, for downloads that are not needed here.
    os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")
    newmm = import_module("pythainlp.tokenize.newmm")
    return newmm.segment, newmm.word_dict_trie()


def is_thai_word(word: str) -> bool:
    """Whether the dictionary knows it."""
    return word in thai_segmenter()[1]


def thai_grams(run: str) -> list[str]:
    """Overlapping character trigrams of a run; a shorter run is its own only gram."""
    return [run[i : i + THAI_GRAM] for i in range(max(1, len(run) - THAI_GRAM + 1))]


def searchable(text: str, language: str) -> str:
    """Words separated by single spaces, those of Thai too: what a tsvector is made from.

    Punctuation is gone, so that PostgreSQL's parser finds words and never a path, host or sign.
    `language` is the text's own; a run of another script is segmented by its script all the same.
    """
    tokens: list[str] = []
    for word in words(text):
        tokens.extend(thai_words(word) if is_thai(word) else [word])
    return " ".join(tokens)
