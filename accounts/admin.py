from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest

from accounts import changes
from accounts.models import User
from core import audit
from core.admin import ModelAdmin
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
    list_filter = ("role", "is_active", "created_at")
    search_fields = ("=id", "email", "first_name", "last_name", "clerk_user_id")
    ordering = ("-created_at", "id")
    filter_horizontal = ()
    show_full_result_count = False
    readonly_fields = ("id", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("id", "email", "first_name", "last_name")}),
        ("Sign-in", {"fields": ("clerk_user_id", "password", "is_active")}),
        ("What they may do", {"fields": ("role",)}),
        ("Dates", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "role", "usable_password", "password1", "password2")},
        ),
    )

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes.record(obj, obj.before_form, actor=request.user.pk)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django runs it in no transaction."""
        with transaction.atomic(using=AUTH):
            return super().user_change_password(request, id, form_url)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        person: Any = super().get_object(request, object_id, from_field)
        if person and request.method == "POST":
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
