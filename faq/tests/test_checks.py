import pytest
from django.core.checks import run_checks

from core.checks import STARTUP
from core.databases import APP
from core.providers import Endpoint
from faq import indexing
from faq.models import Document

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local")]


def warnings(databases=(APP,)):
    found = run_checks(tags=[STARTUP], databases=databases)
    return [(message.id, message.msg) for message in found if message.id.startswith("faq")]


def test_vectors_of_another_model_are_detected_and_said(make, model, settings):
    settings.EMBEDDING = None
    for number in range(3):
        make(f"Question {number}?")
    make("Draft?", status="draft")
    assert warnings() == []
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=384)
    sentence = (
        "3 of 3 published FAQs have no vector of another-model; "
        "there are vectors of hashed-ngrams-v1."
    )
    assert warnings() == [("faq.W001", sentence)]
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    assert warnings() == []


def test_nothing_is_looked_up_where_there_is_no_database(make):
    document = make("Question?")
    document.embeddings.all().delete()
    assert "there are vectors of no other model" in warnings()[0][1]
    assert warnings(databases=()) == []
