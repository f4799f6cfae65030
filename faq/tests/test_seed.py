import json

import pytest
from django.conf import settings as product_settings

from faq.models import Category, Document, Embedding, GoldenQuestion
from faq.seed import seed

pytestmark = [pytest.mark.django_db, pytest.mark.samples]
PRODUCT = product_settings.PRODUCT
# Of those that ship: enough that a wrong one can be found.
FAQS_MIN = {"bestays": 30, "realestate": 30}.get(PRODUCT.id, 1)
PER_LANGUAGE_MIN = {"bestays": 3, "realestate": 3}.get(PRODUCT.id, 1)


def given(settings):
    return json.loads((settings.SEED_DIR / "faqs.json").read_text())


def test_the_sample_is_made_once(local, settings):
    data = given(settings)
    golden = json.loads((settings.SEED_DIR / "golden.json").read_text())
    total = len(data["categories"]) + len(data["documents"]) + len(golden)
    first, second = seed(), seed()
    assert (first.created, first.unchanged) == (total, 0)
    assert (second.created, second.updated, second.unchanged) == (0, 0, total)
    assert Embedding.objects.count() == Document.objects.published().count() >= FAQS_MIN
    assert Category.objects.count() == len(data["categories"])
    for language in PRODUCT.languages:
        assert Document.objects.filter(language=language).count() >= PER_LANGUAGE_MIN


def test_what_staff_changed_stays(local, settings):
    seed()
    document = Document.objects.first()
    document.answer, document.status = "Ours.", "archived"
    document.save()
    seed()
    document.refresh_from_db()
    assert (document.answer, document.status) == ("Ours.", "archived")


def test_what_was_lost_is_made_again(local, settings):
    seed()
    lost = Document.objects.first()
    golden = lost.golden_questions.count()
    lost.delete()
    assert seed().created == 1 + golden
    assert GoldenQuestion.objects.filter(document__slug=lost.slug).count() == golden > 0


def test_a_product_may_have_no_golden_questions(local, settings, tmp_path):
    (tmp_path / "faqs.json").write_text(json.dumps(given(settings)))
    settings.SEED_DIR = tmp_path
    assert seed().created and not GoldenQuestion.objects.exists()


def test_a_model_out_of_reach_is_no_reason_to_have_no_sample(model):
    model.embeddings.status = 500
    assert seed().created
    assert Document.objects.exists() and not Embedding.objects.exists()
