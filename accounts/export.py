"""All that is kept of a person, as one JSON object that is made while it is sent."""

from collections.abc import AsyncIterator, Iterable, Iterator
from uuid import UUID

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import APIKey, EmailConflict, User
from core.databases import APP, AUTH
from core.export import Kept, Row, pages
from core.models import AuditEntry

PROFILE = ("id", "clerk_user_id", "email", "first_name", "last_name", "own_name", "role",
           "is_active", "is_banned", "last_login", "created_at", "updated_at")  # fmt: skip
# Never the hash of its secret.
KEY = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
# Neither who else did it nor what was changed, which may tell of others.
AUDIT = ("id", "at", "action", "subject_type", "subject_id")


def kept(user_id: UUID) -> Kept:
    waits_for = EmailConflict.objects.using(AUTH).filter(user=user_id).values("email")
    profile: Row = User.objects.using(AUTH).values(*PROFILE).get(id=user_id)
    keys = APIKey.objects.using(AUTH).filter(created_by=user_id).values(*KEY)
    return {
        "profile": {**profile, "email_held_by_another": [row["email"] for row in waits_for]},
        "api_keys": pages(keys),
        "audit_entries": audit_entries(user_id),
    }


def audit_entries(user_id: UUID) -> Iterator[list[Row]]:
    """What they did and what was done about them, in each database; by an index each."""
    for alias in dict.fromkeys((AUTH, APP)):
        entries = AuditEntry.objects.using(alias)
        about = entries.filter(subject_type=User._meta.label_lower, subject_id=str(user_id))
        for some in (entries.filter(actor=user_id), about.exclude(actor=user_id)):
            yield from pages(some.values(*AUDIT), "at", "id")


def chunks(user_id: UUID) -> Iterator[bytes]:
    """Each after at most one page was read.

    Raises User.DoesNotExist, at once: in the middle of an answer it would be too late.
    """
    return pieces([import_string(path)(user_id) for path in settings.EXPORTS])


def pieces(parts: Iterable[Kept]) -> Iterator[bytes]:
    about = {"product": settings.PRODUCT.id, "exported_at": timezone.now()}
    yield orjson.dumps(about, option=orjson.OPT_UTC_Z).removesuffix(b"}")
    for part in parts:
        for name, rows in part.items():
            yield b",\n" + orjson.dumps(name) + b":"
            yield from listed(rows) if isinstance(rows, Iterator) else [as_json(rows)]
    yield b"}\n"


def listed(rows: Iterator[list[Row]]) -> Iterator[bytes]:
    before = b"["
    for page in rows:
        yield before + b",\n".join(map(as_json, page))
        before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def as_json(row: Row) -> bytes:
    return orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z)


async def on_event_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece in a thread that gives its connections back, since the visitor may be slow."""

    def next_piece() -> bytes | None:
        try:
            return next(pieces, None)
        finally:
            connections.close_all()

    while (piece := await sync_to_async(next_piece, thread_sensitive=False)()) is not None:
        yield piece
