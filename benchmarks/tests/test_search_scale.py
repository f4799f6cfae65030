import pytest

from benchmarks import search_scale
from benchmarks.report import Table, plain

FOUND = {
    "times": [1.0] * 99 + [400.0],
    "cached": [1.0, 2.0],
    "uncapped": [700.0],
    "unchanged_words": 1.0,
    "unchanged_both": 0.97,
    "recall": 0.96,
    "indexes": [["faq_embedding_hnsw384", "858 s", 1_200 * 2**20]],
    "bytes": 7_000 * 2**20,
}


def verdicts(documents, **changed):
    rows = search_scale.rows_of(documents, 384, FOUND | changed)
    return {row.cells[2]: row.verdict for row in rows if row.verdict}


def test_all_is_well():
    assert set(verdicts(1_000_000).values()) == {"pass"}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"times": [51.0] * 100}, "search p95"),
        ({"cached": [3.1]}, "from the cache p95"),
        ({"unchanged_words": 0.94}, "top ten unchanged, words alone"),
        ({"unchanged_both": 0.94}, "top ten unchanged, both legs"),
        ({"recall": 0.94}, "recall@10 of the vector leg"),
    ],
)
def test_what_misses_its_target_fails(changed, what):
    assert {name for name, each in verdicts(1_000_000, **changed).items() if each == "FAIL"} == {
        what
    }


def test_the_bound_is_that_of_the_size():
    slow = {"times": [16.0] * 100}
    assert verdicts(100_000, **slow)["search p95"] == "FAIL"
    assert verdicts(1_000_000, **slow)["search p95"] == "pass"
    assert "search p95" not in verdicts(5_000, **slow)


def test_the_table_names_sizes():
    rows = tuple(search_scale.rows_of(1_000_000, 384, FOUND))
    table = Table("t", search_scale.COLUMNS, rows)
    assert "858 s, 1,200 MB" in plain(table)
