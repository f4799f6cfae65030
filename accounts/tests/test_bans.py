"""Whoever is banned at Clerk is refused here, everywhere and for as long as they are."""

from dataclasses import replace

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.clerk.people import Outcome, keep
from accounts.clerk.profiles import profile_of
from accounts.models import User
from core.databases import AUTH
from core.models import AuditEntry
from core.testing.clerk import clerk_user, session_token

pytestmark = [pytest.mark.any_product, pytest.mark.django_db]
ME, INDEX = "/api/v1/users/me", reverse("admin:index")
T1, T2, T3 = (1_700_000_000_000 + n for n in (1, 2, 3))


def tell(person, updated_at, **values):
    """What Clerk tells of them, by webhook or when all are compared."""
    names = {"first_name": person.first_name, "last_name": person.last_name}
    user = clerk_user(person.clerk_user_id, person.email, updated_at=updated_at, **names | values)
    return keep(profile_of(user))


def reason(response):
    return response.status_code, response.json()["error"]["details"]["reason"]


def actions():
    entries = AuditEntry.objects.using(AUTH).order_by("id")
    return list(entries.values_list("action", "before", "after"))


def test_a_ban_holds_until_it_is_lifted(users, sign_in):
    client = sign_in(users.user)
    assert tell(users.user, T1, banned=True) == Outcome.UPDATED
    assert reason(client.get(ME)) == (401, "banned")
    assert reason(client.get("/api/v1/properties")) == (401, "banned")
    assert tell(users.user, T1, banned=True) == Outcome.UNCHANGED
    assert tell(users.user, T2, banned=False) == Outcome.UPDATED
    assert client.get(ME).status_code == 200
    assert actions() == [
        ("user.banned", {"is_banned": False}, {"is_banned": True}),
        ("user.unbanned", {"is_banned": True}, {"is_banned": False}),
    ]


def test_what_is_older_lifts_no_ban(users, sign_in):
    tell(users.user, T3, banned=True)
    assert tell(users.user, T2, banned=False) == Outcome.IGNORED
    assert reason(sign_in(users.user).get(ME)) == (401, "banned")


def test_a_ban_and_a_deactivation_are_two_things(users, sign_in):
    User.objects.filter(id=users.user.id).update(is_active=False)
    tell(users.user, T1, banned=True)
    tell(users.user, T2, banned=False)
    assert reason(sign_in(users.user).get(ME)) == (401, "inactive")


def test_a_lock_which_anybody_can_cause_and_nobody_ends_is_no_ban(users, sign_in):
    assert tell(users.user, T1, locked=True, lockout_expires_in_seconds=3600) == Outcome.UNCHANGED
    assert sign_in(users.user).get(ME).status_code == 200


def test_a_name_that_changes_with_a_ban_is_recorded_as_well(users):
    tell(users.user, T1, banned=True, first_name="Anna")
    assert [action for action, *_ in actions()] == ["user.banned", "user.updated"]


def test_somebody_is_banned_before_their_first_sign_in(api, clerk_key, settings):
    keep(profile_of(clerk_user("user_new", banned=True)))
    token = session_token(clerk_key, settings.CLERK.issuer, "user_new")
    assert reason(api.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")) == (401, "banned")
    assert [action for action, *_ in actions()] == ["user.created", "user.banned"]


@pytest.mark.parametrize("backend", ["ClerkBackend", "PasswordBackend"])
def test_a_session_of_the_admin_ends_with_a_ban(users, client, backend):
    client.force_login(users.admin, f"accounts.backends.{backend}")
    assert client.get(INDEX).status_code == 200
    tell(users.admin, T1, banned=True)
    assert client.get(INDEX).status_code == 302
    assert client.get(ME).status_code == 401
    tell(users.admin, T2, banned=False)
    assert client.get(INDEX).status_code == 200


def test_nobody_who_is_banned_signs_in_to_the_admin(users, client, clerk_key, settings):
    users.admin.set_password("correct horse battery")
    users.admin.save()
    tell(users.admin, T1, banned=True)
    token = session_token(clerk_key, settings.CLERK.issuer, "user_admin")
    page = client.post(reverse("admin-clerk"), {"token": token}, follow=True)
    assert "has been banned" in page.content.decode()
    words = {"username": "admin@example.com", "password": "correct horse battery"}
    assert client.post(reverse("admin:login"), words).status_code == 200
    assert client.get(INDEX).status_code == 302


def test_admins_see_who_is_banned(users, sign_in, client):
    tell(users.user, T1, banned=True)
    rows = sign_in(users.admin).get("/api/v1/users", {"email": "user@example.com"}).json()
    assert rows["results"][0]["is_banned"] is True
    client.force_login(users.admin)
    page = client.get("/admin/accounts/user/", {"is_banned__exact": "1"}).content.decode()
    assert "user@example.com" in page and "agent@example.com" not in page
    form = {"email": "user@example.com", "role": "user", "is_active": "on", "is_banned": ""}
    assert client.post(f"/admin/accounts/user/{users.user.pk}/change/", form).status_code == 302
    assert User.objects.get(id=users.user.id).is_banned


@pytest.mark.parametrize("banned", [True, False])
def test_sync_clerk_finds_a_ban_that_no_webhook_told(users, clerk, settings, capsys, banned):
    settings.CLERK = replace(settings.CLERK, api_url=clerk.api_url, secret_key=clerk.secret_key)
    for name in ("admin", "agent", "other_agent", "user", "outsider"):
        names = {"first_name": name.replace("_", " ").title(), "last_name": "Example"}
        clerk.add(f"user_{name}", f"{name}@example.com", **names)
    clerk.users["user_user"]["banned"] = banned
    User.objects.filter(id=users.user.id).update(is_banned=not banned)
    call_command("sync_clerk", "--dry-run")
    assert f"change user_user: is_banned {not banned} -> {banned}" in capsys.readouterr().out
    assert User.objects.get(id=users.user.id).is_banned is not banned
    call_command("sync_clerk")
    assert "1 updated, 4 unchanged" in capsys.readouterr().out
    assert User.objects.get(id=users.user.id).is_banned is banned
