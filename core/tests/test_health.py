"""What a load balancer and a monitor see."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connections

from core.databases import AUTH, url_variables
from core.health import FIELDS
from core.tests.conftest import owner_of

ALIASES = list(connections)
OURS = {"product": settings.PRODUCT.id, "version": settings.VERSION}


def test_the_process_answers_without_a_database(client):
    response = client.get("/api/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"} | OURS)


@pytest.mark.django_db
def test_the_database_answers(client):
    response = client.get("/api/health/db")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"} | {FIELDS[alias]: "ok" for alias in ALIASES} | OURS


def unavailable(response, alias: str, state: str) -> None:
    assert response.status_code == 503
    body = response.json()
    error = body.pop("error")
    states = {FIELDS[each]: "ok" for each in ALIASES} | {FIELDS[alias]: state}
    assert body == {"status": "unavailable"} | states | OURS
    assert (error["code"], error["path"]) == ("SERVICE_UNAVAILABLE", "/api/health/db")


@pytest.mark.django_db
@pytest.mark.parametrize("alias", ALIASES)
def test_another_product_s_database(client, stamp, alias):
    stamp("north", alias)
    unavailable(client.get("/api/health/db"), alias, "another product's")


@pytest.mark.django_db
@pytest.mark.parametrize("alias", ALIASES)
def test_a_database_without_a_stamp(client, stamp, alias):
    stamp(None, alias)
    unavailable(client.get("/api/health/db"), alias, "not migrated")


@pytest.mark.django_db
def test_a_database_that_was_split_and_dropped(client):
    with owner_of(AUTH) as owner:
        owner.execute("ALTER TABLE accounts_user RENAME TO elsewhere")
        try:
            unavailable(client.get("/api/health/db"), AUTH, "split")
        finally:
            owner.execute("ALTER TABLE elsewhere RENAME TO accounts_user")
    assert client.get("/api/health/db").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_health_check_changes_nothing(client, method):
    assert getattr(client, method)("/api/health").status_code == 405


ASK = """
import django
django.setup()
from django.test import Client
for path in ("/api/health", "/api/health/db"):
    response = Client().get(path, headers={"host": "localhost"})
    print(response.status_code, response.content.decode())
"""


@pytest.mark.parametrize("alias", ALIASES)
def test_a_database_that_is_down_gives_nothing_away(alias):
    """In a process of its own: the pool of this one is connected."""
    variable, _ = url_variables(alias)
    url = "postgres://nobody_user:swordfish@127.0.0.1:1/nowhere_db"
    outside = os.environ | {variable: url, "DB_POOL_TIMEOUT": "0.2"}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=outside, capture_output=True, text=True, timeout=30
    )
    alive, ready = done.stdout.splitlines()
    assert alive.startswith("200 ")
    assert ready.startswith("503 ")
    assert f'"{FIELDS[alias]}":"down"' in ready
    for secret in ("swordfish", "nobody_user", "nowhere_db", "refused", "127.0.0.1"):
        assert secret not in ready
