import uuid
from typing import Self, cast

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

NAME_MAX_LENGTH = 150
PHONE_MAX_LENGTH = 30
MESSAGE_MAX_LENGTH = 4000
NOTE_MAX_LENGTH = 2000
GUESTS_MAX = 500


class EnquiryStatus(models.TextChoices):
    NEW = "new"
    ANSWERED = "answered"
    CLOSED = "closed"


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    def of_agent(self, agent_id: uuid.UUID) -> Self:
        """About the listings that are theirs now: who is given a listing is given its enquiries."""
        return self.filter(listing__agent_id=agent_id)

    def sent_by(self, user_id: uuid.UUID) -> Self:
        return self.filter(user_id=user_id)

    def before(self, created_at: str, id: str) -> Self:
        """What a list ordered by (-created_at, -id) shows after that row: one row comparison."""
        after = (
            "(properties_enquiry.created_at, properties_enquiry.id) < (%s::timestamptz, %s::uuid)"
        )
        return cast(Self, self.extra(where=[after], params=[created_at, id]))


# Whatever names the sender, or may. All of it is emptied when they are erased, and so is the note.
PERSONAL = ("name", "email", "phone", "message", "sent_key")


class Enquiry(models.Model):
    """What a visitor asks about a listing. They write it once; staff change `status` and `note`.

    `user_id` is the sender's account, null for a guest. `listing_title` is as it was then: an
    enquiry outlives its listing, whose deletion leaves `listing` null (by the database, so that no
    enquiry of the same moment stands in its way); it is then the admins' alone.
    `sent_key` tells the same enquiry sent again, see properties.enquiries.service.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The constraint, ON DELETE SET NULL, is made by the migration.
    listing = models.ForeignKey(
        "properties.Property",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="enquiries",
    )
    listing_title = models.CharField(max_length=200, editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    name = models.CharField(max_length=NAME_MAX_LENGTH, editable=False)
    email = models.EmailField(blank=True, editable=False)
    phone = models.CharField(max_length=PHONE_MAX_LENGTH, blank=True, editable=False)
    message = models.TextField(max_length=MESSAGE_MAX_LENGTH, editable=False)
    arrival = models.DateField(null=True, editable=False)
    departure = models.DateField(null=True, editable=False)
    guests = models.PositiveSmallIntegerField(null=True, editable=False)
    sent_key = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    status = models.CharField(
        max_length=8, choices=EnquiryStatus.choices, default=EnquiryStatus.NEW
    )
    note = models.TextField(
        max_length=NOTE_MAX_LENGTH,
        blank=True,
        help_text="For staff. A sender who asks for all that is kept of them is given it too.",
    )
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EnquiryQuerySet.as_manager()

    AUDIT_MASKED = frozenset({*PERSONAL, "note"})

    class Meta:
        verbose_name, verbose_name_plural = "enquiry", "enquiries"
        constraints = [
            models.CheckConstraint(
                condition=(~Q(name="") & ~Q(message="") & ~Q(email="", phone=""))
                | Q(user_id=None, **dict.fromkeys(PERSONAL, "")),
                name="properties_enquiry_is_from_somebody_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(status__in=EnquiryStatus.values), name="properties_enquiry_status_known"
            ),
            models.CheckConstraint(
                condition=Q(departure=None) | Q(departure__gt=F("arrival"), arrival__isnull=False),
                name="properties_enquiry_leaves_later",
            ),
            models.CheckConstraint(
                condition=Q(guests=None) | Q(guests__gte=1, guests__lte=GUESTS_MAX),
                name="properties_enquiry_guests_range",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="properties_enquiry_newest"),
            models.Index(fields=["status", "created_at", "id"], name="properties_enquiry_status"),
            models.Index(fields=["listing", "created_at", "id"], name="properties_enquiry_listing"),
            models.Index(fields=["user_id", "created_at", "id"], name="properties_enquiry_user"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'somebody erased'}: {self.listing_title}"
