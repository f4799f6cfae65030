from dataclasses import replace

import pytest
from django.conf import settings

from chat.offline import (
    NOTHING_FOUND,
    compose,
    person,
    said_before,
    small_talk_reply,
    unique,
)
from core.tools import Source, ToolResult


def source(id):
    return Source("faq", id, f"Title of {id}", f"/{id}")


def result(answer, confidence, whole=False, partly=False):
    return ToolResult("", answer, (source(answer),), confidence, whole=whole, partly=partly)


CASES = [
    ([("a", 0.9)], "a"),
    ([("a", 0.5), ("b", 0.9)], "b"),
    ([("a", 0.6), ("b", 0.9)], "b\n\na"),
    ([("a", 0.9), ("b", 0.9), ("c", 0.1)], "a\n\nb"),
    ([("a", 0.0)], "a"),
    ([("a", 0.5, True), ("b", 0.9)], "a"),  # it took in all that was said
    ([("a", 0.9, False, True), ("b", 0.1)], "a\n\nb"),  # of some of the words it knows nothing
    ([("a", 0.1, False, True), ("b", 0.9)], "b"),
]


@pytest.mark.parametrize(("results", "expected"), CASES)
def test_the_surest_come_first_and_the_unsure_not_at_all(results, expected):
    text, sources = compose([result(*given) for given in results], "en")
    assert text == expected
    assert [item.id for item in sources] == expected.split("\n\n")


def test_that_there_is_none_is_an_answer_and_a_question_back_none():
    none = ToolResult("", "There is no such house.", confidence=0.6, found=False)
    asked = ToolResult("", suggestion="Perhaps you mean “Pets”", confidence=0.5, found=False)
    assert compose([none, asked], "en") == ("There is no such house.", ())
    text, sources = compose([asked], "en")
    assert text.startswith(NOTHING_FOUND["en"]) and text.endswith(asked.suggestion)
    assert sources == ()


def test_what_one_tool_leaves_to_the_others_is_told_or_said_to_be_unanswered():
    wish = ToolResult("", "Villas.", (source("v"),), 0.8, left=("what is the policy?",))
    for sure, told in ((1.0, "Full refund.\n\nVillas."), (0.7, "Villas.\n\nFull refund.")):
        assert compose([result("Full refund.", sure), wish], "en")[0] == told
    nothing, _ = compose([wish], "en")
    assert nothing == "Villas.\n\nAbout this I could not find anything: “what is the policy?”"
    assert "ничего не нашлось: «what" in compose([wish], "ru")[0]


@pytest.mark.parametrize(
    ("left", "by_another", "told"),
    [
        (("Where?", "When?"), ("When?",), ["About this I could not find anything: “When?”"]),
        (("Where?", "When?"), (), []),
        (("Where?",), ("When?",), []),
    ],
)
def test_what_every_tool_leaves_is_unanswered(left, by_another, told):
    results = [
        replace(result("Villas.", 0.8), left=left),
        replace(result("No.", 0.7), left=by_another),
    ]
    assert compose(results, "en")[0].split("\n\n") == ["Villas.", "No.", *told]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("What is your phone number?", "write to the team"),
        ("Can I speak to a person?", "write to the team"),
        ("are you a bot?", "a program and not a person"),
        ("what is a phone?", "could not find anything: “what is a phone?”"),
    ],
)
def test_what_is_left_may_be_asked_of_the_assistant_itself(asked, told):
    said, _ = compose([replace(result("Villas.", 0.8), left=(asked,))], "en")
    assert told in said and (("could not find" in said) == ("could not find" in told))


@pytest.mark.parametrize("language", settings.PRODUCT.languages)
def test_finding_nothing_is_said_in_the_visitors_language(language):
    text, sources = compose([], language)
    assert text.startswith(NOTHING_FOUND[language]) and sources == ()
    assert text.endswith((f"{settings.CHAT.topics[language]}.", settings.CHAT.topics[language]))


@pytest.mark.parametrize(
    ("topics", "text", "language", "told"),
    [
        ({"en": "homes"}, "привет", "ru", "Hello! I am the assistant of"),
        ({"en": "homes"}, "สวัสดีค่ะ", "th", "Hello! I am the assistant of"),
        ({"en": "homes"}, "555", "en", "Glad to hear it"),
        ({"en": "homes"}, "Можно с вами связаться?", "ru", "I am a program"),
        ({"en": "homes", "ru": "дома"}, "привет", "ru", "Здравствуйте! Это ассистент"),
        ({"en": "homes", "ru": "дома"}, "Можно с вами связаться?", "ru", "Я программа"),
        ({"en": "homes"}, "Какие виллы есть?", "ru", None),
        ({}, "привет", "ru", None),
        ({}, "hello", "en", None),
    ],
)
def test_who_greets_in_a_language_that_is_not_the_products_is_greeted(
    settings, topics, text, language, told
):
    settings.PRODUCT = replace(settings.PRODUCT, languages=tuple(topics) or ("en",))
    settings.CHAT = replace(settings.CHAT, topics=topics)
    said = small_talk_reply(text, language) or person(text, language)
    assert said.startswith(told) if told else said is None


def test_another_language_is_answered_in_english():
    assert compose([], "de")[0].startswith(NOTHING_FOUND["en"])


def test_a_thing_is_named_once():
    assert unique([source("a"), source("b"), source("a")]) == (source("a"), source("b"))


def test_what_a_visitor_said_before_is_their_own_and_no_small_talk():
    history = [("user", "villas"), ("assistant", "Two."), ("user", "ขอบคุณ"), ("user", "cheaper")]
    assert said_before(history) == ("villas", "cheaper")
