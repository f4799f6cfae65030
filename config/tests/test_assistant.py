"""What each product's assistant answers from its sample data with no model configured."""

from dataclasses import replace

import pytest
from django.conf import settings as product_settings
from rest_framework.test import APIClient

from chat.offline import NOTHING_FOUND
from config.tests.visitors import ANSWERED, SAID, UNANSWERED
from core.search.text import language_of
from faq.models import Document
from faq.seed import seed as seed_faqs
from properties.seed import seed as seed_listings

pytestmark = pytest.mark.django_db(transaction=True)
PRODUCT = product_settings.PRODUCT.id
# Of the questions that a FAQ answers; the rest say that nothing was found, which is no falsehood.
ANSWERED_MIN = 0.8
# Of the questions that none answers, those for which one is quoted all the same.
MISQUOTED_MAX = 0.05


@pytest.fixture
def ask(settings, monkeypatch):
    settings.LLM = settings.EMBEDDING = None
    monkeypatch.setattr("chat.api.ChatThrottle.rate", "100000/min", raising=False)
    seed_faqs()
    seed_listings()
    client = APIClient()

    def answer(text):
        response = client.post("/api/v1/llm/chat", {"content": text}, format="json")
        assert response.status_code == 200, (text, response.content)
        return response.json()

    return answer


def test_a_faq_is_quoted_only_where_it_answers(ask):
    slugs = {str(id): slug for id, slug in Document.objects.values_list("id", "slug")}

    def quoted(text):
        return {slugs[s["id"]] for s in ask(text)["sources"] if s["kind"] == "faq"}

    found = {text: quoted(text) for text, _ in ANSWERED[PRODUCT]}
    right = [text for text, wanted in ANSWERED[PRODUCT] if found[text] & wanted]
    wrong = {text: found[text] for text, wanted in ANSWERED[PRODUCT] if found[text] - wanted}
    misquoted = {text: slug for text in UNANSWERED[PRODUCT] if (slug := quoted(text))}
    print(f"{PRODUCT}: right {len(right)}/{len(found)}, wrong {wrong}, misquoted {misquoted}")
    assert len(right) >= ANSWERED_MIN * len(found), sorted(set(found) - set(right))
    assert len(wrong) <= MISQUOTED_MAX * len(found), wrong
    assert len(misquoted) <= MISQUOTED_MAX * len(UNANSWERED[PRODUCT]), misquoted


def test_what_is_said_to_it(ask):
    for text, expected in SAID[PRODUCT]:
        content = ask(text)["message"]["content"]
        assert expected in content, (text, content)
        if expected != NOTHING_FOUND[language_of(text)]:
            assert NOTHING_FOUND[language_of(text)] not in content, text


def test_topics_are_said_in_every_language():
    assert set(product_settings.CHAT.topics) == set(product_settings.PRODUCT.languages)
    assert replace(product_settings.CHAT, topics={}).topics == {}
