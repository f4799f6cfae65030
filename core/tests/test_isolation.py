"""The proof of the wall: it finds nothing in a deployment as it should be, and each gap by name.

On servers of these tests' own: roles, grants on databases and Redis' users are shared by a whole
server, and other tests run beside these.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core.local.postgres import Postgres
from core.testing.deployment import Deployment, running
from core.testing.services import Services

OURS = settings.PRODUCT.id
OTHER = next(name for name in settings.PRODUCTS if name != OURS)
FAILED = re.compile(r"^(.+?) {2,}(.+?) {2,}(.+?) {2,}(.+?) {2,}FAIL$", re.MULTILINE)


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, services: Services
) -> Iterator[Deployment]:
    """Both products, of which the one under test has been migrated."""
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
        self.own = deployment.databases(OURS, split)[0]
        self.other = deployment.databases(OTHER, split)[0]

    def verify(self, *arguments: str, **changed: str):
        return self.deployment.manage(
            OURS, self.split, "verify_isolation", *arguments, **changed
        )

    def gaps(self, **changed: str) -> set[tuple[str, str, str]]:
        """Stone, what was tried and what was seen, of each line that fails."""
        done = self.verify(**changed)
        found = {(stone, tried, seen) for stone, tried, _, seen in FAILED.findall(done.stdout)}
        assert (done.returncode, bool(found)) == (1, True), done.stdout + done.stderr
        return found

    def named(self, text: str) -> str:
        return text.format(
            user=f"{self.own.roles}_user",
            owner=f"{self.own.roles}_owner",
            database=self.own.name,
            other_user=f"{self.other.roles}_user",
            other_database=self.other.name,
        )

    def run(self, statement: str) -> None:
        self.deployment.as_superuser(self.named(statement), self.own.name)


@pytest.fixture
def wall(deployment: Deployment, services: Services) -> Wall:
    return Wall(deployment, services.split)


def test_the_wall_stands(wall):
    before = state(wall)
    done = wall.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    assert re.search(rf"^{OURS}: \d+ ok, 0 failed, 0 not done$", done.stdout, re.MULTILINE)
    tried = {tuple(re.split(r" {2,}", line)[:2]) for line in done.stdout.splitlines()}
    for database in wall.deployment.databases(OURS, wall.split):
        alias = "auth" if database.roles.endswith("_auth") else "default"
        theirs = [each.name for each in wall.deployment.databases(OTHER, wall.split)]
        beside = {each.name for each in wall.deployment.databases(OURS, wall.split)}
        for role in ("user", "owner"):
            stone = f"{alias}: {database.roles}_{role}"
            for name in ["postgres", "template1", *theirs, *(beside - {database.name})]:
                assert (stone, f"connect to {name}") in tried
        assert (f"{alias}: audit and stamp", "UPDATE core_auditentry") in tried
    assert ("cache", f"keys of {OTHER}:") in tried
    assert ("origins", "null") in tried
    assert ("tokens", "signed by another issuer's key") in tried
    assert state(wall) == before, "something was left behind"


def state(wall: Wall) -> list[object]:
    """Rows of each table, and the keys of Redis."""
    with wall.deployment.redis.admin(settings.PRODUCT.redis_database) as admin:
        keys = sorted(admin.keys("*"))
    tables = (
        "SELECT relname, (xpath('/row/n/text()', query_to_xml(format("
        "'SELECT count(*) AS n FROM %I', relname), false, true, '')))[1]::text"
        " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    databases = wall.deployment.databases(OURS, wall.split)
    rows = [wall.deployment.as_superuser(tables, database.name) for database in databases]
    return [keys, *rows]


STONE = "default: {user}"
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
    "a foreign stamp": (
        f"UPDATE core_productstamp SET product_id = '{OTHER}'",
        f"UPDATE core_productstamp SET product_id = '{OURS}'",
        {("default: audit and stamp", "the stamp", OTHER)},
    ),
    "an audit log that its owner may edit": (
        "ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_append_only",
        "ALTER TABLE core_auditentry ENABLE TRIGGER core_audit_append_only",
        {("default: owner", "UPDATE, DELETE, TRUNCATE core_auditentry", "UPDATE, DELETE, TRUNCATE")},
    ),
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_in_the_database_is_named(wall, gap):
    statement, repair, expected = GAPS[gap]
    wall.run(statement)
    try:
        found = wall.gaps()
    finally:
        wall.run(repair)
    runtime = {row for row in found if not row[0].endswith("_owner")}
    assert runtime == {tuple(map(wall.named, row)) for row in expected}
