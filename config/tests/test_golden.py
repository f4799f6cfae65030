"""The golden questions of each product's sample, asked of its sample FAQs: CI's floor."""

import json

import pytest
from django.core.management import CommandError, call_command

from faq.models import Category, Document, GoldenQuestion
from faq.seed import seed

pytestmark = [pytest.mark.django_db, pytest.mark.samples, pytest.mark.any_databases]


@pytest.fixture
def sample(settings):
    settings.EMBEDDING = None
    seed()


def test_search_reaches_the_floor_of_the_settings(sample, capsys, settings):
    call_command("faq_eval", json=True)
    every = json.loads(capsys.readouterr().out)["measures"]["all"]
    assert every["questions"] >= 60
    assert every["hit_at_5"] >= settings.FAQ.golden_hit_at_5
    assert every["mrr"] >= settings.FAQ.golden_mrr


def test_worse_answers_fail(sample):
    Document.objects.filter(language="th").update(status="archived")
    with pytest.raises(CommandError, match="of th questions is 0.000, under the floor"):
        call_command("faq_eval")


def test_there_are_sixty_and_more_over_every_category_in_every_language(sample):
    assert GoldenQuestion.objects.count() >= 60
    assert not Category.objects.exclude(documents__golden_questions__isnull=False).exists()
    assert set(GoldenQuestion.objects.values_list("language", flat=True)) == {"en", "th", "ru"}
    assert not Document.objects.filter(
        question__in=GoldenQuestion.objects.values("question")
    ).exists()


def test_what_staff_made_of_them_stays(sample):
    first, second = GoldenQuestion.objects.order_by("pk")[:2]
    first.document, first.note = second.document, "Ours."
    first.save()
    second.delete()
    assert seed().created == 1
    first.refresh_from_db()
    assert (first.note, first.document_id) == ("Ours.", second.document_id)
