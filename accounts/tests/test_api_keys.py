"""API keys over HTTP: each refusal has its own reason."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import api_keys
from accounts.models import APIKey, Scope
from core.databases import AUTH

USERS = "/api/v1/users"
pytestmark = pytest.mark.django_db


def get(text, path=USERS, scheme="Api-Key"):
    return APIClient().get(path, HTTP_AUTHORIZATION=f"{scheme} {text}")


def reason(response):
    assert response.status_code == 401
    error = response.json()["error"]
    assert error["code"] == "UNAUTHORIZED"
    assert response.has_header("WWW-Authenticate")
    return error["details"]["reason"]


@pytest.fixture
def made():
    return api_keys.create("a front end", [Scope.USERS_READ])


def test_a_key_opens_what_its_scope_names(made):
    _, text = made
    assert get(text).status_code == get(text, scheme="api-key").status_code == 200


def test_the_secret_is_not_stored(made):
    key, text = made
    stored = APIKey.objects.values_list().get()
    assert not any(text.partition(".")[2] in str(value) for value in stored)
    assert text.startswith(f"{key.prefix}.") and len(text) > 50


def test_two_keys_are_different(made):
    assert api_keys.create("another", [])[1] != made[1]


def test_a_wrong_secret(made):
    key, text = made
    _, other = api_keys.create("another", [Scope.USERS_READ])
    assert reason(get(f"{key.prefix}.{other.partition('.')[2]}")) == "key_wrong"
    assert reason(get(text[:-1])) == "key_wrong"
    assert reason(get(text + "x")) == "key_wrong"


def test_an_unknown_prefix(made):
    assert reason(get("0000." + made[1].partition(".")[2])) == "key_unknown"


@pytest.mark.parametrize("text", ["", ".", "a", "a.", ".b", "x" * 5000 + ".y", "é.é", "a\x01.b"])
def test_what_is_no_key(text):
    assert reason(get(text)) == "key_malformed"


def test_a_revoked_key_is_refused_at_once(made):
    key, text = made
    assert get(text).status_code == 200
    assert api_keys.revoke(key.prefix)
    assert reason(get(text)) == "key_revoked"
    assert reason(get(f"{key.prefix}.x")) == "key_wrong"
    revoked_at = APIKey.objects.get().revoked_at
    assert not api_keys.revoke(key.prefix)
    assert APIKey.objects.get().revoked_at == revoked_at


@pytest.mark.parametrize("seconds, status", [(60, 200), (-1, 401)])
def test_an_expiry(seconds, status):
    expires_at = timezone.now() + timedelta(seconds=seconds)
    _, text = api_keys.create("short", [Scope.USERS_READ], expires_at=expires_at)
    response = get(text)
    assert response.status_code == status
    if status == 401:
        assert reason(response) == "key_expired"


def test_the_boundary_of_an_expiry():
    now = timezone.now()
    assert api_keys.objection(APIKey(expires_at=now), now) == "key_expired"
    assert api_keys.objection(APIKey(expires_at=now + timedelta(microseconds=1)), now) is None


def test_the_last_use_is_written_at_most_once_a_minute(made, django_assert_num_queries):
    key, text = made
    with django_assert_num_queries(3):
        get(text)
    key.refresh_from_db()
    first = key.last_used_at
    with django_assert_num_queries(2):
        get(text)
    key.refresh_from_db()
    assert key.last_used_at == first is not None
    APIKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(3):
        get(text)


def test_a_refused_key_is_not_used(made):
    key, _ = made
    get(f"{key.prefix}.x")
    assert APIKey.objects.get().last_used_at is None


def test_a_key_is_nobody(made):
    """It is refused where no scope is asked for, and never taken for a guest or a person."""
    _, text = made
    for path in (
        "/api/v1/users/me",
        "/api/v1/properties",
        "/api/v1/",
        "/api/v1/properties?mine=true",
    ):
        response = get(text, path)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN"), path


def test_a_wrong_key_is_refused_on_public_pages_too():
    assert reason(get("a.b", "/api/v1/")) == "key_unknown"


def test_the_browsable_page_opens_with_a_key(made):
    client = APIClient()
    headers = {"HTTP_AUTHORIZATION": f"Api-Key {made[1]}", "HTTP_ACCEPT": "text/html"}
    assert client.get(USERS, **headers).status_code == 200


def test_an_unknown_scope_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="scopes_known"), transaction.atomic(using=AUTH):
        api_keys.create("x", ["users:write"])
