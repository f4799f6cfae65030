"""Staff sign in to the admin by email and password; admins look after people there."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.testing import person, until_somebody_waits
from core.databases import AUTH
from core.models import AuditEntry

pytestmark = pytest.mark.usefixtures("quick_passwords")
PASSWORD = "correct horse battery"
LIST = reverse("admin:accounts_user_changelist")
ADD = reverse("admin:accounts_user_add")


def change(person):
    return reverse("admin:accounts_user_change", args=[person.id])


@pytest.fixture
def staff(users):
    for member in (users.admin, users.agent, users.user):
        member.set_password(PASSWORD)
        member.save()
    return users


def log_in(client, email, password=PASSWORD):
    client.post(reverse("admin:login"), {"username": email, "password": password})
    return client.get(reverse("admin:index")).status_code == 200


def test_a_form_from_before_the_sign_in_is_told_what_to_do(staff):
    page = Client(enforce_csrf_checks=True).post(ADD, {"email": "new@example.com"})
    assert page.status_code == 403
    assert "Nothing was saved. Go back, copy what you typed" in page.content.decode()


@pytest.mark.parametrize("email", ["admin@example.com", "ADMIN@Example.com", "agent@example.com"])
def test_staff_sign_in_by_email_in_any_case(staff, client, email):
    assert log_in(client, email)


@pytest.mark.parametrize(
    "email, password",
    [
        ("admin@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("user@example.com", PASSWORD),  # no staff
        ("other_agent@example.com", PASSWORD),  # no password
        ("", PASSWORD),
        ("a\x00@example.com", PASSWORD),
    ],
)
def test_others_do_not(staff, client, email, password):
    assert not log_in(client, email, password)


def test_a_deactivated_admin_is_out_at_once(staff, client):
    assert log_in(client, "admin@example.com")
    User.objects.filter(id=staff.admin.id).update(is_active=False)
    assert client.get(LIST).status_code == 302
    assert not log_in(client, "admin@example.com")


def test_agents_do_not_see_people(users, client):
    client.force_login(users.agent)
    assert LIST not in client.get(reverse("admin:index")).content.decode()
    for url in (LIST, ADD, change(users.user)):
        assert client.get(url).status_code == 403


def test_groups_are_not_offered(users, client):
    client.force_login(users.admin)
    assert "/auth/group/" not in client.get(reverse("admin:index")).content.decode()


def test_the_list_costs_the_same_for_any_number(users, client, django_assert_max_num_queries):
    client.force_login(users.admin)
    for number in range(30):
        person(f"more_{number}", Role.USER)
    with django_assert_max_num_queries(6):
        assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("query", ["q=AGENT%40example", "q=user_outsider", "role=agent", "q=%00"])
def test_search_and_filters(users, client, query):
    client.force_login(users.admin)
    assert client.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_search_by_id(users, client):
    client.force_login(users.admin)
    page = client.get(LIST, {"q": str(users.outsider.id)}).content.decode()
    assert "outsider@example.com" in page and "agent@example.com" not in page


def test_adding_a_person_needs_an_email(users, client):
    client.force_login(users.admin)
    assert client.get(ADD).status_code == 200
    body = {"email": "", "role": "agent", "usable_password": "false"}
    page = client.post(ADD, body)
    assert page.status_code == 200 and "This field is required" in page.content.decode()
    body["email"] = "AGENT@example.com"
    assert "already exists" in client.post(ADD, body).content.decode()
    body["email"] = "new@example.com"
    assert client.post(ADD, body).status_code == 302
    new = User.objects.get(email="new@example.com")
    assert (new.role, new.has_usable_password()) == (Role.AGENT, False)


def entries():
    return [(e.action, e.before, e.after) for e in AuditEntry.objects.using(AUTH).order_by("id")]


def test_changing_a_person_is_recorded(users, client):
    client.force_login(users.admin)
    assert client.get(change(users.user)).status_code == 200
    body = {"email": "", "clerk_user_id": "user_user", "role": "agent", "is_active": "on"}
    assert client.post(change(users.user), body).status_code == 302
    users.user.refresh_from_db()
    assert (users.user.email, users.user.role) == (None, Role.AGENT)
    role, rest = AuditEntry.objects.using(AUTH).order_by("id")
    assert (role.actor, role.subject_id) == (users.admin.id, str(users.user.id))
    assert (role.action, role.before, role.after) == (
        "user.role_changed", {"role": "user"}, {"role": "agent"},
    )  # fmt: skip
    assert (rest.action, rest.after["email"]) == ("user.changed", None)
    assert set(rest.before) == {"email", "first_name", "last_name", "own_name"}
    assert rest.before.pop("own_name") is False
    assert all(value.startswith("hmac-sha256:") for value in rest.before.values())
    assert not LogEntry.objects.exists()
    page = client.get(reverse("admin:accounts_user_history", args=[users.user.id]))
    assert "user.role_changed" in page.content.decode()
    assert "Recent actions" not in client.get(reverse("admin:index")).content.decode()


def test_what_staff_do_with_a_person_is_recorded(users, client):
    client.force_login(users.admin)
    body = {"email": "user@example.com", "clerk_user_id": "user_user", "role": "user"}
    body |= {"first_name": "User", "last_name": "Example"}
    client.post(change(users.user), body)
    client.post(change(users.user), body | {"is_active": "on"})
    client.post(change(users.user), body | {"is_active": "on"})
    assert entries() == [
        ("user.deactivated", {"is_active": True}, {"is_active": False}),
        ("user.reactivated", {"is_active": False}, {"is_active": True}),
    ]
    new = {"email": "new@example.com", "role": "agent", "usable_password": "false"}
    assert client.post(ADD, new).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [users.user.pk], "post": "yes"}
    assert client.post(LIST, chosen).status_code == 302
    assert not User.objects.filter(id=users.user.id).exists()
    (_, before, after), deleted = entries()[2], entries()[3]
    assert before is None and after["role"] == "agent" and after["password"] == "***"
    assert deleted == ("user.erased", {"role": "user"}, None)
    told = str(list(AuditEntry.objects.using(AUTH).values()))
    assert "example.com" not in told and "user_user" not in told and "Example" not in told


def test_nobody_locks_themselves_out(users, client):
    client.force_login(users.admin)
    page = client.get(change(users.admin)).content.decode()
    assert 'name="first_name"' in page
    assert 'name="role"' not in page and 'name="is_active"' not in page
    body = {"email": "admin@example.com", "clerk_user_id": "user_admin", "first_name": "Ada"}
    assert client.post(change(users.admin), body | {"role": "user"}).status_code == 302
    users.admin.refresh_from_db()
    assert (users.admin.first_name, users.admin.role) == ("Ada", Role.ADMIN)
    assert users.admin.is_active


def test_the_first_admin_is_recorded(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="first@example.com", interactive=False, verbosity=0)
    [(action, _, after)] = entries()
    assert (action, after["role"]) == ("user.created", "admin")


def test_changing_a_password(users, client):
    client.force_login(users.admin)
    url = reverse("admin:auth_user_password_change", args=[users.agent.id])
    assert client.get(url).status_code == 200
    body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(url, body | {"set-password": "x"}).status_code == 302
    changed = {"password": "***"}
    assert entries() == [("user.password_changed", changed, changed)]
    client.logout()
    assert log_in(client, "agent@example.com")
    own = reverse("admin:password_change")
    new = {"old_password": PASSWORD, "new_password1": "another horse", "new_password2": "x"}
    assert client.post(own, new).status_code == 200
    new["new_password2"] = "another horse"
    assert client.post(own, new).status_code == 302
    client.logout()
    assert log_in(client, "agent@example.com", "another horse")


def test_deleting_a_person(users, client):
    client.force_login(users.admin)
    url = reverse("admin:accounts_user_delete", args=[users.outsider.id])
    page = client.get(url).content.decode()
    assert f"<title>Delete: {users.outsider} |" in page
    told = "takes away how they sign in and what they and the assistant said"
    chosen = {"action": "delete_selected", "_selected_action": [users.outsider.pk]}
    assert told in page and told in client.post(LIST, chosen).content.decode()
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(id=users.outsider.id).exists()


@pytest.mark.parametrize(
    "address",
    [
        "accounts_user_changelist?role__exact=%00",
        "accounts_user_changelist?password__startswith=a",
        "accounts_user_changelist?audit_salt=a",
        "accounts_apikey_changelist?secret_hash__startswith=a",
        "core_auditentry_changelist?action=%00",
        "core_outbox_changelist?topic=%00",
    ],
)
def test_a_filter_that_no_row_can_answer_or_that_would_tell_a_secret(users, client, address):
    client.force_login(users.admin)
    name, _, query = address.partition("?")
    assert client.get(f"{reverse(f'admin:{name}')}?{query}").status_code == 400


@pytest.mark.parametrize("year", ["99999", "0", "9" * 30])
@pytest.mark.parametrize("name", ["accounts_user", "properties_property", "core_auditentry"])
def test_a_year_that_no_calendar_has(users, client, name, year):
    client.force_login(users.admin)
    url = reverse(f"admin:{name}_changelist")
    column = "at" if name == "core_auditentry" else "created_at"
    answer = client.get(url, {f"{column}__year": year})
    assert (answer.status_code, answer.url) == (302, f"{url}?e=1")
    assert client.get(answer.url).status_code == 200


@pytest.mark.parametrize("key", ["no-key", "\x00"])
@pytest.mark.parametrize(
    ("model", "action"),
    [("accounts_user", "delete_selected"), ("accounts_apikey", "revoke")],
)
def test_an_action_on_what_is_no_row(users, client, model, action, key):
    client.force_login(users.admin)
    chosen = {"action": action, "_selected_action": key}
    assert client.post(reverse(f"admin:{model}_changelist"), chosen).status_code == 400


def test_a_suggestion_is_looked_for_without_a_nul(users, client):
    client.force_login(users.admin)
    asked = {"app_label": "faq", "model_name": "document", "field_name": "category"}
    answer = client.get(reverse("admin:autocomplete"), asked | {"term": "no\x00thing"})
    assert answer.json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_added_twice_at_once_is_there_already(users, client):
    client.force_login(users.admin)
    form = {"email": "new@example.com", "role": "user", "usable_password": "false"}

    def add():
        try:
            return client.post(ADD, form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(using=AUTH):
            User.objects.create(email="new@example.com")
            answer = threads.submit(add)
            until_somebody_waits()
        page = answer.result()
    assert page.status_code == 200
    assert "Somebody with this email already exists." in page.content.decode()
