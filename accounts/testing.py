"""pytest plugin: named people, and clients signed in as them with a real session token."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connections
from rest_framework.test import APIClient

from accounts import api_keys
from accounts.models import Role, Scope, User
from core.databases import AUTH
from core.testing.clerk import session_token

SignIn = Callable[[User], APIClient]


@dataclass(frozen=True)
class People:
    """`outsider` is signed in like `user` and owns nothing that a test is about."""

    admin: User
    agent: User
    other_agent: User
    user: User
    outsider: User


def person(name: str, role: Role) -> User:
    return User.objects.create(
        clerk_user_id=f"user_{name}",
        email=f"{name}@example.com",
        first_name=name.replace("_", " ").title(),
        last_name="Example",
        role=role,
    )


@pytest.fixture
def users(db: None) -> People:
    return People(
        admin=person("admin", Role.ADMIN),
        agent=person("agent", Role.AGENT),
        other_agent=person("other_agent", Role.AGENT),
        user=person("user", Role.USER),
        outsider=person("outsider", Role.USER),
    )


@pytest.fixture
def api() -> APIClient:
    """Nobody is signed in."""
    return APIClient()


@pytest.fixture(scope="session")
def clerk_key() -> RSAPrivateKey:
    """The private half of CLERK_JWT_KEY; parsed once, which takes 20 ms."""
    pem = Path(settings.DEV_JWT_PRIVATE_KEY_FILE).read_bytes()
    return cast(RSAPrivateKey, load_pem_private_key(pem, password=None))


@pytest.fixture
def sign_in(clerk_key: RSAPrivateKey) -> SignIn:
    def client_of(person: User) -> APIClient:
        token = session_token(clerk_key, settings.CLERK.issuer, person.clerk_user_id)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return client_of


@pytest.fixture
def with_key(db: None) -> Callable[..., APIClient]:
    """A client that calls with an API key of these scopes."""

    def client_of(*scopes: Scope) -> APIClient:
        _, text = api_keys.create("tests", scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
        return client

    return client_of


def until_somebody_waits(alias: str = AUTH) -> None:
    """For what this connection has locked in a database, the people's if not told."""
    waiting = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    deadline = time.monotonic() + 60
    with connections[alias].cursor() as cursor:
        while not cursor.execute(waiting).fetchone()[0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
