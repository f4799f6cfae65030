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

from accounts.erasure import erase_in_apps
from accounts.remote import IDS_AT_ONCE
from core.databases import APP


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
        batch = list(ids[:IDS_AT_ONCE])
        while batch:
            yield batch
            batch = list(ids.filter(**{f"{self.field}__gt": batch[-1]})[:IDS_AT_ONCE])

    def count(self, ids: list[UUID]) -> int:
        return self.rows.filter(**{f"{self.field}__in": ids}).count()


def columns() -> list[Column]:
    return [Column(path) for path in settings.PERSON_COLUMNS]


def repair(id: UUID) -> dict[str, int]:
    """What the apps do when this person is erased. Twice is as good as once."""
    return erase_in_apps(uuid4(), id)
