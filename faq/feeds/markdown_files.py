"""FAQs as Markdown (CommonMark): `# Category`, below it `## Question?`, and the answer below that,
which is kept as it is written. A comment right after a heading may say more:

    # Booking a home
    <!-- slug: booking; position: 1 -->

    ## How do I book a villa?
    <!-- slug: how-to-book; language: en; status: published; position: 0 -->
    <!-- also asked: How do I make a reservation? -->

    Choose the villa, send your **dates** ...

An answer that would read as headings, or that opens what it does not close, is written as a block
quote, and its comment says `quoted: yes`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.files import Rejection, RowError, UnreadableFile
from faq.feeds.rows import Row, rows_of, slug_for
from faq.models import Category, Document

# Only what lies on the outermost level matters here. `Title` with a line under it is none of the
# headings, because `---` under a paragraph is meant as a rule more often. Quotes are left as
# paragraphs, which hide no heading either: some nested ones take their length squared.
PARSER = MarkdownIt("commonmark").disable(["lheading", "inline", "blockquote"])
# Lines of an FAQ, one with another: parsed, each takes up to a kilobyte, however short it is.
LINES_PER_FAQ = 20
COMMENT = re.compile(r" {0,3}<!--(?! also asked:)(.*)-->\s*")
ALSO_ASKED = re.compile(r" {0,3}<!-- also asked: (.*) -->\s*")
PAIR = re.compile(r"\s*([a-z]+)\s*:([^;]*)(?:;|$)")
OF_CATEGORY = {"slug", "position"}
OF_DOCUMENT = {"slug", "language", "status", "position", "quoted"}
LINE_END = re.compile(r"\r\n?|\n")
# What may open something that swallows the next heading, or be a heading itself.
SUSPICIOUS = re.compile(r"^ {0,3}(#{1,2}([ \t]|$)|```|~~~|<)", re.MULTILINE)


@dataclass
class Section:
    """A heading and what stands below it, up to the next one of level 1 or 2. Lines from 1."""

    level: int
    title: str
    line: int
    body: list[str] = field(default_factory=list)


def read(name: str, text: str, most: int) -> Iterator[Row | Rejection]:
    longest = LINES_PER_FAQ * most
    if sum(1 for _ in LINE_END.finditer(text)) > longest:
        raise UnreadableFile(f"{name} has more than {longest} lines: divide it.")
    return rows_of(documents_of(sections(text)))


def sections(text: str) -> Iterator[Section]:
    """The first one has level 0: what stands above all headings."""
    lines = LINE_END.split(text)
    section, start = Section(0, "", 1), 0
    for title, token in headings(PARSER.parse("\n".join(lines))):
        begin, end = token.map or (0, 0)
        section.body = lines[start:begin]
        yield section
        section, start = Section(int(token.tag[1]), title, begin + 1), end
    section.body = lines[start:]
    yield section


def headings(tokens: list[Token]) -> Iterator[tuple[str, Token]]:
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2"):
            yield inline.content, token


def documents_of(found: Iterable[Section]) -> Iterator[tuple[int, dict[str, Any] | RowError]]:
    category: dict[str, Any] = {}
    for section in found:
        try:
            said, body = metadata(section, OF_DOCUMENT if section.level == 2 else OF_CATEGORY)
            if section.level == 2:
                yield section.line, document_of(section, said, body) | category
                continue
            if section.level == 1:
                category = category_of(section, said)
            if body:
                raise RowError("", "is text that belongs to no question (a line with ##)")
        except RowError as error:
            yield section.line, error


def document_of(section: Section, said: dict[str, Any], body: str) -> dict[str, Any]:
    alternates, body = also_asked(body)
    if said.pop("quoted", "no") == "yes":
        body = "\n".join(line.removeprefix(">").removeprefix(" ") for line in body.split("\n"))
    given = {**said, "question": section.title, "answer": body}
    return given | {"alternate_questions": alternates} if alternates else given


def also_asked(body: str) -> tuple[list[str], str]:
    """The other ways to ask it that are told above an answer, and the answer."""
    lines = body.split("\n")
    told = list(takewhile(bool, map(ALSO_ASKED.fullmatch, lines)))
    return [also[1] for also in told if also], "\n".join(lines[len(told) :]).strip("\n")


def category_of(section: Section, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "category": said.get("slug") or slug_for(section.title, Category),
        "category_name": section.title,
        "category_position": said.get("position"),
    }


def metadata(section: Section, known: set[str]) -> tuple[dict[str, Any], str]:
    """What the comment below a heading says, and the rest. Raises RowError."""
    comment = section.level and section.body and COMMENT.fullmatch(section.body[0])
    if not comment:
        return {}, "\n".join(section.body).strip("\n")
    said, end, pairs = {}, 0, comment[1].rstrip()
    while end < len(pairs):
        pair = PAIR.match(pairs, end)
        if pair is None:
            raise RowError("", "has a comment that is not made of `name: value;`")
        if pair[1] not in known:
            raise RowError(pair[1], "is not known")
        said[pair[1]], end = pair[2].strip(), pair.end()
    return said, "\n".join(section.body[1:]).strip("\n")


def write(documents: Iterable[Document]) -> Iterator[str]:
    before = None
    for document in documents:
        category = document.category
        if category.pk != before:
            before = category.pk
            yield (
                f"# {title(category.name)}\n"
                f"<!-- slug: {category.slug}; position: {category.position} -->\n\n"
            )
        answer = "\n".join(LINE_END.split(document.answer.strip()))
        plain = entry(document, answer)
        if SUSPICIOUS.search(answer) and not is_read_as(plain, answer):
            yield entry(document, "> " + answer.replace("\n", "\n> "), "; quoted: yes")
        else:
            yield plain


def entry(document: Document, body: str, more: str = "") -> str:
    also = "".join(f"<!-- also asked: {text} -->\n" for text in document.alternate_questions)
    return (
        f"## {title(document.question)}\n"
        f"<!-- slug: {document.slug}; language: {document.language}; status: {document.status}; "
        f"position: {document.position}{more} -->\n{also}\n{body}\n\n"
    )


def title(text: str) -> str:
    """On one line; a # at the end would be taken for the heading's own."""
    line = " ".join(text.split())
    return f"{line} ##" if line.endswith("#") else line


def is_read_as(written: str, answer: str) -> bool:
    _, *found = sections(f"{written}## Next\n")
    return len(found) == 2 and also_asked(metadata(found[0], OF_DOCUMENT)[1])[1] == answer
