import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from accounts.clerk.backend_api import ApiUnavailable, BackendApi
from accounts.clerk.keys import KeysUnavailable
from accounts.clerk.sync import Sync, TooManyRemovals
from accounts.management.elsewhere import refuse_elsewhere

# Without a terminal, a plain line so often.
LINE_EVERY_SECONDS = 5
NAMED_MAX = 10


class Command(BaseCommand):
    help = (
        "Compare the people here with Clerk's users, and repair what differs. May be interrupted "
        "and run again. People without a Clerk id are left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say it, change nothing")
        parser.add_argument(
            "--allow-removals", action="store_true", help="remove even more than a fifth"
        )

    def handle(self, *args: Any, dry_run: bool, allow_removals: bool, **options: Any) -> None:
        refuse_elsewhere()
        if not settings.CLERK.secret_key:
            raise CommandError("CLERK_SECRET_KEY is not set.")
        api = BackendApi(settings.CLERK)
        try:
            self.run(api, dry_run, allow_removals)
        except TooManyRemovals as error:
            gone, known = error.args
            named = ", ".join(gone[:NAMED_MAX]) + (" ..." if len(gone) > NAMED_MAX else "")
            raise CommandError(
                f"{len(gone)} of the {known} people here are not in Clerk: {named}. Nobody was "
                "removed. See all with --dry-run --allow-removals; if that is right, run with "
                "--allow-removals. A later run removes them where they are no more than a fifth."
            ) from error
        except KeysUnavailable as error:
            raise CommandError(f"The keys at {error} cannot be fetched. Run it again.") from error
        except ApiUnavailable as error:
            raise CommandError(f"{error} Run it again to go on.") from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. Run it again to go on.", returncode=130) from None

    def run(self, api: BackendApi, dry_run: bool, allow_removals: bool) -> None:
        if not api.signs_our_tokens():
            raise CommandError(
                f"CLERK_SECRET_KEY opens another project than the one whose tokens "
                f"{settings.PRODUCT.name} accepts. Nothing was changed."
            )
        piped = not sys.stderr.isatty()
        with tqdm(
            total=api.count(),
            unit=" users",
            ascii=piped,
            mininterval=LINE_EVERY_SECONDS if piped else 0.1,
            bar_format="{n}/{total} users, {elapsed}\n" if piped else None,
        ) as bar:
            sync = Sync(api, dry_run, allow_removals, self.tell, bar.update)
            try:
                sync.run()
            finally:
                self.tell(("Would be: " if dry_run else "") + str(sync.report))

    def tell(self, line: str) -> None:
        with tqdm.external_write_mode():
            self.stdout.write(line)
