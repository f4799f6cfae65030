import pytest
from django.utils.text import slugify

from core.providers import Endpoint
from faq import indexing
from faq.models import Category, Document, GoldenQuestion


@pytest.fixture
def category(db):
    return Category.objects.create(slug="staying", name="During your stay", position=1)


@pytest.fixture
def make(category):
    """A published document with its vector; `make("Question?", "Answer.")`."""

    def make_document(question, answer="An answer.", **fields):
        given = {"slug": slugify(question, allow_unicode=False) or f"d{Document.objects.count()}"}
        given |= {"category": category, "status": "published"}
        document = Document(question=question, answer=answer, **given | fields)
        indexing.save(document)
        return document

    return make_document


@pytest.fixture
def local(settings):
    """The local embedder, whatever the settings say."""
    settings.EMBEDDING = settings.EMBEDDING_PREVIOUS = None


@pytest.fixture
def golden(local, make):
    """Two FAQs, each with a golden question that finds it first."""
    dog = make("Can I bring my dog?", "All are welcome.", slug="dog")
    boat = make("When does the ferry leave?", "At noon.", slug="boat")
    GoldenQuestion.objects.create(question="is a dog ok", document=dog)
    GoldenQuestion.objects.create(question="ferry times", document=boat)
    return dog, boat


@pytest.fixture
def model(settings, model_server):
    """A semantic model: vectors that a test chooses, of 384 numbers."""
    settings.EMBEDDING_PREVIOUS = None
    settings.EMBEDDING = Endpoint(model_server.url, "test-model", dimensions=384)
    return model_server


def vector(*values):
    return [*map(float, values), *[0.0] * (384 - len(values))]
