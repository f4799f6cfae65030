"""Staff sign in with Clerk or a password; guesses are slowed down, owners are not locked out."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import throttle
from accounts.clerk.conf import ClerkConfig
from accounts.models import User
from accounts.staff import too_many
from core.databases import AUTH
from core.models import AuditEntry
from core.testing.clerk import session_token
from core.throttling import address_of

pytestmark = [pytest.mark.any_product, pytest.mark.usefixtures("quick_passwords")]
PASSWORD = "correct horse battery"
LOGIN, INDEX, CLERK = reverse("admin:login"), reverse("admin:index"), reverse("admin-clerk")
COOKIE = django_settings.CLERK.session_cookie


@pytest.fixture
def staff(users):
    users.admin.set_password(PASSWORD)
    users.admin.save()
    return users


@pytest.fixture
def token_of(clerk_key):
    def token_of(person, **claims):
        issuer = claims.pop("iss", django_settings.CLERK.issuer)
        return session_token(clerk_key, issuer, person.clerk_user_id, **claims)

    return token_of


def attempt(password, address="203.0.113.1", email="admin@example.com", client=None):
    body = {"username": email, "password": password}
    return (client or Client()).post(LOGIN, body, REMOTE_ADDR=address)


def is_in(client):
    return client.get(INDEX).status_code == 200


@pytest.mark.parametrize("role", ["admin", "agent"])
def test_staff_sign_in_with_clerks_cookie(users, client, token_of, role):
    client.cookies[COOKIE] = token_of(getattr(users, role))
    assert b"Sign in with Clerk" in client.get(LOGIN).content
    assert not is_in(client)  # the cookie alone opens nothing
    response = client.post(CLERK, {"next": "/admin/faq/"})
    assert (response.status_code, response.url) == (302, "/admin/faq/")
    assert is_in(client)
    assert client.session.get_expiry_age() <= 12 * 3600


def test_a_session_by_clerk_ends_when_it_should_however_much_it_is_used(users, client, token_of):
    client.post(CLERK, {"token": token_of(users.admin)})
    used = client.session
    ends = timezone.now() + timedelta(minutes=5)
    used["_session_expiry"] = (
        datetime.fromisoformat(used["_session_expiry"]) - timedelta(hours=11, minutes=55)
    ).isoformat()
    used.save()
    response = client.get(INDEX)  # within the shift
    assert response.status_code == 200
    category = {"name": "New", "slug": "new", "position": "0"}
    assert client.post(reverse("admin:faq_category_add"), category).status_code == 302
    stored = Session.objects.get(session_key=client.session.session_key)
    assert "_messages" in stored.get_decoded(), "the session was written"
    assert abs(stored.expire_date - ends) < timedelta(minutes=1)


def test_staff_sign_in_with_a_posted_token(users, client, token_of):
    assert client.post(CLERK, {"token": token_of(users.agent)}).url == INDEX
    assert is_in(client)


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""]
)
def test_nobody_is_led_to_another_host(users, client, token_of, after):
    assert client.post(CLERK, {"token": token_of(users.agent), "next": after}).url == INDEX


def test_nor_with_a_password(staff, client):
    right = {"username": staff.admin.email, "password": PASSWORD}
    assert client.post(LOGIN, right | {"next": "//evil.example"}).url == INDEX


@pytest.mark.parametrize(
    "who, claims, said",
    [
        ("user", {}, "not one of the staff"),
        ("admin", {"exp": 1}, "has expired"),
        ("admin", {"iss": "https://clerk.other.example"}, "another product"),
        ("admin", {"sts": "pending"}, "not valid"),
    ],
)
def test_who_is_refused_with_clerk(users, client, token_of, who, claims, said):
    before = User.objects.count()
    response = client.post(CLERK, {"token": token_of(getattr(users, who), **claims)}, follow=True)
    assert said in response.content.decode()
    assert not is_in(client)
    assert User.objects.count() == before


def test_each_refusal_is_logged(staff, client, token_of, caplog):
    caplog.set_level("INFO", "accounts.sign_in")
    client.post(CLERK, {"token": token_of(staff.admin, exp=1)})
    client.post(CLERK, {"token": token_of(staff.user)})
    guess_until_refused()
    logged = [each.reason for each in caplog.records if each.name == "accounts.sign_in"]
    wrong = ["password"] * (throttle.PAIR_LIMIT + 1)
    assert logged == ["expired", "not_staff", *wrong, "throttled"]


def test_a_stranger_is_not_made_by_the_admins_door(users, client, clerk_key):
    token = session_token(clerk_key, django_settings.CLERK.issuer, "user_stranger")
    client.post(CLERK, {"token": token})
    assert not is_in(client) and not User.objects.filter(clerk_user_id="user_stranger").exists()


def test_the_deactivated_and_the_demoted_are_out_at_once(users, client, token_of):
    client.post(CLERK, {"token": token_of(users.agent)})
    User.objects.filter(id=users.agent.id).update(role="user")
    assert not is_in(client)
    User.objects.filter(id=users.agent.id).update(role="agent", is_active=False)
    assert not is_in(client)
    client.post(CLERK, {"token": token_of(users.agent)})
    assert not is_in(client)


def test_another_page_cannot_sign_anybody_in(users, token_of):
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = token_of(users.admin)
    assert client.post(CLERK).status_code == 403
    assert client.get(CLERK).status_code == 405
    assert attempt(PASSWORD, client=client).status_code == 403
    assert not is_in(client)


def test_clerk_out_of_reach_is_told(users, client, clerk):
    clerk.status = 500
    response = client.post(CLERK, {"token": clerk.token("user_admin")}, follow=True)
    assert "cannot be reached" in response.content.decode()


@pytest.fixture
def portal(settings):
    settings.CLERK = replace(settings.CLERK, issuer="https://clerk.north.example")
    return "https://accounts.north.example"


def test_the_link_to_clerks_page_leads_back(client, db, portal):
    page = client.get(f"{LOGIN}?next=/admin/faq/").content.decode()
    assert f"{portal}/sign-in?redirect_url=http%3A%2F%2Ftestserver" in page


def test_whose_cookie_is_stale_may_begin_anew(users, client, token_of, portal):
    client.cookies[COOKIE] = token_of(users.admin, exp=1)
    page = client.post(CLERK, follow=True).content.decode()
    assert "has expired" in page and f"{portal}/sign-in?" in page


def test_a_made_up_clerk_project_has_no_page_to_lead_to(client, db):
    assert django_settings.CLERK.issuer.endswith(".localhost")
    assert "Clerk" not in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "issuer, portal",
    [
        ("https://clerk.example.com", "https://accounts.example.com"),
        ("https://calm-cat-7.clerk.accounts.dev", "https://calm-cat-7.accounts.dev"),
        ("https://clerk.north.localhost", ""),
    ],
)
def test_the_account_portal(issuer, portal):
    assert ClerkConfig(publishable_key="", issuer=issuer, jwks_url="").account_portal == portal


def test_where_passwords_are_not_allowed(staff, client, settings):
    settings.ADMIN_PASSWORD_LOGIN = False
    assert b'type="password"' not in client.get(LOGIN).content
    response = attempt(PASSWORD, client=client)
    assert b"Passwords are not used here" in response.content
    assert not is_in(client)


def change_own(client, old, new="another horse 7"):
    body = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("admin:password_change"), body)


def test_changing_ones_own_password_is_recorded(staff, client):
    attempt(PASSWORD, client=client)
    assert change_own(client, "wrong").status_code == 200
    assert not AuditEntry.objects.using(AUTH).exists()
    assert change_own(client, PASSWORD).status_code == 302
    assert is_in(client)
    entry = AuditEntry.objects.using(AUTH).get()
    assert (entry.action, entry.actor) == ("user.password_changed", staff.admin.id)
    assert entry.after == {"password": "***"}
    assert attempt("another horse 7").status_code == 302


def test_guesses_of_ones_own_password_are_slowed_down(staff, client):
    attempt(PASSWORD, client=client)
    answers = [change_own(client, "wrong").status_code for _ in range(throttle.PAIR_LIMIT + 2)]
    assert answers == [200] * (throttle.PAIR_LIMIT + 1) + [302]
    assert change_own(client, PASSWORD).status_code == 302
    assert "Too many attempts. Wait 1 second." in client.get(INDEX).content.decode()
    staff.admin.refresh_from_db()
    assert staff.admin.check_password(PASSWORD)


def test_nobody_elses_guesses_keep_the_owner_from_changing_their_password(staff, client):
    attempt(PASSWORD, client=client)
    page = reverse("admin:password_change")
    for name, cookie in list(client.cookies.items()):
        if not page.startswith(cookie["path"]):  # a browser sends it elsewhere alone
            client.cookies.pop(name)
    for n in range(throttle.ACCOUNT_LIMIT + 1):
        attempt("wrong", address=f"10.0.{n // 250}.{n % 250}")
    assert attempt("wrong", address="198.51.100.9").status_code == 429
    assert change_own(client, PASSWORD).url == reverse("admin:password_change_done")


def test_no_password_is_changed_where_passwords_are_not_allowed(staff, client, token_of, settings):
    settings.ADMIN_PASSWORD_LOGIN = False
    client.post(CLERK, {"token": token_of(staff.admin)})
    page = reverse("admin:password_change")
    assert client.get(page).url == change_own(client, PASSWORD).url == INDEX
    staff.admin.refresh_from_db()
    assert staff.admin.check_password(PASSWORD)


def test_who_is_not_signed_in_changes_no_password(staff, client):
    assert change_own(client, PASSWORD).url.startswith(LOGIN)


def test_a_session_by_password_ends_when_passwords_are_forbidden(staff, client, settings):
    attempt(PASSWORD, client=client)
    assert is_in(client)
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.ClerkBackend"]
    assert not is_in(client)


def guess_until_refused(**where):
    for number in range(50):
        if attempt("wrong", **where).status_code == 429:
            return number
    raise AssertionError("never refused")


def test_guesses_are_slowed_down_and_the_owner_comes_in_from_elsewhere(staff, client):
    assert guess_until_refused() == throttle.PAIR_LIMIT + 1
    refused = attempt(PASSWORD)
    assert (refused.status_code, "Wait" in refused.content.decode()) == (429, True)
    assert 1 <= int(refused["Retry-After"]) <= throttle.WAIT_MAX
    assert "Wait 1 second, or sign in with Clerk." in refused.content.decode()
    attempt(PASSWORD, address="198.51.100.7", client=client)
    assert is_in(client)


@pytest.mark.parametrize(("wait", "told"), [(1, "Wait 1 second"), (900, "Wait 900 seconds")])
def test_one_second_is_told_as_one(wait, told):
    assert too_many(wait).endswith(told)


def test_a_right_password_forgets_the_wrong_ones(staff):
    for _ in range(3):
        for _ in range(throttle.PAIR_LIMIT - 1):
            assert attempt("wrong").status_code == 200
        assert attempt(PASSWORD).status_code == 302


def test_unknown_accounts_are_slowed_down_alike(staff):
    assert guess_until_refused(email="nobody@example.com") == throttle.PAIR_LIMIT + 1


@pytest.mark.parametrize(
    "email", ["adm\u0130n@example.com", "ADMIN@EXAMPLE.COM ", "ａdmin@example.com"]
)
def test_another_spelling_of_an_account_has_no_guesses_of_its_own(staff, email):
    guess_until_refused()
    assert attempt(PASSWORD, email=email).status_code == 429


def test_other_letters_are_other_accounts():
    emails = ["นก@example.com", "ปู@example.com", "admin@example.com", "admın@example.com"]
    assert len(set(map(throttle.account_of, emails))) == len(emails)
    assert throttle.account_of("\u212aim@example.com") == throttle.account_of("kim@example.com")


def test_many_accounts_from_one_address(staff):
    answers = [
        attempt("wrong", email=f"{n}@example.com") for n in range(throttle.ADDRESS_LIMIT + 2)
    ]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert attempt("wrong", address="198.51.100.8").status_code == 200


def test_many_addresses_against_one_account_spare_the_owners_browser(staff, client):
    attempt(PASSWORD, client=client)
    client.get(reverse("admin:logout"))
    client.cookies.pop(django_settings.SESSION_COOKIE_NAME)
    for n in range(throttle.ACCOUNT_LIMIT + 1):
        attempt("wrong", address=f"10.0.{n // 250}.{n % 250}")
    assert attempt("wrong", address="198.51.100.9").status_code == 429
    assert attempt(PASSWORD, address="198.51.100.9", client=client).status_code == 302
    # Its cookie is for this account alone.
    other = attempt("wrong", email="agent@example.com", client=client)
    assert other.status_code == 200


def test_a_forged_device_is_no_device(staff, rf):
    request = rf.get(LOGIN)
    account = throttle.account_of("admin@example.com")
    name = throttle.device_cookie_name()
    for forged in ("", "x", throttle.device_token("agent@example.com")):
        request.COOKIES[name] = forged
        assert throttle.known_device(request, account) == ""
    request.COOKIES[name] = throttle.device_token("Admin@example.com ")
    assert throttle.known_device(request, account) != ""


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_addresses(rf, one, other, same):
    first, second = (address_of(rf.get(LOGIN, REMOTE_ADDR=each)) for each in (one, other))
    assert (first == second) == same


def test_without_redis_each_process_counts_by_itself(staff, settings):
    dead = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": dead}
    throttle.in_process.clear()
    assert guess_until_refused() == throttle.PAIR_LIMIT + 1
    throttle.in_process.clear()
    assert attempt(PASSWORD).status_code == 302


def test_the_waits_double_up_to_a_quarter_of_an_hour():
    bucket, counted = throttle.Bucket("waits", 1), throttle.in_process
    counted.clear()
    assert bucket.admit(counted) == 0
    waits = []
    for _ in range(12):
        assert bucket.admit(counted) == 0  # one is let through, and starts the wait
        waits.append(bucket.admit(counted))
        counted.delete("waits:wait")  # it is over
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
