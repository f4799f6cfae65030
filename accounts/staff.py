"""How staff sign in to the admin: with Clerk, or with a password where that is allowed."""

from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME, authenticate, login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from accounts import changes, throttle
from accounts.authentication import note
from accounts.clerk.tokens import Reason, Refusal
from accounts.models import User
from core.databases import AUTH
from core.errors import ApiError, ErrorCode

# A Clerk session may end elsewhere, which nobody tells us of: then the admin's ends with the shift.
CLERK_SESSION = timedelta(hours=12)


class PasswordForm(AdminAuthenticationForm):
    """Django's own, throttled."""

    retry_after = 0

    def clean(self) -> dict[str, Any]:
        if not settings.ADMIN_PASSWORD_LOGIN:
            raise ValidationError("Passwords are not used here. Sign in with Clerk.")
        request = cast(HttpRequest, self.request)
        email = self.cleaned_data.get("username") or ""
        self.retry_after = throttle.wait_before(request, email)
        if self.retry_after:
            note(Reason.THROTTLED)
            raise ValidationError(f"{too_many(self.retry_after)}, or sign in with Clerk.")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            note(Reason.PASSWORD)
            raise
        throttle.succeeded(request, email)
        return cleaned


def too_many(wait: int) -> str:
    return f"Too many attempts. Wait {wait} second{pluralize(wait)}"


@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's sign-in page, with both ways."""
    page = admin.site.login(request, clerk_context(request))
    form = getattr(page, "context_data", None) and page.context_data["form"]  # type: ignore[attr-defined]
    if isinstance(page, HttpResponseRedirect) and request.method == "POST":
        remember_device(request, page)
    elif form and form.retry_after:
        page.status_code = 429
        page["Retry-After"] = str(form.retry_after)
    return page


def clerk_context(request: HttpRequest) -> dict[str, Any]:
    """Clerk's hosted page leads back here, where the cookie it left is taken as a sign-in."""
    here = request.build_absolute_uri()
    portal = settings.CLERK.account_portal
    return {
        "clerk_url": portal and f"{portal}/sign-in?{urlencode({'redirect_url': here})}",
        "has_clerk_session": settings.CLERK.session_cookie in request.COOKIES,
        "password_login": settings.ADMIN_PASSWORD_LOGIN,
    }


def remember_device(request: HttpRequest, page: HttpResponse) -> None:
    page.set_cookie(
        throttle.device_cookie_name(),
        throttle.device_token(request.POST.get("username", "")),
        max_age=throttle.DEVICE_AGE,
        path=reverse("admin:index"),  # the page for another password too
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    """One's own. Django's page, which by itself counts no guesses of the old password, records
    nothing and writes back the whole person as they were at the beginning of the request."""
    if not settings.ADMIN_PASSWORD_LOGIN:
        messages.error(request, "Passwords are not used here.")
        return HttpResponseRedirect(reverse("admin:index"))
    if request.method != "POST":
        return admin.site.password_change(request)
    email = cast(User, request.user).email or ""
    if wait := throttle.wait_before(request, email):
        note(Reason.THROTTLED)
        messages.error(request, f"{too_many(wait)}.")
        return HttpResponseRedirect(request.path)
    with transaction.atomic(using=AUTH):
        person = get_object_or_404(User.objects.select_for_update(), pk=request.user.pk)
        request.user, before = person, {"password": person.password}
        page = admin.site.password_change(request)
        changes.record(person, before, actor=person.id)
    if person.password != before["password"]:
        throttle.succeeded(request, email)
    return page


@never_cache
@csrf_protect
@require_POST
def sign_in_with_clerk(request: HttpRequest) -> HttpResponse:
    """`token` in the form, or Clerk's session cookie. The form's own CSRF token shows that it was
    our page that sent it: no other can sign somebody in as somebody else."""
    token = request.POST.get("token") or request.COOKIES.get(settings.CLERK.session_cookie, "")
    after = next_page(request)
    try:
        person = authenticate(request, clerk_token=token)
    except ApiError as error:
        if isinstance(error, Refusal):
            note(error.reason)
        unavailable = error.code == ErrorCode.SERVICE_UNAVAILABLE
        reason = "Clerk cannot be reached just now." if unavailable else error.message
        return back_to_sign_in(request, after, reason)
    if person is None:
        note(Reason.NOT_STAFF)
        return back_to_sign_in(request, after, "This account is not one of the staff here.")
    login(request, person)
    # A moment, not a number of seconds, which would begin anew whenever the session is written.
    request.session.set_expiry(timezone.now() + CLERK_SESSION)
    return HttpResponseRedirect(after)


def next_page(request: HttpRequest) -> str:
    """Where to go on, on this host alone."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("admin:index")


def back_to_sign_in(request: HttpRequest, after: str, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return HttpResponseRedirect(f"{reverse('admin:login')}?{REDIRECT_FIELD_NAME}={quote(after)}")
