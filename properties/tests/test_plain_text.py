import pytest

from properties.plain_text import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a<br />b<br>c", "a\nb\nc"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("Tom &amp; Jerry &eacute;", "Tom & Jerry é"),
        ("R&D & more", "R&D & more"),
        ("area < 50 m, 3 > 2, love <3", "area < 50 m, 3 > 2, love <3"),
        ("x <script>alert(1)</script>y", "x y"),
        ("x <style>p {}</style>y", "x y"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;z", "z"),
        ("&amp;lt;b&amp;gt;bold", "bold"),
        ("&#60;b&#62;x", "x"),
        ("<a href='javascript:alert(1)'>link</a>", "link"),
        ("text <img src=x onerror=alert(1)", "text"),
        ("a <!-- b --> c", "a c"),
        ("  many   spaces \t here ", "many spaces here"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_plain_text(html, text):
    assert plain_text(html) == text


@pytest.mark.parametrize("html", ["<" * 20_000, "<b>" * 6_000, "<!" * 10_000, "&lt;" * 5_000])
def test_hostile_markup_ends(html):
    assert "<b" not in plain_text(html)
