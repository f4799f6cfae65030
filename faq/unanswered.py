"""What visitors asked and no FAQ answered: kept by groups of questions alike, without the visitor.

Two questions are alike when they come to the same lexemes, in any order (case, accents, stop
words, endings and synonyms apart), or to the same but for one, misspelt in one of them.

Nothing here may hold a visitor up or fail them: whatever the database says is logged, and the
question dropped, also when somebody else holds its row longer than PATIENCE. So is what comes when
the minute's share is used up: a flood fills no table.
"""

import hashlib
import logging
import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from django.core.cache import cache
from django.db import Error as DatabaseError, connection

from core.search.spelling import misspelt
from core.search.text import SYNONYMS, language_of, searchable
from faq.grounds import TALK, without_talk
from faq.models import QUESTION_MAX_LENGTH
from faq.scrubbing import PLACEHOLDERS, scrubbed

logger = logging.getLogger("faq.unanswered")

# Questions of all visitors together that are written down in a minute.
RECORDED_PER_MINUTE = 120
# Open groups that are kept, the most asked; and how long one is that nobody asks again.
OPEN_MAX = 5_000
KEPT_DAYS = 180
# Words of a question that its group is known by.
LEXEMES_MAX = 32
# What is left of "may I, please?" in Thai when the rest of it is cut out.
THAI_PARTICLES = frozenset({"ได้", "คะ", "ค่ะ", "ครับ"})
# Groups that are compared letter by letter, the most asked.
COMPARED = 100

# As questions are looked up by (migration 0003): stems English and Russian, leaves Thai.
LEXEMES = "SELECT tsvector_to_array(to_tsvector('russian', %s))"
NEARLY = """
SELECT key, lexemes FROM faq_unansweredquestion
WHERE language = %(language)s AND cardinality(lexemes) = %(size)s
AND (SELECT count(*) FROM unnest(lexemes) word WHERE word = ANY(%(lexemes)s)) = %(size)s - 1
ORDER BY asked DESC, last_asked DESC, id LIMIT %(most)s
"""
KNOWN = "SELECT 1 FROM faq_unansweredquestion WHERE key = %s"
# For a row that others hold.
PATIENCE = "200ms"
# Raced by another visitor with the same question, it counts twice all the same. The limit is set
# before the row is locked, and ends with the statement: a transaction around it would take three
# more.
COUNT = """
INSERT INTO faq_unansweredquestion AS kept
    (id, text, language, lexemes, key, searches, turns, reason)
SELECT %(id)s, %(text)s, %(language)s, %(lexemes)s, %(key)s, %(searches)s, %(turns)s, ''
FROM set_config('lock_timeout', %(patience)s, true)
ON CONFLICT (key) DO UPDATE SET searches = kept.searches + excluded.searches,
    turns = kept.turns + excluded.turns, last_asked = statement_timestamp()
RETURNING id = %(id)s
"""
# Rows that others hold stay until the next one.
PRUNE = """
DELETE FROM faq_unansweredquestion WHERE id IN (
    SELECT id FROM faq_unansweredquestion WHERE draft_id IS NULL AND reason = '' AND (
        last_asked < statement_timestamp() - make_interval(days => %s) OR id IN (
            SELECT id FROM faq_unansweredquestion WHERE draft_id IS NULL AND reason = ''
            ORDER BY asked DESC, last_asked DESC, id OFFSET %s
        )
    ) FOR UPDATE SKIP LOCKED
)
"""


class Surface(StrEnum):
    SEARCH = "searches"
    ASSISTANT = "turns"


def turn(text: str) -> None:
    """The assistant's tools found nothing (settings.UNANSWERED)."""
    record(text, Surface.ASSISTANT)


def record(text: str, surface: Surface) -> None:
    """Count a question that was not answered. Never fails."""
    if too_many():  # before the work
        return
    question = scrubbed(text, QUESTION_MAX_LENGTH)
    asked = PLACEHOLDERS.sub(" ", question)
    if not any(character.isalpha() for character in asked):
        return
    try:
        count(question, asked, surface)
    except DatabaseError as error:
        # Its message may quote the question.
        logger.warning("an unanswered question was dropped", extra={"reason": type(error).__name__})


def too_many() -> bool:
    """Whether this minute's share is used up; without Redis nobody counts."""
    key = "faq:unanswered:recorded"
    try:
        return (cache.incr(key) or 0) > RECORDED_PER_MINUTE
    except ValueError:  # the minute's first
        cache.add(key, 1, 60)
        return False


def count(question: str, asked: str, surface: Surface) -> None:
    language = language_of(asked)
    with connection.cursor() as cursor:
        cursor.execute(LEXEMES, [searchable(without_talk(asked), language)])
        lexemes = subject(cursor.fetchone()[0]) or sorted(set(searchable(asked, language).split()))
        lexemes = lexemes[:LEXEMES_MAX]
        key = key_of(language, lexemes)
        cursor.execute(KNOWN, [key])
        if not cursor.fetchone():
            given: dict[str, Any] = {"language": language, "lexemes": lexemes}
            cursor.execute(NEARLY, given | {"size": len(lexemes), "most": COMPARED})
            key = next((near for near, words in cursor.fetchall() if nearly(lexemes, words)), key)
        row: dict[str, Any] = {
            "id": uuid.uuid4(),
            "text": question,
            "language": language,
            "lexemes": lexemes,
        }
        once = {other.value: int(other is surface) for other in Surface}
        cursor.execute(COUNT, row | once | {"key": key, "patience": PATIENCE})
        (is_new,) = cursor.fetchone()
        if is_new:
            cursor.execute(PRUNE, [KEPT_DAYS, OPEN_MAX])


def subject(lexemes: Sequence[str]) -> list[str]:
    """What is asked about, each thing in one of its words, sorted."""
    talk = TALK | THAI_PARTICLES
    return sorted({min(SYNONYMS.get(word, {word})) for word in lexemes if word not in talk})


def key_of(language: str, lexemes: Sequence[str]) -> str:
    given = " ".join([language, *lexemes])
    return hashlib.blake2b(given.encode(), digest_size=16).hexdigest()


def nearly(lexemes: Sequence[str], others: Sequence[str]) -> bool:
    """Whether they are the same but for one, which is misspelt."""
    ours, theirs = set(lexemes) - set(others), set(others) - set(lexemes)
    return len(ours) == len(theirs) == 1 and misspelt(ours.pop(), theirs.pop())
