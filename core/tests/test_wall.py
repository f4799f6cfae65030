"""The wall between products, as PostgreSQL and Redis themselves hold it.

Two products of our own, north and south, on servers of their own: roles and the server's log are
shared by a whole cluster, and other tests run beside these.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
import redis
from psycopg import errors
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.local.postgres import Postgres
from core.local.processes import free_ports
from core.local.redis import Redis, RedisUser

OWNER_PASSWORD = 'owner\'s "word" \\ ünd $HOME'
USER_PASSWORD = "user's word %41 / @ :"


def provision(postgres: Postgres, product: str, **passwords: str) -> None:
    passwords = {"owner_password": OWNER_PASSWORD, "user_password": USER_PASSWORD} | passwords
    postgres.provision(product, f"{product}_db", **passwords)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), free_ports(1)[0], durable=False)
    server.start()
    provision(server, "north")
    provision(server, "south")
    yield server
    server.stop()


@dataclass(frozen=True)
class Session:
    """Statements as one role in one database."""

    postgres: Postgres
    role: str
    password: str
    database: str = "north_db"

    def run(self, statement: str) -> list[tuple]:
        url = self.postgres.url(self.role, self.password, self.database)
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def owner(postgres: Postgres) -> Session:
    session = Session(postgres, "north_owner", OWNER_PASSWORD)
    session.run("CREATE TABLE homes (id bigserial PRIMARY KEY, name text, place vector(3))")
    return session


@pytest.fixture(scope="module")
def user(owner: Session) -> Session:
    return Session(owner.postgres, "north_user", USER_PASSWORD)


def superuser(postgres: Postgres, statement: str, database: str = "postgres") -> list[tuple]:
    return Session(postgres, "postgres", postgres.superuser_password(), database).run(statement)


def test_the_runtime_role_reads_and_writes_what_the_owner_made(user):
    user.run("INSERT INTO homes (name, place) VALUES ('Ban Tai', '[1,2,3]')")
    user.run("UPDATE homes SET name = 'Ban Kai'")
    assert user.run("SELECT name, place <-> '[1,2,3]' FROM homes") == [("Ban Kai", 0.0)]
    user.run("DELETE FROM homes")
    assert user.run("SELECT * FROM homes") == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "DROP EXTENSION vector",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "ALTER TABLE homes ADD COLUMN mine int",
        "CREATE INDEX ON homes (name)",
        "TRUNCATE homes",
        "DROP TABLE homes",
        "DROP SCHEMA public",
        "ALTER ROLE north_user CREATEDB",
        "ALTER ROLE north_owner PASSWORD 'mine'",
        "SET ROLE north_owner",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY homes TO PROGRAM 'cat'",
    ],
)
def test_the_runtime_role_runs_no_ddl(user, statement):
    with pytest.raises((errors.InsufficientPrivilege, errors.InvalidSchemaName)):
        user.run(statement)


@pytest.mark.parametrize(
    "statement",
    ["CREATE DATABASE mine", "CREATE ROLE mine", "CREATE TEMPORARY TABLE mine (id int)"],
)
def test_the_owner_is_owner_of_one_database_only(owner, statement):
    if "TEMPORARY" in statement:
        owner.run(statement)  # the owner's own database is the owner's to use
        return
    with pytest.raises(errors.InsufficientPrivilege):
        owner.run(statement)


@pytest.mark.parametrize("database", ["south_db", "postgres", "template1"])
@pytest.mark.parametrize(
    ("role", "password"), [("north_user", USER_PASSWORD), ("north_owner", OWNER_PASSWORD)]
)
def test_no_other_database_opens(postgres, role, password, database):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        Session(postgres, role, password, database).run("SELECT 1")


@pytest.mark.parametrize("password", ["", "wrong", OWNER_PASSWORD])
def test_only_the_password_opens_the_door(postgres, password):
    with pytest.raises(psycopg.OperationalError, match="password"):
        Session(postgres, "north_user", password).run("SELECT 1")


def test_passwords_are_kept_as_scram_verifiers_and_stay_out_of_the_log(postgres):
    kept = superuser(postgres, "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'north%'")
    assert [row[0].partition("$")[0] for row in kept] == ["SCRAM-SHA-256"] * 2
    superuser(postgres, "ALTER ROLE postgres SET log_statement = 'all'")
    before = len(postgres.log.read_text())
    provision(postgres, "north")
    logged = postgres.log.read_text()[before:]
    superuser(postgres, "ALTER ROLE postgres RESET log_statement")
    assert "log_statement = 'none'" in logged  # the log was on
    assert "PASSWORD" not in logged


def test_the_locale_knows_letters_beyond_ascii(user):
    assert user.run("SELECT lower('ЖÉ'), upper('жé')") == [("жé", "ЖÉ")]
    assert user.run("SELECT 'Ж' ~* 'ж'") == [(True,)]


def test_a_query_of_the_runtime_role_has_an_end(user, owner):
    assert user.run("SHOW statement_timeout") == [("30s",)]
    assert owner.run("SHOW statement_timeout") == [("0",)]


def test_provisioning_again_loses_nothing_and_sets_the_passwords(postgres):
    provision(postgres, "east")
    before = Session(postgres, "east_owner", OWNER_PASSWORD, "east_db")
    before.run("CREATE TABLE kept (id int)")
    before.run("INSERT INTO kept VALUES (7)")
    superuser(postgres, "GRANT CONNECT, TEMPORARY ON DATABASE east_db TO PUBLIC")
    superuser(postgres, "REVOKE ALL ON kept FROM east_user", "east_db")

    provision(postgres, "east", user_password="another")

    after = Session(postgres, "east_user", "another", "east_db")
    assert after.run("SELECT id FROM kept") == [(7,)]
    with pytest.raises(errors.InsufficientPrivilege):
        after.run("CREATE TEMPORARY TABLE mine (id int)")
    with pytest.raises(psycopg.OperationalError, match="password"):
        Session(postgres, "east_user", USER_PASSWORD, "east_db").run("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        Session(postgres, "north_user", USER_PASSWORD, "east_db").run("SELECT 1")


def test_provisioning_again_heeds_what_a_table_s_comment_says(postgres):
    provision(postgres, "west")
    owner = Session(postgres, "west_owner", OWNER_PASSWORD, "west_db")
    comments = {
        "notes": "of the team",
        "stamps": "runtime role: SELECT",
        "log": "runtime role: SELECT, INSERT",
        "traps": "runtime role: SELECT ON pg_authid TO west_user; GRANT SELECT",
    }
    for table, comment in comments.items():
        owner.run(f"CREATE TABLE {table} (id int)")
        owner.run(f"COMMENT ON TABLE {table} IS '{comment}'")
    provision(postgres, "west")
    everything = ["DELETE", "INSERT", "SELECT", "UPDATE"]
    granted = owner.run(
        "SELECT table_name, array_agg(privilege_type::text ORDER BY privilege_type)"
        " FROM information_schema.table_privileges WHERE grantee = 'west_user' GROUP BY 1"
    )
    assert dict(granted) == {
        "notes": everything,
        "stamps": ["SELECT"],
        "log": ["INSERT", "SELECT"],
        "traps": everything,
    }
    with pytest.raises(errors.InsufficientPrivilege):
        Session(postgres, "west_user", USER_PASSWORD, "west_db").run("SELECT * FROM pg_authid")


@pytest.fixture(scope="module")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"), free_ports(1)[0], durable=False)
    server.start({"north": RedisUser(USER_PASSWORD, 0), "south": RedisUser("south's", 1)})
    yield server
    server.stop()


NO_RETRY = Retry(NoBackoff(), 0)  # else redis-py tries a refused password ten times


@pytest.fixture
def north(cache_server: Redis) -> Iterator[redis.Redis]:
    url = cache_server.url("north", RedisUser(USER_PASSWORD, 0))
    with redis.Redis.from_url(url, retry=NO_RETRY) as client:
        yield client


def test_a_product_uses_its_own_keys(north):
    assert north.set("north:greeting", "hello", ex=60)
    assert north.get("north:greeting") == b"hello"
    assert north.incr("north:counter") == 1
    assert north.delete("north:greeting", "north:counter") == 2


@pytest.mark.parametrize(
    "command",
    [
        "GET south:greeting",
        "SET south:greeting mine",
        "DEL south:greeting",
        "GET greeting",
        "RENAME north:a south:a",
        "SELECT 1",
        "MOVE north:a 1",
        "COPY north:a north:b DB 1",
        "SWAPDB 0 1",
        "PUBLISH south:news mine",
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DBSIZE",
        "CONFIG GET *",
        "ACL LIST",
        "CLIENT LIST",
        "CLIENT TRACKING ON BCAST",  # tells of every key that anybody writes
        "MEMORY STATS",
        "MONITOR",
        "SLOWLOG GET",
        "EVAL x 0",
        "EVALSHA 0 0",
        "SCRIPT LOAD x",
        "SCRIPT FLUSH",
        "SCRIPT KILL",
        "PUBSUB CHANNELS",
        "SUBSCRIBE south:news",
        "PSUBSCRIBE *",
        "INFO",
        "SHUTDOWN",
        "REPLICAOF localhost 1",
    ],
)
def test_redis_refuses_a_product_everything_else(north, command):
    with pytest.raises(redis.exceptions.NoPermissionError):
        north.execute_command(*command.split())


@pytest.mark.parametrize(
    ("name", "password"),
    [("north", "wrong"), ("north", "south's"), ("default", ""), ("", ""), ("nobody", "x")],
)
def test_redis_opens_to_a_name_and_its_password_only(cache_server, name, password):
    identity = {"username": name or None, "password": password or None}
    client = redis.Redis(port=cache_server.port, retry=NO_RETRY, **identity)
    with client, pytest.raises(redis.AuthenticationError):
        client.get("north:greeting")


def test_the_acl_file_holds_no_password(cache_server):
    text = (cache_server.folder / "users.acl").read_text()
    assert "user default off" in text
    assert USER_PASSWORD not in text
    assert "south's" not in text


def test_forgetting_a_product_leaves_the_others(cache_server, north):
    north.set("north:a", 1)
    with cache_server.admin() as admin:
        admin.set("south:a", 1)
        assert cache_server.forget("north", 0) == 1
        assert admin.keys("*") == [b"south:a"]
