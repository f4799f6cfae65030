"""A product refuses to start with wrong settings, or at another product's database.

Each case is a process of its own, as it is on a server.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connections

import config
from accounts.models import APIKey
from core.databases import APP, AUTH, url_variables
from core.testing import programs
from core.testing.coverage import measured
from core.testing.services import Services

pytestmark = pytest.mark.long
OURS = settings.PRODUCT.id
OTHER = next(name for name in config.product_ids() if name != OURS)
PASSWORD = "swordfish" + token_hex(4)
GUNICORN = ["-m", "gunicorn", "-c", "config/gunicorn.py"]
WEB, CHAT = [*GUNICORN, "config.wsgi:application"], [*GUNICORN, "config.asgi:application"]
MANAGE = ["manage.py"]
SET_ROLE = ["set_role", "someone@example.com", "agent"]


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run in the project's folder with these variables and no file of settings."""
    nowhere = {"ENV_DIR": "/nonexistent", "LOCAL_DIR": "/nonexistent"}
    path = {"PATH": os.environ["PATH"]}
    return programs.run(command, {**path, **nowhere, **environment})


def refused(command: list[str], environment: dict[str, str]) -> str:
    done = run(command, environment)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.stderr


@pytest.fixture
def complete(services: Services) -> dict[str, str]:
    """Everything this product needs, at the test run's own servers."""
    return services.environment() | {"DJANGO_SETTINGS_MODULE": f"config.{OURS}"}


@pytest.mark.any_databases
@pytest.mark.parametrize("command", [[*MANAGE, "check"], WEB, CHAT])
def test_without_a_product_the_products_are_listed(command):
    said = refused(command, {})
    for name in config.product_ids():
        assert f"DJANGO_SETTINGS_MODULE=config.{name}" in said


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize("command", [[*MANAGE, "check"], [*MANAGE, "seed"], WEB])
def test_with_nothing_set_all_that_is_missing_is_listed_at_once(command):
    said = refused(command, {"DJANGO_SETTINGS_MODULE": f"config.{OURS}"})
    assert f"{OURS} does not start:" in said
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"):
        assert f"core.E001: {name} is not set." in said
    assert "core.E001: CLERK_PUBLISHABLE_KEY is not set." in said
    assert "make run" in said
    assert f".env.{OURS}" in said


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_file_that_cannot_be_read_is_all_that_is_named(tmp_path):
    (tmp_path / f".env.{OURS}").mkdir()
    nothing = {"DJANGO_SETTINGS_MODULE": f"config.{OURS}", "ENV_DIR": str(tmp_path)}
    said = refused([*MANAGE, "check"], nothing)
    assert said.count("core.E") == said.count("core.E009") == 1


@pytest.mark.any_product
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"APP_DATABASE_URL": ""}, "core.E001: APP_DATABASE_URL is not set."),
        ({"AUTH_DATABASE_URL": ""}, "core.E001: AUTH_DATABASE_URL is not set."),
        ({"AUTH_DATABASE_URL": "mysql://x/y"}, "core.E002: AUTH_DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("command", [[*MANAGE, "check"], WEB])
def test_one_of_two_databases_is_refused_by_its_name(command, wrong, said, complete):
    url = next(
        complete[name] for name in ("DATABASE_URL", "APP_DATABASE_URL") if complete.get(name)
    )
    one = {"DATABASE_URL": "", "APP_DATABASE_URL": url, "AUTH_DATABASE_URL": url}
    assert said in refused(command, complete | one | wrong)


@pytest.mark.any_product
def test_all_that_is_malformed_is_listed_at_once_and_no_value_is_printed():
    wrong = {
        "ENVIRONMENT": f"{PASSWORD}-environment",
        "SECRET_KEY": PASSWORD,
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"mysql://u:{PASSWORD}@h/d",
        "DATABASE_OWNER_URL": f"u:{PASSWORD}@h/d",
        "REDIS_URL": f"http://u:{PASSWORD}@h",
        "CLERK_PUBLISHABLE_KEY": f"sk_{PASSWORD}",
        "CLERK_SECRET_KEY": f"pk_{PASSWORD}",
        "CLERK_WEBHOOK_SECRET": PASSWORD,
        "LLM_BASE_URL": f"llm:{PASSWORD}",
        "LLM_PRICES": PASSWORD,
        "EMBEDDING_DIMENSIONS": PASSWORD,
        "DB_POOL_TIMEOUT": PASSWORD,
        "CHAT_ENABLED": PASSWORD,
        "CHAT_RATE": PASSWORD,
        "SEARCH_RATE": PASSWORD,
        "LOG_LEVEL": PASSWORD,
    }
    said = refused([*MANAGE, "check"], wrong | {"DJANGO_SETTINGS_MODULE": f"config.{OURS}"})
    for name in set(wrong) - {"SECRET_KEY", "ALLOWED_HOSTS"}:
        assert f"core.E002: {name} must be " in said
    assert "core.E003: SECRET_KEY is weak" in said


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize("name", ["WEB_THREADS", "WEB_WORKERS"])
def test_how_many_there_are_to_be_is_a_number(complete, name):
    for text in ("abc", "0", "-1", "1.5"):
        said = refused(WEB, complete | {name: text})
        assert f"{name} must be a whole number above 0." in said and "Traceback" not in said


@pytest.mark.any_product
@pytest.mark.any_databases
def test_prefixes_are_named(complete):
    wrong = {
        "CLERK_PUBLISHABLE_KEY": PASSWORD,
        "CLERK_SECRET_KEY": PASSWORD,
        "CLERK_WEBHOOK_SECRET": PASSWORD,
    }
    said = refused([*MANAGE, "check"], complete | wrong)
    assert all(prefix in said for prefix in ("pk_test_", "sk_live_", "whsec_"))


def test_a_product_with_everything_it_needs_is_fine(complete):
    assert run([*MANAGE, "check"], complete).returncode == 0


@pytest.mark.any_product
@pytest.mark.any_databases
def test_help_needs_no_settings_but_a_product():
    done = run([*MANAGE, "help"], {"DJANGO_SETTINGS_MODULE": f"config.{OURS}"})
    assert done.returncode == 0


GUARDED = [
    [*MANAGE, "migrate"],
    [*MANAGE, "seed"],
    [*MANAGE, "import_listings", "listings.csv", "--currency", "THB"],
    [*MANAGE, "flush", "--no-input"],
    WEB,
    CHAT,
]


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_reader_who_has_enough_is_no_error(complete):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, *MANAGE, "help"],
        env=complete | {"PATH": os.environ["PATH"]},
        cwd=programs.ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.django_db
@pytest.mark.parametrize(
    "command",
    [["create_api_key", "reports", "--scope", "users:read"], ["verify_audit"], ["export_faqs"]],
    ids=lambda command: command[0],
)
def test_output_to_a_full_disk_is_one_sentence_and_leaves_no_key(command, complete, tmp_path):
    errors = tmp_path / "errors"
    process = programs.start([*MANAGE, *command], complete, Path("/dev/full"), errors)
    process.join(60)
    said = errors.read_text()
    assert said.splitlines()[-1] == "The output cannot be written: No space left on device."
    assert process.exitcode == 1 and "Traceback" not in said
    assert not APIKey.objects.using(AUTH).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("command", GUARDED, ids=lambda command: command[-1])
def test_a_foreign_stamp_is_refused_in_a_sentence_that_names_both(command, complete):
    """The other product, handed this product's credentials."""
    said = refused(command, complete | {"DJANGO_SETTINGS_MODULE": f"config.{OTHER}"})
    assert f"core.E004: This is {OTHER}, but the database belongs to {OURS}" in said


@pytest.mark.any_product
@pytest.mark.parametrize("command", [[*MANAGE, "check"], [*MANAGE, "migrate"], WEB])
def test_of_another_product_s_database_nothing_else_is_said(command, complete, empty_databases):
    """One that was split: its people are elsewhere, or its tables are in the other of the two."""
    for alias in connections:
        _, owner = url_variables(alias)
        with psycopg.connect(empty_databases[owner]) as connection:
            connection.execute("CREATE TABLE core_productstamp (id int, product_id text)")
            connection.execute("INSERT INTO core_productstamp VALUES (1, %s)", [OTHER])
            connection.execute("CREATE TABLE django_migrations (app text, name text)")
            connection.execute("INSERT INTO django_migrations VALUES ('accounts', '0001_initial')")
            if alias != AUTH:
                connection.execute("CREATE TABLE accounts_user (id uuid)")
    said = refused(command, complete | empty_databases)
    assert said.count("core.E") == said.count("core.E004") == len(list(connections))


@pytest.mark.any_databases
@pytest.mark.parametrize("command", [[*MANAGE, "check"], WEB], ids=["check", "web"])
def test_the_redis_user_of_another_product_is_refused(command, complete):
    said = refused(command, complete | {"DJANGO_SETTINGS_MODULE": f"config.{OTHER}"})
    assert f"core.E007: This is {OTHER}, but REDIS_URL signs in as {OURS}," in said


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_refused_redis_password_is_no_start(complete):
    said = refused(
        [*MANAGE, "check"], complete | {"REDIS_URL": with_password(complete["REDIS_URL"])}
    )
    assert "core.E007: The user or the password of REDIS_URL is refused." in said


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize("place", ["127.0.0.1:1/0", "nowhere.invalid/0"])
def test_a_redis_that_does_not_answer_is_no_obstacle(complete, place):
    unreachable = {"REDIS_URL": f"redis://{OURS}:{PASSWORD}@{place}"}
    assert run(measured([*MANAGE, "check"]), complete | unreachable).returncode == 0


@pytest.fixture
def empty_databases(services: Services) -> Iterator[dict[str, str]]:
    """URLs of databases that were provisioned for this product and never migrated."""
    services.provision("_empty")
    yield services.database_urls("_empty")
    services.drop("_empty")


@pytest.mark.any_product
def test_serving_needs_a_database_that_was_migrated(complete, empty_databases):
    assert "core.E005" in refused(WEB, complete | empty_databases)


@pytest.mark.any_product
@pytest.mark.parametrize("command", [SET_ROLE, ["verify_audit"]], ids=lambda command: command[0])
def test_a_command_that_needs_tables_says_that_there_are_none(command, complete, empty_databases):
    said = refused(measured([*MANAGE, *command]), complete | empty_databases)
    assert said.startswith(f"{OURS}: core.E005: the database of ") and said.count("\n") == 1


@pytest.mark.any_product
@pytest.mark.parametrize("alias", list(connections))
def test_serving_needs_databases_that_answer(complete, alias):
    variable, _ = url_variables(alias)
    wrong = {variable: with_password(complete[variable])}
    said = refused(CHAT, complete | wrong)
    assert f"core.E006: the database of {variable} does not answer: " in said
    assert "password authentication failed" in said  # and not as if the server were away
    assert said.count("core.E006") == 1


COMMANDS = [
    pytest.param(["seed"], marks=pytest.mark.samples),
    ["import_listings", "docs/samples/listings.csv", "--currency", "THB"],
    SET_ROLE,
    ["erase_user", "someone@example.com"],
    ["migrate"],
]


@pytest.fixture
def unreachable(services: Services) -> dict[str, str]:
    return {name: with_password(url) for name, url in services.database_urls().items()}


def with_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(str(parts.password), PASSWORD)).geturl()


@pytest.mark.any_product
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_wrong_password_is_one_sentence(command, complete, unreachable):
    said = refused([*MANAGE, *command], complete | unreachable)
    sentence = said.splitlines()[-1]  # an import has shown its progress before
    assert sentence.startswith(f"{OURS}: the database does not answer: ")
    assert "password authentication failed" in sentence


@pytest.mark.any_product
def test_a_server_that_is_down_is_one_sentence(complete, services):
    urls = services.database_urls()
    down = {name: url.replace(f":{services.postgres_port}/", ":1/") for name, url in urls.items()}
    said = refused(measured([*MANAGE, *SET_ROLE]), complete | down)
    assert said.startswith(f"{OURS}: the database does not answer: ")
    assert said.count("\n") == 1
    assert "refused" in said


STOPPED = {
    "terminating connection due to administrator command": (
        "SELECT pg_terminate_backend(pg_backend_pid())"
    ),
    "canceling statement due to statement timeout": (
        "SET statement_timeout = 20; SELECT pg_sleep(5)"
    ),
    "no space left": "DO $$ BEGIN RAISE 'no space left' USING ERRCODE = '53100'; END $$",
}


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize("words", STOPPED)
def test_what_the_server_or_its_operator_stops_is_one_sentence(words, complete):
    asked = f"from django.db import connection\nconnection.cursor().execute({STOPPED[words]!r})"
    said = refused(measured([*MANAGE, "shell", "--no-imports", "-c", asked]), complete)
    assert said == f"{OURS}: PostgreSQL: {words}. Run it again.\n"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_defect_keeps_its_traceback(complete):
    asked = "from django.db import connection\nconnection.cursor().execute('SELECT 1 / 0')"
    done = run([*MANAGE, "shell", "--no-imports", "-c", asked], complete)
    assert "Traceback" in done.stderr and "division by zero" in done.stderr


@pytest.mark.any_product
@pytest.mark.any_databases
def test_who_asks_for_the_traceback_gets_it(complete, unreachable):
    done = run([*MANAGE, *SET_ROLE, "--traceback"], complete | unreachable)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert PASSWORD not in done.stderr


@pytest.mark.django_db
def test_an_owner_who_leads_to_another_product_s_database(complete, empty_databases):
    """The runtime role's database is empty and so no obstacle; the owner's is stamped."""
    _, variable = url_variables(AUTH)
    with psycopg.connect(empty_databases[variable]) as connection:
        connection.execute("CREATE TABLE core_productstamp (id int, product_id text)")
        connection.execute("INSERT INTO core_productstamp VALUES (1, %s)", [OTHER])
        runtime = connections[AUTH].settings_dict["USER"]
        connection.execute(f"REVOKE ALL ON core_productstamp FROM {runtime}")
    said = refused([*MANAGE, "migrate"], complete | empty_databases)
    assert f"This is {OURS}, but the database belongs to {OTHER}" in said


def exchanged(urls: dict[str, str]) -> dict[str, str]:
    """As if whoever set them had taken the two databases for each other."""
    other = {"APP": "AUTH", "AUTH": "APP"}
    parts = (name.partition("_") for name in urls)
    return {f"{one}_{rest}": urls[f"{other[one]}_{rest}"] for one, _, rest in parts}


@pytest.mark.skipif(AUTH == APP, reason="the product has one database")
@pytest.mark.django_db
@pytest.mark.parametrize("command", [[*MANAGE, "check"], [*MANAGE, "migrate"], WEB])
def test_databases_that_are_taken_for_each_other_are_refused(command, complete, services):
    said = refused(command, complete | exchanged(services.database_urls()))
    assert "core.E008: The database of APP_DATABASE_URL has the table accounts_apikey" in said
    assert said.count("core.E008") == 1


@pytest.mark.any_product
@pytest.mark.parametrize("command", [[*MANAGE, "migrate"], [*MANAGE, "seed"], WEB])
def test_one_database_in_two_ways_of_writing_is_refused(command, complete, empty_databases):
    variables = url_variables(AUTH)
    urls = {name.removeprefix("AUTH_"): empty_databases[name] for name in variables}
    both = {f"APP_{name}": url for name, url in urls.items()}
    both |= {f"AUTH_{name}": url.replace("127.0.0.1", "localhost") for name, url in urls.items()}
    others = {name: url for name, url in complete.items() if name not in empty_databases}
    said = refused(command, others | both)
    assert "core.E008: APP_DATABASE_URL and AUTH_DATABASE_URL name one database in two ways" in said
    with psycopg.connect(empty_databases[variables[0]]) as connection:
        assert connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
