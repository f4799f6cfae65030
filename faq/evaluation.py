"""How well search answers the golden questions, through the code that serves visitors.

hit@1 and hit@5: the share of questions whose expected FAQ comes first, or among the first five.
MRR: the mean of 1 / its place, 0 where it is not among the first ten.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from core.search.embeddings import Embedder
from faq.conf import Floor
from faq.models import GoldenQuestion, Language
from faq.ranking import Question
from faq.search import answer

RESULTS = 10
ALL = "all"


class Measures(NamedTuple):
    """`questions` is a count, the others are 0..1."""

    questions: int
    hit_at_1: float
    hit_at_5: float
    mrr: float


@dataclass(frozen=True)
class Judged:
    """A golden question, and the place (from 1) of the FAQ it expects; None: not found.

    `first` is the (id, question, language) of the FAQ that came first, if any did. `degraded`: the
    embedding model gave no vector, so words alone were compared.
    """

    id: UUID
    question: str
    language: str
    expected: str
    place: int | None
    first: tuple[str, str, str] | None = None
    degraded: bool = False


class Remembering:
    """An embedder that asks for each vector once, all that it is given together in one call.

    `seconds` is the most that a call may take, however long the caller would wait.
    """

    def __init__(self, model: Embedder, seconds: float) -> None:
        self.of, self.seconds = model, seconds
        self.model, self.dimensions = model.model, model.dimensions
        self.semantic, self.noise = model.semantic, model.noise
        self.vectors: dict[str, list[float]] = {}

    def embed(self, texts: Sequence[str], timeout: float) -> list[list[float]]:
        """Raises EmbeddingUnavailable."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if unknown:
            vectors = self.of.embed(unknown, min(timeout, self.seconds))
            self.vectors.update(zip(unknown, vectors, strict=True))
        return [self.vectors[text] for text in texts]


def judged(questions: Iterable[GoldenQuestion], model: Embedder) -> Iterator[Judged]:
    """One by one; a query or two for each. `questions` come with their documents."""
    for golden in questions:
        yield judge(golden, model)


def judge(golden: GoldenQuestion, model: Embedder) -> Judged:
    # Asked to explain itself, search neither reads the cache nor fills it.
    given = answer(Question(golden.question.strip(), RESULTS), model, explain=True)
    ids = [result["id"] for result in given.results]
    first = given.results[0] if given.results else None
    expected = str(golden.document_id)
    return Judged(
        id=golden.pk,
        question=golden.question,
        language=golden.language,
        expected=golden.document.slug,
        place=ids.index(expected) + 1 if expected in ids else None,
        first=(first["id"], first["question"], first["language"]) if first else None,
        degraded=given.degraded,
    )


def measures(places: Sequence[int | None]) -> Measures:
    """0 of each for no question at all."""
    total = len(places) or 1
    found = [place for place in places if place]
    return Measures(
        questions=len(places),
        hit_at_1=sum(place == 1 for place in found) / total,
        hit_at_5=sum(place <= 5 for place in found) / total,
        mrr=sum(1 / place for place in found) / total,
    )


def by_language(results: Sequence[Judged]) -> dict[str, Measures]:
    """Of each language that has questions, and of all."""
    table = {
        language: measures([result.place for result in results if result.language == language])
        for language in Language.values
    }
    kept = {language: row for language, row in table.items() if row.questions}
    return kept | {ALL: measures([result.place for result in results])}


def below(table: Mapping[str, Measures], floor: Floor) -> list[str]:
    """A sentence for each measure that is under its floor."""
    return [
        f"{label} of {language} questions is {value:.3f}, under the floor of {least:.3f}."
        for language, row in table.items()
        if row.questions
        for label, value, least in (
            ("hit@5", row.hit_at_5, floor.hit_at_5),
            ("MRR", row.mrr, floor.mrr),
        )
        if value < least
    ]


def misses(results: Iterable[Judged]) -> list[Judged]:
    """Those whose FAQ did not come first, the worst first."""
    missed = [result for result in results if result.place != 1]
    return sorted(missed, key=lambda result: -(result.place or RESULTS + 1))
