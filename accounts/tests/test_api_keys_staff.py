"""Keys as staff make and revoke them: in the admin and by command."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import api_keys
from accounts.models import APIKey, Scope

LIST = reverse("admin:accounts_apikey_changelist")
ADD = reverse("admin:accounts_apikey_add")
BODY = {"name": "front end", "scopes": ["users:read"], "expires_at_0": "", "expires_at_1": ""}


def status_of(text):
    response = APIClient().get("/api/v1/users", HTTP_AUTHORIZATION=f"Api-Key {text}")
    return response.status_code


@pytest.fixture
def admin(users, client):
    client.force_login(users.admin)
    return client


def test_a_key_is_shown_once_in_the_admin_and_works(admin, users):
    assert admin.get(ADD).status_code == 200
    page = admin.post(ADD, BODY)
    assert "no-store" in page["Cache-Control"]
    key = APIKey.objects.get()
    assert (key.created_by, key.scopes) == (users.admin.id, ["users:read"])
    (text,) = re.findall(rf"{key.prefix}\.[\w-]+", page.content.decode())
    assert status_of(text) == 200
    secret = text.partition(".")[2]
    for url in (LIST, reverse("admin:accounts_apikey_change", args=[key.id])):
        shown = admin.get(url).content.decode()
        assert key.prefix in shown and secret not in shown and key.secret_hash not in shown


def test_a_form_that_is_sent_twice_makes_one_key(admin):
    (new_id,) = re.findall(r'name="new_id" value="([^"]+)"', admin.get(ADD).content.decode())
    assert "Copy the key now" in admin.post(ADD, BODY | {"new_id": new_id}).content.decode()
    page = admin.post(ADD, BODY | {"new_id": new_id}).content.decode()
    assert "This key was made already" in page
    assert str(APIKey.objects.get().id) == new_id


@pytest.mark.parametrize(
    "changes",
    [{"scopes": []}, {"scopes": ["users:write"]}, {"name": ""},
     {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}],
)  # fmt: skip
def test_what_makes_no_key_in_the_admin(admin, changes):
    assert "errornote" in admin.post(ADD, BODY | changes).content.decode()
    assert not APIKey.objects.exists()


def test_a_date_that_is_wrong_says_so_at_both_of_its_fields(admin):
    page = admin.post(ADD, BODY | {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"})
    page = page.content.decode()
    assert 'id="id_expires_at_error"' in page
    assert page.count('aria-describedby="id_expires_at_error"') == 2


def test_revoking_in_the_admin(admin):
    key, text = api_keys.create("x", [Scope.USERS_READ])
    assert status_of(text) == 200
    admin.post(LIST, {"action": "revoke", "_selected_action": [str(key.id)]})
    assert status_of(text) == 401
    assert "revoked" in admin.get(LIST).content.decode()


def test_a_key_is_neither_changed_nor_removed(admin):
    key, _ = api_keys.create("x", [Scope.USERS_READ])
    assert (
        admin.post(reverse("admin:accounts_apikey_change", args=[key.id]), BODY).status_code == 403
    )
    assert admin.post(reverse("admin:accounts_apikey_delete", args=[key.id])).status_code == 403


@pytest.mark.django_db
def test_the_command_prints_the_key_alone(capsys):
    call_command("create_api_key", "front end", "--scope", "users:read", "--expires", "2099-01-31")
    said = capsys.readouterr()
    text = said.out.strip()
    assert status_of(text) == 200
    key = APIKey.objects.get()
    assert key.expires_at == datetime(2099, 1, 31, tzinfo=UTC)
    assert text.partition(".")[2] not in said.err
    call_command("revoke_api_key", key.prefix)
    assert status_of(text) == 401
    call_command("revoke_api_key", key.prefix)
    assert "was revoked before" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_whole_key_revokes_and_its_secret_is_not_repeated(capsys):
    call_command("create_api_key", "front end", "--scope", "users:read")
    text = capsys.readouterr().out.strip()
    secret = text.partition(".")[2]
    call_command("revoke_api_key", text)
    assert status_of(text) == 401
    assert secret not in capsys.readouterr().out
    # a secret may begin with "-", as an option does
    for unknown in (f"nobody.{secret}", f"s{secret}"):
        with pytest.raises(CommandError, match="no key") as caught:
            call_command("revoke_api_key", unknown)
        assert secret[:8] not in str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments, message",
    [
        (("create_api_key", "x"), "--scope"),
        (("create_api_key", "x", "--scope", "users:write"), "invalid choice"),
        (("create_api_key", " ", "--scope", "users:read"), "1 to 100"),
        (("create_api_key", "x", "--scope", "users:read", "--expires", "soon"), "a date"),
        (("create_api_key", "x", "--scope", "users:read", "--expires", "2026-02-31"), "a date"),
        (("create_api_key", "x", "--scope", "users:read", "--expires", "2020-01-01"), "to come"),
        (("revoke_api_key", "nobody"), "no key nobody"),
    ],
)
def test_what_the_commands_refuse(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command(*arguments)
    assert not APIKey.objects.exists()


def test_states(admin):
    api_keys.create("a", [Scope.USERS_READ], expires_at=timezone.now() - timedelta(days=1))
    _, text = api_keys.create("b", [Scope.USERS_READ])
    assert status_of(text) == 200
    page = admin.get(LIST).content.decode()
    assert "expired" in page and "in use" in page
