"""Clerk's impersonation: by an admin of this product alone, in their own name, and not for all."""

import json
import logging
from io import StringIO

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from core.databases import APP, AUTH
from core.logs import formatter
from core.models import AuditEntry
from core.testing.clerk import session_token

pytestmark = pytest.mark.django_db
ME = "/api/v1/users/me"
VILLA = {"title": "Villa", "type": "villa", "transaction": "rent", "currency": "THB"}


@pytest.fixture
def as_other(clerk_key, settings):
    """A client whose session `actor` began in the place of `person`."""

    def client_of(person, actor, **claims):
        act = {"act": {"sub": actor, "iss": "https://dashboard.clerk.com"}}
        token = session_token(
            clerk_key, settings.CLERK.issuer, person.clerk_user_id, **act | claims
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return client_of


def reason(response):
    return response.status_code, response.json()["error"]["details"]["reason"]


def test_an_admin_acts_in_somebodys_place_with_their_rights(users, as_other):
    client = as_other(users.user, "user_admin")
    told = client.get(ME).json()
    assert (told["id"], told["role"]) == (str(users.user.id), "user")
    assert told["impersonated_by"] == str(users.admin.id)
    assert client.post("/api/v1/properties", VILLA, format="json").status_code == 403


@pytest.mark.parametrize(
    "actor", ["user_agent", "user_user", "user_outsider", "user_of_the_dashboard"]
)
def test_nobody_else_may(users, as_other, actor):
    count = User.objects.count()
    assert reason(as_other(users.agent, actor).get(ME)) == (401, "actor")
    assert User.objects.count() == count


@pytest.mark.parametrize("lost", [{"role": "agent"}, {"is_active": False}, {"is_banned": True}])
def test_nor_an_admin_who_is_none_any_more(users, as_other, lost):
    User.objects.filter(id=users.admin.id).update(**lost)
    assert reason(as_other(users.agent, "user_admin").get(ME)) == (401, "actor")


@pytest.mark.parametrize("act", ["user_admin", {}, {"sub": ""}, {"sub": 7}, [], 0, False])
def test_an_actor_that_is_none(users, as_other, act):
    assert reason(as_other(users.agent, "", act=act).get(ME)) == (401, "actor")


def test_the_log_names_who_acts_and_for_whom(users, as_other, sign_in):
    client = as_other(users.agent, "user_admin")
    villa = client.post("/api/v1/properties", VILLA, format="json").json()
    assert villa["agent_id"] == str(users.agent.id)
    client.patch(ME, {"first_name": "Mine"}, format="json")
    assert client.delete(f"/api/v1/properties/{villa['id']}").status_code == 204
    entries = AuditEntry.objects.using(APP).filter(subject_type="properties.property")
    told = [*entries.order_by("id"), AuditEntry.objects.using(AUTH).get(action="user.changed")]
    assert {entry.actor for entry in told} == {users.admin.id}
    assert [entry.after["acting_as"] for entry in told] == [str(users.agent.id)] * 3
    # The next request in the same thread is its own.
    sign_in(users.agent).post("/api/v1/properties", VILLA, format="json")
    entry = entries.order_by("id").last()
    assert entry.actor == users.agent.id and "acting_as" not in entry.after


def test_the_line_of_a_request_names_who_acts(users, as_other, sign_in):
    lines = StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(formatter())
    requests = logging.getLogger("core.requests")
    requests.addHandler(handler)
    try:
        as_other(users.user, "user_admin").get(ME)
        sign_in(users.user).get(ME)
    finally:
        requests.removeHandler(handler)
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert (first["path"], first["impersonator"]) == (ME, str(users.admin.id))
    assert second["path"] == ME and "impersonator" not in second


def test_what_nobody_does_in_anothers_place(users, as_other, client):
    other = as_other(users.agent, "user_admin")
    assert reason(other.delete(ME)) == (403, "impersonated")
    assert reason(other.get(f"{ME}/export")) == (403, "impersonated")
    assert User.objects.filter(id=users.agent.id).exists()
    token = other._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    page = client.post(reverse("admin-clerk"), {"token": token}, follow=True).content.decode()
    assert "Nobody may do this in somebody else" in page
    assert client.get(reverse("admin:index")).status_code == 302
