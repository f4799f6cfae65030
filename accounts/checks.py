"""System checks of signing in, and of what Clerk tells.

accounts.E001  CLERK_JWT_KEY is not an RSA public key
accounts.W001  CLERK_WEBHOOK_SECRET is not set
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from accounts.clerk.keys import static_key
from core.checks import STARTUP


@register(STARTUP)
def static_key_is_readable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without this check every sign-in would fail, and nothing else."""
    if not settings.CLERK.jwt_key:
        return []
    try:
        static_key(settings.CLERK.jwt_key)
    except ValueError:
        message = "CLERK_JWT_KEY must be an RSA public key in PEM, copied whole from Clerk."
        return [Error(message, id="accounts.E001")]
    return []


@register(STARTUP)
def webhooks_are_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without it everything works, but who changes or leaves at Clerk stays the same here."""
    if settings.CLERK.webhook_secrets:
        return []
    message = "CLERK_WEBHOOK_SECRET is not set: webhooks from Clerk are answered 503."
    return [Warning(message, id="accounts.W001")]
