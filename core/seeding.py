from dataclasses import dataclass


@dataclass
class SeedReport:
    """How many rows one app's sample data made, changed, or found as they should be."""

    name: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.created} created, {self.updated} updated, "
            f"{self.unchanged} unchanged"
        )
