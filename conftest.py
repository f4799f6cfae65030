"""Every test runs against the real PostgreSQL and Redis that core.testing.services starts."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from core.testing import emptying
from core.testing.services import Services

pytest_plugins = [
    "accounts.testing",
    "core.testing.databases",
    "core.testing.model_server",
    "core.testing.selection",
]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, services: Services
) -> Iterator[None]:
    """Provision as production does, migrate as the owner; tests run as the runtime role.

    In place of pytest-django's own, which needs a role that may create databases.
    """
    with django_db_blocker.unblock():
        services.provision_migrated(lambda: call_command("migrate", verbosity=0))
        emptying.begin()
    yield
    with django_db_blocker.unblock():
        connections.close_all()
