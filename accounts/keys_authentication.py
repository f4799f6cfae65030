from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.api_keys import recognise
from accounts.authentication import authorization_of
from accounts.models import APIKey

SCHEME = "Api-Key"


class KeyHolder(AnonymousUser):
    """Whoever calls with an API key. Nobody's id, no role; authenticated all the same, so that a
    refusal is 403."""

    def __str__(self) -> str:
        return "API key"

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key prefix.secret`; the key is `request.auth`."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, APIKey] | None:
        scheme, _, text = authorization_of(request).partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        return KeyHolder(), recognise(text.strip())

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'
