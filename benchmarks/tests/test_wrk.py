from itertools import islice

from benchmarks import wrk
from benchmarks.web import better
from benchmarks.words import distinct_questions
from benchmarks.wrk import Figures

OUTPUT = """Running 1s test @ http://127.0.0.1:1
  1 threads and 16 connections

{"requests": 900, "seconds": 2.0, "p50": 1.5, "p99": 9.0, "refused": 3, "broken": 1}
"""


def test_figures_are_the_last_line_of_json():
    figures = wrk.parsed(OUTPUT)
    assert (figures.rate, figures.p50, figures.p99, figures.errors) == (450, 1.5, 9, 4)


def test_the_faster_run_keeps_the_errors_of_the_slower():
    fast, slow = Figures(900, 1, 1, 2, 0, 0), Figures(500, 1, 3, 9, 2, 1)
    assert better(slow, fast) == better(fast, slow) == Figures(900, 1, 1, 2, 2, 1)


def test_distinct_questions_never_repeat_and_are_always_the_same():
    asked = list(islice(distinct_questions("test"), 5000))
    assert len(set(asked)) == len(asked)
    assert asked[:3] == list(islice(distinct_questions("test"), 3))
