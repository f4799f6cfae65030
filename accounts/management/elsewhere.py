from django.conf import settings
from django.core.management import CommandError


def refuse_elsewhere() -> None:
    """Raises CommandError where another deployment keeps the people: tables of people there may
    be here, but nobody is signed in by them."""
    if settings.ACCOUNTS_API is not None:
        raise CommandError("The people are kept by another deployment: run this there.")
