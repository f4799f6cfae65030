from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from tqdm import tqdm

from core.search.indexing import BATCH_TIMEOUT
from core.search.remote import EmbeddingUnavailable
from core.search.serving import serving
from faq.evaluation import Judged, Measures, Remembering, below, by_language, judged, misses
from faq.models import Document, GoldenQuestion

BATCH = 64


class Command(BaseCommand):
    help = (
        "Ask search the golden questions: hit@1, hit@5 and MRR by language, and what was missed. "
        "Fails below the floor of the settings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        model = Remembering(serving(Document._meta.label_lower), BATCH_TIMEOUT)
        results = evaluated(model)
        table = by_language(results)
        write = as_json if options["json"] else as_text
        self.stdout.write(write(model.model, table, misses(results)))
        if not results:
            raise CommandError("There are no golden questions: add some in the admin, or seed.")
        if failures := below(table, settings.FAQ.golden_floor):
            raise CommandError(" ".join(failures))


def evaluated(model: Remembering) -> list[Judged]:
    """All of them, in batches. Raises CommandError when the model gives no vectors: words alone
    are not what serves."""
    rows = GoldenQuestion.objects.select_related("document").order_by("language", "question")
    results: list[Judged] = []
    with tqdm(total=rows.count(), unit=" questions", disable=None, leave=False) as progress:
        for start in range(0, progress.total, BATCH):
            batch = list(rows[start : start + BATCH])
            try:
                model.embed([golden.question.strip() for golden in batch], BATCH_TIMEOUT)
            except EmbeddingUnavailable as error:
                raise CommandError(f"{model.model} gave no vectors: {error}.") from error
            for result in judged(batch, model):
                results.append(result)
                progress.update()
    return results


def as_json(model: str, table: Mapping[str, Measures], missed: Sequence[Judged]) -> str:
    rows = {language: row._asdict() for language, row in table.items()}
    misses = [asdict(result) for result in missed]
    return orjson.dumps({"embedding_model": model, "measures": rows, "misses": misses}).decode()


def as_text(model: str, table: Mapping[str, Measures], missed: Sequence[Judged]) -> str:
    lines = [f"{model:18} questions  hit@1  hit@5    MRR"]
    lines += [
        f"{language:18} {row.questions:9} {row.hit_at_1:6.3f} {row.hit_at_5:6.3f} {row.mrr:6.3f}"
        for language, row in table.items()
    ]
    lines += ["", "Not first:"] if missed else []
    lines += [
        f"  {result.place or '-':>2} {result.question!r} expects {result.expected}; "
        f"first: {result.first[1] if result.first else 'nothing'}"
        for result in missed
    ]
    return "\n".join(lines)
