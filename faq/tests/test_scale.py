"""What the keyword leg chooses to rank, where it cannot rank all; and how wide the index looks."""

from bisect import bisect_right
from collections import Counter
from dataclasses import replace

import pytest
from django.db import connection

from core.search import sieve
from core.search.embeddings import embedder
from faq.conf import RESULTS_MAX
from faq.models import Document, Lexeme
from faq.ranking import USUAL, Question, Words, in_view, look_up_words, ranked
from faq.search import search, weights_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
    pytest.mark.any_databases,
]


@pytest.fixture
def make_many(category):
    def make(texts, **fields):
        """(question, answer) pairs, written as a bulk load writes them."""
        made = [
            Document(
                slug=f"{fields.get('language', 'en')}-{number}",
                category=category,
                question=question,
                answer=answer,
                **{"status": "published"} | fields,
            )
            for number, (question, answer) in enumerate(texts)
        ]
        for document in made:
            document.segment()
        Document.objects.bulk_create(made)

    return make


def many(count):
    """Documents with "villa", "pool" and "beach" ever rarer, more or less often, in long and
    short texts."""
    for number in range(count):
        words = ["villa"] * (1 + number % 3) + ["pool"] * (number % 5 == 0)
        words += ["beach"] * (number % 7 == 0)
        filler = [f"word{number}x{place}" for place in range(3 + number % 29)]
        question = " ".join([*words, filler[0]] if number % 4 == 0 else filler[:2])
        yield question, " ".join([*words, *filler])


@pytest.mark.parametrize(
    "asked", ["villa", "pool villa", "beach pool villa", "villas by the beach", "word7x1 villa"]
)
def test_the_best_of_many_are_those_of_ranking_them_all(make_many, model, asked):
    make_many(many(700))
    here = embedder()
    words = look_up_words(asked)
    assert sum(term.documents for term in words.terms) > sieve.BUDGET
    question, weights = Question(asked, 10), weights_of(here, words)
    every = replace(USUAL, of_each=None, in_all=None)
    few, all_ = (
        [row.rank for row in ranked(question, words, None, here, weights, effort)]
        for effort in (USUAL, every)
    )
    assert len(few) == 10
    assert few == pytest.approx(all_)


def test_a_filter_leaves_enough_to_rank(make_many):
    """The best for the word are in another language: those are not all that is looked at."""
    make_many([("villa", f"villa n{number}") for number in range(300)])
    make_many(
        [(f"เกาะ n{number}", "one two three four five six villa") for number in range(6)],
        language="th",
    )
    found = search("villa", language="th", limit=20).results
    assert len(found) == 6


def test_levels_are_those_of_the_rules(db):
    text = "villa:1A,5A,9B pool:2A beach:7B,8B sand:10B"
    length = 4
    occurrences = {"villa": 1.5 * 2 + 0.5 * 3, "pool": 2.0, "beach": 1.0, "sand": 0.5}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM faq_lexeme_levels(%s::tsvector)", [text])
        found = dict(cursor.fetchall())
        cursor.execute("SELECT tsvector_to_array(faq_levels(%s::tsvector))", [text])
        (tokens,) = cursor.fetchone()
    assert found == {
        lexeme: bisect_right(sieve.THRESHOLDS, times / (0.25 + 0.75 * length / 40))
        for lexeme, times in occurrences.items()
    }
    expected = {lexeme: level + 1 for lexeme, level in found.items()}
    assert Counter(token.partition("~")[0] for token in tokens) == expected


def levels_counted_again():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.lexeme, l.level FROM faq_document, faq_lexeme_levels(search) l"
            " WHERE status = 'published'"
        )
        rows = cursor.fetchall()

    def at_least(lexeme, level):
        return sum(row[0] == lexeme and row[1] >= level for row in rows)

    return {lexeme: [at_least(lexeme, level) for level in sieve.LEVELS] for lexeme, _ in rows}


def test_counts_by_level_follow_every_write(make_many):
    def counted():
        return dict(Lexeme.objects.filter(documents__gt=0).values_list("lexeme", "levels"))

    make_many(many(12))
    assert counted() == levels_counted_again()
    Document.objects.filter(slug="en-3").update(question_text="villa villa villa")
    Document.objects.filter(slug="en-4").update(status="draft")
    Document.objects.filter(slug="en-5").delete()
    assert counted() == levels_counted_again()
    Document.objects.all().delete()
    assert set(map(tuple, Lexeme.objects.values_list("levels", flat=True))) == {(0,) * 10}


@pytest.mark.parametrize(
    ("documents", "expected"), [(0, None), (2_000, None), (10_000, 60), (10**6, 120)]
)
def test_small_tables_are_scanned_and_large_ones_looked_at_widely(documents, expected, model):
    words = Words(None, documents, 1.0, [])
    assert in_view(Question("villa", 5), words, embedder(), USUAL) == expected
    exactly = replace(USUAL, exact=True)
    assert in_view(Question("villa", 5), words, embedder(), exactly) is None


def test_the_index_never_looks_at_fewer_than_are_asked_for(model, monkeypatch):
    monkeypatch.setattr("faq.ranking.IN_VIEW", ((0, 1),))
    words = Words(None, 10**6, 1.0, [])
    assert in_view(Question("villa", RESULTS_MAX), words, embedder(), USUAL) == RESULTS_MAX
