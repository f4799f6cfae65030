"""What each product's assistant answers from its sample data with no model configured."""

from pathlib import Path

import pytest
from django.conf import settings as product_settings
from django.utils.text import slugify
from rest_framework.test import APIClient

from config.tests.visitors import (
    ANSWERED,
    HELD_OUT,
    ON_WISHES,
    SAID,
    TALKS,
    UNANSWERED,
    WISHED,
)
from faq.models import Category, Document, Status
from faq.seed import seed as seed_faqs
from properties.seed import seed as seed_listings

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.samples,
    pytest.mark.any_databases,
]
PRODUCT = product_settings.PRODUCT.id
IN_THEIR_WORDS = Path(__file__).parent / "asked" / f"{PRODUCT}.txt"
# Of the questions that a FAQ answers; the rest say that nothing was found, which is no falsehood.
ANSWERED_MIN = 0.7
# Of the questions that none answers, those for which one is quoted all the same, or suggested.
MISQUOTED_MAX = 0.05
SUGGESTED = ("Perhaps you mean “", "คุณอาจหมายถึง “", "Возможно, вы имели в виду «")


@pytest.fixture
def ask(settings):
    """Each question is another visitor's: how often one may ask is limited."""
    settings.LLM = settings.EMBEDDING = None
    seed_faqs()
    seed_listings()
    addresses = (f"10.0.{high}.{low}" for high in range(255) for low in range(1, 255))

    def answer(text, **known):
        client = APIClient(REMOTE_ADDR=next(addresses))
        response = client.post("/api/v1/llm/chat", {"content": text, **known}, format="json")
        assert response.status_code == 200, (text, response.content)
        return response.json()

    return answer


@pytest.mark.parametrize(
    ("answered", "unanswered"),
    [(ANSWERED.get(PRODUCT, []), UNANSWERED.get(PRODUCT, [])), HELD_OUT.get(PRODUCT, ([], []))],
    ids=["tuned on", "held out"],
)
def test_a_faq_is_quoted_only_where_it_answers(ask, answered, unanswered):
    slugs = {str(id): slug for id, slug in Document.objects.values_list("id", "slug")}

    def quoted(said):
        return {slugs[s["id"]] for s in said["sources"] if s["kind"] == "faq"}

    found = {text: quoted(ask(text)) for text, _ in answered}
    right = [text for text, wanted in answered if found[text] & wanted]
    wrong = {text: found[text] for text, wanted in answered if found[text] - wanted}
    answers = {text: ask(text) for text in unanswered}
    misquoted = {text: slug for text in unanswered if (slug := quoted(answers[text]))}

    def suggested(text):
        return any(part in answers[text]["message"]["content"] for part in SUGGESTED)

    misled = list(filter(suggested, unanswered))
    missed = sorted(set(found) - set(right))
    print(f"{len(right)} of {len(found)}, {missed=}, {wrong=}")
    print(f"of {len(unanswered)}: {misquoted=}, {misled=}")
    assert len(right) >= ANSWERED_MIN * len(found), missed
    assert len(wrong) <= MISQUOTED_MAX * len(found), wrong
    assert len(misquoted) <= MISQUOTED_MAX * len(unanswered), misquoted
    assert len(misled) <= MISQUOTED_MAX * len(unanswered), misled


@pytest.mark.skipif(not IN_THEIR_WORDS.exists(), reason="a product without such a file")
def test_what_visitors_ask_in_their_own_words(ask):
    """Questions that nothing was tuned on, each behind the slug of its FAQ, or `-` where none
    answers. How many FAQs find them is told; a model finds more."""
    slugs = {str(id): slug for id, slug in Document.objects.values_list("id", "slug")}
    given = [line.split("|") for line in IN_THEIR_WORDS.read_text().splitlines()]
    right, suggested, wrong, misquoted = [], [], {}, {}
    for wanted, text in given:
        said = ask(text)
        named = {slugs[s["id"]] for s in said["sources"] if s["kind"] == "faq"}
        if wanted in named:
            right.append(text)
        elif named:
            (misquoted if wanted == "-" else wrong)[text] = named
        elif wanted != "-" and any(part in said["message"]["content"] for part in SUGGESTED):
            suggested.append(text)
    answerable = sum(wanted != "-" for wanted, _ in given)
    print(
        f"of {answerable}: {len(right)} right, {len(suggested)} suggested, {wrong=}, {misquoted=}"
    )
    assert len(right) >= 0.4 * answerable
    assert len(wrong) <= 0.1 * answerable
    assert len(misquoted) <= MISQUOTED_MAX * (len(given) - answerable), misquoted


def test_of_what_is_wished_for_listings_tell_alone(ask):
    shown, category = {"status": Status.PUBLISHED, "language": "en"}, Category.objects.first()
    for question, answer in ON_WISHES.get(PRODUCT, []):
        Document.objects.create(
            question=question, answer=answer, slug=slugify(question), category=category, **shown
        )
        said = ask(question)
        assert {source["kind"] for source in said["sources"]} == {"faq"}, said
        assert question in said["message"]["content"]
    for text in WISHED.get(PRODUCT, []):
        assert {source["kind"] for source in ask(text)["sources"]} == {"listing"}, text


def test_what_is_said_to_it(ask):
    for text, expected in SAID.get(PRODUCT, []):
        content = ask(text)["message"]["content"]
        assert expected in content, (text, content)
    for texts, expected in TALKS.get(PRODUCT, []):
        known = {}
        for text in texts:
            said = ask(text, **known)
            known = {name: said[name] for name in ("conversation_id", "session_id")}
        assert expected in said["message"]["content"], (texts, said)
