import re
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha1

LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class ClerkConfig:
    """One product's Clerk project.

    `jwt_key` is a static public key (PEM): with it no network is used. Without it the keys come
    from `jwks_url`. `issuer` is what `iss` must equal, to the letter. `api_url` is Clerk's Backend
    API, which `secret_key` opens. Any of `webhook_secrets` may have signed a webhook, so that one
    can be replaced while both are in use.
    """

    publishable_key: str
    issuer: str
    jwks_url: str
    secret_key: str = field(default="", repr=False)
    api_url: str = "https://api.clerk.com/v1"
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    jwt_key: str = ""
    authorized_parties: tuple[str, ...] = ()

    @cached_property
    def session_cookie(self) -> str:
        """Name of the cookie in which Clerk's front end keeps the session token of this project.

        `getCookieSuffix` and `getSuffixedCookieName` of
        https://github.com/clerk/javascript/blob/main/packages/shared/src/keys.ts. The cookie
        without a suffix may be any other project's that shares the host.
        """
        digest = sha1(self.publishable_key.encode(), usedforsecurity=False).digest()
        return f"__session_{urlsafe_b64encode(digest)[:8].decode()}"

    @property
    def account_portal(self) -> str:
        """Origin of Clerk's hosted pages, from the issuer: `clerk.example.com` has them at
        `accounts.example.com`, and a development instance `x.clerk.accounts.dev` at
        `x.accounts.dev` (https://clerk.com/docs/account-portal/overview). "" for a made-up one, as
        `make run` has it: a name under `.localhost` (RFC 6761)."""
        host = self.issuer.removeprefix("https://")
        if host.endswith(".localhost"):
            return ""
        if host.endswith(".clerk.accounts.dev"):
            return f"https://{host.removesuffix('.clerk.accounts.dev')}.accounts.dev"
        return f"https://accounts.{host.removeprefix('clerk.')}"


def frontend_api_host(publishable_key: str) -> str:
    """Host of the Clerk project that a publishable key names, or "" when it is malformed.

    The key is `pk_test_` or `pk_live_` and base64 of the host with a `$` behind it. The host must
    be bare: with a port, a path or a user in it the keys would come from somewhere else
    (https://clerk.com/docs/deployments/clerk-environment-variables).
    """
    encoded = publishable_key.split("_", 2)[-1]
    try:
        decoded = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except ValueError:
        return ""
    host = decoded.removesuffix("$")
    return host if decoded.endswith("$") and HOST.fullmatch(host) else ""
