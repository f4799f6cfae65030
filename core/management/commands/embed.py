import time
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from tqdm import tqdm

from core.search import indexing
from core.search.collections import Collection
from core.search.embeddings import Embedder, embedder
from core.search.indexing import Refusal, Step
from core.search.remote import EmbeddingUnavailable

RETRY_AFTER_SECONDS = (1, 4)
LINE_EVERY_SECONDS = 10.0


class Command(BaseCommand):
    help = (
        "Make the vectors that are missing for the present embedding model. May be interrupted: "
        "the next run goes on. The worker does so by itself; this is for now, and for watching it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", dest="everything", help="anew, also those that are there"
        )
        parser.add_argument(
            "--after", type=UUID, help="go on behind this id, as an interrupted run with --all says"
        )
        parser.add_argument(
            "--collection", choices=sorted(indexing.collections()), help="only this one"
        )

    def handle(
        self, *, everything: bool, after: UUID | None, collection: str | None, **options: Any
    ) -> None:
        if after and not collection:
            raise CommandError("--after is an id of one collection: name it by --collection.")
        refused = {
            name: self.embed(each, embedder(), everything, after)
            for name, each in indexing.collections().items()
            if collection in (None, name)
        }
        told = ", ".join(f"{number} of {name}" for name, number in refused.items() if number)
        if told:
            raise CommandError(f"Refused were {told}: the admin lists them.")

    def embed(
        self, collection: Collection, model: Embedder, everything: bool, last: UUID | None
    ) -> int:
        """How many texts were refused."""
        total = collection.count_missing("" if everything else model.model)
        refusals: list[Refusal] = []
        with Progress(collection.name, total, self) as progress:
            more = total > 0
            while more:
                done = self.step(collection, model, last, everything, progress)
                refusals += done.refusals
                progress.advance(done.rows)
                last, more = done.last, done.last is not None
        for text, reason in refusals:
            self.stderr.write(f"{collection.name} {text.id}: {reason}")
        indexing.settle(collection)
        embedded = progress.done - len(refusals)
        self.stdout.write(f"{collection.name}: {embedded} embedded by {model.model}.")
        return len(refusals)

    def step(
        self,
        collection: Collection,
        model: Embedder,
        last: UUID | None,
        everything: bool,
        progress: "Progress",
    ) -> Step:
        """One batch, with patience for a model that stumbles."""
        go_on = f"embed --collection {collection.name}"
        if everything and last:
            go_on += f" --all --after {last}"
        for pause in (*RETRY_AFTER_SECONDS, None):
            try:
                return indexing.step(collection, model, last, everything=everything, again=True)
            except EmbeddingUnavailable as error:
                if pause is None:
                    left = max(progress.total - progress.done, 0)
                    message = f"{model.model} gave no vectors ({error}). {left} texts are left."
                    raise CommandError(f"{message} Go on with: {go_on}") from error
                time.sleep(pause)
            except KeyboardInterrupt:
                raise CommandError(f"Interrupted. Go on with: {go_on}", returncode=130) from None
        raise AssertionError  # the last pause is None


class Progress(tqdm):
    """A bar on a terminal; elsewhere a line now and then."""

    def __init__(self, name: str, total: int, command: BaseCommand) -> None:
        self.command = command
        self.told_at = time.monotonic()
        is_terminal = command.stderr.isatty()
        super().__init__(desc=name, total=total, unit=" texts", disable=not (total and is_terminal))
        self.name, self.total, self.done = name, total, 0

    def advance(self, rows: int) -> None:
        self.update(rows)
        self.done += rows
        if self.disable and time.monotonic() - self.told_at > LINE_EVERY_SECONDS:
            self.told_at = time.monotonic()
            self.command.stdout.write(f"{self.name}: {self.done} of {self.total}")
