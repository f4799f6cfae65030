from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Role
from accounts.permissions import has_role
from core.admin import ModelAdmin, spoken_by_script
from properties.enquiries import service as enquiries
from properties.enquiries.model import Enquiry

ADMINS = frozenset({Role.ADMIN})
STAFF = frozenset({Role.ADMIN, Role.AGENT})


@admin.register(Enquiry)
class EnquiryAdmin(ModelAdmin):
    """Admins see every enquiry, agents those about their own listings. What was sent stays as it
    is; an admin may delete it, as for a guest who asks for that."""

    list_display = ("created_at", "status", "titled", "name", "email", "phone", "guests")
    list_filter = ("status", "created_at")
    search_fields = ("=id", "=listing__id", "name", "email", "phone", "listing_title")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    list_per_page = 50
    fields = (
        "status", "note", "id", "listing_id", "listing_title", "user_id", "name", "email", "phone",
        "message", "arrival", "departure", "guests", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = fields[2:]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enquiry]:
        return enquiries.handled_by(request.user).order_by(*self.ordering)

    @admin.display(description="listing title", ordering="listing_title")
    def titled(self, enquiry: Enquiry) -> str:
        return spoken_by_script(enquiry.listing_title)

    @admin.display(description="listing ID")
    def listing_id(self, enquiry: Enquiry) -> Any:
        if enquiry.listing_id is None:
            return None
        url = reverse("admin:properties_property_change", args=[enquiry.listing_id])
        return format_html('<a href="{}">{}</a>', url, enquiry.listing_id)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_role(request.user, STAFF)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Enquiry | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Enquiry | None = None) -> bool:
        """Whose it is was asked by `get_queryset`."""
        return has_role(request.user, STAFF)

    def has_delete_permission(self, request: HttpRequest, obj: Enquiry | None = None) -> bool:
        return has_role(request.user, ADMINS)

    def save_model(self, request: HttpRequest, obj: Enquiry, form: Any, change: bool) -> None:
        enquiries.save_handled(obj)
