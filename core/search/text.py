"""Text as the search engine sees it, the same at index time and at query time.

Accents and segmentation are done here, not by PostgreSQL: no extension but `vector` may be needed.
"""

import re
import unicodedata

LANGUAGES = ("en", "th", "ru")
TS_CONFIGS = {"en": "english", "ru": "russian", "th": "simple"}
# Consonants, vowel signs and tone marks; neither the baht sign nor digits.
THAI_RUN = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]+")
THAI_GRAM = 3
# Letters and digits of any script, with the marks that Thai writes over and under its consonants.
WORD = re.compile("[^\\W_\u0e01-\u0e3a\u0e40-\u0e4e]+|[\u0e01-\u0e3a\u0e40-\u0e4e]+")
# PostgreSQL indexes no lexeme over 2 KB, and nobody searches for a word this long.
WORD_MAX_LENGTH = 64
# Someone who writes this share of another script reads that language: brand names stay Latin.
SCRIPT_SHARE = 0.3

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
        "\x00": " ",
        **{chr(0x0E50 + digit): str(digit) for digit in range(10)},
    }
)
# SARA AM falls apart under NFKD, and people type its parts in either order.
SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")


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
    return " ".join(text.split())


def language_of(text: str) -> str:
    """ "th", "ru" or "en", by script; "en" also for scripts of no language of ours."""
    letters = [character for character in text if character.isalpha()]
    thai = sum("\u0e01" <= letter <= "\u0e4e" for letter in letters)
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in letters)
    share, language = max((thai, "th"), (cyrillic, "ru"))
    return language if share and share >= SCRIPT_SHARE * len(letters) else "en"


def words(text: str) -> list[str]:
    """Words and numbers of a text, normalised. A Thai run, which has no spaces, is one word."""
    found = WORD.findall(THOUSANDS.sub("", normalise(text)))
    return [word if THAI_RUN.match(word) else word[:WORD_MAX_LENGTH] for word in found]


def thai_grams(run: str) -> list[str]:
    """Overlapping character trigrams of a run; a shorter run is its own only gram."""
    return [run[i : i + THAI_GRAM] for i in range(max(1, len(run) - THAI_GRAM + 1))]


def searchable(text: str, language: str) -> str:
    """Words separated by single spaces, Thai runs as trigrams: what a tsvector is made from.

    Punctuation is gone, so that PostgreSQL's parser finds words and never a path, host or sign.
    `language` is the text's own; a run of another script is segmented by its script all the same.
    """
    tokens: list[str] = []
    for word in words(text):
        tokens.extend(thai_grams(word) if THAI_RUN.match(word) else [word])
    return " ".join(tokens)


def ts_config(language: str) -> str:
    """PostgreSQL's text search configuration for a document's language."""
    return TS_CONFIGS.get(language, "simple")
