"""The ranking function of the database: BM25 of a document, and two legs as one order."""

from dataclasses import replace

import pytest
from django.db import connection

from core.providers import Endpoint
from faq import indexing
from faq.models import Catalogue, Document
from faq.ranking import EXACT_NUMBERS
from faq.search import search
from faq.tests.conftest import vector

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
    pytest.mark.any_databases,
]
USUAL = (0.7, 0.3)


def explained(text, **options):
    """slug -> how it came by its place, in the order of the results."""
    explanation = search(text, limit=20, explain=True, **options).explanation
    return {reasons["slug"]: reasons for reasons in explanation["results"]}


def raw(text):
    return {slug: reasons["keyword"]["raw"] for slug, reasons in explained(text).items()}


def test_bm25_is_as_the_papers_have_it(make):
    """Twice in the question, three times in the answer, in the longer of two documents."""
    make("Villa villa kathu", "villa villa villa beach", slug="long")
    make("Pool", "garden", slug="short")
    average = (3 + 2) / 2
    times = (2 * 2 + 0.5 * 3) / (0.25 + 0.75 * 3 / average)
    rarity = 0.6931  # ln(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert raw("villa")["long"] == pytest.approx(rarity * 2.2 * times / (times + 1.2), abs=0.001)


def test_rank_knows_rarity_field_repetition_and_length(make):
    make("Kathu", slug="rare")
    make("Villa", slug="title")
    make("Other", "villa", slug="body")
    make("Else", "villa villa villa", slug="thrice")
    make("Long", "villa " + " ".join(f"word{n}" for n in range(40)), slug="lengthy")
    found = raw("villa kathu")
    assert found["rare"] > found["title"] > found["thrice"] > found["body"] > found["lengthy"] > 0


@pytest.mark.parametrize("times", [1, 2, 3, 7, 20, 60, 120])
def test_occurrences_are_read_back_out_of_the_rank(times):
    text = "word " * times
    sql = """SELECT round(1 / (1.644934066848 * (1 - ts_rank('{1,1,1,1}',
        setweight(to_tsvector('simple', %s), 'B'), 'word'::tsquery))) - 0.5)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [text])
        assert cursor.fetchone()[0] == pytest.approx(times, rel=0.01)


def test_the_average_length_follows_every_write(make):
    make("Villa pool", "garden")
    document = make("Beach", "sand sea sun", slug="beach")
    assert Catalogue.objects.get().lexemes == 3 + 4
    document.status = "draft"
    indexing.save(document)
    assert Catalogue.objects.get().lexemes == 3
    Document.objects.all().delete()
    assert Catalogue.objects.get().lexemes == 0


@pytest.fixture
def legs(make, model, settings):
    """Make documents of a cosine each and, where `held`, with the word that is asked for."""

    def make_all(weights, *rows):
        settings.FAQ = replace(settings.FAQ, vector_weight=weights[0], keyword_weight=weights[1])
        model.embeddings.vectors = {"villa": vector(1)}
        for number, (held, cosine) in enumerate(rows):
            question = f"{'villa' if held else 'other'} {number}"
            if cosine is not None:
                beside = (1 - cosine**2) ** 0.5
                model.embeddings.vectors[f"{question}\nAn answer."] = vector(cosine, beside)
            make(question, slug=str(number))
            if cosine is None:
                Document.objects.get(slug=number).embeddings.all().delete()
        indexing.embed(
            [d for d in Document.objects.all() if rows[int(d.slug)][1] is not None],
            indexing.embedder(),
        )
        found = search("villa", limit=20)
        return {
            result["slug"]: pytest.approx(result["score"], abs=0.001) for result in found.results
        }

    return make_all


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        # 0.7 * between the least and the greatest cosine + 0.3 * of the best rank
        ([(True, 0.9), (False, 0.5), (False, 0.7)], {"0": 1, "2": 0.35, "1": 0}),
        ([(True, 0.9)], {"0": 1}),  # one row alone is no zero
        ([(True, 0.9), (True, 0.9)], {"0": 1, "1": 1}),
        ([(True, None), (False, None)], {"0": 1}),  # without vectors, keywords have all the weight
        ([(False, 0.9), (False, 0.1)], {"0": 1, "1": 0}),
        # one that has no vector yet: keywords have all of its weight
        ([(True, None), (False, 0.5)], {"0": 1, "1": 0.7}),
    ],
)
def test_legs_are_normalised_within_the_query(legs, rows, scores):
    assert legs(USUAL, *rows) == scores


def test_a_weight_of_nothing_switches_a_leg_off(legs):
    assert legs((0, 1), (True, 0.1), (False, 0.9)) == {"0": 1, "1": 0}


def test_a_weight_of_nothing_switches_the_other_leg_off(legs):
    assert legs((1, 0), (True, 0.1), (False, 0.9)) == {"1": 1, "0": 0}


@pytest.mark.parametrize("size", [384, 768, 1024, 1536])
def test_index_and_exact_scan_find_the_same(make, model, settings, monkeypatch, size):
    settings.EMBEDDING = Endpoint(model.url, "test-model", dimensions=size)
    model.embeddings.dimensions = size
    for number in range(30):
        make(f"question {number}")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    exact = explained("zzz")
    monkeypatch.setattr("faq.ranking.EXACT_NUMBERS", 0)
    assert EXACT_NUMBERS > 0 and len(exact) == 20
    assert explained("zzz") == exact
