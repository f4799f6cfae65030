"""Environment variables -> settings values. What is wrong is noted, never with the value."""

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest

from accounts.clerk.conf import frontend_api_host
from chat.conf import Price, Prices
from config import resources
from config.base import authentication_backends
from config.environment import (
    ENVIRONMENTS,
    Environment,
    environment_name,
    is_public,
    read_environment,
)
from core.postgresql.connection import Connection, libpq
from core.product import Product
from core.providers import Endpoint

NORTH = Product(
    id="north",
    name="North",
    tagline="Homes",
    domain="north.example",
    port=8109,
    frontend_port=5279,
    redis_database=9,
    accent="#123456",
    languages=("en",),
    currency="EUR",
)
DATABASE = "postgres://north_user:p%40ss@db.example:6432/north_db"
PUBLISHABLE = "pk_test_" + b64encode(b"clerk.north.example$").decode()
LIVE = PUBLISHABLE.replace("test", "live")


def env(**values: str) -> Environment:
    return Environment("north", values)


def signing_secret(key: bytes) -> str:
    return "whsec_" + b64encode(key).decode()


def problems(environment: Environment) -> list[tuple[str, str]]:
    return [(problem.kind, problem.variable) for problem in environment.problems]


# --- The readers


@pytest.mark.parametrize(
    ("raw", "value"),
    [("", 5), ("  ", 5), ("7", 7), (" 7 ", 7), ("1", 1), ("9", 9)],
)
def test_a_number(raw, value):
    environment = env(N=raw)
    assert environment.number("N", 5, low=1, high=9) == value
    assert problems(environment) == []


@pytest.mark.parametrize("raw", ["0", "10", "-1", "1.5", "seven", "1e3", "inf", "nan", "9" * 5000])
def test_a_number_that_is_none_or_out_of_bounds(raw):
    environment = env(N=raw)
    assert environment.number("N", 5, low=1, high=9) == 5
    assert problems(environment) == [("malformed", "N")]


@pytest.mark.parametrize(("raw", "value"), [("", 3), ("0.5", 0.5), ("2", 2.0)])
def test_a_number_with_a_fraction(raw, value):
    assert env(N=raw).number("N", 3, low=0.1, high=3, whole=False) == value


@pytest.mark.parametrize("raw", ["inf", "nan", "-0.1"])
def test_a_number_with_a_fraction_has_bounds_too(raw):
    environment = env(N=raw)
    assert environment.number("N", 3, low=0.1, high=3, whole=False) == 3
    assert problems(environment) == [("malformed", "N")]


@pytest.mark.parametrize(
    ("raw", "value"),
    [("", True), ("true", True), ("True", True), ("1", True), ("on", True), ("yes", True)]
    + [("false", False), ("FALSE", False), ("0", False), ("off", False), (" no ", False)],
)
def test_a_flag(raw, value):
    environment = env(FLAG=raw)
    assert environment.flag("FLAG", True) is value
    assert problems(environment) == []


@pytest.mark.parametrize("raw", ["maybe", "2", "truee", "-"])
def test_a_flag_that_is_none(raw):
    environment = env(FLAG=raw)
    assert environment.flag("FLAG", False) is False
    assert problems(environment) == [("malformed", "FLAG")]


@pytest.mark.parametrize(
    ("raw", "parts"),
    [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , ,b, ", ["a", "b"])],
)
def test_a_list(raw, parts):
    assert env(LIST=raw).listed("LIST") == parts


def test_a_variable_that_is_required():
    environment = env(EMPTY="  ")
    assert environment.required("EMPTY") == ""
    (problem,) = environment.problems
    assert problem.kind == "missing"
    assert "make run" in problem.hint
    assert ".env.north" in problem.hint


@pytest.mark.parametrize(
    "value",
    ["postgres://u:p@h:5432/d", "postgresql://h/d", "postgres://u@[::1]:1/d"],
)
def test_a_url(value):
    environment = env(URL=value)
    assert environment.url("URL", resources.POSTGRES_SCHEMES) == value
    assert problems(environment) == []


@pytest.mark.parametrize(
    "value",
    ["h/d", "mysql://h/d", "postgres:///d", "postgres://h:0/d"]
    + ["postgres://h:99999/d", "postgres://[::1/d", "POSTGRES ://h"],
)
def test_a_url_that_is_none(value):
    environment = env(URL=value)
    assert environment.url("URL", resources.POSTGRES_SCHEMES) == ""
    assert problems(environment) == [("malformed", "URL")]
    assert value not in environment.problems[0].message


@pytest.mark.parametrize("value", ["postgres:///d?host=/run/postgresql", "postgres://h:x/d"])
def test_a_url_whose_beginning_is_right_is_not_told_of_that(value):
    environment = env(URL=value)
    environment.url("URL", resources.POSTGRES_SCHEMES)
    assert "must be a URL that names a host" in environment.problems[0].message


# --- Where values come from


@pytest.fixture
def folders(tmp_path):
    """(folder of .env.north, .local folder, the process environment that points at both)."""
    env_folder, local_folder = tmp_path / "env", tmp_path / "local"
    env_folder.mkdir()
    local_folder.mkdir()
    return env_folder, local_folder, {"ENV_DIR": str(env_folder), "LOCAL_DIR": str(local_folder)}


def test_the_process_wins_over_the_product_s_file_and_that_over_local(folders):
    env_folder, local_folder, process = folders
    (local_folder / "north.env").write_text("A=local\nB=local\nC=local\n")
    (env_folder / ".env.north").write_text("A=file\nB=file\n")
    found = read_environment("north", process | {"A": "process"})
    assert [found.text(name) for name in "ABCD"] == ["process", "file", "local", ""]


def test_another_product_s_files_are_not_read(folders):
    env_folder, local_folder, process = folders
    (local_folder / "south.env").write_text("A=local\n")
    (env_folder / ".env.south").write_text("A=file\n")
    (env_folder / ".env").write_text("A=shared\n")
    assert read_environment("north", process).text("A") == ""


def test_files_leave_the_process_environment_alone(folders, monkeypatch):
    env_folder, _, process = folders
    (env_folder / ".env.north").write_text("ONLY_IN_THE_FILE=x\n")
    assert read_environment("north", process).text("ONLY_IN_THE_FILE") == "x"
    assert "ONLY_IN_THE_FILE" not in process
    assert read_environment("north", process | {"ENV_DIR": "/nowhere"}).text(
        "ONLY_IN_THE_FILE"
    ) == ""  # fmt: skip


@pytest.mark.parametrize("value", ["a#b", "a b", "p%40ss", "a=b", "#", "ü€", "a\\nb"])
def test_a_secret_keeps_its_letters(folders, value):
    env_folder, _, process = folders
    (env_folder / ".env.north").write_text(f"SECRET={value}\n")
    assert read_environment("north", process).text("SECRET") == value


def test_files_that_cannot_be_read_are_named(folders):
    env_folder, local_folder, process = folders
    (folder := env_folder / ".env.north").mkdir()
    (file := local_folder / "north.env").write_bytes(b"\xff\xfe")
    found = read_environment("north", process).problems
    assert [problem.message for problem in found] == [
        f"{folder} cannot be read by this user (Is a directory).",
        f"{file} is not text in UTF-8: mend it or remove it.",
    ]


# --- Settings


@pytest.mark.parametrize(
    ("values", "name"),
    [({}, "production"), *(({"ENVIRONMENT": each}, each) for each in ENVIRONMENTS)],
)
def test_the_environment_s_name(values, name):
    assert environment_name(env(**values)) == name


@pytest.mark.parametrize("name", ["prod", "Production", "local"])
def test_an_unknown_environment_counts_as_production(name):
    environment = env(ENVIRONMENT=name)
    assert environment_name(environment) == "production"
    assert is_public(environment)
    assert problems(environment) == [("malformed", "ENVIRONMENT")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("0123456789" * 5, []),
        ("", [("missing", "SECRET_KEY")]),
        ("short", [("weak", "SECRET_KEY")]),
        ("a" * 60, [("weak", "SECRET_KEY")]),
    ],
)
def test_the_secret_key(value, found):
    environment = env(SECRET_KEY=value)
    assert resources.secret_keys(environment) == [value or "-"]
    assert problems(environment) == found


@pytest.mark.parametrize(
    ("former", "found"),
    [
        ("abcdefghij" * 5, []),
        (f"{'abcdefghij' * 5}, {'klmnopqrst' * 5}", []),
        (f"{'abcdefghij' * 5},short", [("weak", "SECRET_KEY_FALLBACKS")]),
    ],
)
def test_former_secret_keys(former, found):
    environment = env(SECRET_KEY="0123456789" * 5, SECRET_KEY_FALLBACKS=former)
    key, *fallbacks = resources.secret_keys(environment)
    assert (key, fallbacks) == ("0123456789" * 5, former.replace(" ", "").split(","))
    assert problems(environment) == found


@pytest.mark.parametrize(
    ("value", "level", "found"),
    [
        ("", "INFO", []),
        ("debug", "DEBUG", []),
        ("CRITICAL", "CRITICAL", []),
        ("loud", "INFO", [("malformed", "LOG_LEVEL")]),
    ],
)
def test_the_log_level(value, level, found):
    environment = env(LOG_LEVEL=value)
    assert resources.log_level(environment) == level
    assert problems(environment) == found


@pytest.mark.parametrize(
    ("values", "hosts", "found"),
    [
        ({"ALLOWED_HOSTS": "a.example, b.example"}, ["a.example", "b.example"], []),
        ({}, [], [("missing", "ALLOWED_HOSTS")]),
        ({"ENVIRONMENT": "staging"}, [], [("missing", "ALLOWED_HOSTS")]),
        ({"ENVIRONMENT": "development"}, [], []),
        ({"ENVIRONMENT": "staging", "ALLOWED_HOSTS": "*"}, ["*"], []),
        ({"ALLOWED_HOSTS": ".a.example,10.0.0.1,[::1]"}, [".a.example", "10.0.0.1", "[::1]"], []),
        ({"ALLOWED_HOSTS": ","}, [], [("malformed", "ALLOWED_HOSTS")]),
    ],
)
def test_hosts(values, hosts, found):
    environment = env(**values)
    assert resources.allowed_hosts(environment) == hosts
    assert problems(environment) == found


@pytest.mark.parametrize("host", ["*", "https://a.example", "a.example:443", "a.example/", "*.a"])
def test_what_is_no_bare_host_name_would_match_nothing_or_anything(host):
    environment = env(ALLOWED_HOSTS=f"b.example,{host}")
    resources.allowed_hosts(environment)
    assert problems(environment) == [("malformed", "ALLOWED_HOSTS")]


@pytest.mark.parametrize(
    ("values", "urls"),
    [
        ({}, []),
        ({"ENVIRONMENT": "development"}, ["http://localhost:5279"]),
        ({"FRONTEND_URLS": "https://a.example/,http://b:1"}, ["https://a.example", "http://b:1"]),
        ({"FRONTEND_URLS": "http://[::1]:5273"}, ["http://[::1]:5273"]),
        ({"FRONTEND_URLS": "https://xn--42c.example:80"}, ["https://xn--42c.example:80"]),
        ({"ENVIRONMENT": "test", "FRONTEND_URLS": "https://a.example"}, ["https://a.example"]),
    ],
)
def test_front_ends(values, urls):
    environment = env(**values)
    assert resources.frontend_urls(environment, NORTH) == urls
    assert problems(environment) == []


@pytest.mark.parametrize(
    "url",
    [
        "*",
        "a.example",
        "https://a.example/app",
        "ftp://a.example",
        # What no browser would ever send.
        "https://A.example",
        "HTTPS://a.example",
        "https://a.example:443",
        "http://a.example:80/",
        "https://a.example:99999",
        "https://a.example:",
        "https://me@a.example",
        "https://a.example?x",
        "https://a.example/#x",
        "https://วิลล่า.example",
        "null",
    ],
)
def test_a_front_end_is_an_origin(url):
    environment = env(FRONTEND_URLS=url)
    resources.frontend_urls(environment, NORTH)
    assert problems(environment) == [("malformed", "FRONTEND_URLS")]


# What no variable says of a pool.
ALIKE = {"reconnect_timeout": 2, "connection_class": Connection}


def test_the_database():
    default = resources.databases(env(DATABASE_URL=DATABASE))["default"]
    where = {"HOST": "db.example", "PORT": 6432, "NAME": "north_db"}
    who = {"USER": "north_user", "PASSWORD": "p@ss"}
    assert {key: default[key] for key in where | who} == where | who
    assert default["ENGINE"] == "core.postgresql"
    pool = {"min_size": 2, "max_size": 16, "timeout": 3} | ALIKE
    assert default["OPTIONS"]["pool"] == pool
    assert "OWNER" not in default


@pytest.mark.parametrize("port", ["", ":6432"])
def test_a_database_behind_a_unix_socket(port):
    environment = env(DATABASE_URL=f"postgres://north_user:p%40ss@%2Frun%2FPG%3A1{port}/north_db")
    default = resources.databases(environment)["default"]
    found = {key: default[key] for key in ("HOST", "PORT", "NAME", "PASSWORD")}
    where = {"HOST": "/run/PG:1", "PORT": 6432 if port else "", "NAME": "north_db"}
    assert found == where | {"PASSWORD": "p@ss"}
    assert problems(environment) == []


def test_the_owner_of_the_database():
    owner_url = DATABASE.replace("north_user:p%40ss", "north_owner:other")
    environment = env(DATABASE_URL=DATABASE, DATABASE_OWNER_URL=owner_url)
    owner = resources.databases(environment)["default"]["OWNER"]
    assert (owner["USER"], owner["PASSWORD"], owner["NAME"]) == ("north_owner", "other", "north_db")
    assert problems(environment) == []


def test_the_owner_of_another_database():
    elsewhere = DATABASE.replace("north_db", "south_db")
    environment = env(DATABASE_URL=DATABASE, DATABASE_OWNER_URL=elsewhere)
    resources.databases(environment)
    assert problems(environment) == [("malformed", "DATABASE_OWNER_URL")]


@pytest.mark.parametrize("url", ["", "mysql://h/d", "postgres://u:p@h", "postgres://u:p@h/?a=b"])
def test_without_a_database_settings_can_still_be_read(url):
    environment = env(DATABASE_URL=url)
    assert "dummy" in resources.databases(environment)["default"]["ENGINE"]
    assert [variable for _, variable in problems(environment)] == ["DATABASE_URL"]


def test_every_url_names_a_database():
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "WORKER_DATABASE_URL")
    environment = env(**dict.fromkeys(names, "postgres://u:p@h/"))
    resources.databases(environment)
    assert resources.worker_database(environment) is None
    assert [each.message for each in environment.problems] == [
        f"{name} must be a URL that names a database." for name in names
    ]


PEOPLE = DATABASE.replace("north_", "north_auth_")
REST = DATABASE.replace("north_", "north_app_")
TWO = {"AUTH_DATABASE_URL": PEOPLE, "APP_DATABASE_URL": REST}


def owned(url: str) -> str:
    return url.replace("_user", "_owner")


def test_two_databases():
    owners = {"AUTH_DATABASE_OWNER_URL": owned(PEOPLE), "APP_DATABASE_OWNER_URL": owned(REST)}
    environment = env(**TWO, **owners)
    found = resources.databases(environment)
    assert {alias: (each["NAME"], each["USER"]) for alias, each in found.items()} == {
        "default": ("north_app_db", "north_app_user"),
        "auth": ("north_auth_db", "north_auth_user"),
    }
    assert [each["OWNER"]["USER"] for each in found.values()] == [
        "north_app_owner",
        "north_auth_owner",
    ]
    assert problems(environment) == []


def test_the_database_that_is_split_is_named_beside_the_two():
    before = "postgres://north_owner:secret@db.example/north_db"
    environment = env(**TWO, SPLIT_FROM_DATABASE_OWNER_URL=before)
    found = resources.databases(environment)["auth"]["SPLIT_FROM"]
    assert (found["NAME"], found["USER"]) == ("north_db", "north_owner")
    wrong = env(**TWO, SPLIT_FROM_DATABASE_OWNER_URL="north_db")
    assert "SPLIT_FROM" not in resources.databases(wrong)["auth"]
    assert [each.variable for each in wrong.problems] == ["SPLIT_FROM_DATABASE_OWNER_URL"]


def test_two_urls_of_one_database_are_one():
    environment = env(AUTH_DATABASE_URL=PEOPLE, APP_DATABASE_URL=PEOPLE.replace("auth_u", "app_u"))
    found = resources.databases(environment)
    assert [(alias, each["USER"]) for alias, each in found.items()] == [
        ("default", "north_app_user")
    ]
    assert problems(environment) == []


@pytest.mark.parametrize("place", ["db.example:1", "other.example:6432"])
def test_databases_of_one_name_on_two_servers_are_two(place):
    elsewhere = REST.replace("db.example:6432", place)
    environment = env(AUTH_DATABASE_URL=REST, APP_DATABASE_URL=elsewhere)
    assert list(resources.databases(environment)) == ["default", "auth"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"AUTH_DATABASE_URL": PEOPLE}, [("missing", "APP_DATABASE_URL")]),
        ({"APP_DATABASE_URL": REST}, [("missing", "AUTH_DATABASE_URL")]),
        ({"AUTH_DATABASE_OWNER_URL": PEOPLE, "DATABASE_URL": DATABASE},
         [("malformed", "DATABASE_URL"), ("missing", "APP_DATABASE_URL"),
          ("missing", "AUTH_DATABASE_URL")]),
        (TWO | {"DATABASE_URL": DATABASE}, [("malformed", "DATABASE_URL")]),
        (TWO | {"DATABASE_OWNER_URL": DATABASE}, [("malformed", "DATABASE_OWNER_URL")]),
        (TWO | {"AUTH_DATABASE_OWNER_URL": owned(REST)},
         [("malformed", "AUTH_DATABASE_OWNER_URL")]),
    ],
)  # fmt: skip
def test_a_form_that_is_half_there_or_mixed(values, found):
    environment = env(**values)
    resources.databases(environment)
    assert problems(environment) == found


def test_the_form_in_the_way_is_named_by_what_is_set():
    """The owner's URL that a shell kept from a split, say: nothing else of that form is there."""
    environment = env(DATABASE_URL=DATABASE, AUTH_DATABASE_OWNER_URL=PEOPLE)
    resources.databases(environment)
    said = environment.problems[0].message
    assert said.endswith("must be left out beside AUTH_DATABASE_OWNER_URL.")


def test_what_a_url_tells_libpq_besides_is_kept():
    """An operator who asks for TLS must not get a connection without."""
    asked = "?sslmode=verify-full&sslrootcert=/etc/ca.pem"
    urls = {"DATABASE_URL": DATABASE + asked, "DATABASE_OWNER_URL": DATABASE + asked}
    [database] = resources.databases(env(**urls)).values()
    for options in (database["OPTIONS"], database["OWNER"]["OPTIONS"]):
        assert options["sslmode"] == "verify-full" and options["sslrootcert"] == "/etc/ca.pem"
    told = libpq(database)
    assert told["sslmode"] == "verify-full" and "pool" not in told


def test_what_is_read_more_than_once_is_named_once():
    environment = env(**TWO, WEB_THREADS="abc", DB_POOL_TIMEOUT="abc")
    resources.databases(environment)
    names = [("malformed", "DB_POOL_TIMEOUT"), ("malformed", "WEB_THREADS")]
    assert problems(environment) == names


def test_each_of_two_databases_has_a_pool():
    environment = env(**TWO, DB_POOL_MAX="20", AUTH_DB_POOL_MAX="16", APP_DB_POOL_MIN="8")
    pools = {
        alias: each["OPTIONS"]["pool"] for alias, each in resources.databases(environment).items()
    }
    assert pools == {
        "default": {"min_size": 8, "max_size": 20, "timeout": 3} | ALIKE,
        "auth": {"min_size": 2, "max_size": 16, "timeout": 3} | ALIKE,
    }
    assert problems(environment) == []


def test_a_pool_that_would_not_do_is_named():
    environment = env(**TWO, AUTH_DB_POOL_MAX="4")
    resources.databases(environment)
    assert problems(environment) == [("malformed", "AUTH_DB_POOL_MAX")]


@pytest.mark.parametrize(
    ("values", "pool"),
    [
        ({}, {"min_size": 2, "max_size": 16, "timeout": 3}),
        ({"DB_POOL_MAX": "0"}, None),
        ({"DB_POOL_MIN": "4", "DB_POOL_MAX": "32"}, {"min_size": 4, "max_size": 32, "timeout": 3}),
        (
            {"DB_POOL_MAX": "1", "WEB_THREADS": "1", "DB_POOL_TIMEOUT": "0.5"},
            {"min_size": 1, "max_size": 1, "timeout": 0.5},
        ),
    ],
)
def test_the_connection_pool(values, pool):
    environment = env(**values)
    assert resources.connection_pool(environment) == (pool and pool | ALIKE)
    assert problems(environment) == []


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"DB_POOL_MAX": "7"}, "DB_POOL_MAX"),  # fewer connections than threads
        ({"DB_POOL_MAX": "-1"}, "DB_POOL_MAX"),
        ({"DB_POOL_MIN": "20"}, "DB_POOL_MIN"),
        ({"DB_POOL_TIMEOUT": "30"}, "DB_POOL_TIMEOUT"),
        ({"WEB_THREADS": "64"}, "DB_POOL_MAX"),
    ],
)
def test_a_connection_pool_that_would_not_do(values, variable):
    environment = env(**values)
    resources.connection_pool(environment)
    assert problems(environment) == [("malformed", variable)]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"WEB_THREADS": "8", "DB_POOL_MAX": "16"}, True),
        ({"WEB_THREADS": "9", "DB_POOL_MAX": "16"}, False),
        ({"WEB_THREADS": "8", "DB_POOL_MAX": "0"}, False),
        ({}, True),
    ],
)
def test_threads_keep_their_connections_where_as_many_are_left(values, kept):
    default = resources.databases(env(DATABASE_URL=DATABASE, **values))["default"]
    assert default["KEPT_BY_THREADS"] is kept


def test_behind_pgbouncer_no_cursor_outlives_its_connection():
    default = resources.databases(env(DATABASE_URL=DATABASE, DB_POOL_MAX="0"))["default"]
    assert default["OPTIONS"] == {}
    assert default["DISABLE_SERVER_SIDE_CURSORS"] is True


@pytest.mark.parametrize(("namespace", "prefix"), [("", "north"), ("blue", "north:blue")])
def test_the_cache(namespace, prefix):
    url = "redis://north:secret@cache.example:6379/9"
    environment = env(REDIS_URL=url, CACHE_NAMESPACE=namespace)
    default = resources.caches(environment, NORTH)["default"]
    assert (default["LOCATION"], default["KEY_PREFIX"]) == (url, prefix)
    assert default["OPTIONS"]["SOCKET_TIMEOUT"] <= 0.3
    assert default["OPTIONS"]["IGNORE_EXCEPTIONS"] is True


@pytest.mark.parametrize(
    "url", ["", "http://cache.example", "cache.example:6379", "redis://cache.example/zero"]
)
def test_without_redis_settings_can_still_be_read(url):
    environment = env(REDIS_URL=url)
    assert "dummy" in resources.caches(environment, NORTH)["default"]["BACKEND"]
    assert [variable for _, variable in problems(environment)] == ["REDIS_URL"]


def test_the_issuer_and_the_keys_of_clerk_come_out_of_the_publishable_key():
    environment = env(CLERK_PUBLISHABLE_KEY=PUBLISHABLE, ENVIRONMENT="development")
    config = resources.clerk(environment)
    assert config.issuer == "https://clerk.north.example"
    assert config.jwks_url == "https://clerk.north.example/.well-known/jwks.json"
    assert (config.jwt_key, config.authorized_parties) == ("", ())
    assert problems(environment) == []


def test_clerk_in_every_detail():
    secrets = {
        "CLERK_SECRET_KEY": "sk_" + "live_x",
        "CLERK_WEBHOOK_SECRET": signing_secret(b"s" * 24),
    }
    environment = env(
        CLERK_PUBLISHABLE_KEY=LIVE,
        CLERK_JWT_KEY="-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----",
        CLERK_JWKS_URL="http://127.0.0.1:9/keys",
        CLERK_AUTHORIZED_PARTIES="https://a.example/,https://b.example",
        **secrets,
    )
    config = resources.clerk(environment)
    assert config.jwt_key.splitlines()[1] == "AAAA"
    assert config.jwks_url == "http://127.0.0.1:9/keys"
    assert config.authorized_parties == ("https://a.example", "https://b.example")
    assert problems(environment) == []
    for secret in secrets.values():
        assert secret not in repr(config)
    assert config.webhook_secrets == (secrets["CLERK_WEBHOOK_SECRET"],)
    assert config.api_url == "https://api.clerk.com/v1"


def test_a_webhook_secret_may_stand_beside_the_one_it_replaces():
    new, old = signing_secret(b"n" * 24), signing_secret(b"o" * 24)
    environment = env(
        CLERK_PUBLISHABLE_KEY=PUBLISHABLE,
        CLERK_WEBHOOK_SECRET=f"{new}, {old}",
        ENVIRONMENT="test",
        CLERK_API_URL="http://127.0.0.1:9/v1/",
    )
    config = resources.clerk(environment)
    assert config.webhook_secrets == (new, old)
    assert config.api_url == "http://127.0.0.1:9/v1"
    assert problems(environment) == []


@pytest.mark.parametrize(
    ("values", "kind", "variable"),
    [
        ({"CLERK_PUBLISHABLE_KEY": ""}, "missing", "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_PUBLISHABLE_KEY": "sk_" + "test_x"}, "malformed", "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_PUBLISHABLE_KEY": "pk_test_"}, "malformed", "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_PUBLISHABLE_KEY": LIVE[:-4]}, "malformed", "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_PUBLISHABLE_KEY": PUBLISHABLE}, "malformed", "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_AUTHORIZED_PARTIES": " , "}, "malformed", "CLERK_AUTHORIZED_PARTIES"),
        ({"CLERK_AUTHORIZED_PARTIES": ""}, "missing", "CLERK_AUTHORIZED_PARTIES"),
        ({"CLERK_AUTHORIZED_PARTIES": "a.example"}, "malformed", "CLERK_AUTHORIZED_PARTIES"),
        (
            {"CLERK_AUTHORIZED_PARTIES": "https://a.example/app"},
            "malformed",
            "CLERK_AUTHORIZED_PARTIES",
        ),
        ({"CLERK_SECRET_KEY": PUBLISHABLE}, "malformed", "CLERK_SECRET_KEY"),
        ({"CLERK_WEBHOOK_SECRET": "aGVsbG8="}, "malformed", "CLERK_WEBHOOK_SECRET"),
        ({"CLERK_WEBHOOK_SECRET": "whsec_"}, "malformed", "CLERK_WEBHOOK_SECRET"),
        ({"CLERK_WEBHOOK_SECRET": "whsec_!!"}, "malformed", "CLERK_WEBHOOK_SECRET"),
        ({"CLERK_WEBHOOK_SECRET": signing_secret(b"s" * 23)}, "malformed", "CLERK_WEBHOOK_SECRET"),
        (
            {"CLERK_WEBHOOK_SECRET": signing_secret(b"s" * 24) + ",x"},
            "malformed",
            "CLERK_WEBHOOK_SECRET",
        ),
        ({"CLERK_API_URL": "http://api.clerk.example/v1"}, "malformed", "CLERK_API_URL"),
        ({"CLERK_JWKS_URL": "clerk.example/keys"}, "malformed", "CLERK_JWKS_URL"),
        ({"CLERK_JWKS_URL": "http://clerk.example/keys"}, "malformed", "CLERK_JWKS_URL"),
    ],
)
def test_keys_of_clerk_that_are_not_what_they_should_be(values, kind, variable):
    good = {"CLERK_PUBLISHABLE_KEY": LIVE, "CLERK_AUTHORIZED_PARTIES": "https://a.example"}
    environment = env(**good | values)
    resources.clerk(environment)
    assert problems(environment) == [(kind, variable)]
    for value in filter(None, values.values()):
        assert value not in environment.problems[0].message


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "a.example:8080", "a.example/x", "u@a.example", "a.example?x", "a..example"]
    + ["-a.example", "a-.example", "a.example.", "127.0.0.1", "a.example$", "A.example", "a b.c"]
    + ["a.example\n", "a\x00.example", "x" * 64 + ".example", "x." * 127 + "example"],
)
def test_the_host_in_a_publishable_key_is_bare(host):
    assert frontend_api_host("pk_live_" + b64encode(f"{host}$".encode()).decode()) == ""


@pytest.mark.parametrize("host", ["a.example", "clerk.a-1.example", "x" * 63 + ".co", "1.a2"])
@pytest.mark.parametrize("padding", ["", "="])
def test_the_host_in_a_publishable_key(host, padding):
    encoded = b64encode(f"{host}$".encode()).decode()
    key = encoded if padding else encoded.rstrip("=")
    assert frontend_api_host(f"pk_test_{key}") == host


@pytest.mark.parametrize(
    ("kind", "host", "padding", "suffix"),
    [
        ("live", "fake-clerk-test.clerk.accounts.dev", "=", "qReyu04C"),
        ("test", "clerk.clerk.dev", "", "QvfNY2dr"),
        ("test", "enough-alpaca-82.clerk.accounts.lclclerk.com", "", "jtYvyt_H"),
        ("test", "xxxxxx-xaaaaa-aa.clerk.accounts.lclclerk.com", "", "tZJdb-5s"),
    ],
)
def test_the_session_cookie_has_the_suffix_that_clerk_gives_it(kind, host, padding, suffix):
    """The pairs in Clerk's own tests (packages/shared/src/__tests__/keys.spec.ts)."""
    encoded = b64encode(f"{host}$".encode()).decode().rstrip("=") + padding
    key = f"pk_{kind}_{encoded}"
    config = resources.clerk(env(CLERK_PUBLISHABLE_KEY=key, ENVIRONMENT="development"))
    assert config.session_cookie == f"__session_{suffix}"


def test_outside_of_production_a_development_instance_and_any_party_will_do():
    environment = env(CLERK_PUBLISHABLE_KEY=PUBLISHABLE, ENVIRONMENT="staging")
    assert resources.clerk(environment).authorized_parties == ()
    assert problems(environment) == []


LLM = {"LLM_BASE_URL": "https://llm.example/v1", "LLM_MODEL": "large", "LLM_API_KEY": "key"}
EMBEDDING = {
    "EMBEDDING_BASE_URL": "https://vectors.example/v1",
    "EMBEDDING_MODEL": "small",
    "EMBEDDING_API_KEY": "other key",
}


def test_without_a_provider_there_is_no_endpoint():
    assert resources.llm(env()) is resources.embedding(env()) is None


def test_chat_and_embeddings_have_a_provider_each():
    environment = env(**LLM, **EMBEDDING, EMBEDDING_DIMENSIONS="768")
    chat, vectors = resources.llm(environment), resources.embedding(environment)
    assert chat == Endpoint("https://llm.example/v1", "large", "key")
    assert vectors == Endpoint("https://vectors.example/v1", "small", "other key", 768)
    assert "key" not in repr(chat).replace("api_key", "")
    assert problems(environment) == []


def test_a_server_on_this_machine_needs_no_key():
    environment = env(LLM_BASE_URL="http://127.0.0.1:11434/v1", LLM_MODEL="local")
    assert resources.llm(environment) == Endpoint("http://127.0.0.1:11434/v1", "local", "")


@pytest.mark.parametrize("name", ["LLM_BASE_URL", "LLM_MODEL"])
def test_half_a_chat_model(name):
    environment = env(**{key: value for key, value in LLM.items() if key != name})
    assert resources.llm(environment) is None
    assert [kind for kind, _ in problems(environment)] == ["malformed"]


@pytest.mark.parametrize("name", ["EMBEDDING_BASE_URL", "EMBEDDING_MODEL"])
def test_half_an_embedding_model(name):
    environment = env(**{key: value for key, value in EMBEDDING.items() if key != name})
    assert resources.embedding(environment) is None
    assert [kind for kind, _ in problems(environment)] == ["malformed"]


@pytest.mark.parametrize("dimensions", ["512", "3072", "0", "many"])
def test_a_size_of_vector_that_has_no_index(dimensions):
    environment = env(**EMBEDDING, EMBEDDING_DIMENSIONS=dimensions)
    resources.embedding(environment)
    assert problems(environment) == [("malformed", "EMBEDDING_DIMENSIONS")]


@pytest.mark.parametrize(
    ("values", "models"),
    [
        ({}, {}),
        ({"LLM_MODEL": "large"}, {"chat": "large", "search": "large"}),
        (
            {"LLM_MODEL": "large", "LLM_SEARCH_MODEL": "small", "LLM_FALLBACK_MODEL": "old"},
            {"chat": "large", "search": "small", "fallback": "old"},
        ),
    ],
)
def test_models_by_role(values: dict[str, str], models: dict[str, Any]):
    assert resources.chat_models(env(**values)) == models


def test_prices_of_models():
    environment = env(LLM_PRICES="USD, openai/gpt-4o=2.50/10 , llama3:8b=0/0, a=b=1/0.000001")
    assert resources.chat_prices(environment) == Prices(
        "USD",
        {
            "openai/gpt-4o": Price(Decimal("2.50"), Decimal(10)),
            "llama3:8b": Price(Decimal(0), Decimal(0)),
            "a=b": Price(Decimal(1), Decimal("0.000001")),
        },
    )
    assert problems(environment) == []
    assert resources.chat_prices(env()) == Prices()


@pytest.mark.parametrize(
    "raw",
    [
        "USD",
        "small=1/2",
        "usd, small=1/2",
        "$, small=1/2",
        "USD, small",
        "USD, small=1",
        "USD, =1/2",
        "USD, small=1/2, small=1/3",
        "USD, small=1,5/2",
        "USD, small=-1/2",
        "USD, small=NaN/2",
        "USD, small=1e3/2",
        "USD, small=1/0.0000001",
        "USD, small=٣/2",
        "USD, small=1/2, large",
    ],
)
def test_prices_that_are_none(raw):
    environment = env(LLM_PRICES=raw)
    assert resources.chat_prices(environment) == Prices()
    assert problems(environment) == [("malformed", "LLM_PRICES")]


RATES = {
    "CHAT_RATE": (resources.chat_rate, "30/min"),
    "SEARCH_RATE": (resources.search_rate, "120/min"),
}


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(
    ("raw", "rate"), [("", "default"), ("off", None), ("5/sec", "5/sec"), ("1000/day", "1000/day")]
)
def test_how_often_a_visitor_may_ask(name, raw, rate):
    read, default = RATES[name]
    environment = env(**{name: raw})
    assert read(environment) == (default if rate == "default" else rate)
    assert problems(environment) == []


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("raw", ["30", "0/min", "30/week", "-1/min", "many", "30/min;1/sec"])
def test_a_rate_that_is_none(name, raw):
    read, default = RATES[name]
    environment = env(**{name: raw})
    assert read(environment) == default
    assert problems(environment) == [("malformed", name)]


def test_tools_that_are_switched_off_are_left_out():
    assert resources.enabled_tools(("a.a", True), ("b.b", False), ("c.c", True)) == ("a.a", "c.c")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_public_speaks_https_only(name):
    environment = env(ENVIRONMENT=name, ALLOWED_HOSTS="a.example,.b.example,*")
    found = resources.transport_security(environment, NORTH)
    public = name in ("production", "staging")
    for setting in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert found[setting] is public
    assert bool(found["SECURE_HSTS_SECONDS"]) is public
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://a.example"]
    own = "__Host-north" if public else "north"
    assert found["SESSION_COOKIE_NAME"] == f"{own}_session"
    assert found["CSRF_COOKIE_NAME"] == f"{own}_csrf"


def test_https_may_be_somebody_else_s_matter():
    environment = env(SECURE_SSL_REDIRECT="false")
    assert resources.transport_security(environment, NORTH)["SECURE_SSL_REDIRECT"] is False


@pytest.mark.parametrize(
    ("values", "seconds", "subdomains", "listed"),
    [
        ({}, 31_536_000, True, True),
        ({"SECURE_HSTS_SECONDS": "0"}, 0, True, False),
        ({"SECURE_HSTS_SECONDS": "3600"}, 3600, True, False),
        ({"SECURE_HSTS_INCLUDE_SUBDOMAINS": "false"}, 31_536_000, False, False),
        ({"ENVIRONMENT": "development"}, 0, False, False),
    ],
)
def test_how_long_browsers_keep_to_https(values, seconds, subdomains, listed):
    found = resources.transport_security(env(**values), NORTH)
    assert found["SECURE_HSTS_SECONDS"] == seconds
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is subdomains
    assert found["SECURE_HSTS_PRELOAD"] is listed


# --- People kept elsewhere, and how staff sign in


def test_people_are_kept_here_unless_a_url_and_a_key_say_otherwise():
    assert resources.accounts_api(env()) is None
    environment = env(ACCOUNTS_API_URL="https://people.example/", ACCOUNTS_API_KEY="a.b")
    api = resources.accounts_api(environment)
    assert api is not None
    assert (api.url, api.key, problems(environment)) == ("https://people.example", "a.b", [])


@pytest.mark.parametrize(
    "values",
    [
        {"ACCOUNTS_API_URL": "https://people.example"},
        {"ACCOUNTS_API_KEY": "a.b"},
        {"ACCOUNTS_API_URL": "https://people.example", "ACCOUNTS_API_KEY": "a.b\x01"},
    ],
)
def test_a_url_and_a_key_go_together(values):
    environment = env(**values)
    assert resources.accounts_api(environment) is None
    assert problems(environment) == [("malformed", "ACCOUNTS_API_URL and ACCOUNTS_API_KEY")]


def test_a_malformed_url_of_people_is_named():
    environment = env(ACCOUNTS_API_URL="people.example", ACCOUNTS_API_KEY="a.b")
    assert resources.accounts_api(environment) is None
    assert ("malformed", "ACCOUNTS_API_URL") in problems(environment)


def test_people_are_not_asked_for_over_plain_http():
    """Their roles come from there, and visitors' tokens go there."""
    plain = {"ACCOUNTS_API_URL": "http://people.example", "ACCOUNTS_API_KEY": "a.b"}
    here = plain | {"ACCOUNTS_API_URL": "http://127.0.0.1:8000"}
    for values, expected in ((plain, [("malformed", "ACCOUNTS_API_URL")]), (here, [])):
        environment = env(**values)
        assert resources.accounts_api(environment)
        assert problems(environment) == expected
    environment = env(**plain, ENVIRONMENT="development")
    resources.accounts_api(environment)
    assert problems(environment) == []


def test_a_password_opens_only_where_it_is_allowed():
    clerk = "accounts.backends.ClerkBackend"
    assert authentication_backends(False) == [clerk]
    assert authentication_backends(True) == ["accounts.backends.PasswordBackend", clerk]
