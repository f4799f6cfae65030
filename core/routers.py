"""Which database a model lives in. With one database, AUTH and APP are the same."""

from typing import Any

from django.db.models import Model

from core.databases import APP, AUTH

# People, keys, sessions, permissions, content types and what the admin keeps of them.
AUTH_APPS = frozenset({"accounts", "admin", "auth", "contenttypes", "sessions"})
# What every database needs of its own: its stamp, and a record of its changes beside them.
EVERYWHERE = frozenset({"core"})


def home(app_label: str) -> str:
    return AUTH if app_label in AUTH_APPS else APP


class ByApp:
    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """None, for a model that lives everywhere: where the row came from, or APP."""
        label = model._meta.app_label
        return None if label in EVERYWHERE else home(label)

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        homes = {self.db_for_read(type(each)) for each in (one, other)} - {None}
        return None if len(homes) < 2 else False

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label in EVERYWHERE or db == home(app_label)
