from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.clerk.tokens import Reason, Refusal, verify
from accounts.models import User


class Backend(ModelBackend):
    """An inactive or banned person is refused, at sign-in and at every request after it. What a
    person may do is asked of `User.has_perm`, never of a backend."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.is_banned


class PasswordBackend(Backend):
    """Email (in any case) and password, for the admin, where ADMIN_PASSWORD_LOGIN allows it."""


class ClerkBackend(Backend):
    """A Clerk session token, for staff. Nobody is made here: whoever has a role is known."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, clerk_token: str | None = None, **credentials: Any
    ) -> User | None:
        """Raises ApiError, as `tokens.verify` does; also for who acts in somebody's place: what is
        done in the admin is done under one's own name."""
        if clerk_token is None:
            return None
        claims = verify(clerk_token, settings.CLERK)
        if claims.get("act") is not None:
            raise Refusal(Reason.IMPERSONATED)
        person = User.objects.by_clerk_id(claims["sub"])
        if person is None or not person.is_staff:
            return None
        if person.is_banned:
            raise Refusal(Reason.BANNED)
        return person if self.user_can_authenticate(person) else None
