from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from core.testing.clerk import FakeClerk, running


@pytest.fixture
def clerk(settings: Settings) -> Iterator[FakeClerk]:
    """A Clerk whose keys the product has to fetch."""
    with running(settings.CLERK.issuer) as clerk:
        settings.CLERK = replace(settings.CLERK, jwt_key="", jwks_url=clerk.jwks_url)
        yield clerk


@pytest.fixture
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
