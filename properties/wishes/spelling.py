"""Kinds and names of places with a mistake in them: "апартоменты", "วิลา", "chaing mai",
"koh phangn", "на Пхукетте", "ภูเกต"."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.search.expressions import expression
from core.search.spelling import distance, misspelt
from core.search.text import THAI_RUN, is_thai, normalise
from properties.market import Market
from properties.wishes import gazetteer
from properties.wishes.talk import THAI_FILLERS, WORDS_MAX, telling_words
from properties.words import THAI_ENDS

# A shorter kind is one mistake away from other words: a horse is no house, "вилка" no "вилла".
KIND_MIN = 7
# Kinds that are long enough, and how they end: in Russian the beginning is known.
KINDS = (
    "apartment", "bungalow", "condominium", "cottage", "penthouse", "townhouse", "апартамент",
    "бунгало", "квартир", "кондоминиум", "коттедж", "пентхаус", "таунхаус",
)  # fmt: skip
KIND_ENDS = ("", "s", "es", *"аеиоуы", "ой", "ою", "ом", "ем", "ов", "ей", "ам", "ами", "ах")
LONG_WORD = re.compile(rf"(?<![\w-])[a-zа-я]{{{KIND_MIN - 1},}}(?![\w-])")
# Loanwords, of which Thais write the tones, the silent letters and the length of vowels as they
# like; with all of them, and as they are written here.
THAI_KINDS = {
    "วิลล่า": "วิลล่า", "คอนโดมิเนียม": "คอนโดมิเนียม", "อพาร์ทเมนท์": "อพาร์ทเมนท์",
    "อะพาร์ตเมนต์": "อพาร์ตเมนต์", "บังกะโลว์": "บังกะโล", "ทาวน์เฮาส์": "ทาวน์เฮาส์",
    "ทาวน์โฮม": "ทาวน์โฮม", "สตูดิโอ": "สตูดิโอ", "เพนต์เฮาส์": "เพนต์เฮาส์",
}  # fmt: skip
# Tin, grace and names, which begin as a villa with one letter too few.
NO_THAI_KIND = "(?!(?:[ดปศส]|สินี|วัณย์|วัลย์)(?![ก-๎]))"
THAI_MARKS = "[็-์]"
THAI_ALIKE = {letter: f"[{letters}]" for letters in ("ิี", "ุู", "ะา", "ทต") for letter in letters}
# One mistake away from a shorter name is as likely another place: Samut is not Samui.
LETTERS_MIN = 6
# Of a Russian name that is known by its beginning.
ENDINGS = ("", "а", "е", "и", "й", "у", "ю", "я", "ей", "ом")
AROUND = expression(rf"^(?:{THAI_FILLERS.pattern})+|(?:{THAI_FILLERS.pattern})+$")


def with_kinds_respelled(said: str) -> str:
    """Normalised text with the kinds in it as they are written."""
    for kind, loose in thai_kinds():
        said = loose.sub(kind, said)
    return LONG_WORD.sub(lambda word: kind_respelled(word[0]), said)


@lru_cache(maxsize=10_000)
def kind_respelled(word: str) -> str:
    """With its own ending; the same word where it may be none."""
    for kind in KINDS:
        if kind[0] != word[0] or word.startswith(kind):
            continue
        for length in range(len(kind) - 2, len(kind) + 3):
            end = word[length:]
            if end in KIND_ENDS and misspelt(word[:length], kind):
                return kind + end
    return word


@lru_cache(maxsize=1)
def thai_kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, expression(loosely(normalise(said)) + THAI_ENDS + NO_THAI_KIND))
        for said, kind in THAI_KINDS.items()
    )


def loosely(word: str) -> str:
    """Regular expression for a Thai word with other tones or none, with other silent letters or
    none, with long vowels for short ones within it, and single letters for double ones."""
    letters = re.findall("[ก-๎]์?", re.sub("[็-๋]", "", word))
    parts: list[str] = []
    for place, letter in enumerate(letters):
        last = place == len(letters) - 1
        alike = letter[0] if last else THAI_ALIKE.get(letter[0], letter[0])
        if letter.endswith("์"):
            parts.append(f"(?:[ก-ฮ]์|{alike}{'(?![ก-๎])' if last else ''})?")
        else:
            double = place and letters[place - 1] == letter
            parts.append(f"{alike}{'?' if double else ''}{THAI_MARKS}?")
    return "".join(parts)


def respelled(text: str, rest: str, market: Market) -> Iterator[str]:
    """The text with a word of the `rest`, which no filter took, as it is in the name of a place;
    whether it is all of the name, who reads it again will see."""
    said = normalise(text)
    for word in [*telling_words(rest), *thai_left_alone(rest)][:WORDS_MAX]:
        for known in words_of_places(market).get(word[0], ()):
            place = is_alike(word, known) and re.search(
                rf"(?<![a-zа-я\d]){re.escape(word)}(?![a-zа-я\d])", said
            )
            if place:
                yield f"{said[: place.start()]}{known}{said[place.end() :]}"


def is_alike(word: str, known: str) -> bool:
    """Thai has short names of many marks, in which one alone may be wrong."""
    if is_thai(word) and is_thai(known):
        return abs(len(word) - len(known)) <= 1 and distance(word, known) <= 1
    return misspelt(word, known)


def thai_left_alone(rest: str) -> Iterator[str]:
    """What stands between known words, without the talk around it."""
    for run in THAI_RUN.findall(rest):
        if word := AROUND.sub("", run):
            yield word


@lru_cache(maxsize=4)
def words_of_places(market: Market) -> dict[str, tuple[str, ...]]:
    """By their first letters, for few have to be compared."""
    words: dict[str, set[str]] = {}
    for place in market.places:
        for name in map(normalise, (place.city, place.district)):
            for word in [*name.split(), *forms(gazetteer.SPELLINGS.get(name, ()))]:
                if len(word) >= LETTERS_MIN:
                    words.setdefault(word[0], set()).add(word)
    return {letter: tuple(sorted(found)) for letter, found in words.items()}


def forms(spellings: Iterable[str]) -> Iterator[str]:
    """Of a name in other letters, with its endings."""
    for word in " ".join(map(normalise, spellings)).split():
        if word.isascii():
            continue
        yield from (word.replace("*", ending) for ending in (ENDINGS if "*" in word else ("",)))
