"""The databases of a product: one, or two of which one holds people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.local.postgres import Postgres


@dataclass(frozen=True)
class Database:
    """A database with an owner and a runtime role of its own, `{roles}_owner` and `{roles}_user`.

    `variables` is what the names of its variables begin with, such as "AUTH_".
    """

    name: str
    roles: str
    variables: str
    owner_password: str
    user_password: str

    def provision(self, postgres: Postgres) -> None:
        postgres.provision(
            self.roles,
            self.name,
            owner_password=self.owner_password,
            user_password=self.user_password,
        )

    def environment(self, postgres: Postgres) -> dict[str, str]:
        """Its two variables: of the runtime role and of the owner."""
        user, owner = f"{self.roles}_user", f"{self.roles}_owner"
        return {
            f"{self.variables}DATABASE_URL": postgres.url(user, self.user_password, self.name),
            f"{self.variables}DATABASE_OWNER_URL": postgres.url(
                owner, self.owner_password, self.name
            ),
        }


def databases(
    product: str, values: Mapping[str, str], split: bool, name: Callable[[str], str]
) -> list[Database]:
    """`values` are those of `environment.defaults`; `name` turns `roles` into a database's name."""

    def database(part: str, password: str) -> Database:
        roles = f"{product}_{part}" if part else product
        return Database(
            name(roles),
            roles,
            f"{part.upper()}_" if part else "",
            values[f"LOCAL_{password}OWNER_PASSWORD"],
            values[f"LOCAL_{password}USER_PASSWORD"],
        )

    return [database("app", ""), database("auth", "AUTH_")] if split else [database("", "")]


def variables_of_databases() -> list[str]:
    return [
        f"{part}{name}"
        for part in ("", "APP_", "AUTH_")
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    ]
