from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import connections

from core import tasks
from core.jobs import worker
from core.search import indexing
from core.startup import refuse_what_is_wrong


class Command(BaseCommand):
    help = (
        "Do this product's jobs until stopped. SIGTERM and Ctrl-C let a job end that has begun; "
        "one that is cut off is done again by another worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when none is due")
        parser.add_argument("--jobs", type=int, default=2, help="at the same time (%(default)s)")

    def handle(self, *, once: bool, jobs: int, **options: Any) -> None:
        refuse_what_is_wrong(serving=True)
        if refusal := worker.misplaced_sentence():
            raise CommandError(refusal)
        tasks.enqueue_stalled()
        indexing.look()
        connections.close_all()
        self.stdout.write(f"{settings.PRODUCT.id}: doing jobs, {jobs} at a time.")
        self.stdout.flush()  # into a file it would come when the worker ends
        try:
            worker.run(jobs=jobs, wait=not once)
        except worker.DatabaseLost as lost:
            raise CommandError(str(lost)) from lost
