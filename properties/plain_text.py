"""HTML to plain text. Listings come from feeds and people; none of their markup is ever kept."""

import re
from html.parser import HTMLParser

BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol"}
UNSEEN = {"script", "style", "template", "noscript"}
# A tag that never ends would otherwise come out as text.
UNFINISHED_TAG = re.compile(r"<[a-z!/?][^<>]*$", re.IGNORECASE)
# Markup may be escaped, and escaped again; what is left after so many rounds is cut off.
ROUNDS = 5


class TextOnly(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in BREAKS:
            self.parts.append("\n")
        self.unseen += tag in UNSEEN

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN and self.unseen:
            self.unseen -= 1

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(data)


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
    parser = TextOnly()
    parser.feed(UNFINISHED_TAG.sub("", text))
    parser.close()
    return "".join(parser.parts)
