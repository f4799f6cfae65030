import logging
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils.module_loading import import_string

from core.isolation import Finding, Verdict, findings, table


class Command(BaseCommand):
    help = (
        "Try to leave this product with this deployment's own credentials: other databases, DDL, "
        "the audit log, Redis beyond the prefix, tokens, origins, hosts and cookies of others. "
        "Changes nothing. Exit status 1 if something was let through, 2 if not all could be tried."
    )
    # A foreign stamp or Redis user, which keeps a product from starting, is a line of the table.
    starts_behind_a_broken_wall = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url",
            default="",
            help="ask the running deployment here, such as https://api.example.com, in place of "
            "the application within this process",
        )

    def handle(self, *, url: str, **options: Any) -> None:
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise CommandError(f"--url takes https://host, not {url}.", returncode=2)
        if settings.PROBLEMS:
            said = " ".join(problem.message for problem in settings.PROBLEMS)
            raise CommandError(f"{settings.PRODUCT.id} is not set up: {said}", returncode=2)
        rows = all_findings(url)
        self.stdout.write(table(rows))
        counts = {verdict: [row.verdict for row in rows].count(verdict) for verdict in Verdict}
        self.stdout.write(
            f"\n{settings.PRODUCT.id}: {counts[Verdict.OK]} ok, {counts[Verdict.FAIL]} failed, "
            f"{counts[Verdict.NOT_DONE]} not done"
        )
        if counts[Verdict.FAIL]:
            raise CommandError("The wall of this product has a gap.", returncode=1)
        if counts[Verdict.NOT_DONE]:
            raise CommandError("Not everything could be tried.", returncode=2)


def all_findings(url: str) -> list[Finding]:
    """Without the lines that the refused requests would write into the log."""
    logging.disable(logging.ERROR)
    try:
        parts = [(path.rpartition(".")[2], import_string(path)) for path in settings.ISOLATION]
        return list(findings(parts, url))
    finally:
        logging.disable(logging.NOTSET)
