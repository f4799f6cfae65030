import sys
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from core import chain
from core.chain import Head

# Without a terminal, a plain line so often.
LINE_EVERY_SECONDS = 5
# More than these need another look than at a list.
FAULTS_MAX = 100


class Command(BaseCommand):
    help = (
        "Check the audit log of each database of this product: whether an entry was removed, "
        "altered, added or moved. Exit status 1 if so. Prints the end of each chain; noted "
        "elsewhere and given back with --expect, it shows a log that was rewritten as a whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="HEAD",
            help="the end of a chain as an earlier run printed it; may be given more than once",
        )

    def handle(self, *, expect: list[str], **options: Any) -> None:
        expected = [head_of(text) for text in expect]
        whole = [self.verify(alias, expected) for alias in settings.DATABASES]
        if not all(whole):
            raise CommandError("The audit log is not what was written.")

    def verify(self, alias: str, expected: list[Head]) -> bool:
        head, last = chain.head_of(alias)
        piped = not sys.stderr.isatty()
        with tqdm(
            total=head.position,
            unit=" entries",
            ascii=piped,
            mininterval=LINE_EVERY_SECONDS if piped else 0.1,
            bar_format="{n}/{total} entries, {elapsed}\n" if piped else None,
        ) as bar:
            found = list(islice(chain.faults(head, last, bar.update), FAULTS_MAX))
        lost = [each for each in expected if each.alias == alias and not chain.holds(each)]
        found += [f"the log no longer holds {each}" for each in lost]
        for fault in found:
            self.stdout.write(f"{alias}: {fault}")
        if len(found) >= FAULTS_MAX:
            self.stdout.write(f"{alias}: and perhaps more")
        if not found:
            self.stdout.write(f"{alias}: {head.position} entries, whole. {head}")
        return not found


def head_of(text: str) -> Head:
    try:
        head = Head.read(text)
    except ValueError as error:
        raise CommandError(f"--expect takes what an earlier run printed, not {text}.") from error
    if head.alias not in settings.DATABASES:
        raise CommandError(f"--expect names {head.alias}, which is no database of this product.")
    return head
