"""Applies what Clerk tells by webhook: each delivery once, in whatever order they come.

Events: https://clerk.com/docs/guides/development/webhooks/overview
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from accounts import erasure
from accounts.clerk import people
from accounts.clerk.people import Outcome
from accounts.clerk.profiles import UnreadableUser, profile_of, user_id
from accounts.models import WebhookEvent
from core.databases import AUTH
from core.errors import ApiError, ErrorCode

logger = logging.getLogger("accounts.webhooks")

# Svix gives up after little more than a day; what is sent by hand later is older than its user.
LEDGER_DAYS = 7
PRUNED_AT_ONCE = 100  # each delivery adds one row, so that any backlog is worked off

EFFECTS: dict[str, Callable[[Any], Outcome]] = {
    "user.created": lambda user: people.keep(profile_of(user)),
    "user.updated": lambda user: people.keep(profile_of(user)),
    "user.deleted": lambda user: erasure.erase_clerk_user(user_id(user)),
}


def receive(delivery: str, body: bytes) -> Outcome:
    """Apply an event whose signature holds. `delivery` stays the same when it is sent again.

    An event of another type is IGNORED: Clerk may send more than was asked for. Raises
    MALFORMED_REQUEST, and VALIDATION_ERROR for a user that cannot be read.
    """
    event = parsed(body)
    kind = event["type"]
    outcome = apply_once(delivery, kind, event.get("data")) if kind in EFFECTS else Outcome.IGNORED
    logger.info("webhook", extra={"event": kind[:50], "delivery": delivery, "outcome": outcome})
    return outcome


def parsed(body: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise ApiError(ErrorCode.MALFORMED_REQUEST, "The body is not JSON.") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ApiError(ErrorCode.MALFORMED_REQUEST, "The body is not an event of Clerk's.")
    return event


def apply_once(delivery: str, kind: str, data: Any) -> Outcome:
    """The ledger's row and the effect are one transaction: both happen, or neither."""
    try:
        with transaction.atomic(using=AUTH):
            people.take_turns()
            ledger = WebhookEvent.objects.using(AUTH)
            _, is_new = ledger.get_or_create(id=delivery, defaults={"type": kind})
            if not is_new:
                return Outcome.DUPLICATE
            prune()
            return EFFECTS[kind](data)
    except UnreadableUser as error:
        raise ApiError(ErrorCode.VALIDATION_ERROR, details={"data": [str(error)]}) from error


def prune() -> None:
    ledger = WebhookEvent.objects.using(AUTH)
    old = ledger.filter(received_at__lt=timezone.now() - timedelta(days=LEDGER_DAYS))
    oldest = old.order_by("received_at").values("id")[:PRUNED_AT_ONCE]
    ledger.filter(id__in=oldest).delete()
