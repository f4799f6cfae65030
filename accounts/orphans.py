"""Ids of people in the apps' tables that are nobody's: PERSON_COLUMNS against the people.

They come of a backup of one database put back beside the other, or of rows changed by hand: an
erasure leaves none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.db import models

from accounts.directory import remote
from accounts.erasure import erase_in_apps
from accounts.models import User
from core.databases import APP, AUTH

AT_ONCE = 100  # as many as another deployment's users API tells of in one answer


@dataclass(frozen=True)
class Column:
    """One of settings.PERSON_COLUMNS, such as "chat.Conversation.user_id"."""

    path: str

    @property
    def field(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        model = apps.get_model(self.path.rpartition(".")[0])
        return model._base_manager.using(APP).filter(**{f"{self.field}__isnull": False})

    def people(self) -> Iterator[list[UUID]]:
        """Each id once, in batches."""
        ids = self.rows.order_by(self.field).values_list(self.field, flat=True).distinct()
        batch = list(ids[:AT_ONCE])
        while batch:
            yield batch
            batch = list(ids.filter(**{f"{self.field}__gt": batch[-1]})[:AT_ONCE])

    def count(self, ids: list[UUID]) -> int:
        return self.rows.filter(**{f"{self.field}__in": ids}).count()


def columns() -> list[Column]:
    return [Column(path) for path in settings.PERSON_COLUMNS]


def strangers(ids: list[UUID]) -> list[UUID]:
    """Those who are nobody. Raises DirectoryUnavailable: silence must not be taken for a no."""
    if settings.ACCOUNTS_API is None:
        known = set(User.objects.using(AUTH).filter(id__in=ids).values_list("id", flat=True))
    else:
        rows = remote(settings.ACCOUNTS_API).accounts.users(ids=",".join(map(str, ids)))
        known = {UUID(row["id"]) for row in rows}
    return [id for id in ids if id not in known]


def repair(id: UUID) -> dict[str, int]:
    """What the apps do when this person is erased. Twice is as good as once."""
    return erase_in_apps(uuid4(), id)
