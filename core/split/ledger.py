"""What of each table was moved, in a table beside what was moved: they are committed together."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.split.sessions import Connection, one

LEDGER = """
CREATE SCHEMA split_auth;
CREATE TABLE split_auth.ledger (
    name text PRIMARY KEY, origin text NOT NULL, rows bigint NOT NULL DEFAULT 0, until text,
    copied_at timestamptz, checksum text, verified_at timestamptz
)"""


@dataclass(frozen=True)
class Entry:
    """A table's line in the ledger. `checksum` is there once both sides were the same."""

    origin: str
    rows: int
    until: str | None
    is_copied: bool
    checksum: str | None


def read(connection: Connection) -> dict[str, Entry]:
    """Empty where no run has begun."""
    if one(connection, "SELECT to_regclass('split_auth.ledger')")[0] is None:
        return {}
    rows = connection.execute(
        "SELECT name, origin, rows, until, copied_at IS NOT NULL, checksum FROM split_auth.ledger"
    )
    return {name: Entry(*rest) for name, *rest in rows}


def begin(connection: Connection, names: Iterable[str], origin: str) -> None:
    connection.execute(LEDGER)
    connection.cursor().executemany(
        "INSERT INTO split_auth.ledger (name, origin) VALUES (%s, %s)",
        [(name, origin) for name in names],
    )


def note_batch(connection: Connection, name: str, rows: int, until: str | None) -> None:
    """`until` None: the table's last."""
    connection.execute(
        "UPDATE split_auth.ledger SET rows = rows + %s, until = %s,"
        " copied_at = CASE WHEN %s THEN now() END WHERE name = %s",
        [rows, until, until is None, name],
    )


def note_verified(connection: Connection, name: str, checksum: str) -> None:
    connection.execute(
        "UPDATE split_auth.ledger SET checksum = %s, verified_at = now() WHERE name = %s",
        [checksum, name],
    )


def forget(connection: Connection) -> None:
    connection.execute("DROP SCHEMA split_auth CASCADE")
