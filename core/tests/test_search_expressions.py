import re

import pytest

from core.search.expressions import compile_expressions, expression, made

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]

BROKEN = "(?P<open"


def test_it_is_used_as_any_other() -> None:
    number = expression(r"\d+")

    assert number.search("from 12 to 34")[0] == "12"
    assert number.fullmatch("12 ") is None
    assert number.findall("12, 34") == ["12", "34"]
    assert number.sub("x", "12, 34") == "x, x"
    assert number.pattern == r"\d+"


def test_it_is_compiled_when_it_is_used() -> None:
    broken = expression(BROKEN)
    made.pop()

    with pytest.raises(re.error):
        broken.search("")


def test_a_server_compiles_all_of_them() -> None:
    expression(BROKEN)

    with pytest.raises(re.error):
        compile_expressions()
    made.pop()


def test_what_it_does_not_have_is_told_as_of_any_other() -> None:
    with pytest.raises(AttributeError):
        expression("a").find("a")
