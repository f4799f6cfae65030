import pytest

from core.search.clauses import CLAUSES_MAX, clauses

WISH, ASKED = "a villa in Samui", "what is the policy?"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{WISH}, and {ASKED}", [WISH, ASKED]),
        (f"{WISH} and {ASKED}", [WISH, ASKED]),
        (f"{WISH}, {ASKED}", [WISH, ASKED]),
        (f"{WISH}. {ASKED}", [f"{WISH}.", ASKED]),
        (f"{ASKED}\n{WISH}", [ASKED, WISH]),
        ("вилла на Самуи, и какие условия отмены?", ["вилла на Самуи", "какие условия отмены?"]),
        ("вилла на Самуи, и может ли он купить?", ["вилла на Самуи", "может ли он купить?"]),
        ("вилла на Самуи, но не большая", ["вилла на Самуи, но не большая"]),
        ("วิลล่าภูเก็ต แล้วยกเลิกยังไง", ["วิลล่าภูเก็ต", "แล้วยกเลิกยังไง"]),
        ("วิลล่าสมุยมีสระ ยกเลิกได้ไหมคะ", ["วิลล่าสมุยมีสระ", "ยกเลิกได้ไหมคะ"]),
        ("วิลล่าสมุย มีสระ 2 คน", ["วิลล่าสมุย มีสระ 2 คน"]),
        (f"{ASKED}  \n\n {WISH}", [ASKED, WISH]),
        ("a villa with a pool, a gym and wifi", ["a villa with a pool, a gym and wifi"]),
        ("under 1.5 million, near the beach", ["under 1.5 million, near the beach"]),
        ("", [""]),
    ],
)
def test_a_question_stands_apart(text, parts):
    assert clauses(text) == parts


def test_what_is_a_page_is_not_taken_apart():
    page = "One. " * (CLAUSES_MAX + 1)
    assert clauses(page) == [page]
