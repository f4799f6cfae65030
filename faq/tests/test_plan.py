"""What is decided of a row, without a database."""

import time

import pytest

from core.files import RowError
from faq.duplicates import Questions
from faq.feeds.rows import Row
from faq.models import Category, Document
from faq.plan import Verdict, compared, plan

BOOKING = Category(slug="booking", name="Booking")


def stored(**fields):
    given = {
        "slug": "book",
        "category": BOOKING,
        "status": "draft",
        "question": "How?",
        "answer": "So.",
    }
    return {"book": Document(**given | fields)}


def row(**fields):
    return Row(**{"line": 1, "slug": "book", "question": "How?", "answer": "So."} | fields)


@pytest.mark.parametrize(
    ("given", "verdict", "changed"),
    [
        (row(), Verdict.UNCHANGED, ()),
        (row(category="booking", language="en", status="draft", position=0), Verdict.UNCHANGED, ()),
        (row(answer="Not so."), Verdict.CHANGED, ("answer",)),
        (row(question="Why?", position=2), Verdict.CHANGED, ("position", "question")),
        (row(category="paying", status="published"), Verdict.CHANGED, ("category", "status")),
        (row(slug="pay", category="paying"), Verdict.NEW, ()),
    ],
)
def test_verdicts(given, verdict, changed):
    planned = plan(given, stored())
    assert (planned.verdict, planned.changed) == (verdict, changed)


def test_line_ends_are_no_difference():
    there = stored(answer="One.\r\nTwo.\r\n", question="How \n so?")
    assert plan(row(answer="One.\nTwo.", question="How so?"), there).verdict == Verdict.UNCHANGED


@pytest.mark.parametrize(
    ("given", "field"),
    [(row(slug="new"), "category"), (row(status="published"), "status")],
)
def test_what_cannot_be_stored(given, field):
    with pytest.raises(RowError) as refused:
        plan(given, stored(status="archived"))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Can I bring my dog?", "can i bring a dog", True),
        ("How do I book a villa?", "How do I book a vila?", True),
        ("What is the cancellation policy?", "What is your cancellation policy?", True),
        ("จองวิลล่าอย่างไร", "จองวิลล่าได้อย่างไร", True),
        ("Как забронировать виллу?", "Как забронировать вилу?", True),
        ("How do I book a villa?", "How do I pay for a villa?", False),
        ("Is breakfast included?", "Is there parking?", False),
        ("🏝️", "???", True),
    ],
)
def test_what_is_alike(one, other, alike):
    questions = Questions([one, other])
    questions.add("one", one)
    assert (questions.nearest(other) is not None) is alike


def test_new_questions_are_compared_with_each_other():
    questions = {"en": Questions([])}
    first = compared(plan(row(slug="a", category="booking"), {}), questions)
    second = compared(plan(row(slug="b", category="booking"), {}), questions)
    assert (first.alike, second.alike, second.likeness) == ("", "a", 1.0)


def test_many_of_one_pattern_are_compared_in_bounded_time():
    texts = [f"Is the pool of villa number {number} heated?" for number in range(3000)]
    began, questions = time.monotonic(), Questions(texts)
    for text in texts:
        questions.nearest(text)
        questions.add(text, text)
    assert time.monotonic() - began < 30
    assert questions.nearest("Is the pool of villa number 77 heated?")
