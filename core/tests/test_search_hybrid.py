import pytest
from django.db import connection

from core.search import hybrid
from core.search.hybrid import Term, Weights


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


def rank(asked, title, body=""):
    expression, parameters = hybrid.rank_sql(asked, "d.search")
    text = "setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression} FROM (SELECT {text} AS search) d",
                       [*parameters, title, body])  # fmt: skip
        return cursor.fetchone()[0]


def test_rank_knows_rarity_field_and_repetition(db):
    asked = terms(("villa", 500), ("kathu", 3))
    assert rank(asked, "kathu") > rank(asked, "villa") > rank(asked, "", "villa") > 0
    assert rank(asked, "", "villa villa villa") > rank(asked, "", "villa")
    assert rank(asked, "", "villa " * 50) < rank(asked, "kathu")
    assert rank(asked, "neither") == 0
    assert rank([], "anything") == 0


@pytest.mark.parametrize(
    ("title", "body", "low", "high"),
    [
        ("villa kathu", "", 0.99, 1),
        ("", "villa kathu", 0.35, 0.45),
        ("villa", "", 0.1, 0.2),
        ("other", "", 0, 0),
    ],
)
def test_coverage_is_the_share_of_what_was_asked(db, title, body, low, high):
    asked = terms(("villa", 500), ("kathu", 3))
    expression, parameters = hybrid.coverage_sql(asked, "%s")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}", [rank(asked, title, body), *parameters])
        assert low <= cursor.fetchone()[0] <= high


def test_a_word_that_no_document_holds_lowers_the_coverage():
    def asked_in_all(counts):
        return hybrid.coverage_sql(terms(*counts), "r")[1][0]

    assert asked_in_all([("villa", 5), ("france", 0)]) > asked_in_all([("villa", 5)])


USUAL = Weights(vector=0.7, keyword=0.3)


def combined(rows, weights=USUAL):
    values = ", ".join(["(%s::float, %s::float)"] * len(rows))
    expression = hybrid.combined_sql("rank", "cosine")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {expression} FROM (VALUES {values}) f (rank, cosine)",
            [*hybrid.combined_parameters(weights), *(value for row in rows for value in row)],
        )
        return [pytest.approx(row[0]) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        ([(2, 0.9), (1, 0.5), (0, 0.7)], [1, 0.15, 0.35]),  # 0.7 * min-max + 0.3 * by maximum
        ([(2, 0.9)], [1]),  # one row alone is no zero
        ([(2, 0.9), (2, 0.9)], [1, 1]),
        ([(2, None), (1, None)], [1, 0.5]),  # without vectors, keywords have all the weight
        ([(None, 0.9), (None, 0.1)], [1, 0]),
        ([(0, 0.9), (0, 0.1)], [1, 0]),
        ([(2, None), (1, 0.5)], [0.3, 0.85]),  # a document that has no vector yet
        ([(None, None)], [0]),
    ],
)
def test_legs_are_normalised_within_the_query(db, rows, scores):
    assert combined(rows) == scores


def test_a_weight_of_nothing_switches_a_leg_off(db):
    rows = [(2, 0.1), (1, 0.9)]
    assert combined(rows, Weights(vector=0, keyword=1)) == [1, 0.5]
    assert combined(rows, Weights(vector=1, keyword=0)) == [0, 1]
    assert combined([(None, 0.5)], Weights(vector=0, keyword=1)) == [0]
