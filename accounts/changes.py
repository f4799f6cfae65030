"""Entries of the audit log about a person, by what matters to a reader of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.models import User
from core import audit


def record(person: User, before: Mapping[str, Any], *, actor: UUID | None = None) -> None:
    """One entry for each kind of change; none where nothing changed. `before` may hold only the
    fields of interest. In the transaction of the change."""
    now = audit.values(person)
    was, now = audit.difference(before, {name: now[name] for name in before})
    while now:
        action, names = next_action(now)
        audit.record(
            action,
            person,
            actor=actor,
            before={name: was[name] for name in names},
            after={name: now.pop(name) for name in names},
        )


def next_action(now: Mapping[str, Any]) -> tuple[str, list[str]]:
    if "role" in now:
        return "user.role_changed", ["role"]
    if "is_active" in now:
        return f"user.{'reactivated' if now['is_active'] else 'deactivated'}", ["is_active"]
    if "password" in now:
        return "user.password_changed", ["password"]
    return "user.changed", list(now)
