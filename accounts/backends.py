from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.clerk.tokens import verify
from accounts.models import User


class Backend(ModelBackend):
    """The inherited rule holds: an inactive person is refused, at sign-in and at every request
    after it. What a person may do is asked of `User.has_perm`, never of a backend."""


class PasswordBackend(Backend):
    """Email (in any case) and password, for the admin, where ADMIN_PASSWORD_LOGIN allows it."""


class ClerkBackend(Backend):
    """A Clerk session token, for staff. Nobody is made here: whoever has a role is known."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, clerk_token: str | None = None, **credentials: Any
    ) -> User | None:
        """Raises ApiError, as `tokens.verify` does."""
        if clerk_token is None:
            return None
        claims = verify(clerk_token, settings.CLERK)
        person = User.objects.by_clerk_id(claims["sub"])
        return person if person and person.is_staff and self.user_can_authenticate(person) else None
