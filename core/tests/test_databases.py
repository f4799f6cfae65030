"""Where things live when a product has one database, and when it has two (`make test SPLIT=1`)."""

import ast
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction

from core.databases import APP, AUTH, url_variables
from core.models import OutboxEffect, ProductStamp
from core.routers import ByApp
from core.testing.databases import WRITE

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "benchmarks", "chat", "config", "core", "faq", "properties")

of_people = {
    "accounts_apikey",
    "accounts_emailconflict",
    "accounts_erasurereceipt",
    "accounts_tombstone",
    "accounts_user",
    "accounts_webhookevent",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_content_type",
    "django_session",
}
everywhere = {
    "core_auditentry",
    "core_audithead",
    "core_auditlink",
    "core_outbox",
    "core_outboxeffect",
    "core_productstamp",
    "core_servingmodel",
    "core_unembedded",
    "django_migrations",
}
needs_two = pytest.mark.skipif(AUTH == APP, reason="the product has one database")


def tables(alias: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        return set(connections[alias].introspection.table_names(cursor))


@pytest.mark.django_db
def test_each_table_is_in_the_database_it_belongs_to():
    every_model = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    of_the_product = (every_model | everywhere) - of_people
    assert of_people <= every_model
    if AUTH == APP:
        assert tables(APP) == of_the_product | of_people
    else:
        assert tables(AUTH) == of_people | everywhere
        assert tables(APP) == of_the_product


@needs_two
@pytest.mark.django_db
def test_people_and_the_rest_do_not_relate(users):
    stamp = ProductStamp.objects.using(AUTH).get()
    assert ByApp().allow_relation(users.admin, users.agent) is None
    assert ByApp().allow_relation(users.admin, stamp) is None
    listing = apps.get_model("properties", "Property")()
    assert ByApp().allow_relation(users.admin, listing) is False


@needs_two
def test_the_role_of_the_app_is_refused_at_the_database_of_people(services):
    variable, _ = url_variables(APP)
    people = connections[AUTH].settings_dict["NAME"]
    url, _, own = services.environment()[variable].rpartition("/")
    psycopg.connect(f"{url}/{own}").close()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(f"{url}/{people}")


@pytest.mark.django_db
@pytest.mark.parametrize("alias", list(connections))
def test_a_statement_that_fails_leaves_no_value_in_the_server_s_log(alias, services):
    log, entry, value = services.postgres.log, uuid4(), f"ann{uuid4().hex}"
    before = log.stat().st_size
    effects = OutboxEffect.objects.using(alias)
    with pytest.raises(IntegrityError, match=value), transaction.atomic(using=alias):
        effects.create(entry_id=entry, part=value)
        effects.create(entry_id=entry, part=value)
    said = log.read_bytes()[before:].decode()
    assert "duplicate key value" in said
    assert value not in said


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = 1",
        "\nUPDATE t AS x SET a = 1 FROM s",
        'UPDATE "t" x SET a = 1',
        "UPDATE ONLY t SET a = 1",
        "WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone",
        "insert into t values (1)",
    ],
)
def test_a_write_is_known(statement):
    assert WRITE.search(statement)


def test_a_row_that_is_locked_is_not_written():
    assert not WRITE.search("SELECT a FROM t WHERE set = 1 FOR UPDATE OF t SKIP LOCKED")


@needs_two
@pytest.mark.django_db
def test_a_write_to_a_second_database_within_a_transaction_is_seen(users, writes_across_databases):
    with transaction.atomic(using=AUTH):
        users.admin.save()
        ProductStamp.objects.using(APP).count()
    assert not writes_across_databases
    with transaction.atomic(using=APP):
        users.admin.refresh_from_db()
        assert not writes_across_databases
        users.admin.save()
    assert ["to 'auth': UPDATE" in each for each in writes_across_databases] == [True]
    writes_across_databases.clear()  # else this test fails, as any other would


def calls(module: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]


@pytest.mark.any_product
def test_every_transaction_names_its_database():
    """`atomic()` alone means "default", which is not where people are."""
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT)}:{call.lineno}": {keyword.arg for keyword in call.keywords}
        for path in modules
        for call in calls(path)
        if ast.unparse(call.func).rpartition(".")[2] in ("atomic", "on_commit")
    }
    assert len(found) > 10
    assert [place for place, keywords in found.items() if "using" not in keywords] == []


@pytest.mark.any_product
def test_no_function_is_a_transaction_without_a_name():
    """`@atomic` and `@transaction.atomic` take no `using`."""
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    decorators = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if any(ast.unparse(each).rpartition(".")[2] == "atomic" for each in node.decorator_list)
    ]
    assert decorators == []


@pytest.mark.django_db
def test_an_admin_made_at_the_command_line_lives_with_the_people(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", interactive=False, email="first@example.com", verbosity=0)
    person = get_user_model().objects.get(email="first@example.com")
    assert person._state.db == AUTH
    assert person.is_superuser
