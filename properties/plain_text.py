"""HTML to plain text. Listings come from feeds and people; none of their markup is ever kept.

By one expression, whose time grows with the length of the text alone, whatever stands in it:
Python's HTMLParser read a text of tags that never end again from each of them.
"""

import html
import re

BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol"}
# Comments; what is never shown, with all that is in it; tags, whose quoted values may hold a `>`.
# The quantifier that gives nothing back (`*+`) keeps a tag that never ends from being tried anew.
MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)
    |<(script|style|template|noscript)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)
    |<(?P<tag>[a-z][a-z0-9]*)(?:"[^"]*"|'[^']*'|[^"'<>])*+>
    |<[a-z/!?][^<>]*>""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
TAG_BEGINS = re.compile(r"<[a-z!/?]", re.IGNORECASE)
# Markup may be escaped, and escaped again.
ROUNDS = 5


def plain_text(text: str) -> str:
    """Text without tags, entities decoded, breaks as newlines, no more than one line left empty.

    A lone `<`, as in "area < 50", stays.
    """
    for _ in range(ROUNDS):
        stripped = without_tags(text)
        if stripped == text:
            break
        text = stripped
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_tags(text: str) -> str:
    if "<" not in text and "&" not in text:
        return text
    return html.unescape(without_unfinished(MARKUP.sub(shown, text)))


def shown(markup: re.Match[str]) -> str:
    return "\n" if (markup["tag"] or "").lower() in BREAKS else ""


def without_unfinished(text: str) -> str:
    """A tag that never ends would otherwise come out as text."""
    begins = TAG_BEGINS.search(text, text.rfind(">") + 1)
    return text[: begins.start()] if begins else text
