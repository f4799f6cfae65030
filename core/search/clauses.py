"""What is said in one message one after the other: "A villa in Samui, and how do I cancel?"."""

import re

CLAUSES_MAX = 5
ASKS = (
    r"(?:what|how|when|where|who|which|why|can|could|may|must|do|does|is|are|will|should"
    r"|как|каков\w*|какие|какая|какой|когда|где|куда|кто|почему|сколько|можно|нуж(?:ен|на|но|ны)"
    r"|есть ли)(?!\w)"
)
JOINT = re.compile(
    r"(?<=[.?!;])\s+|\s*\n\s*"
    rf"|(?:\s*[,–—]\s*|\s+)(?:and|but|also|plus|и|а|но|а также)\s+(?={ASKS})|,\s+(?={ASKS})"
    r"|\s+(?=แล้ว|และ)",
    re.IGNORECASE,
)


def clauses(text: str) -> list[str]:
    """The sentences of a text, and questions that begin behind a comma or an "and"; the text alone
    where there are too many."""
    parts = [part for part in JOINT.split(text.strip()) if part.strip(" ,.;!?–—")]
    return parts if 1 < len(parts) <= CLAUSES_MAX else [text]
