from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Load this product's sample data. May be run again: nothing is made twice."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEED_DIR.is_dir():
            self.stdout.write(
                f"{settings.PRODUCT.id}: no sample data, as there is no {settings.SEED_DIR}"
            )
            return
        for path in settings.SEEDS:
            self.stdout.write(f"{settings.PRODUCT.id}: {import_string(path)()}")
