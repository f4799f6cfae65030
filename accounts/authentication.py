from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.clerk.sign_in import person_of
from accounts.clerk.tokens import Reason, refused, verify
from accounts.directory import remote
from accounts.models import User


class ClerkAuthentication(BaseAuthentication):
    """`Authorization: Bearer <session token>`.

    A token that is there but wrong is refused on public pages too: whoever sends one believes to
    be signed in.
    """

    def authenticate(self, request: Request) -> tuple[User, dict[str, object]] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        claims = verify(token.strip(), settings.CLERK)
        api = settings.ACCOUNTS_API
        person = person_of(claims) if api is None else remote(api).accounts.person_of(token.strip())
        if not person.is_active:
            raise refused(Reason.INACTIVE)
        return person, claims

    def authenticate_header(self, request: Request) -> str:
        """With it a refusal is 401 with this challenge (RFC 6750), without it 403."""
        return 'Bearer realm="api"'
