from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.clerk import people
from accounts.models import EmailConflict, User

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
class UserAdmin(DjangoUserAdmin):
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
        (None, {"fields": ("id", "email", "first_name", "last_name", "own_name")}),
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
class EmailConflictAdmin(admin.ModelAdmin):
    """To look at. It ends by itself, when one of the two has another email at Clerk."""

    list_display = ("user", "email", "holder", "created_at")
    list_select_related = ("user",)
    search_fields = ("email", "user__clerk_user_id")
    ordering = ("-created_at", "user_id")
    show_full_result_count = False

    @admin.display(description="whose it is here")
    def holder(self, conflict: EmailConflict) -> str:
        holder = User.objects.with_email(conflict.email).first()
        return holder.clerk_user_id or str(holder) if holder else "nobody's"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
