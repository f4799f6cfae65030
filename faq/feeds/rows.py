"""One FAQ as a file tells of it, and what may be wrong with it."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from core.files import Rejection, RowError, UnreadableFile, what_is_unstorable
from core.search.text import is_blank, language_of, normalise
from faq.models import (
    ALTERNATE_MAX_LENGTH,
    ALTERNATES_MAX,
    Category,
    Document,
    Language,
    Status,
    tidy_alternates,
)

NAMES = (
    "slug", "category", "category_name", "category_position", "language", "status", "position",
    "question", "answer", "alternate_questions",
)  # fmt: skip
SLUG = re.compile(r"[-a-zA-Z0-9_]+", re.ASCII)
POSITION_MAX = 32_767
KEY_SHOWN = 120
LONGEST = {"question": 500, "answer": 20_000}


@dataclass(frozen=True)
class Row:
    """What is None is not said by the file: it stays as it is, or is a new FAQ's default."""

    line: int
    slug: str
    question: str
    answer: str | None
    category: str | None = None  # its slug; the name and position are used where it is new
    category_name: str | None = None
    category_position: int | None = None
    language: str | None = None
    status: str | None = None
    position: int | None = None
    alternate_questions: list[str] | None = None

    @property
    def spoken(self) -> str:
        """Its language, else the one that its letters are of."""
        return self.language or language_of(self.question)


def more_than(most: int, name: str) -> UnreadableFile:
    return UnreadableFile(f"{name} has more than {most} rows: divide it.")


Given = Mapping[str, Any]


def rows_of(given: Iterator[tuple[int, Given | RowError]]) -> Iterator[Row | Rejection]:
    """Line numbers and what stands there, made into rows or the reasons why not."""
    for line, values in given:
        try:
            if isinstance(values, RowError):
                raise values
            yield row_of(line, values)
        except RowError as error:
            key = values.get("slug") if isinstance(values, Mapping) else ""
            yield Rejection(line, shown(key or ""), shown(error.field), error.reason)


def shown(value: Any) -> str:
    """Whatever a file says, short, and as a page can say it."""
    return str(value)[:KEY_SHOWN].encode("utf-8", "replace").decode()


def row_of(line: int, given: Given) -> Row:
    """Raises RowError for the first thing wrong. An empty value is one that is not said."""
    if unknown := sorted(set(given) - set(NAMES)):
        raise RowError(str(unknown[0]), "is not known")
    question = " ".join(text(given, "question").split())
    status = optional(given, "status", one_of(Status.values))
    # Only what is said to be no FAQ for visitors may have none yet.
    answerless = status in (Status.DRAFT, Status.ARCHIVED)
    answer = optional(given, "answer", text_of) if answerless else text(given, "answer")
    return Row(
        line=line,
        slug=optional(given, "slug", slug_in(Document)) or slug_for(question, Document),
        question=question,
        answer=answer,
        category=optional(given, "category", slug_in(Category)),
        category_name=optional(given, "category_name", category_name),
        category_position=optional(given, "category_position", position),
        language=optional(given, "language", one_of(Language.values)),
        status=status,
        position=optional(given, "position", position),
        alternate_questions=optional(given, "alternate_questions", alternates),
    )


def text(given: Given, name: str) -> str:
    value = given.get(name)
    if value is None or value == "":
        raise RowError(name, "is missing")
    return text_of(name, value)


def text_of(name: str, value: Any) -> str:
    value = storable(name, value)
    if is_blank(value):
        raise RowError(name, "is empty")
    if len(value) > LONGEST[name]:
        raise RowError(name, f"is longer than {LONGEST[name]} characters")
    return value


def alternates(name: str, value: Any) -> list[str] | None:
    """Of a list, or of the lines of a text. A text that holds none says nothing of them; an empty
    list says that there are none."""
    texts = value.splitlines() if isinstance(value, str) else value
    if not isinstance(texts, list):
        raise RowError(name, "is not a list of texts")
    found = tidy_alternates([storable(name, text) for text in texts])
    if not found and isinstance(value, str):
        return None
    if len(found) > ALTERNATES_MAX:
        raise RowError(name, f"has more than {ALTERNATES_MAX} of them")
    if any(len(text) > ALTERNATE_MAX_LENGTH for text in found):
        raise RowError(name, f"has one that is longer than {ALTERNATE_MAX_LENGTH} characters")
    return found


def storable(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise RowError(name, "is not a text")
    if reason := what_is_unstorable(value):
        raise RowError(name, reason)
    return "\n".join(re.split(r"\r\n?|\n", value)).strip()


def optional(given: Given, name: str, read: Callable[[str, Any], Any]) -> Any:
    value = given.get(name)
    return None if value is None or value == "" else read(name, value)


def slug_in(model: type[Document] | type[Category]) -> Callable[[str, Any], str]:
    longest = model._meta.get_field("slug").max_length or 0

    def read(name: str, value: Any) -> str:
        slug = storable(name, value)
        if not SLUG.fullmatch(slug):
            raise RowError(name, "holds other than letters, digits, hyphens and underscores")
        if len(slug) > longest:
            raise RowError(name, f"is longer than {longest} characters")
        return slug

    return read


def category_name(name: str, value: Any) -> str:
    found = " ".join(storable(name, value).split())
    if len(found) > 120:
        raise RowError(name, "is longer than 120 characters")
    return found


def one_of(choices: list[str]) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        chosen = storable(name, value).lower()
        if chosen not in choices:
            raise RowError(name, f"is none of {', '.join(choices)}")
        return chosen

    return read


def position(name: str, value: Any) -> int:
    digits = str(value).strip()
    whole = not isinstance(value, bool) and re.fullmatch("[0-9]{1,5}", digits, re.ASCII)
    if not whole or int(digits) > POSITION_MAX:
        raise RowError(name, f"is not a whole number from 0 to {POSITION_MAX}")
    return int(digits)


def slug_for(name: str, model: type[Document] | type[Category]) -> str:
    """Of its Latin letters; of a text that has too few for it, a digest: always the same one."""
    longest = model._meta.get_field("slug").max_length or 0
    slug = slugify(name)[:longest].strip("-")
    latin = sum(character.isascii() for character in name if character.isalpha())
    if slug and 2 * latin > sum(character.isalpha() for character in name):
        return slug
    digest = hashlib.blake2b(normalise(name).encode(), digest_size=5).hexdigest()
    return f"faq-{digest}"
