"""Who may change tables: the owner, for as long as `migrate` or `flush` runs, and nobody else."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections

from core.owner import connected_as_owner
from core.stamp import read_stamp

RUNTIME, OWNER = f"{settings.PRODUCT.id}_user", f"{settings.PRODUCT.id}_owner"


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_the_owner_s_credentials_are_gone_when_the_work_is_done():
    assert role() == RUNTIME
    with connected_as_owner("default"):
        assert role() == OWNER
    assert role() == RUNTIME


@pytest.mark.django_db(transaction=True)
def test_they_are_gone_when_the_work_fails():
    with pytest.raises(ZeroDivisionError), connected_as_owner("default"):
        1 / 0  # noqa: B018
    assert role() == RUNTIME


@pytest.fixture
def without_owner():
    owner = connections["default"].settings_dict.pop("OWNER")
    yield
    connections["default"].settings_dict["OWNER"] = owner


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["migrate", "flush"])
def test_a_deployment_without_an_owner_says_so(without_owner, command):
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL is not set"):
        call_command(command, interactive=False, verbosity=0)


@pytest.mark.django_db
def test_the_runtime_role_runs_no_ddl():
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db(transaction=True)
def test_migrating_again_changes_nothing(capsys):
    call_command("migrate", verbosity=1)
    assert "No migrations to apply" in capsys.readouterr().out
    assert read_stamp() == settings.PRODUCT.id


@pytest.mark.django_db(transaction=True)
def test_migrating_a_foreign_database_is_refused(stamp):
    stamp("north")
    with pytest.raises(CommandError, match=f"This is {settings.PRODUCT.id}.*belongs to north"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_flushing_keeps_the_stamp():
    call_command("flush", interactive=False, verbosity=0)
    assert read_stamp() == settings.PRODUCT.id
