import pytest
from django.db import connection

from core.search import hybrid
from core.search.hybrid import Term


def terms(*counts, documents=1000):
    return hybrid.rarest_terms(counts, documents)


def test_a_rare_word_weighs_more_and_none_weighs_less_than_nothing():
    by_count = [hybrid.rarity(100, held) for held in (0, 1, 10, 50, 99, 100, 500)]
    assert by_count == sorted(by_count, reverse=True)
    assert by_count[-1] > 0


def test_terms_are_rarest_first():
    assert [t.lexeme for t in terms(("villa", 40), ("kathu", 2), ("zz", 0))] == [
        "zz",
        "kathu",
        "villa",
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], []),
        ([("unknown", 0)], []),
        ([("a", 3), ("b", 5)], ["'a' | 'b'"]),
        ([("a", 60), ("b", 60)], ["'a'"]),
        # of common words, as many together as some documents may be expected to hold
        ([("a", 3), ("b", 500), ("c", 600), ("d", 700)], ["'a'", "'b' & 'c' & 'd'"]),
        ([("a", 3), ("b", 200), ("c", 300), ("d", 301)], ["'a'", "'b' & 'c'"]),
        # one alone would crowd out what the rare one found
        ([("a", 3), ("b", 500)], ["'a'"]),
        ([("b", 500)], ["'b'"]),
        ([("b", 500), ("c", 600)], ["'b' & 'c'"]),
        ([("b", 101), ("c", 102)], ["'b' & 'c'", "'b'"]),
    ],
)
def test_candidates_hold_the_rarest_words(counts, expected):
    assert hybrid.candidate_queries(terms(*counts), 1000, budget=100) == expected


def test_only_words_that_some_document_holds_are_scored_and_not_too_many():
    many = terms(("none", 0), *((f"w{n}", n + 1) for n in range(100)))
    scored = hybrid.scored_terms(many)
    assert len(scored) == hybrid.TERMS_SCORED
    assert scored[0].lexeme == "w0"


@pytest.mark.parametrize("lexeme", ["plain", "o'neil", "back\\slash", "ยกเ", "a:b & c | !d"])
def test_a_lexeme_is_quoted_whatever_it_holds(db, lexeme):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_to_tsvector(array[%s]) @@ %s::tsquery", [lexeme, hybrid.quoted(lexeme)]
        )
        assert cursor.fetchone() == (True,)


def test_an_unknown_thai_gram_counts_less_than_an_unknown_word():
    gram, word = Term("กขค", 0, 4.0), Term("capital", 0, 4.0)
    assert hybrid.asked_rarity(gram) < hybrid.asked_rarity(word) == 4.0
    assert hybrid.asked_rarity(Term("กขค", 1, 4.0)) == 4.0


@pytest.mark.parametrize(
    ("title", "body", "low", "high"),
    [
        ("villa kathu", "", 1, 1),
        ("", "villa kathu", 0.35, 0.45),
        ("villa", "", 0.1, 0.2),
        ("kathu", "villa", 0.85, 0.95),
        ("other", "", 0, 0),
    ],
)
def test_coverage_is_the_share_of_what_was_asked(title, body, low, high):
    asked = terms(("villa", 500), ("kathu", 3))
    in_title, in_body = ([t for t in asked if t.lexeme in text] for text in (title, body))
    assert low <= hybrid.coverage(in_title, in_body, hybrid.asked(asked)) <= high


def test_nothing_asked_is_not_covered():
    assert hybrid.coverage([], [], hybrid.asked([])) == 0


def test_a_word_that_no_document_holds_lowers_the_coverage():
    both = hybrid.asked(terms(("villa", 5), ("france", 0)))
    assert both > hybrid.asked(terms(("villa", 5)))


def test_other_words_for_what_is_asked():
    terms = [Term("bring", 2, 0.5), Term("puppi", 0, 1.0)]
    others = [Term(lexeme, 0, 0.0) for lexeme in ("anim", "cat", "dog", "pet")]
    assert hybrid.looked_for(terms) == [terms[0], *others]
    pet = Term("pet", 1, 1.0)
    assert hybrid.looked_for([pet, *terms]) == [pet, terms[0], *others[:3]]
    assert hybrid.meant(terms, ["dog", "pet"]) == terms[1:]
