import time
from pathlib import Path
from typing import Any

import jwt
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from accounts.clerk.tokens import ALGORITHM, verify
from accounts.models import Role, User
from core.errors import ApiError

DEVELOPMENT = ("development", "test")


class Command(BaseCommand):
    help = (
        "Print a session token for development, signed with the key of DEV_JWT_PRIVATE_KEY_FILE "
        "and verified like any other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=Role.values, help="a person made for this role")
        parser.add_argument("--email", help="somebody in particular; made when not there yet")
        parser.add_argument("--hours", type=float, default=1.0, help="how long it is good for (1)")

    def handle(self, *, role: str | None, email: str | None, hours: float, **options: Any) -> None:
        key = private_key()
        if not 0 < hours <= 24 * 365:
            raise CommandError("--hours must be more than 0 and at most 8760, one year.")
        person = person_with(email, role) if email else person_for(role or Role.USER)
        self.stdout.write(signed(key, person, hours))


def private_key() -> str:
    """PEM. Raises CommandError outside of development, and when there is no key to read."""
    if settings.ENVIRONMENT not in DEVELOPMENT:
        raise CommandError(f"dev_token is for development; this is {settings.ENVIRONMENT}.")
    if not settings.DEV_JWT_PRIVATE_KEY_FILE:
        raise CommandError("DEV_JWT_PRIVATE_KEY_FILE is not set; `make run` makes a key.")
    try:
        return Path(settings.DEV_JWT_PRIVATE_KEY_FILE).read_text()
    except (OSError, ValueError) as error:
        raise CommandError(f"DEV_JWT_PRIVATE_KEY_FILE cannot be read: {error}.") from error


def person_for(role: str) -> User:
    """The one development person of a role, e.g. with the Clerk id `dev_agent`."""
    values = {"role": role, "is_active": True}
    names = {"first_name": "Development", "last_name": role.title()}
    person, _ = User.objects.update_or_create(
        clerk_user_id=f"dev_{role}", defaults=values, create_defaults=values | names
    )
    return person


def person_with(email: str, role: str | None) -> User:
    """Somebody of the sample data has no Clerk id until a token is asked for."""
    person = User.objects.with_email(email).first()
    if person is None:
        person = User.objects.create_user(email, role=role or Role.USER)
    if role and person.role != role:
        raise CommandError(
            f"{email} is {person.role}, not {role}; `manage.py set_role` changes it."
        )
    if not person.is_active:
        raise CommandError(f"{email} has been deactivated.")
    if not person.clerk_user_id:
        person.clerk_user_id = f"dev_{person.id.hex}"
        person.save(update_fields=["clerk_user_id", "updated_at"])
    return person


def signed(key: str, person: User, hours: float) -> str:
    """Raises CommandError when this product would not accept the token."""
    now = int(time.time())
    claims = {
        "iss": settings.CLERK.issuer,
        "sub": person.clerk_user_id,
        "iat": now,
        "nbf": now,
        "exp": now + int(hours * 3600),
    }
    if parties := settings.CLERK.authorized_parties:
        claims["azp"] = parties[0]
    try:
        token = jwt.encode(claims, key, ALGORITHM, headers={"kid": "development"})
        verify(token, settings.CLERK)
    except (jwt.PyJWTError, ValueError) as error:
        raise CommandError(f"DEV_JWT_PRIVATE_KEY_FILE holds no RSA key: {error}.") from error
    except ApiError as error:
        raise CommandError(
            "CLERK_JWT_KEY is not the public half of DEV_JWT_PRIVATE_KEY_FILE, "
            "so the token would be refused."
        ) from error
    return token
