"""System checks of signing in, and of what Clerk tells.

accounts.E001  CLERK_JWT_KEY is not an RSA public key
accounts.E002  ACCOUNTS_API_URL is another product's
accounts.W001  CLERK_WEBHOOK_SECRET is not set
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from accounts.clerk.keys import static_key
from accounts.remote import AnotherProduct, DirectoryUnavailable, RemoteAccounts
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


@register(STARTUP)
def webhooks_are_set_up(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without it everything works, but who changes or leaves at Clerk stays the same here. Where
    another deployment keeps the people, Clerk tells that one."""
    if settings.CLERK.webhook_secrets or settings.ACCOUNTS_API is not None:
        return []
    message = "CLERK_WEBHOOK_SECRET is not set: webhooks from Clerk are answered 503."
    return [Warning(message, id="accounts.W001")]


@register(STARTUP)
def people_are_this_products(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A server that does not answer is no error: names are then unknown until it does, and it is
    asked for its product again before anything it says is shown."""
    if settings.ACCOUNTS_API is None:
        return []
    try:
        RemoteAccounts(settings.ACCOUNTS_API).check_product()
    except AnotherProduct as error:
        message = f"This is {settings.PRODUCT.id}, but ACCOUNTS_API_URL is not: {error}."
        return [Error(message, id="accounts.E002")]
    except DirectoryUnavailable:
        return []
    return []
