from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import OperationalError

from core.files import UnreadableFile, UnwritableReport, refuse_unwritable, write_report
from core.progress import bar
from properties import imports
from properties.currencies import CODES, UNKNOWN
from properties.feeds import PLACE_MAX_LENGTH
from properties.imports import Feed, Progress


class Command(BaseCommand):
    help = (
        "Import listings from a CSV file with Inside Airbnb's columns, plain or gzipped. May be "
        "interrupted and run again: what is there already is updated or left as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--currency", required=True, help="of the prices, such as SEK")
        parser.add_argument("--city", help="if the file's neighbourhoods do not tell")
        parser.add_argument(
            "--source",
            default="inside-airbnb",
            help="with the file's id it tells a listing again (inside-airbnb)",
        )
        parser.add_argument(
            "--report",
            type=Path,
            help="rejected rows, and notes (default: FILE's name + -rejected.csv, here)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        currency, source, path = options["currency"].upper(), options["source"], options["file"]
        if currency not in CODES:
            raise CommandError(f"--currency: {UNKNOWN}")
        if not 0 < len(source) <= 50:
            raise CommandError("--source takes 1 to 50 characters.")
        if len(options["city"] or "") > PLACE_MAX_LENGTH:
            raise CommandError(f"--city takes up to {PLACE_MAX_LENGTH} characters.")
        progress, report = Progress(), options["report"] or default_report(path)
        try:
            survey = imports.survey(path)
            if options["report"]:
                refuse_unwritable(report, path)
            city = options["city"] or survey.city
            self.run(Feed(path, source, currency, city), progress, survey.rows)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        except OperationalError:  # manage.py says which
            self.tell(progress, report)
            raise
        except KeyboardInterrupt:
            self.tell(progress, report)
            raise CommandError("Interrupted. Run it again to go on.", returncode=130) from None
        self.tell(progress, report)

    def run(self, feed: Feed, progress: Progress, rows: int) -> None:
        self.stdout.write(f"{feed.path.name}: {rows} rows, city: {feed.city or 'not known'}")
        with bar(rows, "listings") as advanced:
            imports.run(feed, progress, advanced.update)

    def tell(self, progress: Progress, report: Path) -> None:
        self.stdout.write(str(progress))
        if lines := progress.report():
            try:
                write_report(report, lines)
            except UnwritableReport as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"Why, row by row: {report}")


def default_report(path: Path) -> Path:
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    return Path(f"{name}-rejected.csv")
