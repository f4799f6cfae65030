"""Who may change tables: the owner, for as long as `migrate` or `flush` runs, and nobody else."""

from importlib import import_module
from io import StringIO
from threading import Timer

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connections

from core.databases import APP, url_variables
from core.local.postgres import Postgres
from core.local.processes import free_ports
from core.owner import connected_as_owner
from core.postgresql.connection import libpq
from core.stamp import read_stamp
from core.testing import programs

ALIASES = list(connections)
each_database = pytest.mark.parametrize("alias", ALIASES)


def role(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@each_database
@pytest.mark.django_db(transaction=True)
def test_the_owner_s_credentials_are_gone_when_the_work_is_done(alias):
    runtime = role(alias)
    assert runtime.endswith("_user")
    with connected_as_owner(alias):
        assert role(alias) == runtime.replace("_user", "_owner")
    assert role(alias) == runtime


@each_database
@pytest.mark.django_db(transaction=True)
def test_they_are_gone_when_the_work_fails(alias):
    runtime = role(alias)
    with pytest.raises(ZeroDivisionError), connected_as_owner(alias):
        1 / 0  # noqa: B018
    assert role(alias) == runtime


@pytest.fixture
def without_owner(alias):
    owner = connections[alias].settings_dict.pop("OWNER")
    yield
    connections[alias].settings_dict["OWNER"] = owner


@each_database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["migrate", "flush"])
def test_a_deployment_without_an_owner_says_so(without_owner, alias, command):
    _, variable = url_variables(alias)
    with pytest.raises(CommandError, match=f"^{variable} is not set"):
        call_command(command, interactive=False, verbosity=0)


@each_database
@pytest.mark.django_db
def test_the_runtime_role_runs_no_ddl(alias):
    denied = pytest.raises(ProgrammingError, match="permission denied")
    with denied, connections[alias].cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db(transaction=True)
def test_migrating_again_changes_nothing(capsys):
    call_command("migrate", verbosity=1)
    assert capsys.readouterr().out.count("No migrations to apply") == len(ALIASES)
    assert {read_stamp(alias) for alias in ALIASES} == {settings.PRODUCT.id}


@each_database
@pytest.mark.django_db(transaction=True)
def test_of_two_who_migrate_at_once_the_second_waits(alias):
    told = StringIO()
    other = psycopg.connect(**libpq(connections[alias].settings_dict), autocommit=True)
    other.execute("SELECT pg_advisory_lock(hashtext('migrate'))")
    Timer(1.5, other.close).start()
    call_command("migrate", database=alias, verbosity=0, stderr=told)
    assert other.closed and told.getvalue().count("Another migrate is under way") == 1


@each_database
@pytest.mark.django_db(transaction=True)
def test_migrating_a_foreign_database_is_refused(stamp, alias):
    stamp("north", alias)
    with pytest.raises(CommandError, match=f"This is {settings.PRODUCT.id}.*belongs to north"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_flushing_empties_every_database_and_keeps_the_stamps(users):
    call_command("flush", interactive=False, verbosity=0)
    assert not type(users.admin).objects.exists()
    assert {read_stamp(alias) for alias in ALIASES} == {settings.PRODUCT.id}


@pytest.fixture
def oldest_postgresql(services, tmp_path):
    """URLs of databases that were provisioned in the oldest release that we promise."""
    postgres = Postgres(tmp_path / "postgres", *free_ports(1), durable=False, release=16)
    postgres.start()
    urls = {}
    for database in services.databases():
        database.provision(postgres)
        urls |= database.environment(postgres)
    yield urls
    postgres.stop()


@pytest.mark.any_product
@pytest.mark.long
def test_the_oldest_postgresql_is_migrated_also_after_a_kill(services, oldest_postgresql):
    _, variable = url_variables(APP)
    files = import_module("core.jobs.migrations.0001_initial").STATEMENTS
    with psycopg.connect(oldest_postgresql[variable], autocommit=True) as owner:
        for text in files[: len(files) // 2]:
            owner.execute(text)
    product = {"DJANGO_SETTINGS_MODULE": f"config.{settings.PRODUCT.id}"}
    environment = services.environment() | oldest_postgresql | product
    done = programs.run(["manage.py", "migrate", "--verbosity=0"], environment)
    assert (done.returncode, done.stderr) == (0, "")
