from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DataError, IntegrityError
from django.utils.module_loading import import_string

from core.seeding import SeedReport


class Command(BaseCommand):
    help = "Load this product's sample data. May be run again: nothing is made twice."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEED_DIR.is_dir():
            self.stdout.write(
                f"{settings.PRODUCT.id}: no sample data, as there is no {settings.SEED_DIR}"
            )
            return
        for path in settings.SEEDS:
            self.stdout.write(f"{settings.PRODUCT.id}: {report_of(path)}")


def report_of(path: str) -> SeedReport:
    """Raises CommandError. What an app has not looked for itself PostgreSQL may refuse."""
    try:
        report: SeedReport = import_string(path)()
    except (DataError, IntegrityError) as error:
        reason = str(error).partition("\n")[0]
        raise CommandError(f"{settings.SEED_DIR}: {path} was refused: {reason}") from error
    return report
