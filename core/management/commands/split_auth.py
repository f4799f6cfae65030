import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

import psycopg
from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from core.databases import APP
from core.split import tables
from core.split.move import VARIABLE, Move, opened
from core.split.sessions import Refused
from core.split.tables import Table

# Without a terminal, a plain line so often.
LINE_EVERY_SECONDS = 5


class Command(BaseCommand):
    help = (
        f"Move what the database of {VARIABLE} holds into the two of this product. The product "
        "must not be served meanwhile. May be killed and run again: it goes on. Nothing is "
        "dropped without --drop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="print each table and where it goes, and stop"
        )
        parser.add_argument(
            "--drop",
            action="store_true",
            help="when everything was found to be the same on both sides, drop it in the old one",
        )
        parser.add_argument(
            "--in-use",
            action="store_true",
            help="with --drop, when the product was served from the new databases since the move: "
            "they may have changed, the old one may not",
        )
        parser.add_argument(
            "--restart", action="store_true", help="copy anew what an unfinished run copied"
        )
        parser.add_argument("--batch", type=whole, default=5000, help="rows at a time (5000)")

    def handle(self, **options: Any) -> None:
        try:
            with opened() as move:
                self.carry_out(move, options)
        except Refused as error:
            raise CommandError(str(error)) from error
        except psycopg.Error as error:
            # The primary message alone: the detail would show values of a row.
            reason = error.diag.message_primary or " ".join(str(error).split())
            raise CommandError(f"PostgreSQL: {reason}.") from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Run it again to go on.", returncode=130) from None

    def carry_out(self, move: Move, options: dict[str, Any]) -> None:
        if move.is_dropped:
            self.stdout.write(f"Everything was moved and dropped from {move.origin} before.")
        elif move.is_complete:
            self.see_again(move, options)
        else:
            move.refuse_unlike()
            if not options["restart"]:
                move.refuse_filled()
            if options["dry_run"]:
                self.tell(move)
            else:
                self.move(move, options)

    def tell(self, move: Move) -> None:
        for table in move.tables:
            rows, target = tables.count(move.old, table), move.new[table.alias].info.dbname
            self.stdout.write(f"{table.name}: {rows} rows to {target}{begun(move, table)}")
        if APP not in move.new:
            self.stdout.write(f"Everything else stays in {move.origin}.")
        for connection in (move.old, *move.new.values()):
            if others := move.others(connection):
                self.stdout.write(
                    f"{connection.info.dbname} is in use (connections: {others}): "
                    "stop the product before the move."
                )
        if promises := move.promises():
            self.stdout.write(promises)
        self.stdout.write("Nothing was written.")

    def move(self, move: Move, options: dict[str, Any]) -> None:
        move.refuse_promises()
        for connection in (move.old, *move.new.values()):
            move.refuse_others(connection)
        with move.old_at_rest():
            move.refuse_promises()  # made since it was looked for, by somebody who is gone
            if options["restart"]:
                move.restart()
                move.refuse_filled()
            move.begin()
            piped = not sys.stderr.isatty()
            with tqdm(
                total=move.rows_left(),
                unit=" rows",
                ascii=piped,
                mininterval=LINE_EVERY_SECONDS if piped else 0.1,
                bar_format="{n}/{total} rows, {elapsed}\n" if piped else None,
            ) as bar:
                move.copy(options["batch"], bar.update)
            move.verify(
                lambda table, rows: self.stdout.write(
                    f"{table.name}: {rows} rows in {move.new[table.alias].info.dbname}, the same"
                )
            )
            if options["drop"]:
                move.drop()
        self.conclude(move, dropped=options["drop"])

    def see_again(self, move: Move, options: dict[str, Any]) -> None:
        """A completed move, perhaps with the product served from the new databases since."""
        if options["restart"]:
            raise Refused(
                "Everything was moved already: --restart would lose what was written since."
            )
        drop = options["drop"] and not options["dry_run"]
        if drop and APP in move.new:
            move.refuse_others(move.old)
        with move.old_at_rest():
            changed = move.changed()
            if changed:
                self.stdout.write(f"Changed in the new databases since: {', '.join(changed)}.")
            if drop and changed and not options["in_use"]:
                raise Refused(
                    "Nothing was dropped: the new databases are not as they were after the move; "
                    "if that is because the product was served from them, add --in-use."
                )
            if drop:
                move.drop()
        self.conclude(move, dropped=drop)

    def conclude(self, move: Move, *, dropped: bool) -> None:
        moved = f"{len(move.tables)} tables"
        self.stdout.write(
            f"{moved} moved, and dropped from {move.origin}."
            if dropped
            else f"{moved} moved; {move.origin} still holds them: --drop drops them there."
        )


def begun(move: Move, table: Table) -> str:
    entry = move.ledger.get(table.name)
    return f", {entry.rows} of them are there" if entry else ""


def whole(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("a whole number above 0")
    return int(text)
