import pytest
from django.core.checks import run_checks

from core.checks import STARTUP
from core.databases import APP
from core.providers import Endpoint
from core.search.indexing import count_parked
from core.testing.jobs import work_off
from faq import indexing
from faq.models import Document

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local")]


def warnings(databases=(APP,)):
    found = run_checks(tags=[STARTUP], databases=databases)
    return [(message.id, message.msg) for message in found if message.id.startswith("core.W")]


def test_vectors_of_another_model_are_detected_and_said(make, model, settings):
    settings.EMBEDDING = None
    assert warnings() == []
    make("Question?")
    assert warnings() == []
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=384)
    sentence = (
        "No FAQ has a vector of another-model (384 numbers); the stored ones are of "
        "hashed-ngrams-v1 (384 numbers). "
        "FAQs are found by their words alone."
    )
    assert warnings() == [("core.W001", sentence)]
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    assert warnings() == []


def test_no_vectors_at_all(make):
    document = make("Question?")
    document.embeddings.all().delete()
    assert "there are none of another either" in warnings()[0][1]
    assert warnings(databases=()) == []


def test_what_is_parked_is_counted(make, model):
    make("Poison?")
    indexing.embed([make("Pets?")])
    model.embeddings.poison = "Poison"
    work_off()
    sentence = "1 of faq.document have no vector: the model refuses them."
    assert warnings() == [("core.W002", sentence)]
    assert count_parked() == {"faq.document": 1, "properties.property": 0}
