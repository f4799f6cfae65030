"""Compares all of Clerk's users with the people here, and repairs what differs.

Killed at any point and run again, it ends with the same result: what was repaired is found as it
should be, and nobody is removed before the list was read to its end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts import erasure
from accounts.clerk import people
from accounts.clerk.backend_api import BackendApi
from accounts.clerk.people import Outcome, differences, is_older
from accounts.clerk.profiles import Profile, UnreadableUser, profile_of
from accounts.models import EmailConflict, Role, Tombstone, User, hash_of
from core.databases import AUTH

# More than this of the people here gone at once is rather a mistake than the truth.
REMOVABLE_SHARE = 0.2
# Of all ids Clerk's begin so; `dev_token` and imports make others, who are left alone.
CLERK_ID_PREFIX = "user_"


class TooManyRemovals(Exception):
    """(names of who is gone, of how many)"""


@dataclass
class Report:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    unreadable: int = 0
    conflicts: int = 0

    def __str__(self) -> str:
        done = ("created", "updated", "unchanged", "removed", "unreadable")
        counts = ", ".join(f"{getattr(self, name)} {name}" for name in done)
        return f"{counts}; {self.conflicts} without their email, which somebody else has"


@dataclass
class Sync:
    """`tell` is given what a dry run would do and what cannot be read, line by line; `advance` how
    many users were compared."""

    api: BackendApi
    dry_run: bool
    allow_removals: bool
    tell: Callable[[str], None]
    advance: Callable[[int], Any]
    report: Report = field(default_factory=Report)

    def run(self) -> None:
        """Raises ApiUnavailable, KeysUnavailable and TooManyRemovals; what was done stays done."""
        began = timezone.now()
        seen: set[str] = set()
        for page in self.api.pages():
            profiles = self.readable(page, seen)
            self.compare(profiles)
            self.advance(len(page))
        ours = User.objects.using(AUTH).filter(
            clerk_user_id__startswith=CLERK_ID_PREFIX, created_at__lt=began
        )
        roles = dict(ours.values_list("clerk_user_id", "role"))
        self.remove({id: role for id, role in roles.items() if id not in seen}, len(roles))
        self.report.conflicts = EmailConflict.objects.using(AUTH).count()

    def readable(self, users: Sequence[Any], seen: set[str]) -> list[Profile]:
        """Whoever cannot be read counts as seen: they are there."""
        profiles = []
        for user in users:
            id = user.get("id") if isinstance(user, dict) else None
            seen.add(str(id))
            try:
                profiles.append(profile_of(user))
            except UnreadableUser as problem:
                self.report.unreadable += 1
                self.tell(f"cannot read {id}: {problem}")
        return profiles

    def compare(self, profiles: Sequence[Profile]) -> None:
        """One page. Who is as they should be costs no query of their own."""
        ids = [profile.clerk_user_id for profile in profiles]
        there = {p.clerk_user_id: p for p in User.objects.using(AUTH).filter(clerk_user_id__in=ids)}
        hashes = [hash_of(id) for id in ids if id not in there]
        stones = Tombstone.objects.using(AUTH).filter(clerk_user_id_hash__in=hashes)
        buried = set(stones.values_list("clerk_user_id_hash", flat=True))
        waiting = dict(
            EmailConflict.objects.using(AUTH)
            .filter(user__in=there.values())
            .values_list("user_id", "email")
        )
        same = []
        for profile in profiles:
            person = there.get(profile.clerk_user_id)
            if person is None:
                if hash_of(profile.clerk_user_id) not in buried:
                    self.create(profile)
            elif is_older(profile, person):
                self.report.unchanged += 1
            elif changed := differences(person, profile):
                self.update(person, profile, changed, waiting.get(person.id))
            else:
                same.append(profile)
        self.report.unchanged += len(same)
        if same and not self.dry_run:
            people.confirm(same)

    def create(self, profile: Profile) -> None:
        self.would(f"create {profile.clerk_user_id} {profile.email or ''}".rstrip())
        self.count(Outcome.CREATED if self.dry_run else people.keep(profile))

    def update(
        self, person: User, profile: Profile, changed: people.Values, waits_for: str | None
    ) -> None:
        """An email that was refused before is tried again, and said only when it is given."""
        if changed.get("email") == waits_for and waits_for is not None:
            del changed["email"]
        said = ", ".join(f"{k} {getattr(person, k)!r} -> {v!r}" for k, v in changed.items())
        if said:
            self.would(f"change {profile.clerk_user_id}: {said}")
        would = Outcome.UPDATED if said else Outcome.UNCHANGED
        self.count(would if self.dry_run else people.keep(profile))

    def remove(self, gone: Mapping[str, str], known: int) -> None:
        """Each is asked for once more: the list may have missed them, see `BackendApi.pages`.

        `gone` has their roles; staff are named first, such as an admin whose id was mistyped.
        """
        if len(gone) > known * REMOVABLE_SHARE and not self.allow_removals:
            staff = [f"{id} ({role})" for id, role in gone.items() if role != Role.USER]
            others = [id for id, role in gone.items() if role == Role.USER]
            raise TooManyRemovals([*staff, *others], known)
        for id in gone:
            user = self.api.user(id)
            if user is not None:
                self.compare(self.readable([user], set()))
                continue
            self.would(f"remove {id}")
            self.count(Outcome.REMOVED if self.dry_run else erasure.erase_clerk_user(id))

    def would(self, line: str) -> None:
        """Emails and names are for whoever asks for a dry run, not for the log of a nightly job."""
        if self.dry_run:
            self.tell(line)

    def count(self, outcome: Outcome) -> None:
        """What a webhook did in the meantime was not done here."""
        name = outcome if hasattr(self.report, outcome) else Outcome.UNCHANGED
        setattr(self.report, name, getattr(self.report, name) + 1)
