import time

import pytest

from properties.plain_text import plain_text

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]


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
        ("a <!-- b", "a"),
        ("a <![CDATA[b]]> c", "a c"),
        ('<a title="more > less">link</a>', "link"),
        ("<p class=it's>one</p>", "one"),
        ("a <b c <i d", "a"),
        ("a<BR/>b<Hr>c", "a\nbc"),
        ("  many   spaces \t here ", "many spaces here"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_plain_text(html, text):
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<", "<b>", "<b ", "<!", "<!--", "&lt;", "<b '", '<b "', "<b =\"'", "\" <b ' ", "</b", "<?",
        "<script>", "<script", "</script ", "<b/", "<b\n", "<![CDATA[", "&lt;b ", "&amp;",
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", ">", "'>", '">'])
def test_hostile_markup_ends_soon(piece, end):
    """The longest body that the API takes. Read again from each of its tags, 18 kB took 27 s."""
    began = time.process_time()
    text = plain_text(piece * (256_000 // len(piece)) + end)
    assert time.process_time() - began < 2
    assert end or "<b" not in text
