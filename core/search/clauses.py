"""What is said in one message one after the other: "A villa in Samui, and how do I cancel?"."""

import re

CLAUSES_MAX = 5
ASKS = (
    r"(?:what|how|when|where|who|which|why|can|could|may|must|do|does|is|are|will|should"
    r"|как|каков\w*|какие|какая|какой|когда|где|куда|кто|почему|сколько|мо(?:жно|жет|гу|гут|жем)|нуж(?:ен|на|но|ны)"
    r"|есть ли)(?!\w)"
)
THAI_ASKS = "(?:ไหม|มั้ย|เท่าไหร่|เท่าไร|ยังไง|อย่างไร|หรือเปล่า|หรือไม่)"
JOINT = re.compile(
    r"(?<=[.?!;]) |\n+"
    rf"|(?: ?[,–—] ?| )(?:and|but|also|plus|и|а|но|а также) (?={ASKS})|, (?={ASKS})"
    rf"| (?=แล้ว|และ|[ก-๎]{{0,60}}?{THAI_ASKS}[ก-๎]{{0,10}} ?\??$)",
    re.IGNORECASE,
)


def clauses(text: str) -> list[str]:
    """The sentences of a text, and questions that begin behind a comma or an "and", and in Thai
    behind a space; the text alone where there are too many."""
    lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
    parts = [part for part in JOINT.split(lines) if part.strip(" ,.;!?–—")]
    return parts if 1 < len(parts) <= CLAUSES_MAX else [text]
