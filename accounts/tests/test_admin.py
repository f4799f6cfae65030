"""Staff sign in to the admin by email and password; admins look after people there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import Role, User
from accounts.testing import person

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


def test_changing_a_person_is_logged(users, client):
    client.force_login(users.admin)
    assert client.get(change(users.user)).status_code == 200
    body = {"email": "", "clerk_user_id": "user_user", "role": "agent", "is_active": "on"}
    assert client.post(change(users.user), body).status_code == 302
    users.user.refresh_from_db()
    assert (users.user.email, users.user.role) == (None, Role.AGENT)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (users.admin, str(users.user.id))


def test_changing_a_password(users, client):
    client.force_login(users.admin)
    url = reverse("admin:auth_user_password_change", args=[users.agent.id])
    assert client.get(url).status_code == 200
    body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(url, body | {"set-password": "x"}).status_code == 302
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
    assert client.get(url).status_code == 200
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(id=users.outsider.id).exists()
