from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import api_keys, changes, erasure
from accounts.clerk import people
from accounts.models import APIKey, EmailConflict, ErasureReceipt, Scope, User
from core import audit
from core.admin import ModelAdmin, ReadOnlyAdmin
from core.databases import AUTH

# The role decides; groups would only look as if they did.
admin.site.unregister(Group)


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "role")


@admin.register(User)
class UserAdmin(ModelAdmin, DjangoUserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("__str__", "first_name", "last_name", "role", "is_active", "created_at")
    list_filter = ("role", "is_active", "is_banned", "created_at")
    search_fields = ("=id", "email", "first_name", "last_name", "clerk_user_id")
    ordering = ("-created_at", "id")
    filter_horizontal = ()
    show_full_result_count = False
    readonly_fields = ("id", "is_banned", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("id", "email", "first_name", "last_name", "own_name")}),
        ("Sign-in", {"fields": ("clerk_user_id", "password", "is_active", "is_banned")}),
        ("What they may do", {"fields": ("role",)}),
        ("Dates", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "role", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody locks themselves out by one save: another admin may."""
        own = ("role", "is_active") if obj and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes.record(obj, obj.before_form, actor=request.user.pk)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The erasure has its own entry."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with a person is no matter of choice, nor of who may delete it by itself."""
        people = [str(person) for person in objs]
        return people, {"people": len(people)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.erase(request, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self.erase(request, list(queryset.values_list("pk", flat=True)))

    def erase(self, request: HttpRequest, ids: Sequence[UUID]) -> None:
        for id in ids:
            erasure.erase(id, actor=request.user.pk)
        if request.user.pk in ids:
            request.session.flush()  # its row went with them

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """What it says is kept in the session: not the email of somebody who was erased."""
        return super().response_delete(request, str(obj_id), obj_id)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django runs it in no transaction."""
        with transaction.atomic(using=AUTH):
            return super().user_change_password(request, id, form_url)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """To change somebody waits for its turn before it locks the row, as an erasure does."""
        is_change = request.method == "POST" and connections[AUTH].in_atomic_block
        if is_change:
            people.take_turns()
        person: Any = super().get_object(request, object_id, from_field)
        if person and is_change:
            person.before_form = audit.stored(person)
        return person

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        """Somebody made here has no Clerk id yet: without an email nobody could find them."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            form.base_fields["email"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        """A name that staff give stays; an email that they take away goes to who waits for it."""
        changed = set(form.changed_data)
        if change and changed & {"first_name", "last_name"} and "own_name" not in changed:
            obj.own_name = True
        if "email" in changed:
            people.take_turns()
        super().save_model(request, obj, form, change)
        if "email" in changed:
            people.hand_on(form.initial.get("email"), obj.email)


@admin.register(EmailConflict)
class EmailConflictAdmin(ReadOnlyAdmin):
    """To look at. It ends by itself, when one of the two has another email at Clerk."""

    list_display = ("user", "email", "holder", "created_at")
    list_select_related = ("user",)
    search_fields = ("email", "user__clerk_user_id")
    ordering = ("-created_at", "user_id")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailConflict]:
        holders = User.objects.alias(lower_email=Lower("email"))
        holders = holders.filter(lower_email=Lower(OuterRef("email")))
        name = Coalesce("clerk_user_id", "email", output_field=CharField())
        holder = Subquery(holders.values_list(name)[:1])
        return super().get_queryset(request).annotate(held_by=holder)

    @admin.display(description="whose it is here")
    def holder(self, conflict: Any) -> str:
        return conflict.held_by or "nobody's"


@admin.register(ErasureReceipt)
class ErasureReceiptAdmin(ReadOnlyAdmin):
    list_display = ("id", "requested_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter), "requested_at")
    search_fields = ("=id",)
    ordering = ("-requested_at", "id")
    fields = ("id", "requested_at", "finished_at", "counts")
    show_full_result_count = False


class APIKeyForm(forms.ModelForm):
    made_already = (
        "This key was made already, and was shown then. If nobody has copied it, revoke it in the "
        "list and open this page anew for another."
    )

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = APIKey
        fields = ("name", "scopes", "expires_at")

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError("This is past.")
        return expires_at


@admin.register(APIKey)
class APIKeyAdmin(ModelAdmin):
    """A key is made and revoked, never changed or removed: what it was stays known."""

    form = APIKeyForm
    list_display = ("name", "prefix", "state", "scopes", "created_at", "expires_at", "last_used_at")
    list_filter = ("revoked_at", "expires_at")
    search_fields = ("name", "=prefix")
    ordering = ("-created_at", "id")
    actions = ("revoke",)
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> tuple[str, ...]:
        asked = ("name", "scopes", "expires_at")
        more = ("prefix", "state", "created_by", "created_at", "last_used_at", "revoked_at")
        return (*asked, *more) if obj else asked

    def get_readonly_fields(
        self, request: HttpRequest, obj: APIKey | None = None
    ) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        obj.created_by = request.user.pk
        request.issued_key = api_keys.issue(obj)  # type: ignore[attr-defined]  # for the page that follows

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """`issue` has recorded it."""

    def response_add(
        self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page that shows the key: in no message, session or address. (The admin's pages
        are kept by no cache.)"""
        issued = request.issued_key  # type: ignore[attr-defined]
        context = self.admin_site.each_context(request) | {
            "title": "Copy the key now",
            "opts": self.opts,
            "key": obj,
            "issued": issued,
        }
        return TemplateResponse(request, "accounts/api_key_issued.html", context)

    @admin.display
    def state(self, key: APIKey) -> str:
        reason = api_keys.objection(key, timezone.now())
        return reason.removeprefix("key_") if reason else "in use" if key.last_used_at else "unused"

    @admin.action(description="Revoke, at once and for good", permissions=["add"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[APIKey]) -> None:
        revoked = sum(api_keys.revoke(key.prefix, actor=request.user.pk) for key in chosen)
        self.message_user(request, f"Revoked: {revoked}", messages.SUCCESS)
