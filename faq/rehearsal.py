"""Whether an edit makes search worse: the golden questions asked before it and after it, in its
transaction.

The cost is bounded: by how many are asked, and by the time that they may take. What could not be
judged is counted.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from core.databases import APP
from core.search.embeddings import Embedder
from core.search.serving import serving
from faq import indexing
from faq.conf import Floor
from faq.evaluation import Judged, Measures, Remembering, by_language, judge
from faq.models import Document, GoldenQuestion

QUESTIONS_MAX = 200
SECONDS = 2.5  # for all questions before the edit, and as long again after it
EMBEDDING_SECONDS = 3.0
CLOSE = 1e-9


class Worse(NamedTuple):
    before: Judged
    after: Judged


class Fall(NamedTuple):
    """Of a measure ("hit@1", "hit@5" or "MRR") in a language, or in "all"; 0..1."""

    measure: str
    language: str
    before: float
    after: float
    floor: float

    @property
    def is_under_floor(self) -> bool:
        return self.after < self.floor

    def __str__(self) -> str:
        under = f", under the floor of {self.floor:.3f}" if self.is_under_floor else ""
        return (
            f"{self.measure} of {self.language} questions falls "
            f"from {self.before:.3f} to {self.after:.3f}{under}."
        )


@dataclass(frozen=True)
class Verdict:
    """`worse`: golden questions whose FAQ comes later than before, or not at all. `unjudged`: how
    many there was no time for."""

    fallen: list[Fall]
    worse: list[Worse]
    unjudged: int = 0


class Rehearsal:
    """Of one edit. Raises EmbeddingUnavailable: without vectors nothing can be told."""

    def __init__(self, model: Embedder, document_id: UUID | None = None) -> None:
        self.model = Remembering(model, EMBEDDING_SECONDS)
        self.questions = chosen(document_id)
        self.total = GoldenQuestion.objects.count()
        self.model.embed([golden.question.strip() for golden in self.questions], EMBEDDING_SECONDS)
        self.before = self.judge()

    def judge(self) -> dict[UUID, Judged]:
        """Those for which there was time."""
        deadline = time.monotonic() + SECONDS
        judged: dict[UUID, Judged] = {}
        for golden in self.questions:
            if time.monotonic() > deadline:
                break
            judged[golden.pk] = judge(golden, self.model)
        return judged

    def learn(self, texts: Sequence[str]) -> None:
        """Ask for the vectors of the texts that the edit makes, before it locks anything."""
        if texts:
            self.model.embed(texts, EMBEDDING_SECONDS)

    def verdict(self, changed: Sequence[Document], floor: Floor) -> Verdict:
        """After the edit, in its transaction. A model elsewhere would give the vectors of what was
        `changed` after the commit only; here they are those that were learnt."""
        ids = [document.pk for document in changed]
        missing = Document.objects.not_embedded_by(self.model.model).filter(pk__in=ids)
        known = [each for each in missing if each.embedded_text in self.model.vectors]
        if known:
            indexing.embed(known, self.model)
        after = self.judge()
        both = [id for id in self.before if id in after]
        before = [self.before[id] for id in both]
        return compare(before, [after[id] for id in both], floor, self.total - len(both))


def prepared(edit: Callable[[], Sequence[Document]], document_id: UUID | None = None) -> Rehearsal:
    """Before an edit, which returns what it saved. For a model elsewhere, which is to be asked
    while nothing is locked, the edit is made once to learn its texts, and undone.

    Raises EmbeddingUnavailable, and what the edit raises.
    """
    rehearsal = Rehearsal(serving(Document._meta.label_lower), document_id)
    if rehearsal.model.semantic:
        with transaction.atomic(using=APP):
            texts = [document.embedded_text for document in edit()]
            transaction.set_rollback(True, using=APP)
        rehearsal.learn(texts)
    return rehearsal


def chosen(document_id: UUID | None) -> list[GoldenQuestion]:
    """At most QUESTIONS_MAX, those that expect the document first."""
    rows = GoldenQuestion.objects.select_related("document").order_by("pk")
    own = list(rows.filter(document_id=document_id)[:QUESTIONS_MAX]) if document_id else []
    others = rows.exclude(document_id=document_id) if document_id else rows
    return own + list(others[: QUESTIONS_MAX - len(own)])


def compare(
    before: Sequence[Judged], after: Sequence[Judged], floor: Floor, unjudged: int = 0
) -> Verdict:
    """The same questions in the same order, before and after."""
    pairs = [Worse(was, now) for was, now in zip(before, after, strict=True)]
    worse = [pair for pair in pairs if is_later(pair.before.place, pair.after.place)]
    return Verdict(fallen(before, after, floor), worse, unjudged)


def is_later(was: int | None, now: int | None) -> bool:
    return was is not None and (now is None or now > was)


def fallen(before: Sequence[Judged], after: Sequence[Judged], floor: Floor) -> list[Fall]:
    was, now = by_language(before), by_language(after)
    return [
        fall
        for language, row in was.items()
        for fall in measured(language, row, now[language], floor)
        if fall.after < fall.before - CLOSE
    ]


def measured(language: str, was: Measures, now: Measures, floor: Floor) -> list[Fall]:
    """hit@1 has no floor."""
    return [
        Fall("hit@1", language, was.hit_at_1, now.hit_at_1, 0.0),
        Fall("hit@5", language, was.hit_at_5, now.hit_at_5, floor.hit_at_5),
        Fall("MRR", language, was.mrr, now.mrr, floor.mrr),
    ]
