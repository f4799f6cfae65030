"""Proves the wall between the products, and that the proof can fail.

Each product is deployed as in production on one PostgreSQL and one Redis, with one database and
with two. `manage.py verify_isolation` must find nothing in either; and once the wall has been
broken on purpose, it must name the gaps and end with status 1.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from core.testing.deployment import Deployment, running  # noqa: E402

# What the lines of the table must show: a gap in each server, and, with two databases, those
# between them.
GAPS = {
    False: ("connect to postgres", "keys of "),
    True: ("UPDATE core_auditentry", "{}_app_user connect to {}_auth_db"),
}


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), config.products()) as deployment,
    ):
        for split in (False, True):
            for name in deployment.products:
                deployment.provision(name, split)
        for split in (False, True):
            for name in deployment.products:
                migrated(deployment, name, split)
                print(verified(deployment, name, split, status=0))
        break_the_wall(deployment)
        for name in deployment.products:
            for split, gaps in GAPS.items():
                report = verified(deployment, name, split, status=1)
                failed = [line for line in report.splitlines() if line.endswith("FAIL")]
                print(*failed, "", sep="\n")
                for gap in gaps:
                    words = set(gap.replace("{}", name).split())
                    if not any(words <= set(line.split()) for line in failed):
                        sys.exit(f"{name}: a broken wall was not noticed: {gap}")
    return 0


def migrated(deployment: Deployment, name: str, split: bool) -> None:
    done = deployment.manage(name, split, "migrate", "--verbosity=0")
    if done.returncode:
        sys.exit(f"{name} could not be migrated: {done.stderr}")


def verified(deployment: Deployment, name: str, split: bool, status: int) -> str:
    done = deployment.manage(name, split, "verify_isolation")
    if done.returncode != status:
        sys.exit(f"{done.stdout}{done.stderr}{name}: exit status {done.returncode}, not {status}")
    return done.stdout


def break_the_wall(deployment: Deployment) -> None:
    deployment.as_superuser("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    for name in deployment.products:
        app, auth = f"{name}_app_user", f"{name}_auth_user"
        deployment.as_superuser(f"GRANT CONNECT ON DATABASE {name}_auth_db TO {app}")
        log = f"GRANT UPDATE ON core_auditentry TO {auth}"
        deployment.as_superuser(log, f"{name}_auth_db")
    with deployment.redis.admin() as admin:
        for name in deployment.products:
            admin.execute_command("ACL", "SETUSER", name, "~*")


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
