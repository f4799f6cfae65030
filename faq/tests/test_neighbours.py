"""What is stored near a new question, by the index of searches."""

import pytest

from faq.neighbours import COMPARED, near, near_new

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local")]


@pytest.mark.parametrize(
    ("stored", "asked", "language"),
    [
        ("Can I bring a dog?", "Can I bring my dog?", "en"),
        ("How do I book a vila?", "How do I book a villa?", "en"),
        ("Is the cancellation of a villa free of charge?", "Is canceling a villa free?", "en"),
        ("จองวิลล่าอย่างไร", "จองวิลล่าได้อย่างไร", "th"),
        ("Как забронировать вилу?", "Как забронировать виллу?", "ru"),
    ],
)
@pytest.mark.parametrize("status", ["published", "draft", "archived"])
def test_most_of_the_words_are_enough(make, stored, asked, language, status):
    make(stored, slug="there", language=language, status=status)
    make("Where is the beach?", slug="beach", language=language)
    assert ("there", stored) in near(asked, language)
    assert near(asked, "ru" if language == "en" else "en") == []


@pytest.mark.parametrize("question", ["", "???", "🏝️", "How do I do it?", "é" * 500, "x' & 'y | !"])
def test_any_question_may_be_asked(make, question):
    make("Can I bring a dog?")
    assert near(question, "en") == []


def test_of_many_as_near_no_more_are_looked_at_than_can_be_compared(make, monkeypatch):
    monkeypatch.setattr("faq.neighbours.COMPARED", 3)
    for number in range(5):
        make(f"Is the pool of villa number {number} heated?")
    assert len(near("Is the pool of villa number 77 heated?", "en")) == 3
    assert COMPARED > 3


def test_what_is_stored_by_its_slug_is_looked_up_no_further(make, django_assert_num_queries):
    make("Can I bring a dog?", slug="dogs")
    with django_assert_num_queries(1):
        assert near_new([("dogs", "Can I bring a cat?", "en")]) == {}
    with django_assert_num_queries(3):
        found = near_new([("dogs", "Dogs?", "en"), ("pets", "Can I bring my dog?", "en")])
    assert found == {"pets": [("dogs", "Can I bring a dog?")] * 3}
