from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import OperationalError

from core.files import UnreadableFile, UnwritableReport, refuse_unwritable, write_report
from core.progress import bar
from faq import imports
from faq.feeds import FORMATS, Format, format_of
from faq.import_rehearsal import foreseen
from faq.imports import Order, Progress
from faq.plan import Planned

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Import FAQs from CSV, JSON or Markdown, plain or gzipped. May be interrupted and run "
        "again: what is there already is changed or left as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="tell what would be done")
        parser.add_argument("--format", choices=FORMATS, help="if the file's name does not tell")
        parser.add_argument(
            "--skip-duplicates",
            action="store_true",
            help="leave out what is new but asks nearly the same as another FAQ",
        )
        parser.add_argument(
            "--report", type=Path, help="rejected rows (default: FILE's name + -rejected.csv, here)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, dry_run = options["file"], options["dry_run"]
        order = Order(path.name, dry_run=dry_run, skip_alike=options["skip_duplicates"])
        progress = Progress()
        report = options["report"] or Path(f"{path.name.partition('.')[0]}-rejected.csv")
        try:
            rows = self.read(path, format_for(path.name, options["format"]))
            if options["report"]:
                refuse_unwritable(report, path)
            with bar(len(rows), "FAQs") as advanced:
                imports.run(rows, order, progress, advanced.update)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        except OperationalError:  # manage.py says which
            self.tell(progress, report, dry_run)
            raise
        except KeyboardInterrupt:
            self.tell(progress, report, dry_run)
            raise CommandError("Interrupted. Run it again to go on.", returncode=130) from None
        self.tell(progress, report, dry_run)
        if dry_run:
            self.foresee(progress.planned, order)

    def read(self, path: Path, format: Format) -> imports.Read:
        try:
            with path.open("rb") as file:
                return imports.read(
                    str(path), file, format, imports.ROWS_MAX, imports.CHARACTERS_MAX
                )
        except OSError as error:
            raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error

    def tell(self, progress: Progress, report: Path, dry_run: bool) -> None:
        if dry_run:
            self.list(progress.listed)
        self.list(progress.alike, "likely duplicate")
        self.stdout.write(f"{'Dry run: ' if dry_run else ''}{progress}")
        if progress.rejections:
            try:
                write_report(report, progress.rejections, imports.REPORT_COLUMNS)
            except UnwritableReport as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"Why, row by row: {report}")

    def foresee(self, planned: list[Planned], order: Order) -> None:
        """What the import would do to the golden questions."""
        ahead = foreseen(planned, order)
        if ahead.obstacle:
            self.stdout.write(f"Golden questions: not judged, {ahead.obstacle}.")
        if ahead.judgement is None:
            return
        for fall in ahead.judgement.fallen:
            self.stdout.write(f"Golden questions: {fall}")
        for was, now in ahead.judgement.worse:
            place = now.place or "not found"
            self.stdout.write(f"  {now.question}: {now.expected} from place {was.place} to {place}")
        if not ahead.judgement.fallen:
            self.stdout.write("Golden questions: no measure falls.")
        if ahead.judgement.unjudged:
            self.stdout.write(f"Golden questions: no time for {ahead.judgement.unjudged} of them.")

    def list(self, planned: list[Planned], kind: str = "") -> None:
        for one in planned[:SHOWN]:
            told = f"like {one.alike} ({one.likeness:.0%})" if kind else ", ".join(one.changed)
            line = f"{kind or one.verdict:<16} line {one.row.line}: {one.row.slug}  {told}"
            self.stdout.write(line.rstrip())
        if len(planned) > SHOWN:
            self.stdout.write(f"... and {len(planned) - SHOWN} more")


def format_for(name: str, wanted: str | None) -> Format:
    format = FORMATS[wanted] if wanted else format_of(name)
    if format is None:
        raise CommandError(f"--format is needed: {name} ends in none of .csv, .json, .md.")
    return format
