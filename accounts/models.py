import secrets
import uuid
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from core import audit
from core.databases import AUTH, steady_rows
from core.models import Timestamped


class Role(models.TextChoices):
    ADMIN = "admin"
    AGENT = "agent"
    USER = "user"


class Scope(models.TextChoices):
    """What an API key may be used for; it opens nothing else."""

    USERS_READ = "users:read", "users:read"


# Who sees what in the admin: role -> app label -> actions. An admin may do everything and stands
# in no table; whose rows an agent sees there is the business of that app's admin.
ADMIN_SITE: dict[str, dict[str, frozenset[str]]] = {
    Role.AGENT: {
        "properties": frozenset({"view", "add", "change", "delete"}),
        "faq": frozenset({"view", "add", "change", "delete"}),
    }
}


def role_allows(role: str, permission: str) -> bool:
    """Whether a role holds one of Django's permission names, e.g. "faq.change_document"."""
    if role == Role.ADMIN:
        return True
    app, _, codename = permission.partition(".")
    return codename.partition("_")[0] in ADMIN_SITE.get(role, {}).get(app, ())


SEARCHED = ("email", "first_name", "last_name")


class UserQuerySet(models.QuerySet["User"]):
    def beginning(self, text: str) -> "UserQuerySet":
        """Those whose email, first or last name begins so, in any case; by three indexes."""
        begins = Q()
        for field in SEARCHED:
            begins |= Q(**{f"lower_{field}__startswith": Lower(models.Value(text))})
        lowered = {f"lower_{field}": Lower(field) for field in SEARCHED}
        return self.alias(**lowered).filter(begins)

    def before(self, created_at: str, id: str) -> "UserQuerySet":
        """What a list ordered by (-created_at, -id) shows after that row: one row comparison."""
        after = "(created_at, id) < (%s::timestamptz, %s::uuid)"
        return cast(UserQuerySet, self.extra(where=[after], params=[created_at, id]))

    def with_email(self, email: str) -> "UserQuerySet":
        """In any case; by the index behind the unique constraint."""
        return self.alias(lower_email=Lower("email")).filter(
            lower_email=Lower(models.Value(email.strip()))
        )

    def delete(self) -> tuple[int, dict[str, int]]:
        """Leaves a tombstone for each, so that no live token makes them anew."""
        with transaction.atomic(using=AUTH):
            known = self.filter(clerk_user_id__isnull=False)
            Tombstone.objects.bury(known.values_list("clerk_user_id", flat=True))
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]  # as Django's own: not of a manager


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def by_clerk_id(self, clerk_user_id: str) -> "User | None":
        """Runs at every request with a token: as SQL, for building it anew takes longer than the
        query itself."""
        rows = steady_rows(BY_CLERK_ID, [clerk_user_id], AUTH, binary=True)
        return User.from_db(AUTH, COLUMNS, rows[0]) if rows else None

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.with_email(email or "").get()

    def create_user(
        self, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Raises ValidationError, e.g. for an email that is taken."""
        user: User = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """What `manage.py createsuperuser` calls."""
        with transaction.atomic(using=AUTH):
            user = self.create_user(email, password, role=Role.ADMIN, **fields)
            audit.created(user)
        return user


SALT_LENGTH = 16


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_LENGTH)


class RandomSalt(models.Func):
    """For rows that come without one: each row's own, also of those that a migration finds."""

    template = "uuid_send(gen_random_uuid())"
    output_field = models.BinaryField()


class User(AbstractBaseUser, Timestamped):
    """A person of this product. The role decides what they may do, in the API and in the admin.

    `clerk_user_id` is the `sub` of a session token; `email` is absent until Clerk tells it, since
    session tokens carry none by default. No PermissionsMixin: groups and permissions by person
    would be a second answer to the question that the role answers.

    `audit_salt` is what the hashes of personal values in the audit log are made with. It is shown
    nowhere and goes with the row; then nobody can tell any more whose they were.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clerk_user_id = models.CharField(
        "Clerk user ID", max_length=255, unique=True, null=True, blank=True
    )
    email = models.EmailField(null=True, blank=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    own_name = models.BooleanField(
        default=False,
        help_text="The name was chosen here: Clerk's no longer takes its place.",
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to refuse sign-in, with Clerk and by password."
    )
    is_banned = models.BooleanField(
        "banned",
        default=False,
        db_default=False,
        editable=False,
        help_text="At Clerk, where it is lifted too. Refused everywhere until then.",
    )
    # How new what Clerk told of them is, by Clerk's clock: whatever is older is not taken.
    clerk_updated_at = models.DateTimeField(null=True, blank=True, editable=False)

    audit_salt = models.BinaryField(
        default=new_salt, db_default=RandomSalt(), editable=False, max_length=SALT_LENGTH
    )

    # The admin who acts in this person's place in this request; see accounts.clerk.sign_in.
    impersonated_by: uuid.UUID | None = None

    objects = UserManager()

    AUDIT_MASKED = frozenset({"password", "audit_salt"})
    AUDIT_PERSONAL = frozenset({"clerk_user_id", "email", "first_name", "last_name"})

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_unique",
                violation_error_message="Somebody with this email already exists.",
            ),
            # The empty string would be a value that only one person can have.
            models.CheckConstraint(condition=~Q(email=""), name="accounts_user_email_not_empty"),
            models.CheckConstraint(
                condition=~Q(clerk_user_id=""), name="accounts_user_clerk_user_id_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="accounts_user_role_known"
            ),
        ]
        indexes = [
            models.Index("created_at", "id", name="accounts_user_newest"),
            models.Index("role", "created_at", "id", name="accounts_user_newest_of_role"),
            *(
                models.Index(
                    OpClass(Lower(field), "text_pattern_ops"), name=f"accounts_user_{field}"
                )
                for field in SEARCHED
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.clerk_user_id or str(self.id)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    # What Django's admin and forms ask of a user: get_short_name to is_superuser and has_perm.

    def get_short_name(self) -> str:
        return self.first_name or str(self)

    def get_full_name(self) -> str:
        return self.full_name or str(self)

    def clean(self) -> None:
        super().clean()
        self.email = self.email or None
        self.clerk_user_id = self.clerk_user_id or None
        if self.clerk_user_id and Tombstone.objects.covers(self.clerk_user_id):
            raise ValidationError({"clerk_user_id": "This Clerk user has been deleted here."})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Leaves a tombstone, as `UserQuerySet.delete` does."""
        with transaction.atomic(using=AUTH):
            if self.clerk_user_id:
                Tombstone.objects.bury([self.clerk_user_id])
            return super().delete(*args, **kwargs)

    @property
    def is_staff(self) -> bool:
        return self.role in (Role.ADMIN, Role.AGENT)

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return self.is_active and role_allows(self.role, perm)

    def has_perms(self, perm_list: list[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and (self.is_superuser or app_label in ADMIN_SITE.get(self.role, {}))


class TombstoneManager(models.Manager["Tombstone"]):
    """Both of its locks end with the transaction; the audit's, which comes last, goes after them.

    Whoever deletes holds the lock alone and whoever makes people shares it: somebody who is being
    made while they are being deleted would otherwise outlive their tombstone.
    """

    def bury(self, clerk_user_ids: Iterable[str]) -> None:
        """In the transaction that deletes them. Twice is as good as once."""
        self.lock("pg_advisory_xact_lock")
        stones = [Tombstone(clerk_user_id_hash=hash_of(sub)) for sub in clerk_user_ids]
        self.using(AUTH).bulk_create(stones, ignore_conflicts=True)

    def may_make(self, clerk_user_id: str) -> bool:
        """Whether this Clerk user was never deleted. In the transaction that makes the person."""
        self.lock("pg_advisory_xact_lock_shared")
        return not self.covers(clerk_user_id)

    def covers(self, clerk_user_id: str) -> bool:
        return self.using(AUTH).filter(clerk_user_id_hash=hash_of(clerk_user_id)).exists()

    def lock(self, function: str) -> None:
        with connections[AUTH].cursor() as cursor:
            cursor.execute(f"SELECT {function}({PEOPLE_LOCK})")


class Tombstone(models.Model):
    """A Clerk user who was deleted here: their tokens sign nobody in, and nothing makes them anew.

    Clerk never gives an id a second time, and a session token outlives its user by a minute, a
    webhook that is sent again by days. The hash alone is kept (of 27 random letters, so that none
    can be guessed): it names nobody whose id one does not already have.
    """

    clerk_user_id_hash = models.CharField(primary_key=True, max_length=64, editable=False)
    deleted_at = models.DateTimeField(auto_now_add=True)

    objects = TombstoneManager()

    def __str__(self) -> str:
        return self.clerk_user_id_hash


class ErasureReceipt(models.Model):
    """That somebody was erased, and what of them. It holds nothing about the person.

    `person_hash` is of the row's id, a random number that names nobody: the same erasure asked for
    twice has one receipt. `finished_at` is empty until the apps have done their part.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_hash = models.CharField(max_length=64, unique=True, editable=False)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)
    counts = models.JSONField(default=dict, editable=False)

    def __str__(self) -> str:
        return str(self.id)


class WebhookEvent(models.Model):
    """A delivery that was applied, by the id that stays the same when it is sent again."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=50)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class EmailConflict(models.Model):
    """Clerk gives this person an email that somebody else has here: they go without one.

    Never merged, since that would hand one person's account to another. Whoever has waited longest
    gets the email when its holder gives it up.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    email = models.EmailField()
    created_at = models.DateTimeField("since", auto_now_add=True)

    class Meta:
        indexes = [models.Index(Lower("email"), name="accounts_conflict_email")]

    def __str__(self) -> str:
        return f"{self.user}: {self.email}"


def hash_of(id: str) -> str:
    return sha256(id.encode()).hexdigest()


PEOPLE_LOCK = int.from_bytes(b"people")  # no other advisory lock of the database has this number

# What few requests need is asked for there: to read a time took longer than all that is none.
LEFT_OUT = ("audit_salt", "password", "last_login", "updated_at", "clerk_updated_at", "own_name")
COLUMNS = [f.attname for f in User._meta.concrete_fields if f.attname not in LEFT_OUT]
BY_CLERK_ID = f"SELECT {', '.join(COLUMNS)} FROM {User._meta.db_table} WHERE clerk_user_id = %s"


class APIKey(models.Model):
    """A program's way in: it opens what its scopes name and acts for nobody.

    Only a hash of the secret is stored. `created_by` is a person's id, without a foreign key: a key
    outlives the person who made it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, help_text="Who uses it, and for what.")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices))
    created_by = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    AUDIT_MASKED = frozenset({"secret_hash"})

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values), name="accounts_apikey_scopes_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
