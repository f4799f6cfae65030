#!/usr/bin/env python
import errno
import gc
import os
import signal
import sys

from django.core.management import BaseCommand, ManagementUtility
from django.db import OperationalError, ProgrammingError

from config import missing_product_sentence


class CheckedManagementUtility(ManagementUtility):
    """Runs no command of a product that must not start."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        command = super().fetch_command(subcommand)
        # Needs the apps, which are loaded by now.
        from core.startup import connect_without_pools, refuse_what_is_wrong

        connect_without_pools()
        if not getattr(command, "starts_behind_a_broken_wall", False):
            refuse_what_is_wrong()
        # What is loaded stays, and is passed over from now on, at the end too.
        gc.freeze()
        gc.enable()
        return command

    def execute(self) -> None:
        """A database that cannot be reached, gave up or was never migrated, or a full disk, is
        one sentence, unless `--traceback` is given."""
        try:
            super().execute()
            sys.stdout.flush()
        except BrokenPipeError:
            # Who read the output, such as `head`, has enough.
            discard_output()
            sys.exit(128 + signal.SIGPIPE)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or "--traceback" in self.argv:
                raise
            discard_output()
            sys.exit(f"The output cannot be written: {error.strerror}.")
        except OperationalError as error:
            from core.startup import unreachable_database

            sentence = unreachable_database(error)
            if sentence is None or "--traceback" in self.argv:
                raise
            sys.exit(sentence)
        except ProgrammingError as error:
            from core.startup import never_migrated

            sentence = never_migrated(error)
            # Where a migration itself is wrong, to run them is no advice.
            if sentence is None or {"migrate", "--traceback"} & set(self.argv):
                raise
            sys.exit(sentence)


def discard_output() -> None:
    """What is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        sys.exit(missing_product_sentence())
    # To look for garbage in what is being loaded took a third of a short command's time.
    gc.disable()
    CheckedManagementUtility(sys.argv).execute()


if __name__ == "__main__":
    main()
