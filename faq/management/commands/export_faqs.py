from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from faq.exports import exported
from faq.feeds import FORMATS
from faq.management.commands.import_faqs import format_for
from faq.models import Document


class Command(BaseCommand):
    help = "Write all FAQs as CSV, JSON or Markdown: to a file, or without one to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument(
            "--format", choices=FORMATS, help="if the file's name does not tell; csv without one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        if path and path.suffix.lower() == ".gz":
            raise CommandError(f"An export is not gzipped: {path.with_suffix('').name}.")
        wanted = options["format"] or (None if path else "csv")
        pieces = exported(Document.objects.all(), format_for(path.name if path else "", wanted))
        if path is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        # Beside it first: a file that is there is replaced by a whole one or not at all.
        part = path.with_name(f"{path.name}.part")
        try:
            try:
                with part.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(pieces)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{path}: {Document.objects.count()} FAQs")
