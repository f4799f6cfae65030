from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Person:
    """Somebody as the rest of the code knows them. `name` is "" and `email` None when Clerk has
    not told them."""

    id: UUID
    name: str
    email: str | None = None

    @property
    def shown(self) -> str:
        """What staff read."""
        return self.name or self.email or str(self.id)


def person(id: UUID, first_name: str, last_name: str, email: str | None) -> Person:
    return Person(id, f"{first_name} {last_name}".strip(), email)
