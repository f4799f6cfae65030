from base64 import b64decode
from dataclasses import dataclass, field


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


def frontend_api_host(publishable_key: str) -> str:
    """Host of the Clerk project that a publishable key names, or "" when it is malformed.

    The key is `pk_test_` or `pk_live_` and base64 of the host with a `$` behind it
    (https://clerk.com/docs/deployments/clerk-environment-variables).
    """
    encoded = publishable_key.split("_", 2)[-1]
    try:
        decoded = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except ValueError:
        return ""
    host = decoded.removesuffix("$")
    bare = all(part.replace("-", "").isalnum() for part in host.split("."))
    return host if decoded.endswith("$") and "." in host and bare else ""
