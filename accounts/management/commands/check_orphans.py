import sys
from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from tqdm import tqdm

from accounts import directory, orphans
from accounts.orphans import Column
from accounts.remote import DirectoryUnavailable

# More at once come rather of the wrong backup of the people than of a fault.
REPAIRED_MAX = 100
REPAIRED_SHARE = 0.2  # of the people of all columns
LINE_EVERY_SECONDS = 5  # without a terminal


class Command(BaseCommand):
    help = (
        "Look for ids of people in the apps' tables that are nobody's, and print how many there "
        "are in each column. Exit status 1 if any are left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="erase what is theirs, as if they had just gone"
        )
        parser.add_argument(
            "--many",
            action="store_true",
            help=f"repair more than {REPAIRED_MAX} people, or more than a fifth of all",
        )

    def handle(self, *, repair: bool, many: bool, **options: Any) -> None:
        try:
            people, strangers, found = self.look()
        except DirectoryUnavailable as error:
            raise CommandError(
                f"The directory of people gives no usable answer: {error}"
            ) from error
        if not found:
            return
        if not repair:
            raise CommandError(f"{len(found)} people are nobody. --repair erases what is theirs.")
        if not many and (len(found) > REPAIRED_MAX or strangers > REPAIRED_SHARE * people):
            known = people - strangers or "none"
            raise CommandError(
                f"{len(found)} people are nobody, and {known} of {people} are known: is it the "
                "right database of people, and whole? Then --many."
            )
        for id in sorted(found):
            counts = orphans.repair(id)
            told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
            self.stdout.write(f"{id}: {told}")

    def look(self) -> tuple[int, int, set[UUID]]:
        """How many people the columns hold, how many of those are nobody (in either number,
        somebody counts once for each column), and who that is; prints a line for each column."""
        all_people, all_strangers = 0, 0
        found: set[UUID] = set()
        self.stdout.write(f"{'column':<32}{'people':>10}{'nobody':>10}{'rows':>10}")
        for column in orphans.columns():
            people, strangers, rows = self.look_in(column)
            self.stdout.write(f"{column.path:<32}{people:>10}{len(strangers):>10}{rows:>10}")
            all_people += people
            all_strangers += len(strangers)
            found |= strangers
        return all_people, all_strangers, found

    def look_in(self, column: Column) -> tuple[int, set[UUID], int]:
        people, found, rows = 0, set(), 0
        piped = not sys.stderr.isatty()
        with tqdm(
            desc=column.path, unit=" people", ascii=piped, leave=piped,
            mininterval=LINE_EVERY_SECONDS if piped else 0.1,
            bar_format="{desc}: {n} people, {elapsed}\n" if piped else None,
        ) as bar:  # fmt: skip
            for batch in column.people():
                strangers = directory.strangers(batch)
                rows += column.count(strangers) if strangers else 0
                found.update(strangers)
                people += len(batch)
                bar.update(len(batch))
        return people, found, rows
