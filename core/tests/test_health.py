"""What a load balancer and a monitor see."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

OURS = {"product": settings.PRODUCT.id, "version": settings.VERSION}


def test_the_process_answers_without_a_database(client):
    response = client.get("/api/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"} | OURS)


@pytest.mark.django_db
def test_the_database_answers(client):
    response = client.get("/api/health/db")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok"} | OURS


def unavailable(response, database: str) -> None:
    assert response.status_code == 503
    body = response.json()
    error = body.pop("error")
    assert body == {"status": "unavailable", "database": database} | OURS
    assert (error["code"], error["path"]) == ("SERVICE_UNAVAILABLE", "/api/health/db")


@pytest.mark.django_db
def test_another_product_s_database(client, stamp):
    stamp("north")
    unavailable(client.get("/api/health/db"), "another product's")


@pytest.mark.django_db
def test_a_database_without_a_stamp(client, stamp):
    stamp(None)
    unavailable(client.get("/api/health/db"), "not migrated")


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


def test_a_database_that_is_down_gives_nothing_away(services):
    """In a process of its own: the pool of this one is connected."""
    url = services.postgres.url("nobody_user", "swordfish", services.database)
    outside = os.environ | {
        "DATABASE_URL": url.replace(f":{services.postgres_port}/", ":1/"),
        "DB_POOL_TIMEOUT": "0.2",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=outside, capture_output=True, text=True, timeout=30
    )
    alive, ready = done.stdout.splitlines()
    assert alive.startswith("200 ")
    assert ready.startswith("503 ")
    assert '"database":"down"' in ready
    for secret in ("swordfish", "nobody_user", services.database, "refused", "127.0.0.1"):
        assert secret not in ready


@pytest.mark.django_db
def test_readiness_costs_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1, connection=connection):
        client.get("/api/health/db")
