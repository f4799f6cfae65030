"""`manage.py split_auth`: one database of a product becomes two, whenever it is killed.

Each test has copies of three databases, made once: an old one with everything in it, and the two
new ones as `migrate` leaves them.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from psycopg import sql

from chat.tests.server import gunicorn
from core.databases import APP, AUTH
from core.local.databases import Database, databases, variables_of_databases
from core.routers import AUTH_APPS
from core.testing import programs
from core.testing.clerk import session_token
from core.testing.coverage import measured, without_coverage
from core.testing.services import Services, worker_name

PEOPLE = 25
pytestmark = [pytest.mark.any_product, pytest.mark.samples, pytest.mark.long]
VARIABLE = "SPLIT_FROM_DATABASE_OWNER_URL"
JOBS = {f"procrastinate_{name}" for name in ("events", "jobs", "periodic_defers", "workers")}
STAYS = {"core_productstamp", "django_migrations"} | JOBS
of_people = {
    model._meta.db_table
    for model in apps.get_models(include_auto_created=True)
    if model._meta.app_label in AUTH_APPS
}
numbers = count()

FILL = f"""
import uuid
from datetime import UTC, datetime
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from accounts import api_keys
from accounts.models import EmailConflict, Scope, Tombstone, User
from chat.models import ChatPrompt, Conversation, Message
from core import audit
from faq.models import Document
from properties.enquiries import service as enquiries
from properties.models import Property

call_command("migrate", verbosity=0)
call_command("seed", verbosity=0)
for number in range({PEOPLE}):
    with transaction.atomic(using="default"):
        person = User.objects.create(
            email=f"Söm{{number}}@example.com", clerk_user_id=f"user_{{number}}",
            first_name="A\\tB\\nC\\\\D", last_name="สมชาย", role="agent" if number else "admin",
        )
        audit.created(person)
EmailConflict.objects.create(user=person, email="Söm1@example.com")
Tombstone.objects.create(clerk_user_id_hash="0" * 64)
api_keys.create("partner", [Scope.USERS_READ])
Session.objects.create(session_key="a" * 32, session_data="x", expire_date=datetime.now(UTC))
LogEntry.objects.create(
    user=person, content_type=ContentType.objects.get_for_model(Property), action_flag=1)
LogEntry.objects.all().delete()
LogEntry.objects.create(
    user=person, content_type=ContentType.objects.get_for_model(Property), action_flag=1)
talk = Conversation.objects.create(user_id=person.id, title="Pets?")
Message.objects.create(conversation=talk, role="user", content="Are pets welcome?")
ChatPrompt.objects.create(text="Be kind.").activate(person.id)
Property.objects.filter(status="published").update(agent_id=person.id)
asked = {{"name": "Ann", "email": "ann@example.com", "message": "Is it free?"}}
enquiries.send(Property.objects.published().first().id, person.id, asked)
assert Document.objects.filter(embeddings__dims__gt=0).exists()
"""

PROMISE = """
INSERT INTO core_outbox (id, topic, payload, attempts, error, created_at, due_at)
VALUES (gen_random_uuid(), 'x', '{}', 0, '', now(), now())"""

COMMANDS = """
import io, json, sys
from django.core.management import CommandError, call_command

for line in sys.stdin:
    said, error = io.StringIO(), None
    try:
        call_command(*json.loads(line), stdout=said)
    except CommandError as refusal:
        error = str(refusal)
    print(json.dumps([said.getvalue(), error]), flush=True)
"""


@dataclass(frozen=True)
class Place:
    """Copies of the three databases; `app` may be the old one itself."""

    services: Services
    old: Database
    app: Database
    auth: Database
    log: Path  # of a command that is not waited for

    @property
    def environment(self) -> dict[str, str]:
        postgres = self.services.postgres
        owner = f"{self.old.roles}_owner"
        return {
            **of_the_product(self.services),
            **self.auth.environment(postgres),
            **{
                f"APP_{name.removeprefix('APP_')}": url
                for name, url in self.app.environment(postgres).items()
            },
            VARIABLE: postgres.url(owner, self.old.owner_password, self.old.name),
        }

    @contextmanager
    def superuser(self, database: Database) -> Iterator[psycopg.Connection]:
        url = self.services.postgres.superuser_url(database.name)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def rows(self, database: Database, table: str) -> list[str]:
        statement = sql.SQL("SELECT row::text FROM {} AS row ORDER BY 1")
        with self.superuser(database) as connection:
            return [row for (row,) in connection.execute(statement.format(sql.Identifier(table)))]

    def everything(self, database: Database) -> dict[str, list[str]]:
        return {table: self.rows(database, table) for table in self.tables(database)}

    def tables(self, database: Database) -> set[str]:
        with self.superuser(database) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'")
            return {name for (name,) in found}

    @cached_property
    def shell(self) -> subprocess.Popen[str]:
        """One process for many commands: most of a command's time goes into its start."""
        return subprocess.Popen(
            [sys.executable, *measured(["manage.py", "shell", "--no-imports", "-c", COMMANDS])],
            cwd=settings.BASE_DIR,
            env=without_coverage(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        said, error = self.carried_out(arguments)
        assert error is None
        return said

    def carried_out(self, arguments: tuple[str, ...]) -> tuple[str, str | None]:
        assert self.shell.stdin
        assert self.shell.stdout
        print(json.dumps(arguments), file=self.shell.stdin, flush=True)
        said, error = json.loads(self.shell.stdout.readline())
        return said, error

    def split(self, *arguments: str) -> str:
        return self.run("split_auth", *arguments)

    def refused(self, *arguments: str) -> str:
        said, error = self.carried_out(("split_auth", *arguments))
        assert error, said
        return error

    def close(self) -> None:
        if "shell" in self.__dict__:
            self.shell.communicate(timeout=20)

    def killed(self, blocked: psycopg.Connection, *arguments: str) -> None:
        """Kill a run at the moment at which it waits for what `blocked` holds."""
        process = self.waits_for(blocked, *arguments)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL

    def waits_for(self, blocked: psycopg.Connection, *arguments: str) -> BaseProcess:
        command = ["manage.py", "split_auth", "--batch", "1", *arguments]
        process = programs.start(command, self.environment, self.log)
        deadline = time.monotonic() + 60
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        while not blocked.execute(waiting).fetchone()[0]:
            assert process.is_alive(), self.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process


def of_the_product(services: Services) -> dict[str, str]:
    """The environment of a process, without the databases."""
    left_out = {*variables_of_databases(), VARIABLE}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    own = {name: url for name, url in services.environment().items() if name not in left_out}
    return inherited | own | {"ALLOWED_HOSTS": "127.0.0.1"}


def named(services: Services, what: str) -> list[Database]:
    """The old one, the application's and that of people."""

    def name(roles: str) -> str:
        return f"test_{roles}_{worker_name()}_{what}"

    both = (databases(services.product, services.values, split, name) for split in (False, True))
    return [database for some in both for database in some]


@pytest.fixture(scope="module")
def templates(
    services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Database]]:
    made = named(services, "split")
    for database in made:
        database.provision(services.postgres)
    old, app, auth = (database.environment(services.postgres) for database in made)
    fill = ["shell", "--no-imports", "-c", FILL]
    for urls, command in ((old, fill), (app | auth, ["migrate", "--verbosity=0"])):
        environment = of_the_product(services) | urls
        programs.run(["manage.py", *command], environment).check_returncode()
    yield made
    for database in made:
        services.postgres.drop(database.name)


@pytest.fixture
def copies(services: Services, templates: list[Database]) -> Iterator[list[Database]]:
    made = named(services, f"split{next(numbers)}")
    for template, copy in zip(templates, made, strict=True):
        services.postgres.copy(template.name, copy.name)
        copy.provision(services.postgres)
    yield made
    for copy in made:
        services.postgres.drop(copy.name)


@pytest.fixture
def apart(services: Services, copies: list[Database], tmp_path: Path) -> Iterator[Place]:
    """The old database is a third one."""
    with closing(Place(services, *copies, tmp_path / "log")) as place:
        yield place


@pytest.fixture
def within(services: Services, copies: list[Database], tmp_path: Path) -> Iterator[Place]:
    """The old database becomes the application's."""
    old, _, auth = copies
    with closing(Place(services, old, old, auth, tmp_path / "log")) as place:
        yield place


def get(url: str, token: str) -> dict:
    with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"}), timeout=10) as answer:
        return json.load(answer)


@pytest.mark.any_databases
def test_a_run_that_is_killed_goes_on_until_every_row_is_there(apart, clerk_key, tmp_path):
    before = apart.everything(apart.old)
    moved = before.keys() - STAYS
    new = {table: apart.auth if table in of_people else apart.app for table in moved}
    empty = {name: apart.everything(each) for name, each in (("a", apart.app), ("b", apart.auth))}
    assert all(len(before[table]) for table in ("faq_embedding", "core_auditlink", "faq_lexeme"))

    said = apart.split("--dry-run")
    for table in moved:
        assert f"{table}: {len(before[table])} rows to {new[table].name}" in said
    assert {"a": apart.everything(apart.app), "b": apart.everything(apart.auth)} == empty

    with apart.superuser(apart.app) as blocked, blocked.transaction(force_rollback=True):
        blocked.execute("LOCK faq_embedding")
        apart.killed(blocked)
    with apart.superuser(apart.auth) as blocked, blocked.transaction(force_rollback=True):
        # The batch that holds this person waits to learn whether they are there already.
        blocked.execute(
            "INSERT INTO accounts_user (id, password, first_name, last_name, own_name, role,"
            " is_active, created_at, updated_at)"
            " VALUES (%s, '', '', '', false, 'user', true, now(), now())",
            [middle_person(apart)],
        )
        apart.killed(blocked, "--restart")
    assert 0 < len(apart.rows(apart.auth, "accounts_user")) < len(before["accounts_user"])
    with apart.superuser(apart.auth) as blocked, blocked.transaction(force_rollback=True):
        blocked.execute("LOCK core_auditentry")
        apart.killed(blocked)
    with apart.superuser(apart.old) as blocked, blocked.transaction(force_rollback=True):
        blocked.execute("SELECT FROM accounts_user")
        apart.killed(blocked, "--drop")

    assert apart.everything(apart.old) == before
    said = apart.split()
    assert f"{len(moved)} tables moved; {apart.old.name} still holds them" in said
    for table in moved - {"core_auditentry", "core_auditlink", "core_audithead"}:
        assert apart.rows(new[table], table) == before[table], table
    assert apart.rows(apart.app, "core_auditlink") == before["core_auditlink"]
    assert len(apart.rows(apart.auth, "core_auditlink")) == 1
    assert apart.run("verify_audit").count("whole") == 2
    assert next_id(apart, apart.auth, "django_admin_log") == 3

    log = tmp_path / "served.log"
    with gunicorn("config.wsgi:application", apart.environment, log) as site:
        url = f"{site}/api/v1"
        token = session_token(clerk_key, settings.CLERK.issuer, f"user_{PEOPLE - 1}")
        assert get(f"{url}/users/me", token)["email"] == f"Söm{PEOPLE - 1}@example.com"
        [listing, *_] = get(f"{url}/properties?include=agent", token)["results"]
        assert "สมชาย" in listing["agent"]["name"]
        talks = get(f"{url}/llm/conversations", token)["results"]
        assert [talk["title"] for talk in talks] == ["Pets?"]
    apart.split("--drop", "--in-use")
    assert apart.tables(apart.old) == STAYS
    refused_with_the_old_settings(apart)


def refused_with_the_old_settings(place: Place) -> None:
    old = place.old.environment(place.services.postgres)
    for command in (["check"], ["migrate"], ["set_role", "user_1", "agent"]):
        done = programs.run(["manage.py", *command], of_the_product(place.services) | old)
        assert done.returncode == 1
        assert "core.E008: The database of DATABASE_URL was split and dropped" in done.stderr
        assert "Traceback" not in done.stderr


def middle_person(place: Place) -> str:
    with place.superuser(place.old) as connection:
        found = connection.execute(
            "SELECT id FROM accounts_user ORDER BY id OFFSET %s LIMIT 1", [PEOPLE // 2]
        )
        return found.fetchone()[0]


def next_id(place: Place, database: Database, table: str) -> int:
    with place.superuser(database) as connection:
        place_of = "SELECT nextval(pg_get_serial_sequence(%s, 'id'))"
        return connection.execute(place_of, [table]).fetchone()[0]


@pytest.mark.any_databases
def test_people_leave_the_database_that_becomes_the_application_s(within, copies):
    before = within.everything(within.old)
    said = within.split("--drop")
    assert f"{len(of_people)} tables moved, and dropped from {within.old.name}." in said
    for table in of_people:
        assert within.rows(within.auth, table) == before[table], table
    # As where `migrate` made two databases from the beginning.
    assert within.tables(within.app) == within.tables(copies[1])
    left = within.everything(within.app)
    assert left == {table: rows for table, rows in before.items() if table not in of_people}

    assert within.run("verify_audit").count("whole") == 2
    [entry] = within.rows(within.auth, "core_auditentry")
    log = re.search(r"default:\d+:[0-9a-f]+", entry)[0]
    within.run("verify_audit", "--expect", log)
    assert "moved and dropped" in within.split("--drop")
    refused_with_the_old_settings(within)


@pytest.mark.any_databases
def test_nothing_is_dropped_before_both_sides_are_the_same(within):
    before = within.everything(within.old)
    with within.superuser(within.auth) as blocked, blocked.transaction(force_rollback=True):
        blocked.execute("LOCK core_auditentry")
        within.killed(blocked)
    with within.superuser(within.auth) as connection:
        connection.execute("UPDATE accounts_user SET role = 'admin' WHERE clerk_user_id='user_7'")
    assert "accounts_user differs" in within.refused("--drop")
    assert within.everything(within.old) == before
    within.split("--restart")
    assert within.rows(within.auth, "accounts_user") == before["accounts_user"]

    # Served from the new databases for a while.
    with within.superuser(within.auth) as connection:
        connection.execute("UPDATE accounts_user SET role = 'admin' WHERE clerk_user_id='user_7'")
    assert "Changed in the new databases since: accounts_user" in within.split()
    assert "add --in-use" in within.refused("--drop")
    # And from the old one, too.
    with within.superuser(within.old) as connection:
        connection.execute("UPDATE accounts_user SET role = 'user' WHERE clerk_user_id = 'user_8'")
    assert "accounts_user was changed" in within.refused("--drop", "--in-use")
    assert within.tables(within.old) == before.keys()


@pytest.mark.any_databases
def test_what_is_not_as_it_must_be_is_refused_in_a_sentence(apart):
    old = apart.old.environment(apart.services.postgres)["DATABASE_URL"]
    with psycopg.connect(old):
        assert f"{apart.old.name} is in use" in apart.refused()
    with apart.superuser(apart.old) as connection:
        connection.execute(PROMISE)
    promised = re.compile(r"\(1 waiting, .* due at [\d:]+ UTC\): run deliver_outbox --watch there")
    assert promised.search(apart.refused())
    assert promised.search(apart.split("--dry-run"))
    with apart.superuser(apart.auth) as connection:
        connection.execute("INSERT INTO auth_group (name) VALUES ('x')")
    with apart.superuser(apart.old) as connection:
        connection.execute("DELETE FROM core_outbox")
    said = apart.refused()
    assert "auth_group has 1 rows that were not moved" in said
    assert "manage.py flush --database auth" in said
    with apart.superuser(apart.old) as connection:
        connection.execute("DELETE FROM django_migrations WHERE name = '0002_catalogue'")
    assert "not migrated alike (faq.0002_catalogue)" in apart.refused()
    with apart.superuser(apart.old) as connection:
        connection.execute("UPDATE core_productstamp SET product_id = 'north'")
    assert re.search("This is .* belongs to north", apart.refused())


@pytest.mark.any_databases
def test_who_is_not_the_owner_is_refused_before_anything(apart):
    runtime = apart.old.environment(apart.services.postgres)["DATABASE_URL"]
    done = programs.run(
        ["manage.py", "split_auth", "--dry-run"], apart.environment | {VARIABLE: runtime}
    )
    roles = apart.old.roles
    assert done.returncode == 1
    assert f"{VARIABLE} signs in as {roles}_user, but the tables of" in done.stderr
    assert f"belong to {roles}_owner" in done.stderr


@pytest.mark.any_databases
def test_a_promise_that_is_made_while_a_run_begins_is_seen(apart):
    """The run has counted none; what is under way keeps it waiting, and is committed then."""
    with apart.superuser(apart.old) as other, other.transaction():
        other.execute(PROMISE)
        process = apart.waits_for(other)
    process.join(30)
    assert process.exitcode == 1
    said = apart.log.read_text()
    assert f"The outbox of {apart.old.name} is not empty" in said
    assert not apart.rows(apart.app, "core_outbox")


def test_the_databases_must_be_named():
    reason = "has one database" if AUTH == APP else f"{VARIABLE} is not set"
    with pytest.raises(CommandError, match=reason):
        call_command("split_auth")
