"""A second process, whose database role may not touch a table of people, names them anyway."""

import json
import os
from collections.abc import Iterator
from secrets import token_hex
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import errors, sql

from accounts import api_keys
from accounts.models import Scope, User
from accounts.testing import People
from chat.models import Conversation
from chat.tests.server import gunicorn
from core.databases import APP
from core.testing.clerk import session_token
from core.testing.services import Services
from properties.models import Property

pytestmark = pytest.mark.django_db(transaction=True)

BUSINESS = ("core_", "properties_", "faq_", "chat_")
ROLE = "reads_no_people"


@pytest.fixture
def database_url(services: Services, transactional_db: None) -> Iterator[str]:
    """Of a role that is granted the tables of the business alone, in their database."""
    password, role = token_hex(16), sql.Identifier(ROLE)
    name = connections[APP].settings_dict["NAME"]
    superuser_url = services.postgres.superuser_url(name)
    with psycopg.connect(superuser_url) as connection:
        run = connection.execute
        run(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        database = sql.Identifier(name)
        run(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
        run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        run(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
        tables = run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            if table.startswith(BUSINESS):
                grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}"
                run(sql.SQL(grant).format(sql.Identifier(table), role))
    yield services.postgres.url(ROLE, password, name)
    with psycopg.connect(superuser_url) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture
def key(transactional_db: None) -> str:
    return api_keys.create("second process", [Scope.USERS_READ])[1]


@pytest.fixture
def second(database_url: str, key: str, live_server, tmp_path) -> Iterator[str]:
    """Base URL of a real server that has the business and asks `live_server` for the people."""
    environment = {
        **{name: os.environ[name] for name in os.environ if "DATABASE" not in name},
        "DATABASE_URL": database_url,
        "ACCOUNTS_API_URL": live_server.url,
        "ACCOUNTS_API_KEY": key,
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    with gunicorn("config.wsgi:application", environment, tmp_path / "second.log") as url:
        yield url


def get(url: str, token: str = "", **headers: str) -> tuple[int, dict]:
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(url, headers=bearer | headers)
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def listing(agent: User) -> Property:
    return Property.objects.create(
        title="Villa", type="villa", transaction="rent", currency="THB",
        status="published", agent_id=agent.id,
    )  # fmt: skip


def test_a_process_without_the_tables_of_people_shows_their_names(
    second: str, database_url: str, key: str, users: People, clerk_key
) -> None:
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises((errors.InsufficientPrivilege, errors.UndefinedTable)),
    ):
        connection.execute("SELECT id FROM accounts_user")
    assert get(f"{second}/api/health/db")[0] == 200

    villa = listing(users.agent)
    agent = {"id": str(users.agent.id), "name": "Agent Example"}
    status, page = get(f"{second}/api/v1/properties?include=agent")
    assert (status, [row["agent"] for row in page["results"]]) == (200, [agent])
    assert get(f"{second}/api/v1/properties/{villa.id}?include=agent")[1]["agent"] == agent

    conversation = Conversation.objects.create(user_id=users.user.id, title="Pets?")
    token = session_token(clerk_key, settings.CLERK.issuer, users.user.clerk_user_id)
    place = f"{second}/api/v1/llm/conversations"
    assert [row["title"] for row in get(place, token)[1]["results"]] == ["Pets?"]
    status, body = get(f"{place}/{conversation.id}?include=user", token)
    assert (status, body["user"]) == (200, {"id": str(users.user.id), "name": "User Example"})
    outsider = session_token(clerk_key, settings.CLERK.issuer, users.outsider.clerk_user_id)
    assert get(f"{place}/{conversation.id}", outsider)[0] == 404

    # Their data is given and erased where they are kept.
    for path in ("users/me", "users/me/export", f"erasures/{users.user.id}"):
        assert get(f"{second}/api/v1/{path}", token)[0] == 404

    # What only the deployment that keeps the people can know signs nobody in, and breaks nothing.
    cookie = f"{settings.SESSION_COOKIE_NAME}={token_hex(16)}"
    for foreign in ({"Cookie": cookie}, {"Authorization": f"Api-Key {key}"}):
        assert get(place, **foreign) == get(place)
        for path in ("/", "/docs", "/api/v1/properties"):
            page = Request(second + path, headers={"Accept": "text/html"} | foreign)
            with urlopen(page, timeout=10) as response:
                assert response.status == 200

    # Whoever is refused where people are kept is refused here, at once.
    User.objects.filter(id=users.user.id).update(is_active=False)
    status, body = get(place, token)
    assert (status, body["error"]["details"]) == (401, {"reason": "inactive"})

    users.outsider.delete()
    status, body = get(place, outsider)
    assert (status, body["error"]["details"]) == (401, {"reason": "deleted"})

    # No answer about people: the listing is served all the same.
    api_keys.revoke(key.partition(".")[0])
    cottage = listing(users.other_agent)
    status, body = get(f"{second}/api/v1/properties/{cottage.id}?include=agent")
    assert (status, body["agent"]["name"]) == (200, "Unknown user")
