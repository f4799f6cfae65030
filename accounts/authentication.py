import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.clerk.sign_in import person_of
from accounts.clerk.tokens import Reason, Refusal, verify
from accounts.directory import remote
from accounts.models import User
from core.errors import ErrorCode
from core.logs import current_impersonator

logger = logging.getLogger("accounts.sign_in")


class ClerkAuthentication(BaseAuthentication):
    """`Authorization: Bearer <session token>`, or else the session cookie of this Clerk project.

    A token that is there but wrong is refused on public pages too: whoever sends one believes to
    be signed in. A header of our own cannot be sent by a foreign page, a cookie can: with it, what
    writes must come from a page of ours.
    """

    def authenticate(self, request: Request) -> tuple[User, dict[str, object]] | None:
        try:
            token = token_of(request)
            if token is None:
                return None
            claims = verify(token, settings.CLERK)
            person = person_behind(token, claims)
            if not person.is_active:
                raise Refusal(Reason.INACTIVE)
            if person.is_banned:
                raise Refusal(Reason.BANNED)
        except Refusal as refusal:
            note(refusal.reason)
            raise
        current_impersonator.set(person.impersonated_by)
        return person, claims

    def authenticate_header(self, request: Request) -> str:
        """With it a refusal is 401 with this challenge (RFC 6750), without it 403."""
        return 'Bearer realm="api"'


def person_behind(token: str, claims: Mapping[str, Any]) -> User:
    api = settings.ACCOUNTS_API
    return person_of(claims) if api is None else remote(api).accounts.person_of(token)


def authorization_of(request: Request) -> str:
    """The header; `request.headers` would first make a mapping of all there are."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header


def token_of(request: Request) -> str | None:
    """A header of whatever scheme comes before the cookie: it says who is meant."""
    authorization = authorization_of(request)
    if not authorization:
        return cookie(request)
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie(request: Request) -> str | None:
    """Raises FORBIDDEN for a write that a page of somebody else may have caused.

    The Origin is compared whole (https://owasp.org/www-community/attacks/csrf): `null`, which
    sandboxed pages send, and a host that merely ends like ours are refused, and so is none at all,
    since every browser sends one with a write.
    """
    token: str | None = request.COOKIES.get(settings.CLERK.session_cookie)
    if token and (session := getattr(request, "session", None)) is not None:
        session.accessed = True  # the answer says `Vary: Cookie`, as for Django's own cookie
    if token and request.method not in SAFE_METHODS:
        origin = request.headers.get("Origin")
        if origin is None:
            raise Refusal(Reason.ORIGIN_MISSING, ErrorCode.FORBIDDEN)
        if origin not in (*settings.FRONTEND_URLS, f"{request.scheme}://{request.get_host()}"):
            raise Refusal(Reason.ORIGIN, ErrorCode.FORBIDDEN)
    return token or None


def note(reason: Reason) -> None:
    logger.info("sign-in refused", extra={"reason": reason.value})
