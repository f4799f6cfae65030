import math

import pytest

from benchmarks.report import Row, Table, markdown, number, percentile, plain

TABLE = Table(
    "Speed", ("route", "requests/s"), (Row(("list", "1,900"), "pass"), Row(("me", "7"), "FAIL"))
)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5], 0.5, 5),
        ([5], 0.99, 5),
        ([4, 1, 3, 2], 0.5, 2),
        (range(1, 101), 0.95, 95),
        (range(1, 101), 0.99, 99),
        (range(1, 101), 1, 100),
        ([1, 2], 0, 1),
    ],
)
def test_percentile_is_a_value_that_was_measured(values, share, expected):
    assert percentile(list(values), share) == expected


def test_percentile_of_nothing_is_not_a_number():
    assert math.isnan(percentile([], 0.5))
    assert number(math.nan) == "-"


def test_plain_table_lines_up():
    lines = plain(TABLE).splitlines()
    assert lines[0] == "Speed"
    assert lines[2] == "route  requests/s"
    assert lines[4:] == ["list        1,900  pass", "me              7  FAIL"]


def test_markdown_table_has_a_cell_for_the_verdict():
    assert markdown(TABLE).splitlines()[2:] == [
        "| route | requests/s |  |",
        "| --- | ---: | ---: |",
        "| list | 1,900 | pass |",
        "| me | 7 | FAIL |",
    ]


def test_a_table_passes_when_no_row_fails():
    assert not TABLE.passed
    assert Table("Speed", TABLE.columns, TABLE.rows[:1]).passed
