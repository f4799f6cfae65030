"""How signing in is described in the OpenAPI document; imported when the app is ready."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.keys_authentication import KeyHolder
from accounts.models import APIKey, Scope


class ClerkScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.ClerkAuthentication"
    name = "clerk"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A Clerk session token, as `getToken()` of Clerk's SDK gives it. On the "
            "API's own host Clerk's session cookie will do.",
        }


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.keys_authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Of the operations that a scope opens. They name it in their words: OpenAPI 3.0 leaves a
        key no other place."""
        opened = (auto_schema.is_open_to(KeyHolder(), APIKey(scopes=[scope])) for scope in Scope)
        return [{self.name: []}] if any(opened) else []

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key prefix.secret`, for programs. A key opens the operations that "
            "name one of its scopes, and no other.",
        }
