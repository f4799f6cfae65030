"""The servers of a developer's machine, and `make run` from its first start to its repair."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from django.conf import settings

from core.local import binaries, environment, holders, processes
from core.local.__main__ import explanation, products
from core.local.card import block, sample_admin
from core.local.postgres import PROVISION, Postgres, without_libpq_variables
from core.local.prepare import last_words
from core.local.processes import LocalError, free_ports
from core.local.redis import Redis, RedisUser, acl_file
from core.local.run import ROOT, make_way, shown
from core.local.stack import MIGRATED, SAMPLE, Stack
from core.testing.coverage import measured

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases, pytest.mark.long]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen]:
    """Some other program, whose process id a stale pid file names by chance."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", port)) as server:
        yield server.getsockname()[1]


def private(file: Path) -> bool:
    return file.stat().st_mode & 0o077 == 0


class TestEnvironmentFile:
    def test_what_is_there_is_kept(self, tmp_path):
        file = tmp_path / "north.env"
        values = environment.defaults("north", 5273) | {"LLM_MODEL": "a=b #c"}
        environment.write(file, "north", values)
        assert environment.read(file) == values
        assert private(file)

    def test_each_product_has_secrets_of_its_own(self):
        north, south = environment.defaults("north", 5273), environment.defaults("south", 5274)
        public = {"ENVIRONMENT", "ALLOWED_HOSTS"}
        assert {name for name in north if north[name] == south[name]} == public

    def test_a_name_without_its_value_is_made_anew(self, tmp_path):
        (file := tmp_path / "north.env").write_bytes(b"A=b\nLOCAL_OWNER_PASSWORD=\nSECRET\n\xff\n")
        assert environment.read(file) == {"A": "b"}

    def test_the_publishable_key_names_a_host(self):
        key = environment.defaults("north", 5273)["CLERK_PUBLISHABLE_KEY"]
        assert b64decode(key.removeprefix("pk_test_")) == b"clerk.north.localhost$"

    def test_a_signing_key_is_made_once_and_its_public_half_is_one_line(self, tmp_path):
        file = tmp_path / "clerk.pem"
        pem = environment.signing_key(file)
        assert pem == environment.signing_key(file)
        assert "\n" not in pem
        assert load_pem_public_key(pem.replace("\\n", "\n").encode()).key_size == 2048
        assert private(file)

    @pytest.mark.parametrize("length", [0, 800])
    def test_a_damaged_signing_key_is_made_anew(self, tmp_path, length):
        file = tmp_path / "clerk.pem"
        environment.signing_key(file)
        file.write_bytes(file.read_bytes()[:length])
        assert environment.signing_key(file) == environment.signing_key(file)

    def test_a_signing_key_of_another_kind_is_made_anew(self, tmp_path):
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        (file := tmp_path / "clerk.pem").write_bytes(pem)
        public = environment.signing_key(file).replace("\\n", "\n").encode()
        assert load_pem_public_key(public).key_size == 2048


class TestPorts:
    def test_a_port_is_kept_while_it_is_free(self, tmp_path):
        file = tmp_path / "ports.json"
        first = processes.remembered_ports(file, ["postgres", "redis"])
        assert len(set(first.values())) == 2
        assert processes.remembered_ports(file, ["postgres", "redis"]) == first
        with listening(first["redis"]):
            second = processes.remembered_ports(file, ["postgres", "redis"])
        assert second["postgres"] == first["postgres"]
        assert second["redis"] != first["redis"]
        assert json.loads(file.read_text()) == second

    @pytest.mark.parametrize(
        "text",
        ["", '{"postg', "[]", "null", '{"postgres": "5432"}', '{"postgres": -1, "redis": 70000}']
        + ['{"postgres": true, "redis": 1.5}', "\udcff"],
    )
    def test_a_damaged_file_is_written_anew(self, tmp_path, text):
        (file := tmp_path / "ports.json").write_text(text, errors="surrogateescape")
        ports = processes.remembered_ports(file, ["postgres", "redis"])
        assert all(map(processes.is_free, ports.values()))
        assert json.loads(file.read_text()) == ports

    def test_one_port_is_not_two_servers(self, tmp_path):
        port = free_ports(1)[0]
        (file := tmp_path / "ports.json").write_text(json.dumps({"postgres": port, "redis": port}))
        assert len(set(processes.remembered_ports(file, ["postgres", "redis"]).values())) == 2

    def test_the_holder_of_a_port_is_named(self):
        with listening() as port:
            assert holders.holder(port).endswith(f"(process {os.getpid()})")
            assert not processes.is_free(port)
        assert holders.holder(port) is None
        assert processes.is_free(port)


class TestOrphans:
    def test_one_in_its_folder_is_stopped(self, tmp_path):
        with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as orphan:
            (tmp_path / "pid").write_text(f"{orphan.pid}\nmore\n")
            processes.stop_orphan(tmp_path / "pid", tmp_path, signal.SIGTERM)
            assert orphan.wait() == -signal.SIGTERM
        assert not (tmp_path / "pid").exists()

    @pytest.mark.parametrize("text", ["", "not a number", "4194305"])
    def test_a_pid_file_of_nobody_is_removed(self, tmp_path, text):
        (tmp_path / "pid").write_text(text)
        processes.stop_orphan(tmp_path / "pid", tmp_path, signal.SIGTERM)
        assert not (tmp_path / "pid").exists()

    def test_a_stranger_with_the_same_id_is_left_alone(self, tmp_path, stranger):
        (tmp_path / "pid").write_text(str(stranger.pid))
        processes.stop_orphan(tmp_path / "pid", tmp_path, signal.SIGTERM)
        assert stranger.poll() is None


class TestPostgres:
    @pytest.fixture
    def server(self, tmp_path) -> Iterator[Postgres]:
        server = Postgres(tmp_path / "postgres", free_ports(1)[0], durable=False)
        yield server
        server.stop()

    def test_it_is_repaired_and_keeps_its_rows(self, server, stranger):
        server.durable = True
        half_made = server.folder / "data.new"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("18")

        server.start()
        with psycopg.connect(server.superuser_url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS id")
        server.process.kill()
        server.process.wait()
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n")
        server.start()

        with psycopg.connect(server.superuser_url()) as connection:
            assert connection.execute("SELECT id FROM kept").fetchone() == (7,)
        assert not half_made.exists()
        assert stranger.poll() is None

    def test_a_lost_password_is_set_anew(self, server):
        server.data.mkdir(parents=True)  # of which only its folder was made
        server.start()
        server.stop()
        (server.folder / "password").write_text("cut")
        server.start()
        with psycopg.connect(server.superuser_url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    def test_the_gravest_line_and_what_to_do_is_told(self, server):
        server.start()
        server.stop()
        (server.data / "pg_hba.conf").unlink()
        with pytest.raises(LocalError, match=r"start: could not load .*pg_hba.conf \(more.*move"):
            server.start()

    def test_it_listens_on_the_loopback_address_alone(self, server):
        server.start()
        with psycopg.connect(server.superuser_url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
        assert private(server.folder / "password")

    def test_why_it_did_not_start_is_told(self, server):
        with listening(server.port), pytest.raises(LocalError, match="PostgreSQL did not start"):
            server.start()

    def test_a_database_that_cannot_be_provisioned_is_named(self, server):
        server.start()
        with pytest.raises(
            LocalError, match="north_db could not be provisioned.*must not be empty"
        ):
            server.provision("north", "north_db", owner_password="secret", user_password="")

    def test_without_both_names_no_role_is_made(self, server):
        server.start()
        passwords = {"OWNER_PASSWORD": "secret", "USER_PASSWORD": "secret"}
        for named in ("north=north", "roles=north", "database=north_db"):
            done = subprocess.run(
                [binaries.postgres("psql"), "-X", "-v", named, "-f", PROVISION,
                 server.superuser_url()],
                env=without_libpq_variables() | passwords,
                capture_output=True,
                text=True,
            )  # fmt: skip
            assert done.returncode and "name both: -v roles=" in done.stderr
        with psycopg.connect(server.superuser_url()) as connection:
            roles = connection.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin")
            assert roles.fetchall() == [("postgres",)]


class TestRedis:
    @pytest.fixture
    def server(self, tmp_path) -> Iterator[Redis]:
        server = Redis(tmp_path / "redis", free_ports(1)[0])
        yield server
        server.stop()

    def test_a_write_outlives_the_server(self, server):
        users = {"north": RedisUser("secret", 3)}
        server.start(users)
        with server.admin(3) as admin:
            admin.set("north:a", "kept")
        server.stop()
        server.start(users)
        with server.admin(3) as admin:
            assert admin.get("north:a") == b"kept"

    def test_why_it_did_not_start_is_told(self, server):
        with listening(server.port), pytest.raises(LocalError, match="Redis did not start"):
            server.start({})

    def test_the_container_writes_the_same_acl_file(self, tmp_path):
        users = {"north": RedisUser("pass & /word\\ $1", 0), "far-south": RedisUser("x", 12)}
        entrypoint(
            tmp_path / "users.acl",
            REDIS_PRODUCTS="north=0 far-south=12",
            REDIS_PASSWORD_NORTH="pass & /word\\ $1",
            REDIS_PASSWORD_FAR_SOUTH="x",
        )
        assert (tmp_path / "users.acl").read_text() == acl_file(users)
        assert private(tmp_path / "users.acl")

    @pytest.mark.parametrize(
        ("variables", "sentence"),
        [
            ({}, "REDIS_PRODUCTS"),
            ({"REDIS_PRODUCTS": "north=0"}, "REDIS_PASSWORD_NORTH is not set"),
            ({"REDIS_PRODUCTS": "north=0", "REDIS_PASSWORD_NORTH": ""}, "REDIS_PASSWORD_NORTH"),
        ],
    )
    def test_the_container_does_not_start_without_passwords(self, tmp_path, variables, sentence):
        with pytest.raises(subprocess.CalledProcessError) as failure:
            entrypoint(tmp_path / "users.acl", **variables)
        assert sentence in failure.value.stderr


def entrypoint(acl: Path, **variables: str) -> None:
    folder = ROOT / "docker" / "redis"
    subprocess.run(
        ["sh", folder / "entrypoint.sh", "true"],
        env={"PATH": os.environ["PATH"], "ACL_FILE": str(acl)}
        | {"ACL_TEMPLATE": str(folder / "users.acl.template")}
        | variables,
        check=True,
        capture_output=True,
        text=True,
    )


class TestProducts:
    def test_one_that_is_not_called_as_its_module_is_named(self, monkeypatch):
        lodgy = replace(settings.PRODUCT, id="lodgy")
        monkeypatch.setattr("config.products", lambda: {"zed": lodgy})
        with pytest.raises(LocalError, match=r"config/zed\.py says id='lodgy'"):
            products()

    def test_two_at_one_port_are_named(self):
        one, other = settings.PRODUCT, replace(settings.PRODUCT, id="lodge")
        holders.require_different([one, replace(other, port=one.port + 1)])
        with pytest.raises(LocalError) as failure:
            holders.require_different([one, other])
        assert str(failure.value) == (
            f"{one.id} and lodge are both served at port {one.port}: "
            "change `port` in config/lodge.py, then try again."
        )

    def test_before_anything_starts(self, tmp_path):
        one, other = settings.PRODUCT, replace(settings.PRODUCT, id="lodge")
        with pytest.raises(LocalError, match="both served at port"):
            make_way(tmp_path, {one.id: one, other.id: other})

    @pytest.mark.parametrize(
        ("folder", "said"), [(ROOT / ".local", ".local/"), (Path("/elsewhere"), "/elsewhere")]
    )
    def test_where_the_data_stay(self, folder, said):
        assert shown(folder) == said


class TestLastWords:
    def test_all_that_is_wrong_with_settings(self, tmp_path):
        (log := tmp_path / "log").write_text("x does not start:\n  core.E001: A\n  core.E002: B\n")
        assert last_words("x", log) == "x does not start:\n  core.E001: A\n  core.E002: B"

    def test_what_a_command_refuses_is_said_in_its_own_words(self, tmp_path):
        (log := tmp_path / "log").write_text("x: people: 1 created\nCommandError: y is missing.\n")
        assert last_words("x", log) == "y is missing."

    def test_of_what_failed_otherwise_the_last_line(self, tmp_path):
        (log := tmp_path / "log").write_text("Traceback\n  a\nValueError: b\n")
        assert last_words("x", log) == "ValueError: b"


class TestRemembered:
    def test_a_damaged_note_is_none(self, tmp_path):
        stack = Stack(tmp_path, {}, {"postgres": 1, "redis": 2})
        environment.write(stack.env_file("north"), "north", environment.defaults("north", 5273))
        stack.postgres.folder.mkdir()
        stack.remember("north", MIGRATED, "then")
        assert stack.remembered("north", MIGRATED) == "then"
        (stack.postgres.folder / f"north.{MIGRATED}").write_bytes(b"\xff")
        assert stack.remembered("north", MIGRATED) != "then"

    def test_of_databases_that_are_gone_nothing_is_known(self, tmp_path):
        stack = Stack(tmp_path, {}, dict(zip(["postgres", "redis"], free_ports(2), strict=True)))
        stack.postgres.durable = False
        stack.postgres.data.mkdir(parents=True)
        (stack.postgres.folder / f"north.{SAMPLE}").write_text("then")
        try:
            stack.start()
        finally:
            stack.stop()
        assert list(stack.postgres.folder.glob(f"*.{SAMPLE}")) == []


class TestSampleAdmin:
    def test_a_product_without_sample_data_has_none(self, tmp_path):
        assert sample_admin("nowhere", tmp_path / "nowhere.env") == ""

    def test_the_card_says_how_to_make_one(self, tmp_path):
        nowhere = replace(settings.PRODUCT, id="nowhere")
        said = block(nowhere, tmp_path / "nowhere.env")
        assert f"{nowhere.port}/admin/   an admin is made by: make manage p=nowhere" in said


class TestExplanation:
    def test_a_full_disk(self, tmp_path):
        sentence = explanation(OSError(28, "No space left on device"), tmp_path)
        assert sentence == f"The disk of {tmp_path} is full: free some space, then try again."

    def test_a_file_of_another_user(self, tmp_path):
        (file := tmp_path / "file").touch()
        sentence = explanation(PermissionError(13, "Permission denied", str(file)), tmp_path)
        assert sentence.startswith(f"{file} belongs to another user")

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        wanted = str(tmp_path / "x" / "y")
        sentence = explanation(PermissionError(13, "Permission denied", wanted), tmp_path)
        assert sentence.startswith(f"{wanted} cannot be made or opened: {tmp_path} belongs to")

    @pytest.mark.parametrize(
        "use", [Path.read_text, lambda path: processes.write_private(path, "x")]
    )
    def test_a_folder_in_a_file_s_place(self, tmp_path, use):
        (folder := tmp_path / "x").mkdir()
        with pytest.raises(IsADirectoryError) as failure:
            use(folder)
        sentence = f"{folder} is a folder where a file should be: remove it, then try again."
        assert explanation(failure.value, tmp_path) == sentence

    @pytest.mark.parametrize("wanted", ["x", "x/y", "x/y/z"])
    def test_a_file_in_a_folder_s_place(self, tmp_path, wanted):
        (file := tmp_path / "x").touch()
        with pytest.raises(OSError) as failure:
            (tmp_path / wanted).mkdir()
        sentence = f"{file} is a file where a folder should be: remove it, then try again."
        assert explanation(failure.value, tmp_path) == sentence

    def test_what_is_wrong_before_the_folder_is_made(self, tmp_path):
        assert (
            explanation(LocalError("No such product."), tmp_path / "x" / "y") == "No such product."
        )

    def test_a_surprise_keeps_its_traceback(self, tmp_path):
        assert explanation(FileNotFoundError(2, "No such file"), tmp_path) is None


NOT_CODE = shutil.ignore_patterns("__pycache__", "node_modules")


@dataclass
class Machine:
    """A developer's machine: a `.local` folder, a port and the code."""

    folder: Path
    port: int
    code: Path = ROOT

    def command(self, *arguments: str, split: str = "", **options) -> subprocess.Popen:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {
            "LOCAL_DIR": str(self.folder),
            "ENV_DIR": str(self.folder),
            "PYTHONPATH": str(self.code),
            "SPLIT": split,
        }
        program = ["-m", "core.testing.one_product", settings.PRODUCT.id, str(self.port)]
        if self.code == ROOT:
            program = measured(program)
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            env=kept | own,
            cwd=self.code,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def says(self, *arguments: str, typed: str = "", split: str = "") -> tuple[int, str]:
        with self.command(*arguments, split=split, stdin=subprocess.PIPE) as process:
            output, _ = process.communicate(typed, timeout=180)
            return process.returncode, output

    @contextmanager
    def starting(self) -> Iterator[subprocess.Popen]:
        """`make run`, which ends with this."""
        with self.command("run") as process:
            try:
                yield process
            finally:
                process.terminate()
                process.stdout.read()

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen]:
        """`make run`, up."""
        with self.starting() as process:
            said_until("Ctrl-C", process)
            yield process

    def health(self) -> str:
        url = f"http://127.0.0.1:{self.port}/api/health/db"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["database"]

    def is_silent(self) -> bool:
        ports = json.loads((self.folder / "ports.json").read_text())
        return all(map(processes.is_free, [self.port, *ports.values()]))


def said_until(beginning: str, process: subprocess.Popen) -> str:
    """The first line that begins so, once the process has said it."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(beginning):
            return line
    raise AssertionError("".join(lines))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("local"), free_ports(1)[0])


ADMINS = [sys.executable, "manage.py", "shell", "-v0", "-c"]
ADD = "from accounts.models import User; User.objects.create(email='a@example.com')"
COUNT = "from accounts.models import User; print('people:', User.objects.count())"


def without_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "", text)


def test_a_developers_day(machine):
    """One test, because each step needs the last one's servers, and to start them takes time."""
    product = settings.PRODUCT.id
    as_product = ["env", f"DJANGO_SETTINGS_MODULE=config.{product}"]
    count_people = ["services", "--", *as_product, *ADMINS, COUNT]

    with machine.running() as run:
        assert machine.health() == "ok"
        secrets = machine.folder / f"{product}.env"
        assert private(secrets)
        secrets_then = without_ports(secrets.read_text())
        jobs = machine.folder / "logs" / f"{product}-worker.log"
        eventually(lambda: jobs.exists() and f"{product}: doing jobs" in jobs.read_text())
        status, said = machine.says("run")
        assert (status, said) == (
            1,
            f"\n`make run` is already up here (process {run.pid}): stop it first.\n",
        )
        status, people = machine.says(*count_people)
        assert status == 0, people
        run.kill()  # which nothing can prepare for
    assert machine.says(*count_people) == (0, people)  # and repaired
    assert without_ports(secrets.read_text()) == secrets_then
    assert machine.is_silent()

    with machine.running() as run:  # a server ends by itself
        os.kill(int((machine.folder / f"{product}.pid").read_text()), signal.SIGTERM)
        assert f"{product} ended" in run.stdout.read()
    assert run.returncode == 1
    assert machine.is_silent()

    with listening(machine.port):
        status, said = machine.says("run")
        assert (status, said.count("\n")) == (1, 2)
        assert f"Port {machine.port}, where {product} is served, is taken" in said

    assert machine.says("reset", "nowhere")[0] == 1
    status, said = machine.says("reset", product, typed="no\n")
    assert (status, said.splitlines()[-1]) == (1, "Nothing was deleted.")
    assert machine.says("reset", product)[1].splitlines()[-1] == "Nothing was deleted."
    status, said = machine.says("reset", product, typed=f"{product}\n")
    assert (status, said.splitlines()[-1]) == (0, f"{product} is as new.")
    assert machine.says(*count_people) == (0, people)

    status, said = machine.says("reset", product, typed=f"{product}\n", split="1")
    assert (status, said.splitlines()[-1]) == (0, f"{product} is as new.")
    status, one_more = machine.says("services", "--", *as_product, *ADMINS, f"{ADD}; {COUNT}")
    assert (status, one_more != people) == (0, True)  # in the two databases, without asking again
    assert machine.says(*count_people, split="0") == (0, people)
    assert machine.says(*count_people, split="1") == (0, one_more)


@pytest.fixture
def workshop(machine, tmp_path) -> Machine:
    """The same machine with a copy of the code, which a test may break."""
    parts = [*ROOT.glob("*/__init__.py"), ROOT / "docker" / "x", ROOT / "seeds" / "x"]
    for part in parts:
        shutil.copytree(part.parent, tmp_path / part.parent.name, ignore=NOT_CODE)
    for name in ("manage.py", "requirements/base.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return replace(machine, code=tmp_path)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_code_that_does_not_load_is_served_once_it_is_mended(workshop):
    def is_healthy() -> bool:
        try:
            return workshop.health() == "ok"
        except OSError:
            return False

    def worker_says(what: str) -> bool:  # its log begins anew with each start
        return log.exists() and what in log.read_text()

    product, models = settings.PRODUCT.id, workshop.code / "faq" / "models.py"
    log = workshop.folder / "logs" / f"{product}-worker.log"
    whole = models.read_text()
    models.write_text(f"{whole}\nclass (\n")
    with workshop.starting() as run:
        line = said_until(f"config.{product} does not load", run)
        assert line.endswith(
            f"SyntaxError: invalid syntax (models.py, line {whole.count(chr(10)) + 2})\n"
        )
        models.write_text(whole)
        said_until("Ctrl-C", run)
        assert is_healthy()

        models.write_text(f"{whole}\nimport nothing_like_it\n")
        eventually(lambda: not is_healthy() and worker_says("ModuleNotFoundError"))
        time.sleep(1.5)  # what changes before the reloader's first look is not seen
        models.write_text(whole)
        eventually(lambda: is_healthy() and worker_says("doing jobs"))
        said_until(f"{product:<11}| ModuleNotFoundError", run)
    assert run.returncode == 0
    assert workshop.is_silent()


def test_settings_that_do_not_load_are_one_sentence(workshop):
    (workshop.code / "config" / "base.py").write_text("(")
    status, said = workshop.says("run")
    assert (status, said) == (
        1,
        "\nThe settings of the products do not load: "
        "SyntaxError: '(' was never closed (base.py, line 1)\n",
    )


@pytest.mark.samples
def test_a_sample_that_is_wrong_is_one_sentence(workshop):
    product = settings.PRODUCT.id
    file = workshop.code / "seeds" / product / "listings.json"
    *others, last = json.loads(file.read_text())
    file.write_text(json.dumps([*others, last | {"price": "dear"}]))
    status, said = workshop.says("run")
    row = f"row {len(others) + 1} ({last['external_id']})"
    assert (status, said.splitlines()[-1]) == (
        1,
        f"seed failed for {product}: {file}, {row}: price: “dear” value must be a "
        f"decimal number. (see {workshop.folder / 'logs' / product}-seed.log)",
    )
    assert workshop.is_silent()


def test_a_command_that_fails_or_is_stopped_says_so(machine):
    assert machine.says("services", "--", "sh", "-c", "exit 7")[0] == 7
    with machine.command("services", "--", "sh", "-c", "echo begun; exec sleep 60") as process:
        assert "begun\n" in process.stdout  # reads up to that line
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
        process.stdout.close()
    assert machine.is_silent()
