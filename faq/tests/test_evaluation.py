import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from core.search.embeddings import HashedEmbedder
from faq.conf import Floor
from faq.evaluation import Judged, Measures, Remembering, below, by_language, measures, misses
from faq.models import GoldenQuestion
from faq.rehearsal import compare
from faq.search import documents_under


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], (0, 0.0, 0.0, 0.0)),
        ([1], (1, 1.0, 1.0, 1.0)),
        ([None], (1, 0.0, 0.0, 0.0)),
        ([2], (1, 0.0, 1.0, 0.5)),
        ([5, 6], (2, 0.0, 0.5, (1 / 5 + 1 / 6) / 2)),
        ([1, 4, None, 1], (4, 0.5, 0.75, (1 + 1 / 4 + 1) / 4)),
    ],
)
def test_measures(places, expected):
    assert measures(places) == pytest.approx(expected)


def result(place, language="en", id=None):
    return Judged(id or uuid4(), f"Q{place}", language, "slug", place)


def test_by_language():
    table = by_language([result(1), result(2), result(1, "ru")])
    assert table == {
        "en": Measures(2, 0.5, 1.0, 0.75),
        "ru": Measures(1, 1.0, 1.0, 1.0),
        "all": Measures(3, 2 / 3, 1.0, 2.5 / 3),
    }


def test_a_floor_holds_in_each_language():
    table = by_language([result(1)] * 9 + [result(None, "th")])
    told = below(table, Floor(hit_at_5=0.9, mrr=0.85))
    assert [sentence.split(" questions")[0] for sentence in told] == ["hit@5 of th", "MRR of th"]
    assert below(table, Floor(0.0, 0.0)) == []


def test_the_worst_miss_comes_first():
    assert [r.place for r in misses([result(2), result(1), result(None), result(7)])] == [
        None,
        7,
        2,
    ]


@pytest.mark.parametrize(
    ("before", "after", "fallen", "worse"),
    [
        ([1, 2], [1, 2], 0, 0),
        ([2, 1], [1, 1], 0, 0),
        ([1, 2], [2, 1], 0, 1),  # one better, one worse: no measure falls
        ([1, 1], [1, 2], 4, 1),  # hit@1 and MRR, of the language and of all
        ([1, 6], [1, None], 2, 1),
        ([5, 1], [6, 1], 4, 1),
        ([None, 1], [None, 1], 0, 0),  # under the floor, but not by this edit
    ],
)
def test_what_an_edit_lowers(before, after, fallen, worse):
    ids = [uuid4() for _ in before]
    was, now = (
        [result(place, id=id) for place, id in zip(places, ids, strict=True)]
        for places in (before, after)
    )
    verdict = compare(was, now, Floor(0.9, 0.9))
    assert (len(verdict.fallen), len(verdict.worse)) == (fallen, worse)


def test_a_language_that_falls_is_told_though_another_rises():
    was = [result(2), result(1, "th")]
    now = [result(1), result(2, "th")]
    told = [str(fall) for fall in compare(was, now, Floor(0.9, 0.9)).fallen]
    assert "MRR of th questions falls from 1.000 to 0.500, under the floor of 0.900." in told
    assert all("of th" in sentence for sentence in told)


def test_a_vector_is_asked_for_once():
    class Counting(HashedEmbedder):
        calls: list[list[str]] = []

        def embed(self, texts, timeout=0):
            self.calls.append(list(texts))
            return super().embed(texts, timeout)

    model = Remembering(Counting(), 1)
    first = model.embed(["a", "b", "a"], 5)
    assert model.embed(["b", "a"], 5) == [first[1], first[0]]
    assert Counting.calls == [["a", "b"]]


@pytest.fixture
def half_found(make):
    """Two questions, one of which finds what it expects."""
    dog = make("Can I bring my dog?", "Yes.", slug="dog")
    boat = make("How do I get there?", "By boat.", slug="boat")
    GoldenQuestion.objects.create(question="dogs", document=dog)
    GoldenQuestion.objects.create(question="is my dog fine", document=boat)
    return dog, boat


@pytest.mark.django_db
def test_the_command_prints_and_fails_below_the_floor(local, half_found, capsys):
    with pytest.raises(CommandError, match=r"hit@5 of en questions is 0\.500"):
        call_command("faq_eval")
    printed = capsys.readouterr().out
    assert "en                         2  0.500" in printed
    assert "'is my dog fine' expects boat; first: Can I bring my dog?" in printed
    GoldenQuestion.objects.filter(document=half_found[1]).delete()
    call_command("faq_eval", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["measures"]["all"] == {"questions": 1, "hit_at_1": 1.0, "hit_at_5": 1.0, "mrr": 1.0}
    assert (told["embedding_model"], told["misses"]) == ("hashed-ngrams-v1", [])


@pytest.mark.django_db
def test_staff_judge_the_search_where_visitors_have_none(local, half_found, settings):
    settings.FAQ_ENABLED, settings.ROOT_URLCONF = False, "properties.urls"
    documents_under.cache_clear()
    with pytest.raises(CommandError, match=r"hit@5 of en questions is 0\.500"):
        call_command("faq_eval")
    documents_under.cache_clear()


@pytest.mark.django_db
def test_a_draft_is_not_found(local, half_found, capsys):
    half_found[0].status = "draft"
    half_found[0].save()
    with pytest.raises(CommandError):
        call_command("faq_eval")
    assert "all                        2  0.000" in capsys.readouterr().out


@pytest.mark.django_db
def test_no_question_is_a_failure(local):
    with pytest.raises(CommandError, match="no golden questions"):
        call_command("faq_eval")


@pytest.mark.django_db
def test_words_alone_are_not_judged_for_a_model(model, half_found):
    model.embeddings.status = 500
    with pytest.raises(CommandError, match="gave no vectors: status 500"):
        call_command("faq_eval")


@pytest.mark.django_db
def test_all_vectors_come_in_one_call(model, half_found):
    asked = len(model.requests)
    with pytest.raises(CommandError):
        call_command("faq_eval")
    assert len(model.requests) == asked + 1
