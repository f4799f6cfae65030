"""The variables of one product, from the process and its files, and readers that never raise.

What is wrong or missing is noted in `Environment.problems`, so that the start-up check can name all
of it at once.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ("production", "staging", "development", "test")
RUN_OR_SET = "Run `make run` once, or set it in the environment or in .env.{product}."


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable. Never holds the value: it may be a secret."""

    kind: str  # "missing" | "malformed" | "weak" | "unreadable"
    variable: str  # or the file that is unreadable
    message: str
    hint: str = ""


@dataclass
class Environment:
    """The variables of one product, with readers that note what is wrong and return a default."""

    product_id: str
    values: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            hint = RUN_OR_SET.format(product=self.product_id)
            self.problems.append(Problem("missing", name, f"{name} is not set.", hint))
        return value

    def malformed(self, name: str, expected: str) -> None:
        problem = Problem("malformed", name, f"{name} must be {expected}.")
        if problem not in self.problems:  # each of two databases reads what they share
            self.problems.append(problem)

    def number(
        self, name: str, default: float, *, low: float, high: float, whole: bool = True
    ) -> Any:
        raw = self.text(name)
        if not raw:
            return default
        try:
            value = int(raw) if whole else float(raw)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            kind = "a whole number" if whole else "a number"
            self.malformed(name, f"{kind} from {low} to {high}")
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            self.malformed(name, "true or false")
            return default
        return raw in ("true", "1", "yes", "on")

    def listed(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def url(self, name: str, schemes: tuple[str, ...], *, required: bool = False) -> str:
        """The URL, or "" when it is absent or malformed."""
        value = self.required(name) if required else self.text(name)
        if value and not is_url(value, schemes):
            beginnings = tuple(f"{scheme}://" for scheme in schemes)
            lacks_host = value.startswith(beginnings)
            self.malformed(
                name,
                "a URL that names a host, and a port only by its number"
                if lacks_host
                else f"a URL that starts with {' or '.join(beginnings)}",
            )
            return ""
        return value

    def prefixed(self, name: str, prefixes: tuple[str, ...], *, required: bool = False) -> str:
        value = self.required(name) if required else self.text(name)
        if value and not value.startswith(prefixes):
            self.malformed(name, f"a value that starts with {' or '.join(prefixes)}")
        return value


def is_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_environment(product_id: str, process: Mapping[str, str] = os.environ) -> Environment:
    """Process environment over `.env.{product}` over `.local/{product}.env`.

    `os.environ` is only read: what one product's files say never reaches another settings module.
    """

    class Reader(environ.Env):
        ENVIRON = dict(process)

    env_folder = Path(process.get("ENV_DIR", ROOT))
    local_folder = Path(process.get("LOCAL_DIR", ROOT / ".local"))
    problems = []
    for file in (env_folder / f".env.{product_id}", local_folder / f"{product_id}.env"):
        try:
            # Opened here: environ takes a file that it may not read for one that is not there.
            with suppress(FileNotFoundError), file.open(encoding="utf-8") as text:
                Reader.read_env(text)
        except OSError as error:
            reason = f"{file} cannot be read by this user ({error.strerror})."
            problems.append(Problem("unreadable", str(file), reason))
        except UnicodeDecodeError:
            reason = f"{file} is not text in UTF-8: mend it or remove it."
            problems.append(Problem("unreadable", str(file), reason))
    return Environment(product_id, Reader.ENVIRON, problems)


def environment_name(env: Environment) -> str:
    name = env.text("ENVIRONMENT", "production")
    if name not in ENVIRONMENTS:
        env.malformed("ENVIRONMENT", f"one of {', '.join(ENVIRONMENTS)}")
        return "production"
    return name


def is_public(env: Environment) -> bool:
    return env.text("ENVIRONMENT", "production") not in ("development", "test")


def is_production(env: Environment) -> bool:
    """An unknown name counts as production, as in `environment_name`."""
    return env.text("ENVIRONMENT", "production") not in ENVIRONMENTS[1:]
