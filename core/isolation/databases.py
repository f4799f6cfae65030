"""PostgreSQL: what the roles of this deployment may do, tried in each of its databases."""

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import errors, sql

from core.isolation import REFUSED, CannotTry, Finding, allowed, compared
from core.models import AuditEntry, AuditHead, AuditLink, ProductStamp
from core.postgresql.connection import CONNECTS_WITHIN, libpq

STAMP, ENTRIES, LINKS, HEAD = (
    model._meta.db_table for model in (ProductStamp, AuditEntry, AuditLink, AuditHead)
)
# Nobody waits for an attempt that the wall lets through.
LIMITS = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '5s'"
PROBE = "isolation_probe"
BY_TRIGGER = "allowed by grants, stopped by a trigger"

ATTRIBUTES = """
SELECT concat_ws(', ', CASE WHEN rolsuper THEN 'superuser' END,
    CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolcreaterole THEN 'createrole' END,
    CASE WHEN rolreplication THEN 'replication' END, CASE WHEN rolbypassrls THEN 'bypassrls' END)
FROM pg_roles WHERE rolname = current_user"""
MEMBERSHIPS = """
SELECT roleid::regrole::text FROM pg_auth_members JOIN pg_roles AS own ON own.oid = member
WHERE own.rolname = current_user ORDER BY 1"""
# Of pg_database_owner each owner is a member, in the own database alone.
OTHER_ROLES = """
SELECT rolname FROM pg_roles WHERE rolname NOT IN (current_user, 'pg_database_owner') ORDER BY 1"""
# Each with a database that it may enter: a role is let in there, or nowhere. Not the product's own,
# which may share a password since before the product had two databases.
OTHER_LOGINS = """
SELECT rolname, (SELECT datname FROM pg_database
    WHERE datallowconn AND has_database_privilege(role.oid, oid, 'CONNECT') ORDER BY 1 LIMIT 1)
FROM pg_roles AS role
WHERE rolcanlogin AND rolname <> current_user AND NOT starts_with(rolname, %s) ORDER BY 1"""
OTHER_DATABASES = """
SELECT datname, datallowconn, has_database_privilege(oid, 'CONNECT') FROM pg_database
WHERE datname <> current_database() ORDER BY 1"""
# Whoever may enter this database and another one stands on both sides of the wall.
VISITORS = """
SELECT rolname FROM pg_roles AS role
WHERE rolcanlogin AND NOT rolsuper AND rolname <> current_user
    AND has_database_privilege(role.oid, current_database(), 'CONNECT')
    AND role.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
    AND EXISTS (SELECT FROM pg_database WHERE datallowconn AND datname <> current_database()
        AND has_database_privilege(role.oid, oid, 'CONNECT'))
ORDER BY 1"""
OWNED = """
SELECT pg_describe_object(classid, objid, objsubid)
FROM pg_shdepend JOIN pg_roles AS own ON own.oid = refobjid
WHERE own.rolname = current_user AND refclassid = 'pg_authid'::regclass AND deptype = 'o'
    AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1"""
# dblink, foreign servers and languages that may do whatever the server's own user may.
WAYS_OUT = """
SELECT 'function ' || proname FROM pg_proc
    WHERE proname LIKE 'dblink%' AND has_function_privilege(oid, 'EXECUTE')
UNION SELECT 'server ' || srvname FROM pg_foreign_server WHERE has_server_privilege(oid, 'USAGE')
UNION SELECT 'wrapper ' || fdwname FROM pg_foreign_data_wrapper
    WHERE has_foreign_data_wrapper_privilege(oid, 'USAGE')
UNION SELECT 'language ' || lanname FROM pg_language
    WHERE lanispl AND NOT lanpltrusted AND has_language_privilege(oid, 'USAGE')
ORDER BY 1"""
# SECURITY DEFINER. One that returns a trigger cannot be called, and the audit log has one; what an
# extension brings is taken to be as careful as the extension.
LENT_RIGHTS = """
SELECT format('%s of %s', oid::regprocedure, pg_get_userbyid(proowner)) FROM pg_proc AS function
WHERE prosecdef AND prorettype <> 'trigger'::regtype
    AND proowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
    AND has_function_privilege(oid, 'EXECUTE') AND has_schema_privilege(pronamespace, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass
        AND objid = function.oid AND deptype = 'e')
ORDER BY 1"""
# As this session has it: in one that counts as a replica's most triggers do not fire.
TRIGGERS_OFF = f"""
SELECT format('%s of %s', name, place)
FROM (VALUES ('core_audit_append_only', '{ENTRIES}'), ('core_audit_append_only', '{LINKS}'),
    ('core_audit_chain', '{ENTRIES}')) AS wanted (name, place)
WHERE NOT EXISTS (SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass(place) AND tgname = name AND (tgenabled = 'A'
        OR tgenabled = 'O' AND current_setting('session_replication_role') <> 'replica'))
ORDER BY 1"""
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'"
EXTENSION = """
SELECT name FROM pg_available_extension_versions WHERE NOT installed
ORDER BY trusted DESC, name LIMIT 1"""

# What the runtime role must not do, by what it would be for.
DDL = {
    "CREATE TEMPORARY TABLE": [f"CREATE TEMPORARY TABLE {PROBE} ()"],
    "CREATE SCHEMA": [f"CREATE SCHEMA {PROBE}"],
    "CREATE PUBLICATION": [f"CREATE PUBLICATION {PROBE}"],
    "CREATE ROLE": [f"CREATE ROLE {PROBE}"],
    "ALTER TABLE": [
        f"ALTER TABLE {ENTRIES} ADD COLUMN {PROBE} int",
        f"ALTER TABLE {ENTRIES} DISABLE TRIGGER ALL",
        f"CREATE INDEX ON {ENTRIES} (action)",
    ],
    "DROP TABLE": [f"DROP TABLE {ENTRIES}", f"DROP TABLE {STAMP}"],
    "ALTER ROLE": ["ALTER ROLE CURRENT_USER CREATEDB", "ALTER ROLE CURRENT_USER SUPERUSER"],
    "triggers switched off": ["SET LOCAL session_replication_role = replica"],
}
SERVER = {
    "files of the server": [
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/hostname')",
        "COPY (SELECT 1) TO '/dev/null'",
    ],
    "programs of the server": ["COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'"],
    "passwords of roles": ["SELECT rolpassword FROM pg_authid LIMIT 0"],
}
# Table -> what may be written there; reading is allowed.
WRITABLE = {ENTRIES: {"INSERT"}, LINKS: set(), HEAD: set(), STAMP: set()}


def databases(url: str) -> Iterator[Finding]:
    for alias in connections:
        own = connections[alias].settings_dict
        with session(own) as runtime:
            yield from role_is_bound(alias, own, runtime)
            yield from runtime_role_is_bound(alias, runtime)
            yield from others_keep_out(alias, own)
        if "OWNER" in own:
            owner = own | own["OWNER"] | {"NAME": own["NAME"]}
            with session(owner) as connection:
                yield from role_is_bound(alias, owner, connection)
                yield from owner_keeps_the_log(alias, connection)


def role_is_bound(alias: str, own: dict[str, Any], connection: Any) -> Iterator[Finding]:
    """What holds for the runtime role and for the owner."""
    stone = f"{alias}: {own['USER']}"
    yield compared(stone, "attributes", "none", listed(connection, ATTRIBUTES))
    yield compared(stone, "member of", "none", listed(connection, MEMBERSHIPS))
    roles = column(connection, OTHER_ROLES)
    become = {role: sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)) for role in roles}
    let_in = [role for role in roles if attempt(connection, become[role]) != REFUSED]
    yield allowed(stone, "SET ROLE to any other role", let_in)
    lent = listed(connection, LENT_RIGHTS)
    yield compared(stone, "functions with the rights of others", "none", lent)
    # A server that trusts whoever comes (pg_hba.conf), or a password that two roles share.
    logins = connection.execute(OTHER_LOGINS, [f"{settings.PRODUCT.id}_"]).fetchall()
    opened = [role for role, name in logins if name and signs_in(own, role, name)]
    yield allowed(stone, "sign in as a role of others", opened)
    for name, is_open, may_connect in connection.execute(OTHER_DATABASES).fetchall():
        seen = entered(own | {"NAME": name}, is_open and may_connect)
        yield compared(stone, f"connect to {name}", REFUSED, seen)


def runtime_role_is_bound(alias: str, connection: Any) -> Iterator[Finding]:
    stone = f"{alias}: DDL"
    yield compared(stone, "owner of", "none", listed(connection, OWNED))
    creating = [
        sql.SQL("CREATE {}").format(sql.SQL(what).format(sql.Identifier(schema, PROBE)))
        for schema in column(connection, SCHEMAS)
        for what in ("TABLE {} ()", "VIEW {} AS SELECT 1")
    ]
    yield tried(connection, stone, "CREATE TABLE, VIEW in any schema", creating)
    extension = [f'CREATE EXTENSION "{name}"' for name in column(connection, EXTENSION)]
    extension.append("DROP EXTENSION vector")
    yield tried(connection, stone, "CREATE, DROP EXTENSION", extension)
    for what, statements in DDL.items():
        yield tried(connection, stone, what, statements)
    for what, statements in SERVER.items():
        yield tried(connection, f"{alias}: server", what, statements)
    yield compared(f"{alias}: server", "ways out of it", "none", listed(connection, WAYS_OUT))
    for table, writable in WRITABLE.items():
        yield from table_is_kept(alias, connection, table, writable)
    off = listed(connection, TRIGGERS_OFF)
    yield compared(f"{alias}: audit and stamp", "triggers that are off", "none", off)
    yield stamp_is_ours(alias, connection)


def table_is_kept(alias: str, connection: Any, table: str, writable: set[str]) -> Iterator[Finding]:
    """No row is touched, and a grant on a single column would show."""
    names = column(connection, f"SELECT * FROM {table} LIMIT 0", names=True)
    statements = {
        "INSERT": [f"INSERT INTO {table} SELECT * FROM {table} WHERE false"],
        "UPDATE": [f"UPDATE {table} SET {name} = {name} WHERE false" for name in names],
        "DELETE": [f"DELETE FROM {table} WHERE false"],
        "TRUNCATE": [f"TRUNCATE {table}"],
    }
    for kind, attempts in statements.items():
        if kind not in writable:
            yield tried(connection, f"{alias}: audit and stamp", f"{kind} {table}", attempts)


def stamp_is_ours(alias: str, connection: Any) -> Finding:
    seen = listed(connection, f"SELECT product_id FROM {STAMP}")
    return compared(f"{alias}: audit and stamp", "the stamp", settings.PRODUCT.id, seen)


def others_keep_out(alias: str, own: dict[str, Any]) -> Iterator[Finding]:
    """The way in from other databases; and the way from this one to the product's other one, should
    that be on another server, where `role_is_bound` did not see it."""
    with session(own) as connection:
        visitors = column(connection, VISITORS)
    yield allowed(f"{alias}: roles of others", f"connect to {own['NAME']}", visitors)
    for other in connections:
        place = {key: connections[other].settings_dict[key] for key in ("HOST", "PORT", "NAME")}
        if (place["HOST"], place["PORT"]) != (own["HOST"], own["PORT"]):
            seen = entered(own | place, may_connect=False)
            yield compared(f"{alias}: {own['USER']}", f"connect to {other}", REFUSED, seen)


def owner_keeps_the_log(alias: str, connection: Any) -> Iterator[Finding]:
    """The owner could switch the triggers off; without that it may not edit the log either."""
    for table in (ENTRIES, LINKS):
        key = column(connection, f"SELECT * FROM {table} LIMIT 0", names=True)[0]
        edits = {
            "UPDATE": f"UPDATE {table} SET {key} = {key} WHERE false",
            "DELETE": f"DELETE FROM {table} WHERE false",
            "TRUNCATE": f"TRUNCATE {table}",
        }
        seen = [kind for kind, edit in edits.items() if attempt(connection, edit) != BY_TRIGGER]
        yield allowed(f"{alias}: owner", f"UPDATE, DELETE, TRUNCATE {table}", seen)


def session(own: dict[str, Any]) -> Any:
    """Raises CannotTry; only the first, to the product's own database, has to succeed."""
    try:
        return connect(own)
    except psycopg.OperationalError as error:
        raise CannotTry(one_line(error)) from error


def connect(own: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(**{"connect_timeout": CONNECTS_WITHIN} | libpq(own), autocommit=True)


def entered(other: dict[str, Any], may_connect: bool) -> str:
    """A failure to connect is a refusal when the catalogue or the server's own rules (pg_hba.conf)
    say so: a server with no connection left fails in the same way."""
    try:
        connect(other).close()
    except psycopg.OperationalError as error:
        if may_connect and "pg_hba.conf" not in str(error):
            return f"allowed by grants; {one_line(error)}"
        return REFUSED
    return "connected"


def signs_in(own: dict[str, Any], role: str, name: str) -> bool:
    """With our own password."""
    return entered(own | {"USER": role, "NAME": name}, may_connect=False) != REFUSED


def tried(connection: Any, stone: str, what: str, statements: Iterable[Any]) -> Finding:
    seen = {attempt(connection, statement) for statement in statements} - {REFUSED}
    return compared(stone, what, REFUSED, "; ".join(sorted(seen)) or REFUSED)


def attempt(connection: Any, statement: Any) -> str:
    """Rolled back whatever comes of it. That a trigger alone held is no refusal: the grant is."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(LIMITS)
            connection.execute(statement)
    except errors.InsufficientPrivilege as error:
        return BY_TRIGGER if error.diag.context else REFUSED
    except psycopg.Error as error:
        return one_line(error)
    return "allowed"


def column(connection: Any, statement: str, *, names: bool = False) -> list[str]:
    """The first one, or the names of all."""
    try:
        cursor = connection.execute(statement)
    except psycopg.Error as error:
        raise CannotTry(one_line(error)) from error
    return [each.name for each in cursor.description] if names else [row[0] for row in cursor]


def listed(connection: Any, statement: str) -> str:
    return ", ".join(filter(None, column(connection, statement))) or "none"


def one_line(error: Exception) -> str:
    """libpq's messages name host, role and database, and never a password."""
    return " ".join(str(error).split()).removeprefix("connection failed: ")
