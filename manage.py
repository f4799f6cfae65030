#!/usr/bin/env python
import os
import sys

from django.core.management import BaseCommand, ManagementUtility

from config import missing_product_sentence


class CheckedManagementUtility(ManagementUtility):
    """Runs no command of a product that must not start."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        command = super().fetch_command(subcommand)
        from core.startup import refuse_what_is_wrong  # needs the apps, which are loaded by now

        refuse_what_is_wrong()
        return command


def main() -> None:
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        sys.exit(missing_product_sentence())
    CheckedManagementUtility(sys.argv).execute()


if __name__ == "__main__":
    main()
