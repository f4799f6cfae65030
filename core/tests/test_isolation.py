"""The proof of the wall: it finds nothing in a deployment as it should be, and each gap by name.

On servers of these tests' own: roles, grants on databases and Redis' users are shared by a whole
server, and other tests run beside these.
"""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from core.isolation import CannotTry, Verdict
from core.isolation.cache import redis_server
from core.isolation.databases import databases
from core.isolation.site import Remote, site
from core.isolation.web import web
from core.local.databases import Database
from core.testing.deployment import Deployment, running
from core.testing.services import Services

pytestmark = pytest.mark.long
OURS = settings.PRODUCT.id
OTHER = next(name for name in settings.PRODUCTS if name != OURS)
Row = tuple[str, str, str]  # stone, what was tried, what was seen


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, services: Services
) -> Iterator[Deployment]:
    """Both products in production, of which the one under test has been migrated."""
    with running(tmp_path_factory.mktemp("deployment"), settings.PRODUCTS) as deployment:
        for name in (OURS, OTHER):
            deployment.provision(name, services.split)
        done = deployment.manage(OURS, services.split, "migrate", "--verbosity=0")
        assert done.returncode == 0, done.stderr
        yield deployment


class Wall:
    """The deployment, with the names that its roles and databases have in this run."""

    def __init__(self, deployment: Deployment, split: bool) -> None:
        self.deployment = deployment
        self.split = split
        self.databases = deployment.databases(OURS, split)
        self.theirs = deployment.databases(OTHER, split)

    def verify(self, *arguments: str, **changed: str):
        """As an operator runs it."""
        return self.deployment.manage(OURS, self.split, "verify_isolation", *arguments, **changed)

    def named(self, text: str) -> str:
        own, other = self.databases[0], self.theirs[0]
        return text.format(
            user=f"{own.roles}_user",
            database=own.name,
            other_user=f"{other.roles}_user",
            other_database=other.name,
            password=own.user_password,
            other_password=other.user_password,
        )

    def run(self, statement: str) -> None:
        self.deployment.as_superuser(self.named(statement), self.databases[0].name)

    def state(self) -> list[object]:
        """All rows of each table, and the keys of Redis."""
        with self.deployment.redis.admin(settings.PRODUCT.redis_database) as admin:
            keys = sorted(admin.keys("*"))
        return [keys, *(self.rows(database.name) for database in self.databases)]

    def rows(self, database: str) -> dict[str, object]:
        ask = self.deployment.as_superuser
        tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database)
        return {
            name: ask(f"SELECT count(*), md5(string_agg(t::text, '')) FROM {name} AS t", database)
            for (name,) in tables
        }

    def connection(self, database: Database, role: str) -> dict[str, object]:
        password = database.user_password if role == "user" else database.owner_password
        where = {"HOST": "127.0.0.1", "PORT": self.deployment.postgres.port, "NAME": database.name}
        return where | {"USER": f"{database.roles}_{role}", "PASSWORD": password}


@pytest.fixture
def wall(deployment: Deployment, services: Services) -> Wall:
    return Wall(deployment, services.split)


def test_the_wall_stands(wall):
    before = wall.state()
    done = wall.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    assert re.search(rf"^{OURS}: \d+ ok, 0 failed, 0 not done$", done.stdout, re.MULTILINE)
    tried = {tuple(re.split(r" {2,}", line)[:2]) for line in done.stdout.splitlines()}
    for database in wall.databases:
        alias = "auth" if database.roles.endswith("_auth") else "default"
        elsewhere = {each.name for each in (*wall.databases, *wall.theirs)} - {database.name}
        for role in ("user", "owner"):
            for name in ("postgres", "template1", *elsewhere):
                assert (f"{alias}: {database.roles}_{role}", f"connect to {name}") in tried
        assert (f"{alias}: audit and stamp", "UPDATE core_auditentry") in tried
    assert ("cache", f"keys of {OTHER}:") in tried
    assert ("origins", "null") in tried
    assert ("tokens", "signed by another issuer's key") in tried
    assert wall.state() == before, "something was left behind"


def test_a_broken_wall_is_told_by_the_exit_status(wall):
    """With a foreign stamp nothing else of the product starts, and this tells all the gaps."""
    wall.run(f"UPDATE core_productstamp SET product_id = '{OTHER}'")
    with wall.deployment.redis.admin() as admin:
        admin.execute_command("ACL", "SETUSER", OURS, "+dbsize")
        try:
            done = wall.verify()
        finally:
            wall.run(f"UPDATE core_productstamp SET product_id = '{OURS}'")
            admin.execute_command("ACL", "SETUSER", OURS, "-dbsize")
    assert done.returncode == 1
    assert "The wall of this product has a gap." in done.stderr
    lines = [re.split(r" {2,}", line) for line in done.stdout.splitlines()]
    failed = {(cells[0], cells[1], cells[3]) for cells in lines if cells[-1] == "FAIL"}
    assert failed == {
        ("default: audit and stamp", "the stamp", OTHER),
        ("cache", "SCAN, KEYS, RANDOMKEY, DBSIZE", "DBSIZE"),
    }


def test_what_cannot_be_tried_is_told_apart(wall):
    names = ("DATABASE_URL", "APP_DATABASE_URL", "AUTH_DATABASE_URL")
    own = wall.deployment.environment(OURS, wall.split)
    nowhere = {
        name: re.sub(r":\d+/", ":1/", own[name]) for name in (*names, "REDIS_URL") if name in own
    }
    done = wall.verify("--url", "http://127.0.0.1:1", **nowhere)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "0 failed, 4 not done" in done.stdout
    assert "Not everything could be tried." in done.stderr
    assert own["REDIS_URL"].split("@")[0] not in done.stdout + done.stderr


def test_an_address_that_leads_on_to_https_is_not_a_gap():
    """As production answers plain http: each origin would seem refused, its own too."""

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(301)
            self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Redirect) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(CannotTry, match="leads on to https"):
            Remote(f"http://127.0.0.1:{server.server_port}").ask("GET", "/api/v1/", {})


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, b"{}", "with status 400"),  # its host is not one of ALLOWED_HOSTS
        (502, b"<html>", "with status 502"),
        (200, b'{"status": "ok", "product": "no product"}', "is not "),
        (200, b"<html>Welcome</html>", "is not "),
        (200, b"[]", "is not "),
    ],
)
def test_an_address_of_something_else_is_not_a_gap(status, body, told):
    class Another(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    with HTTPServer(("127.0.0.1", 0), Another) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(CannotTry, match=told):
            site(f"http://127.0.0.1:{server.server_port}")


def test_wrong_settings_are_not_a_gap(settings):
    problem = type("Problem", (), {"message": "REDIS_URL is not set."})
    settings.PROBLEMS = (problem,)
    with pytest.raises(CommandError, match="REDIS_URL is not set") as raised:
        call_command("verify_isolation")
    assert raised.value.returncode == 2


@pytest.mark.parametrize("url", ["api.example.com", "ftp://api.example.com", "https://"])
def test_an_address_that_is_none(url):
    with pytest.raises(CommandError, match="--url takes") as raised:
        call_command("verify_isolation", url=url)
    assert raised.value.returncode == 2


def gaps(findings) -> set[Row]:
    assert (found := list(findings))
    return {(row.stone, row.tried, row.seen) for row in found if row.verdict is not Verdict.OK}


# --- PostgreSQL


@pytest.fixture
def inside(wall, monkeypatch):
    """This process has the deployment's credentials."""
    for database in wall.databases:
        alias = "auth" if database.roles.endswith("_auth") else "default"
        owner = {"OWNER": wall.connection(database, "owner")}
        told = connections[alias].settings_dict | wall.connection(database, "user") | owner
        monkeypatch.setattr(connections[alias], "settings_dict", told)


STONE = "default: {user}"
LOG = "default: audit and stamp"
GAPS = {
    "a database open to PUBLIC": (
        "GRANT CONNECT ON DATABASE template1 TO PUBLIC",
        "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC",
        {(STONE, "connect to template1", "connected")},
    ),
    "the other product's database open": (
        "GRANT CONNECT ON DATABASE {other_database} TO {user}",
        "REVOKE CONNECT ON DATABASE {other_database} FROM {user}",
        {(STONE, "connect to {other_database}", "connected")},
    ),
    "our database open to the other product": (
        "GRANT CONNECT ON DATABASE {database} TO {other_user}",
        "REVOKE CONNECT ON DATABASE {database} FROM {other_user}",
        {("default: roles of others", "connect to {database}", "{other_user}")},
    ),
    "a schema to make tables in": (
        "GRANT CREATE ON SCHEMA public TO {user}",
        "REVOKE CREATE ON SCHEMA public FROM {user}",
        {("default: DDL", "CREATE TABLE, VIEW in any schema", "allowed")},
    ),
    "a member of the other product's role": (
        "GRANT {other_user} TO {user}",
        "REVOKE {other_user} FROM {user}",
        {
            (STONE, "member of", "{other_user}"),
            (STONE, "SET ROLE to any other role", "{other_user}"),
            (STONE, "connect to {other_database}", "connected"),
        },
    ),
    "a password that opens the other product too": (
        "ALTER ROLE {other_user} PASSWORD '{password}'",
        "ALTER ROLE {other_user} PASSWORD '{other_password}'",
        {(STONE, "sign in as a role of others", "{other_user}")},
    ),
    "a role with more rights": (
        "ALTER ROLE {user} CREATEDB BYPASSRLS",
        "ALTER ROLE {user} NOCREATEDB NOBYPASSRLS",
        {(STONE, "attributes", "createdb, bypassrls")},
    ),
    "one column of the audit log": (
        "GRANT UPDATE (action) ON core_auditentry TO {user}",
        "REVOKE UPDATE (action) ON core_auditentry FROM {user}",
        {
            (
                "default: audit and stamp",
                "UPDATE core_auditentry",
                "allowed by grants, stopped by a trigger",
            )
        },
    ),
    "the stamp": (
        "GRANT UPDATE ON core_productstamp TO {user}",
        "REVOKE UPDATE ON core_productstamp FROM {user}",
        {("default: audit and stamp", "UPDATE core_productstamp", "allowed")},
    ),
    "files of the server": (
        "GRANT pg_read_server_files TO {user}; GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO {user}",
        "REVOKE pg_read_server_files FROM {user};"
        " REVOKE EXECUTE ON FUNCTION pg_ls_dir(text) FROM {user}",
        {
            (STONE, "member of", "pg_read_server_files"),
            (STONE, "SET ROLE to any other role", "pg_read_server_files"),
            ("default: server", "files of the server", "allowed"),
        },
    ),
    "an audit log that its owner may edit": (
        "ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_append_only",
        "ALTER TABLE core_auditentry ENABLE TRIGGER core_audit_append_only",
        {
            (
                "default: owner",
                "UPDATE, DELETE, TRUNCATE core_auditentry",
                "UPDATE, DELETE, TRUNCATE",
            ),
            (LOG, "triggers that are off", "core_audit_append_only of core_auditentry"),
        },
    ),
    "an audit log that is chained no more": (
        "ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_chain",
        "ALTER TABLE core_auditentry ENABLE TRIGGER core_audit_chain",
        {(LOG, "triggers that are off", "core_audit_chain of core_auditentry")},
    ),
    "a trigger of the audit log that is gone": (
        "ALTER TRIGGER core_audit_append_only ON core_auditlink RENAME TO other",
        "ALTER TRIGGER other ON core_auditlink RENAME TO core_audit_append_only",
        {(LOG, "triggers that are off", "core_audit_append_only of core_auditlink")},
    ),
    "triggers that fire for a replica alone": (
        "ALTER TABLE core_auditlink ENABLE REPLICA TRIGGER core_audit_append_only",
        "ALTER TABLE core_auditlink ENABLE TRIGGER core_audit_append_only",
        {
            (
                "default: owner",
                "UPDATE, DELETE, TRUNCATE core_auditlink",
                "UPDATE, DELETE, TRUNCATE",
            ),
            (LOG, "triggers that are off", "core_audit_append_only of core_auditlink"),
        },
    ),
    "sessions in which no trigger fires": (
        "ALTER ROLE {user} SET session_replication_role = replica",
        "ALTER ROLE {user} RESET session_replication_role",
        {
            (
                LOG,
                "triggers that are off",
                "core_audit_append_only of core_auditentry, "
                "core_audit_append_only of core_auditlink, core_audit_chain of core_auditentry",
            )
        },
    ),
    "a function that does what the superuser may": (
        "CREATE FUNCTION peek(text) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION peek",
        {(STONE, "functions with the rights of others", "peek(text) of postgres")},
    ),
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_in_a_database_is_named(wall, inside, gap):
    statement, repair, expected = GAPS[gap]
    wall.run(statement)
    try:
        found = gaps(databases(""))
    finally:
        wall.run(repair)
    # A grant to PUBLIC is seen by each role of the product.
    first = {row for row in found if not row[0].endswith("_owner") and "auth" not in row[0]}
    assert first == {tuple(map(wall.named, row)) for row in expected}


def test_a_server_with_no_connection_left_has_refused_nobody(wall, inside):
    """The failure is the same as a refusal but for what the grants say."""
    wall.run("GRANT CONNECT ON DATABASE template1 TO {user}")
    wall.run("ALTER DATABASE template1 CONNECTION LIMIT 0")
    try:
        found = gaps(databases(""))
    finally:
        wall.run("ALTER DATABASE template1 CONNECTION LIMIT -1")
        wall.run("REVOKE CONNECT ON DATABASE template1 FROM {user}")
    [(stone, tried, seen)] = found
    assert (stone, tried) == (wall.named(STONE), "connect to template1")
    assert seen.startswith("allowed by grants; ")


# --- Redis


@pytest.fixture
def redis_inside(wall, settings):
    user = wall.deployment.redis_users()[OURS]
    address = {"LOCATION": wall.deployment.redis.url(OURS, user), "KEY_PREFIX": OURS}
    settings.CACHES = {"default": settings.CACHES["default"] | address}


EVERY_PREFIX = [
    *(f"{name}:" for name in settings.PRODUCTS if name != OURS),
    f"{OURS}2:",
    "no prefix",
]
SCRIPTS = "scripts, which could hold the server"


@pytest.mark.parametrize(
    ("rule", "repair", "expected"),
    [
        (["~*"], ["resetkeys", f"~{OURS}:*"], {f"keys of {p}" for p in EVERY_PREFIX}),
        ([f"~{OTHER}:*"], ["resetkeys", f"~{OURS}:*"], {f"keys of {OTHER}:"}),
        ([f"~{OURS}*"], ["resetkeys", f"~{OURS}:*"], {f"keys of {OURS}2:"}),
        (
            [f"&{OTHER}:*"],
            ["resetchannels", f"&{OURS}:*"],
            {f"channels of {OTHER}:"},
        ),
        (
            ["allchannels"],
            ["resetchannels", f"&{OURS}:*"],
            {f"channels of {p}" for p in EVERY_PREFIX} | {"channels by a pattern"},
        ),
        (["+select"], ["-select", "SELECT"], {"SELECT of another database"}),
        (["+scan"], ["-scan"], {"SCAN, KEYS, RANDOMKEY, DBSIZE"}),
        (["+flushall"], ["-flushall"], {"FLUSHDB, FLUSHALL, SWAPDB"}),
        (["+script"], ["-script"], {"SCRIPT FLUSH, FUNCTION FLUSH", SCRIPTS}),
        (["+eval"], ["-eval"], {SCRIPTS}),
        (["+copy"], ["-copy"], {"MOVE, COPY to another database"}),
        (
            ["+client"],
            ["-client"],
            {"CLIENT LIST, CLIENT KILL", "CLIENT TRACKING of all keys"},
        ),
        (["+acl"], ["-acl"], {"ACL"}),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_a_gap_in_redis_is_named_and_nothing_goes_through_it(
    wall, redis_inside, rule, repair, expected
):
    number = settings.PRODUCT.redis_database
    repair = [f"+select|{number}" if each == "SELECT" else each for each in repair]
    with wall.deployment.redis.admin(number) as admin:
        admin.set(f"{OTHER}:theirs", 1)
        admin.execute_command("ACL", "SETUSER", OURS, *rule)
        try:
            assert {tried for _, tried, _ in gaps(redis_server(""))} == expected
        finally:
            admin.execute_command("ACL", "SETUSER", OURS, *repair)
        assert admin.keys("*") == [f"{OTHER}:theirs".encode()]
        admin.delete(f"{OTHER}:theirs")
    assert gaps(redis_server("")) == set()


@pytest.mark.parametrize("name", ["default", OTHER])
def test_a_user_of_redis_without_a_password_is_named(wall, redis_inside, name):
    with wall.deployment.redis.admin() as admin:
        before = admin.execute_command("ACL", "GETUSER", name)
        passwords = [f"#{each.decode()}" for each in before[b"passwords"]]
        admin.execute_command("ACL", "SETUSER", name, "on", "nopass")
        try:
            assert gaps(redis_server("")) == {("cache", "sign in as any other user", name)}
        finally:
            state = "on" if b"on" in before[b"flags"] else "off"
            admin.execute_command("ACL", "SETUSER", name, "resetpass", *passwords, state)
    assert gaps(redis_server("")) == set()


def test_the_prefix_of_the_cache_is_seen_in_redis_itself(wall, redis_inside, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": OTHER}}
    [(stone, tried, seen)] = gaps(redis_server(""))
    assert (stone, tried) == ("cache", "prefix of a key that the cache sets")
    assert seen.startswith(f"{OTHER}:")


# --- Browsers


@pytest.mark.django_db  # a request looks after its connections, even if it needs none
def test_this_process_is_walled_off(settings):
    assert gaps(web("")) == set()


DOMAIN = settings.PRODUCTS[OTHER].domain


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"CORS_ALLOW_ALL_ORIGINS": True}, "origins"),
        ({"CORS_ALLOWED_ORIGIN_REGEXES": [r"http://localhost.*"]}, "origins"),
        ({"CORS_ALLOWED_ORIGINS": ["http://localhost:5273", "null"]}, "null"),
        ({"CORS_ALLOWED_ORIGINS": []}, "http://localhost:5273"),
        ({"ALLOWED_HOSTS": ["*"]}, "hosts"),
        ({"ALLOWED_HOSTS": ["localhost", f"api.{DOMAIN}"]}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["localhost", f"api.{OTHER}.example"]}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["localhost", ".example.com"]}, "ALLOWED_HOSTS"),
        ({"FRONTEND_URLS": [f"https://www.{DOMAIN}"]}, "FRONTEND_URLS"),
        ({"SESSION_COOKIE_NAME": "sessionid"}, "names that another product has too"),
        ({"CSRF_COOKIE_NAME": "csrftoken"}, "names that another product has too"),
        ({"CSRF_COOKIE_DOMAIN": ".example.com"}, "a domain that other hosts are in"),
        ({"MEDIA_ROOT": "/srv/media"}, "MEDIA_ROOT"),
        ({"MEDIA_ROOT": f"/srv/{OURS}/{OTHER}"}, "MEDIA_ROOT"),
    ],
)
def test_a_gap_in_the_settings_is_named(settings, changed, expected):
    for name, value in changed.items():
        setattr(settings, name, value)
    found = gaps(web(""))
    assert expected in {part for stone, tried, _ in found for part in (stone, tried)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"MEDIA_ROOT": f"/srv/{OURS}/media"},
        {"ALLOWED_HOSTS": ["localhost", f".{settings.PRODUCT.domain}"]},
        {"ALLOWED_HOSTS": ["localhost", f".{OURS}.example.com"]},
        {"SESSION_COOKIE_NAME": f"__Host-{OURS}_session"},
    ],
)
def test_what_is_its_own_is_no_gap(settings, changed):
    for name, value in changed.items():
        setattr(settings, name, value)
    assert gaps(web("")) == set()
