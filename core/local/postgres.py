"""A PostgreSQL server for a machine that has none; development and tests only."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from core.local import binaries, processes
from core.local.processes import LocalError

PROVISION = Path(__file__).parents[2] / "docker" / "postgres" / "provision.sql"
SUPERUSER = "postgres"
# What only tests may do: a power cut would cost them nothing.
FLEETING = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
            "max_wal_senders=0")  # fmt: skip


class Postgres:
    """A cluster in `folder`, listening on 127.0.0.1 alone, with SCRAM passwords for everyone.

    `folder` also holds the superuser's password, readable by its owner only, and the log.
    """

    def __init__(self, folder: Path, port: int, *, durable: bool = True, release: int = 18) -> None:
        self.folder = folder
        self.port = port
        self.durable = durable
        self.release = release
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the server, after making the cluster if there is none. LocalError if it fails."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        processes.stop_orphan(self.data / "postmaster.pid", self.data, signal.SIGINT)
        if not self.has_cluster():
            self._make_cluster()
        elif not self._has_password():
            self._set_password()
        processes.set_aside(self.log)
        address = ["-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        settings = [] if self.durable else [f"--{setting}" for setting in FLEETING]
        program = str(binaries.postgres("postgres", self.release))
        self.process = processes.start(
            [*self._as_unprivileged(), program, *address, *settings],
            log=self.log,
            environment=without_libpq_variables(),
            # PostgreSQL's fast shutdown; its meaning of TERM is to wait for every client.
            death_signal="INT",
        )
        processes.wait_until(self.is_ready, self.process, "PostgreSQL", self.log)

    def stop(self) -> None:
        if self.process:
            # What is thrown away need not be written to the disk first.
            fast = [signal.SIGINT] if self.durable else []
            processes.stop(self.process, *fast, signal.SIGQUIT)

    def has_cluster(self) -> bool:
        return self.data.exists() and any(self.data.iterdir())

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.superuser_url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def provision(
        self, roles: str, database: str, *, owner_password: str, user_password: str
    ) -> None:
        """Make `{roles}_owner`, `{roles}_user` and their database, with production's statements."""
        variables = ["-v", f"roles={roles}", "-v", f"database={database}"]
        done = subprocess.run(
            [binaries.postgres("psql"), "-X", "-q", *variables, "-f", PROVISION],
            env=without_libpq_variables()
            | {
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGDATABASE": "postgres",
                "PGPASSWORD": self.superuser_password(),
                "OWNER_PASSWORD": owner_password,
                "USER_PASSWORD": user_password,
            },
            capture_output=True,
            text=True,
            # Ctrl-C in a terminal is for the supervisor to act upon.
            start_new_session=True,
        )
        if done.returncode:
            raise LocalError(f"{database} could not be provisioned: {done.stderr.strip()}")

    def copy(self, template: str, database: str) -> None:
        """Make a database as another is now, to which nobody may be connected."""
        names = map(psycopg.sql.Identifier, (database, template))
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(*names)
            )

    def drop(self, database: str) -> None:
        """Drop a database, with whoever is connected to it."""
        name = psycopg.sql.Identifier(database)
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            # provision.sql goes through all databases, and must not meet one that is gone.
            connection.execute("SELECT pg_advisory_lock(hashtext('provision'))")
            connection.execute(
                psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
            )

    def url(self, user: str, password: str, database: str) -> str:
        return f"postgres://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        return self.url(SUPERUSER, self.superuser_password(), database)

    def superuser_password(self) -> str:
        return (self.folder / "password").read_text()

    def _make_cluster(self) -> None:
        """Run initdb beside the cluster's place and rename: what stands there is always whole."""
        half_made = self.folder / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        password = self.folder / "password"
        processes.write_private(password, new_password())
        program = [*self._as_unprivileged(), str(binaries.postgres("initdb", self.release))]
        target = ["-D", str(half_made), "-U", SUPERUSER, "--pwfile", str(password)]
        # Named, because a machine with no LANG would get C, which knows no letter beyond ASCII.
        locale = ["-E", "UTF8", "--locale=C.UTF-8"]
        sync = [] if self.durable else ["--no-sync"]
        done = subprocess.run(
            [*program, *target, "--auth=scram-sha-256", *locale, *sync],
            env=without_libpq_variables(),
            capture_output=True,
            text=True,
            start_new_session=True,
        )
        if done.returncode:
            raise LocalError(f"PostgreSQL's cluster could not be made: {done.stderr.strip()}")
        half_made.rename(self.data)

    def _has_password(self) -> bool:
        """Whether the superuser's was written as a whole."""
        try:
            return len(self.superuser_password()) == len(new_password())
        except (FileNotFoundError, UnicodeDecodeError):
            return False

    def _set_password(self) -> None:
        """Anew, as only who may read the cluster itself can: it is not running."""
        password = new_password()
        program = [*self._as_unprivileged(), str(binaries.postgres("postgres", self.release))]
        done = subprocess.run(
            [*program, "--single", "-D", str(self.data), "postgres"],
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n",
            env=without_libpq_variables(),
            capture_output=True,
            text=True,
            start_new_session=True,
        )
        if done.returncode:
            raise LocalError(
                f"The superuser's password is lost, and PostgreSQL takes no other: "
                f"{done.stderr.strip()}. Move {self.folder} elsewhere: the next run makes it anew."
            )
        processes.write_private(self.folder / "password", password)

    def _as_unprivileged(self) -> list[str]:
        """PostgreSQL refuses to run as root: then it runs as the cluster's owner, or nobody.

        It keeps the right to pass folders closed to that user, such as /root.
        """
        if os.geteuid() != 0:
            return []
        owner = self.data.stat().st_uid if self.data.exists() else 0
        user = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        # access(2), by which initdb looks for its programs, heeds the capability only with this.
        capability.append("--securebits=+no_setuid_fixup")
        # Named again because a change of user clears it.
        return ["setpriv", *ids, *capability, "--pdeathsig=INT"]


def new_password() -> str:
    return secrets.token_urlsafe(24)


def without_libpq_variables() -> dict[str, str]:
    """The environment without PGHOST and its like, which would lead elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
