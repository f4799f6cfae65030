"""A Redis server for a machine that has none; development and tests only."""

import secrets
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from string import Template
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.local import binaries, processes

ACL_TEMPLATE = Path(__file__).parents[2] / "docker" / "redis" / "users.acl.template"
ADMIN = "local-admin"


@dataclass(frozen=True)
class RedisUser:
    """What one product may do: enter with this password, and use this database number."""

    password: str
    database: int


class Redis:
    """A server in `folder`, listening on 127.0.0.1 alone; each product sees its own keys only.

    `durable` appends each write to a file. `folder` also holds the password of an administrator
    (readable by its owner only), who exists here but not in production.
    """

    def __init__(self, folder: Path, port: int, *, durable: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.durable = durable
        self.log = folder / "redis.log"
        self.process: subprocess.Popen[str] | None = None

    def start(self, users: Mapping[str, RedisUser]) -> None:
        """Start the server with these products as its users. LocalError if it fails."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pid_file = self.folder / "redis.pid"
        processes.stop_orphan(pid_file, self.folder, signal.SIGTERM)
        processes.write_private(self.folder / "password", secrets.token_urlsafe(24))
        acl = self.folder / "users.acl"
        processes.write_private(acl, acl_file(users) + admin_line(self.admin_password()))
        address = ["--bind", "127.0.0.1", "--port", str(self.port)]
        files = ["--dir", str(self.folder), "--pidfile", str(pid_file), "--aclfile", str(acl)]
        keeping = ["--save", "", "--appendonly", "yes" if self.durable else "no"]
        program = str(binaries.redis_server())
        processes.set_aside(self.log)
        self.process = processes.start([program, *address, *files, *keeping], log=self.log)
        processes.wait_until(self.is_ready, self.process, "Redis", self.log)

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, signal.SIGTERM)

    def is_ready(self) -> bool:
        try:
            with self.admin() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def forget(self, product: str, database: int) -> int:
        """Delete the product's keys; how many there were."""
        with self.admin(database) as client:
            keys = list(client.scan_iter(match=f"{product}:*", count=1000))
            return sum(client.unlink(key) for key in keys)

    def url(self, product: str, user: RedisUser) -> str:
        credentials = f"{product}:{quote(user.password, safe='')}"
        return f"redis://{credentials}@127.0.0.1:{self.port}/{user.database}"

    def admin(self, database: int = 0) -> "redis.Redis":
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            db=database,
            username=ADMIN,
            password=self.admin_password(),
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )

    def admin_password(self) -> str:
        return (self.folder / "password").read_text()


def acl_file(users: Mapping[str, RedisUser]) -> str:
    """Redis' aclfile: one line per product from the template that compose uses too."""
    template = Template(ACL_TEMPLATE.read_text())
    lines = [
        template.substitute(
            PRODUCT=product, PASSWORD_SHA256=digest(user.password), DATABASE=user.database
        )
        for product, user in users.items()
    ]
    return "user default off\n" + "".join(lines)


def admin_line(password: str) -> str:
    return f"user {ADMIN} on #{digest(password)} ~* &* +@all\n"


def digest(password: str) -> str:
    return sha256(password.encode()).hexdigest()
