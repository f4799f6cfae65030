"""Signing in over HTTP, and the one view that everybody signed in may call."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connections
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.testing import person
from core.audit import personal_hash
from core.databases import AUTH
from core.models import AuditEntry
from core.testing.clerk import new_key, session_token

ME = "/api/v1/users/me"
NEW = {"email": "new@example.com", "email_verified": True}


@pytest.fixture
def ask(api, clerk_key, settings):
    """GET /users/me with a token of these claims; an email in them is verified."""

    def ask(sub="user_new", **claims):
        key, issuer = claims.pop("key", clerk_key), claims.pop("iss", settings.CLERK.issuer)
        token = session_token(key, issuer, sub, **{"email_verified": True} | claims)
        return api.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")

    return ask


def assert_unauthorized(response, reason=None):
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "UNAUTHORIZED")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert error.get("details") == ({"reason": reason} if reason else None)


def test_me(users, sign_in):
    response = sign_in(users.agent).get(ME)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    created = users.agent.created_at.isoformat().replace("+00:00", "Z")
    assert response.json() == {
        "id": str(users.agent.id),
        "email": "agent@example.com",
        "first_name": "Agent",
        "last_name": "Example",
        "role": "agent",
        "created_at": created,
    }


def test_a_known_person_costs_one_query(users, sign_in, django_assert_num_queries):
    client = sign_in(users.user)
    with django_assert_num_queries(1):
        assert client.get(ME).status_code == 200


def test_a_parameter_that_is_not_known(users, sign_in):
    error = sign_in(users.user).get(f"{ME}?role=admin").json()["error"]
    assert (error["code"], list(error["details"])) == ("VALIDATION_ERROR", ["role"])


@pytest.mark.django_db
def test_a_person_is_made_at_first_sight(ask):
    response = ask()
    assert response.status_code == 200
    made = User.objects.get()
    assert (made.clerk_user_id, made.email, made.role) == ("user_new", None, Role.USER)
    assert response.json()["id"] == str(made.id)
    assert not made.has_usable_password()
    assert ask().json()["id"] == str(made.id)


@pytest.mark.django_db
def test_claims_about_the_person_are_taken_at_first_sight_only(ask):
    ask(email="New@example.com", first_name=" Nina ", last_name="x" * 200)
    ask(email="other@example.com", first_name="Other")
    made = User.objects.get()
    assert (made.email, made.first_name, made.last_name) == ("New@example.com", "Nina", "x" * 150)


@pytest.mark.django_db
@pytest.mark.parametrize("email", [7, "", "nobody", "a\x00@example.com", "a" * 250 + "@b.co", {}])
def test_claims_that_do_not_fit_are_left_out(ask, email):
    assert ask(email=email, first_name=["x"], last_name="a\x00b").status_code == 200
    made = User.objects.get()
    assert (made.email, made.first_name, made.last_name) == (None, "", "")


@pytest.mark.django_db
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_email_that_is_not_verified_is_nobodys(ask, verified):
    assert ask(email="boss@example.com", email_verified=verified).json()["email"] is None


def test_two_people_are_never_merged_by_email(users, ask):
    response = ask(email="ADMIN@example.com")
    assert response.json()["email"] is None
    assert response.json()["id"] != str(users.admin.id)
    assert response.json()["role"] == "user"


@pytest.mark.django_db
def test_a_role_in_the_token_counts_for_nothing(ask):
    assert ask(role="admin", public_metadata={"role": "admin"}).json()["role"] == "user"


@pytest.mark.django_db(transaction=True)
def test_parallel_first_requests_make_one_person(clerk_key, settings):
    token = session_token(clerk_key, settings.CLERK.issuer, "user_new", **NEW)

    def get(_):
        try:
            return APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(get, range(50)))
    assert {answer.status_code for answer in answers} == {200}
    person = User.objects.get()
    assert {answer.json()["id"] for answer in answers} == {str(person.id)}
    entry = AuditEntry.objects.using(AUTH).get()
    assert (entry.action, entry.actor) == ("user.created", person.id)
    assert entry.request_id in {answer["X-Request-ID"] for answer in answers}
    assert entry.after["email"] == personal_hash(person, "new@example.com")
    assert "new@example.com" not in str(entry.after)


@pytest.mark.django_db(transaction=True)
def test_parallel_people_with_one_email_stay_apart(clerk_key, settings):
    def get(number):
        claims = {"email": "one@example.com", "email_verified": True}
        token = session_token(clerk_key, settings.CLERK.issuer, f"user_{number}", **claims)
        try:
            return APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").json()["email"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        emails = list(pool.map(get, range(10)))
    assert emails.count("one@example.com") == 1 and emails.count(None) == 9


@pytest.mark.django_db
def test_without_a_token(api):
    assert_unauthorized(api.get(ME))
    assert_unauthorized(api.patch(ME, {"first_name": "x"}, format="json"))


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer x", "Bearer a b", "Bearer é.é.é"])
def test_a_broken_header_is_refused(api, header):
    as_a_server_reads_it = header.encode().decode("latin-1")
    assert_unauthorized(api.get(ME, HTTP_AUTHORIZATION=as_a_server_reads_it), "malformed")


@pytest.mark.django_db
def test_a_header_of_16_kilobytes_is_refused(api):
    header = "Bearer " + "a" * 16_384
    assert_unauthorized(api.get(ME, HTTP_AUTHORIZATION=header), "malformed")


@pytest.mark.django_db
def test_another_scheme_signs_nobody_in(api):
    assert_unauthorized(api.get(ME, HTTP_AUTHORIZATION="Basic YTpi"))


@pytest.mark.django_db
def test_the_scheme_may_be_written_in_any_case(api, clerk_key, settings):
    token = session_token(clerk_key, settings.CLERK.issuer, "user_1")
    assert api.get(ME, HTTP_AUTHORIZATION=f"BEARER {token}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "claims, reason",
    [
        ({"iss": "https://clerk.other.example"}, "issuer"),
        ({"exp": time.time() - 60}, "expired"),
        ({"nbf": time.time() + 600}, "not_yet_valid"),
        ({"sub": None}, "subject"),
        ({"sub": "a\x00"}, "subject"),
        ({"sts": "pending"}, "pending"),
        ({"key": new_key()}, "signature"),
    ],
)
def test_each_refusal_names_its_reason_and_makes_nobody(ask, claims, reason):
    assert_unauthorized(ask(**claims), reason)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_each_refusal_is_logged(ask, caplog):
    caplog.set_level("INFO", "accounts.sign_in")
    assert_unauthorized(ask(exp=1), "expired")
    (record,) = [each for each in caplog.records if each.name == "accounts.sign_in"]
    assert (record.message, record.reason) == ("sign-in refused", "expired")


def test_a_wrong_token_is_refused_on_a_public_page_too(api, db):
    root = reverse("api-root")
    assert api.get(root).status_code == 200
    assert_unauthorized(api.get(root, HTTP_AUTHORIZATION="Bearer x"), "malformed")


def test_a_deactivated_person_is_refused(users, sign_in):
    client = sign_in(users.agent)
    assert client.get(ME).status_code == 200
    User.objects.filter(id=users.agent.id).update(is_active=False)
    assert_unauthorized(client.get(ME), "inactive")


@pytest.mark.django_db
def test_keys_out_of_reach_are_no_refusal(api, clerk):
    clerk.status = 500
    response = api.get(ME, HTTP_AUTHORIZATION=f"Bearer {clerk.token()}")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert int(response["Retry-After"]) > 0


@pytest.mark.django_db
def test_fetched_keys_sign_people_in(api, clerk):
    assert api.get(ME, HTTP_AUTHORIZATION=f"Bearer {clerk.token('user_9')}").status_code == 200
    assert User.objects.get().clerk_user_id == "user_9"


@pytest.mark.django_db
def test_the_party_must_be_one_of_the_products(ask, settings):
    settings.CLERK = replace(settings.CLERK, authorized_parties=("https://www.example.com",))
    assert ask(azp="https://www.example.com").status_code == 200
    assert_unauthorized(ask(azp="https://evil.example"), "party")
    assert_unauthorized(ask(), "party_missing")


def test_changing_ones_name(users, sign_in, django_assert_num_queries):
    client = sign_in(users.user)
    with django_assert_num_queries(6):
        response = client.patch(ME, {"first_name": " Nok "}, format="json")
    assert response.status_code == 200
    assert (response.json()["first_name"], response.json()["last_name"]) == ("Nok", "Example")
    users.user.refresh_from_db()
    assert users.user.first_name == "Nok"
    assert users.user.updated_at > users.user.created_at
    entry = AuditEntry.objects.using(AUTH).get()
    assert (entry.action, entry.actor) == ("user.changed", users.user.id)
    assert entry.subject_id == str(users.user.id)
    assert entry.before == {"first_name": personal_hash(users.user, "User"), "own_name": False}
    assert entry.after == {"first_name": personal_hash(users.user, "Nok"), "own_name": True}
    client.patch(ME, {"first_name": "Nok"}, format="json")
    client.patch(ME, {}, format="json")
    assert AuditEntry.objects.using(AUTH).count() == 1, "nothing has changed"


def test_a_role_that_changed_meanwhile_is_not_put_down_to_them(users):
    client = APIClient()
    client.force_authenticate(User.objects.get(id=users.user.id))
    User.objects.filter(id=users.user.id).update(role=Role.AGENT)
    assert client.patch(ME, {"last_name": "Nok"}, format="json").status_code == 200
    entry = AuditEntry.objects.using(AUTH).get()
    assert (entry.action, set(entry.after)) == ("user.changed", {"last_name", "own_name"})
    users.user.refresh_from_db()
    assert users.user.role == Role.AGENT


@pytest.mark.parametrize(
    "body, field",
    [
        ({"role": "admin"}, "role"),
        ({"first_name": "x" * 151}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"first_name": "a\x00"}, "first_name"),
        ({"last_name": []}, "last_name"),
        ({"first_name": "x", "nickname": "y"}, "nickname"),
    ],
)
def test_what_may_not_be_changed(users, sign_in, body, field):
    response = sign_in(users.user).patch(ME, body, format="json")
    assert response.status_code == 400
    assert list(response.json()["error"]["details"]) == [field]
    users.user.refresh_from_db()
    assert (users.user.first_name, users.user.role) == ("User", Role.USER)


def test_a_change_must_be_json_with_a_body_of_fields(users, sign_in):
    client = sign_in(users.user)
    assert client.patch(ME, "[]", content_type="application/json").status_code == 400
    assert client.patch(ME, "{", content_type="application/json").status_code == 400
    assert client.patch(ME, {}, format="json").status_code == 200
    assert client.put(ME, {}, format="json").status_code == 405


def test_the_browsable_form_shows_the_names_and_works(users, client):
    client.force_login(users.agent)
    page = client.get(ME, headers={"Accept": "text/html"}).content.decode()
    assert 'data-method="PATCH"' in page
    assert "&quot;first_name&quot;: &quot;Agent&quot;" in page
    body = {"first_name": "Agent", "last_name": "Smith"}
    assert client.patch(ME, body, content_type="application/json").json()["last_name"] == "Smith"


def test_the_reference_names_the_scheme_and_the_schemas(client):
    document = client.get("/openapi.json").json()
    scheme = document["components"]["securitySchemes"]["clerk"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    operations = document["paths"][ME]
    assert {"clerk": []} in operations["get"]["security"]
    answer = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Me"}


def test_ids_are_uuids(db):
    assert isinstance(person("anybody", Role.USER).id, UUID)


def test_a_change_by_somebody_erased_meanwhile_is_refused(db):
    client = APIClient()
    client.force_authenticate(User(clerk_user_id="user_gone"))
    response = client.patch(ME, {"first_name": "Ann"}, format="json")
    assert (response.status_code, response.json()["error"]["details"]) == (
        401,
        {"reason": "deleted"},
    )
    assert not User.objects.exists()
