"""The lowest layer of a product's settings on a developer's machine: `.local/{product}.env`."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.local.processes import write_private

HEADER = (
    "# Written by `make run`, readable by you alone, and kept from one run to the next.\n"
    "# To change a setting put it into .env.{product}, which wins over this file.\n"
)


def read(file: Path) -> dict[str, str]:
    """NAME=value lines of a file this module wrote; {} when there is none. A line without a value
    is what a full disk left: to be made anew."""
    try:
        lines = [line.strip() for line in file.read_text(errors="replace").splitlines()]
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs if value}


def write(file: Path, product: str, values: Mapping[str, str]) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    write_private(file, HEADER.format(product=product) + lines)


def defaults(product: str, frontend_port: int) -> dict[str, str]:
    """What a product needs to start with no account anywhere; new secrets at each call."""
    clerk_host = f"clerk.{product}.localhost"
    return {
        "ENVIRONMENT": "development",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "FRONTEND_URLS": f"http://localhost:{frontend_port}",
        "CLERK_PUBLISHABLE_KEY": "pk_test_" + b64encode(f"{clerk_host}$".encode()).decode(),
        "CLERK_SECRET_KEY": "sk_test_" + secrets.token_urlsafe(32),
        "CLERK_WEBHOOK_SECRET": "whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        "SEED_ADMIN_PASSWORD": secrets.token_urlsafe(12),
        "LOCAL_OWNER_PASSWORD": secrets.token_urlsafe(24),
        "LOCAL_USER_PASSWORD": secrets.token_urlsafe(24),
        "LOCAL_AUTH_OWNER_PASSWORD": secrets.token_urlsafe(24),
        "LOCAL_AUTH_USER_PASSWORD": secrets.token_urlsafe(24),
        "LOCAL_REDIS_PASSWORD": secrets.token_urlsafe(24),
    }


def signing_key(file: Path) -> str:
    """The public half (PEM, on one line) of the key `file` holds, which is made when it is missing
    or damaged.

    It stands in for Clerk's: `manage.py dev_token` signs with the private half.
    """
    key = private_key(file)
    if key is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_private(file, private.decode())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode().strip().replace("\n", "\\n")


def private_key(file: Path) -> rsa.RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):  # TypeError: it asks for a password
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048 else None
