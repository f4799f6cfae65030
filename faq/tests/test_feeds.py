"""Reading and writing of files, without a database."""

import json
from random import Random

import pytest

from core.files import Rejection, UnreadableFile, armed, disarmed
from faq.feeds import FORMATS, format_of
from faq.feeds.rows import Row, slug_for
from faq.models import Category, Document
from faq.plan import changes

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]

BOOKING = Category(slug="booking", name="Booking a home", position=1)


def document(answer, question="How do I book?", **fields):
    given = {"slug": "book", "category": BOOKING, "language": "en", "status": "published"}
    return Document(question=question, answer=answer, **given | {"position": 3} | fields)


def read(format, text, most=500):
    return list(FORMATS[format].read("a file", text, most))


def written(format, *documents):
    return "".join(FORMATS[format].write(documents)).removeprefix("\ufeff")


MANY = [str(number) for number in range(31)]
ODD_ANSWERS = [
    "Send your dates.",
    "First.\n\nSecond **bold**.",
    "First.\r\nSecond.",
    "# A heading\n\ntext",
    "text\n## Another?\nmore",
    "Title\n===\nmore\n---\n",
    "```\n# never closed",
    "```\n# closed\n```",
    "~~~",
    "<div>\n\n<!-- never closed",
    "<!-- slug: other -->",
    "<script>",
    "> quoted: yes",
    "> a\n> # b",
    "    # code",
    "- item\n  ## below an item",
    "\\# escaped",
    "=1+1",
    "'=1+1",
    "''-",
    "'quoted'",
    '"quotes", commas; and\ttabs',
    "ส่งวันที่\u200bของคุณ",
    "a\u2028b\x0bc\x85d",
    "x\n\n\n\ny",
    "trailing spaces  \nand a break",
    "- a\n- b\n\n1. c",
    "[link]: http://example.com 'open",
    "🏝️",
]
ODD_QUESTIONS = [
    "C #",
    "Is #1 best?",
    "How\nso?",
    "=cmd|' /C calc'!A0",
    "a  b",
    "Что: это; нет?",
    "`x",
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "odd",
    [document(answer) for answer in ODD_ANSWERS]
    + [document("Yes.", question) for question in ODD_QUESTIONS],
    ids=ascii,
)
def test_what_is_written_is_read_again(format, odd):
    after = document("After.", "And then?", slug="then")
    first, second = read(format, written(format, odd, after))
    assert isinstance(first, Row), first
    assert changes(first, odd) == ()
    assert (first.slug, first.category, first.position) == ("book", "booking", 3)
    assert (first.category_name, first.category_position) == ("Booking a home", 1)
    assert (second.slug, second.answer, second.status) == ("then", "After.", "published")


def test_an_answer_in_plain_markdown_is_written_as_it_is():
    text = written("markdown", document("Send your **dates**:\n\n- one\n- two"))
    assert text == (
        "# Booking a home\n<!-- slug: booking; position: 1 -->\n\n"
        "## How do I book?\n"
        "<!-- slug: book; language: en; status: published; position: 3 -->\n\n"
        "Send your **dates**:\n\n- one\n- two\n\n"
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "others",
    [
        ["How do I reserve?"],
        ["=1+1", "a --> b", "c; d: e", "# f", "จองยังไง", "<!-- also asked: g -->"],
    ],
    ids=len,
)
def test_other_ways_to_ask_are_written_and_read_again(format, others):
    for answer in ("Send your dates.", "<!-- also asked: none -->\nSend.", "# Heading"):
        given = document(answer, alternate_questions=others)
        (row,) = read(format, written(format, given))
        assert (row.alternate_questions, row.answer) == (others, answer)


def test_other_ways_to_ask_are_a_list_or_lines():
    lines = 'question,answer,alternate_questions\na,b,"c\n\n C \nd"\ne,f,\n'
    first, second, third = read("csv", lines + 'g,h," \n\u200b"\n')
    assert first.alternate_questions == ["c", "d"]
    assert second.alternate_questions is third.alternate_questions is None
    (none,) = read("json", '[{"question": "a", "answer": "b", "alternate_questions": []}]')
    assert none.alternate_questions == []


def test_markdown_needs_no_comments():
    first, second, third = read(
        "markdown",
        "# Booking\n\n## How do I book?\nCall us.\n\n### Smaller\n\n"
        "## จองอย่างไร\nโทร\n# B\n## C?\nD",
    )
    assert first == Row(
        3, "how-do-i-book", "How do I book?", "Call us.\n\n### Smaller", "booking", "Booking"
    )
    assert (second.line, second.spoken, second.slug[:4]) == (8, "th", "faq-")
    assert (third.category, third.line) == ("b", 11)


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        ("markdown", "Hello.\n\n# A\n## B?\nC", (1, "", "is text that belongs to no question")),
        ("markdown", "# A\nHello.\n## B?\nC", (1, "", "is text that belongs to no question")),
        ("markdown", "# A\n## B?\n\n## C?\nD", (2, "answer", "is missing")),
        ("markdown", "# A\n## B?\n<!-- colour: red -->\nC", (2, "colour", "is not known")),
        ("markdown", "# A\n## B?\n<!-- what is this -->\nC", (2, "", "has a comment that is not")),
        ("markdown", "# A\n## B?\n<!-- status: live -->\nC", (2, "status", "is none of draft")),
        (
            "json",
            '[{"question": "a", "answer": "b", "alternate_questions": 1}]',
            (1, "alternate_questions", "is not a list of texts"),
        ),
        (
            "json",
            '[{"question": "a", "answer": "b", "alternate_questions": ["c", 1]}]',
            (1, "alternate_questions", "is not a text"),
        ),
        (
            "csv",
            "question,answer,alternate_questions\na,b," + "c" * 201 + "\n",
            (2, "alternate_questions", "has one that is longer than 200 characters"),
        ),
        (
            "json",
            f'[{{"question": "a", "answer": "b", "alternate_questions": {json.dumps(MANY)}}}]',
            (1, "alternate_questions", "has more than 30 of them"),
        ),
        ("csv", "question,answer\na,b\nc\n", (3, "", "has 1 cells; the header has 2")),
        ("csv", 'question,answer\n"a\nb",\nc,d\n', (2, "answer", "is missing")),
        ("csv", "question,answer\n\u200b,b\n", (2, "question", "is empty")),
        ("csv", "question,answer\na\x00,b\n", (2, "question", "holds a null character")),
        ("csv", "question,answer\na\udce9,b\n", (2, "question", "is not UTF-8")),
        ("csv", "question,answer,slug\na,b,c d\n", (2, "slug", "holds other than letters")),
        ("csv", "question,answer,position\na,b,-1\n", (2, "position", "is not a whole number")),
        ("csv", "question,answer,position\na,b,32768\n", (2, "position", "is not a whole number")),
        ("csv", "question,answer,position\na,b,٣\n", (2, "position", "is not a whole number")),
        ("csv", f"question,answer\n{'a' * 501},b\n", (2, "question", "is longer than 500")),
        ("csv", f"question,answer\na,{'b' * 20001}\n", (2, "answer", "is longer than 20000")),
        ("csv", "question,answer,language\na,b,de\n", (2, "language", "is none of en, th, ru")),
        ("json", '[{"question": "a",\n"answer": 1}]', (1, "answer", "is not a text")),
        ("json", '[\n{"question": "a", "answer": "b", "sl": "c"}]', (2, "sl", "is not known")),
        ("json", '[\n\n"a"]', (3, "", "is not an object")),
        ("json", '[{"question": "a", "answer": "b", "position": true}]', (1, "position", "is not")),
        ("json", '[{"question": "a", "answer": "\\ud800"}]', (1, "answer", "is not UTF-8")),
        ("json", '[{"question": "a", "answer": "b", "slug": []}]', (1, "slug", "is not a text")),
    ],
)  # fmt: skip
def test_a_broken_row_says_where_and_what(format, text, expected):
    (rejection,) = [row for row in read(format, text) if isinstance(row, Rejection)]
    assert (rejection.row, rejection.field) == expected[:2]
    assert rejection.reason.startswith(expected[2])


@pytest.mark.parametrize(
    ("format", "text", "sentence"),
    [
        ("csv", "question\na\n", "lacks these columns: answer"),
        ("csv", "question,answer,colour\n", "has columns that are not known: colour"),
        ("csv", "question,answer,answer\n", "has a column twice"),
        ("json", "{", "is not JSON of FAQs: line 1"),
        ("json", '[{"question": "a"},\n]', "is not JSON of FAQs: line 2"),
        ("json", "[] []", "There is more after the end"),
        ("json", '{"faqs": []}', "Expecting `documents`"),
        ("json", '{"documents": {}}', "Expecting a list of documents"),
        ("json", "[" * 100_000, "nested too deeply"),
        ("json", f"[{'1' * 5000}]", "too many digits"),
        ("json", "1", "Expecting an object or a list"),
        ("json", '{"documents": [] "categories": []}', "Expecting ','"),
        ("json", "[" + "{}," * 500 + "{}]", "has more than 500 rows"),
        ("markdown", "## a\nb\n" * 5_001, "has more than 10000 lines"),
    ],
)
def test_a_file_that_is_none(format, text, sentence):
    with pytest.raises(UnreadableFile) as refused:
        read(format, text)
    assert str(refused.value).startswith("a file ") and sentence in str(refused.value)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("json", "[" + "{}," * 499 + "{}]"),
        ("markdown", "## a\nb\n" * 5_000),
    ],
)
def test_a_file_of_as_many_as_may_be(format, text):
    assert len(read(format, text)) in (500, 5_000)


def test_a_quote_hides_no_heading():
    text = "## A?\n> ```\n> ## no\n\n## B?\n> - c\nlazy\n## C?\n> # no\n"
    assert [row.question for row in read("markdown", text)] == ["A?", "B?", "C?"]


@pytest.mark.samples
def test_json_of_the_sample_data(settings):
    for row in read("json", (settings.SEED_DIR / "faqs.json").read_text()):
        assert isinstance(row, Row) and row.category_name
    assert read("json", '{"categories": [], "documents": []}') == read("json", "[ ]") == []


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"),
        ("A.JSON", "json"),
        ("a.md.gz", "markdown"),
        ("a.xlsx", None),
        ("csv", None),
    ],
)
def test_the_format_by_the_name(name, format):
    found = format_of(name)
    assert (found and found.name) == format


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\ta", "'=1", "''=1", "'a", "a=1", ""])
def test_a_formula_is_disarmed_and_comes_back(cell):
    assert not disarmed(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert armed(disarmed(cell)) == cell


def test_slugs_of_questions():
    assert slug_for("How do I book a villa?", Document) == "how-do-i-book-a-villa"
    thai, again = slug_for("จองวิลล่าอย่างไร", Document), slug_for("จองวิลล่าอย่างไร ", Document)
    assert thai == again != slug_for("จองวิลล่า", Document)
    assert len(slug_for("a" * 500, Document)) == 120
    assert slug_for("???", Document).startswith("faq-")


PIECES = [
    "# ", "## ", "#", "\n", "\n\n", "```", "~~~", "<!--", "-->", "<div>", "<script>", "> ", ">",
    "- ", "1. ", "    ", "\t", "a", "b c", "'", "=", "-", "---", "===", "\\", "`", "[x]: y", "|",
    "\r\n", "\r", "\u2028", "\x0b", "\x85", "  ", "ก", "<?", "<![CDATA[", '"', ",", ";", ":",
]  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
def test_whatever_is_written_is_read_again(format):
    chance = Random(5)
    for _ in range(500):
        answer = "".join(chance.choices(PIECES, k=chance.randrange(1, 14))).strip()
        odd, after = document(answer or "a"), document("After.", "Then?", slug="then")
        first, second = read(format, written(format, odd, after))
        assert isinstance(first, Row) and changes(first, odd) == (), answer
        assert (second.slug, second.answer) == ("then", "After."), answer
