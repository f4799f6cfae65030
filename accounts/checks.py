"""accounts.E001  CLERK_JWT_KEY is not an RSA public key"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

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
        message = "CLERK_JWT_KEY must be an RSA public key in PEM (2048 bits or more), from Clerk."
        return [Error(message, id="accounts.E001")]
    return []
