"""The golden questions of each product's sample, asked of its sample FAQs: CI's floor.

A product with sample data needs some over every category and every language of its own.
"""

import json

import pytest
from django.conf import settings as product_settings
from django.core.management import CommandError, call_command

from faq.models import Category, Document, GoldenQuestion
from faq.seed import seed

pytestmark = [pytest.mark.django_db, pytest.mark.samples, pytest.mark.any_databases]
PRODUCT = product_settings.PRODUCT
# So few that one more or less is not a tenth: of those that ship.
QUESTIONS_MIN = {"bestays": 60, "realestate": 60}.get(PRODUCT.id, 1)


@pytest.fixture
def sample(settings):
    settings.EMBEDDING = None
    seed()


def test_search_reaches_the_floor_of_the_settings(sample, capsys, settings):
    call_command("faq_eval", json=True)
    every = json.loads(capsys.readouterr().out)["measures"]["all"]
    assert every["questions"] >= QUESTIONS_MIN
    assert every["hit_at_5"] >= settings.FAQ.golden_hit_at_5
    assert every["mrr"] >= settings.FAQ.golden_mrr


@pytest.mark.parametrize("language", PRODUCT.languages)
def test_worse_answers_fail(sample, language):
    Document.objects.filter(language=language).update(status="archived")
    with pytest.raises(CommandError, match=f"of {language} questions is 0.000, under the floor"):
        call_command("faq_eval")


def test_there_are_enough_over_every_category_in_every_language(sample):
    assert GoldenQuestion.objects.count() >= QUESTIONS_MIN
    assert not Category.objects.exclude(documents__golden_questions__isnull=False).exists()
    asked_in = set(GoldenQuestion.objects.values_list("language", flat=True))
    assert asked_in == set(PRODUCT.languages)
    assert not Document.objects.filter(
        question__in=GoldenQuestion.objects.values("question")
    ).exists()


def test_what_staff_made_of_them_stays(sample):
    asked, another = GoldenQuestion.objects.earliest("pk"), Document.objects.latest("pk")
    asked.document, asked.note = another, "Ours."
    asked.save()
    assert seed().created == 0
    asked.refresh_from_db()
    assert (asked.note, asked.document_id) == ("Ours.", another.id)


def test_one_that_was_deleted_comes_again(sample):
    GoldenQuestion.objects.latest("pk").delete()
    assert seed().created == 1
