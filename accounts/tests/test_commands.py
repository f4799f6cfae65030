from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from accounts.checks import static_key_is_readable
from accounts.conf import AccountsApi
from accounts.models import APIKey, Role, User
from core.databases import AUTH
from core.models import AuditEntry
from core.testing.clerk import new_key, public_pem

ME = "/api/v1/users/me"
PRODUCT = django_settings.PRODUCT.name


@pytest.fixture
def run(capsys, db):
    """Output of a command; nothing may be on standard error."""

    def run(*arguments):
        call_command(*arguments)
        output = capsys.readouterr()
        assert output.err == ""
        return output.out.strip()

    return run


@pytest.fixture
def me(api):
    def me(token):
        return api.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").json()

    return me


def test_set_role_by_email_in_any_case(run, users):
    said = run("set_role", "USER@example.com", "agent")
    assert said == f"user@example.com was user and is now agent of {PRODUCT}."
    users.user.refresh_from_db()
    assert users.user.role == Role.AGENT
    entry = AuditEntry.objects.using(AUTH).get()
    assert (entry.action, entry.actor) == ("user.role_changed", None)
    assert (entry.subject_id, entry.before, entry.after) == (
        str(users.user.id),
        {"role": "user"},
        {"role": "agent"},
    )


def test_set_role_by_clerk_id_makes_the_first_admin(run, sign_in):
    """Also before their first sign-in, which then finds the row."""
    assert run("set_role", "user_first", "admin") == (
        f"user_first was not known here: made, as admin of {PRODUCT}."
    )
    assert sign_in(User.objects.get()).get(ME).json()["role"] == "admin"
    assert User.objects.count() == 1
    entries = AuditEntry.objects.using(AUTH).order_by("id")
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        ("user.created", None, {"role": "user"}),
        ("user.role_changed", {"role": "user"}, {"role": "admin"}),
    ]


def test_set_role_says_that_it_made_somebody_also_as_user(run):
    said = run("set_role", "user_first", "user")
    assert said == f"user_first was not known here: made, as user of {PRODUCT}."
    assert run("set_role", "user_first", "user") == f"user_first is user of {PRODUCT} already."


def test_set_role_again_changes_nothing(run, users):
    before = users.agent.updated_at
    said = run("set_role", "agent@example.com", "agent")
    assert said == f"agent@example.com is agent of {PRODUCT} already."
    users.agent.refresh_from_db()
    assert users.agent.updated_at == before
    assert not AuditEntry.objects.using(AUTH).exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("nobody@example.com", "admin"), "nobody called nobody@example.com.*first sign-in"),
        (("usr_nobody", "admin"), "nobody called usr_nobody"),
        (("user_ a", "admin"), "nobody called user_ a"),
        (("user_" + "x" * 251, "admin"), "255 characters"),
        (("user@example.com", "owner"), "invalid choice: 'owner'"),
    ],
)
def test_set_role_refuses(run, users, arguments, message):
    with pytest.raises(CommandError, match=message):
        run("set_role", *arguments)


@pytest.mark.parametrize("role", Role.values)
def test_dev_token_for_a_role(run, me, role):
    token = run("dev_token", "--role", role)
    assert token.count(".") == 2 and len(token.split()) == 1
    assert me(token)["role"] == role
    assert me(run("dev_token", "--role", role))["id"] == me(token)["id"]
    assert User.objects.get().clerk_user_id == f"dev_{role}"


def test_dev_token_for_nobody_in_particular_is_a_user(run, me):
    assert me(run("dev_token"))["role"] == "user"


def test_dev_token_restores_a_development_person(run, me):
    run("dev_token", "--role", "agent")
    User.objects.update(role=Role.USER, is_active=False, first_name="Kept")
    answer = me(run("dev_token", "--role", "agent"))
    assert (answer["role"], answer["first_name"]) == ("agent", "Kept")


def test_dev_token_for_somebody_of_the_sample_data(run, me):
    ploy = User.objects.create_user("ploy@example.com", role=Role.AGENT)
    token = run("dev_token", "--email", "Ploy@example.com")
    assert me(token)["id"] == str(ploy.id)
    assert me(run("dev_token", "--email", "ploy@example.com"))["id"] == str(ploy.id)


def test_dev_token_keeps_a_clerk_id(run, me, users):
    assert me(run("dev_token", "--email", "agent@example.com"))["id"] == str(users.agent.id)
    users.agent.refresh_from_db()
    assert users.agent.clerk_user_id == "user_agent"


def test_dev_token_makes_somebody_with_an_email(run, me):
    assert me(run("dev_token", "--email", "new@example.com", "--role", "admin")) | {
        "email": "new@example.com",
        "role": "admin",
    } == me(run("dev_token", "--email", "new@example.com"))


def test_dev_token_names_an_authorized_party(run, me, settings):
    settings.CLERK = replace(settings.CLERK, authorized_parties=("http://localhost:5273",))
    assert me(run("dev_token"))["role"] == "user"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--email", "agent@example.com", "--role", "admin"), "is agent, not admin"),
        (("--hours", "0"), "--hours"),
        (("--hours", "nan"), "--hours"),
        (("--hours", "9000"), "--hours"),
        (("--role", "owner"), "invalid choice"),
    ],
)
def test_dev_token_refuses_arguments(run, users, arguments, message):
    with pytest.raises(CommandError, match=message):
        run("dev_token", *arguments)


def test_dev_token_refuses_a_deactivated_person(run, users):
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="deactivated"):
        run("dev_token", "--email", "agent@example.com")


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_dev_token_is_for_development(run, settings, environment):
    settings.ENVIRONMENT = environment
    with pytest.raises(CommandError, match=f"this is {environment}"):
        run("dev_token")
    assert not User.objects.exists()


def test_dev_token_needs_the_key(run, settings, tmp_path):
    key_file = tmp_path / "key.pem"
    settings.DEV_JWT_PRIVATE_KEY_FILE = str(key_file)
    with pytest.raises(CommandError, match="cannot be read"):
        run("dev_token")
    key_file.write_text("junk")
    with pytest.raises(CommandError, match="no RSA key"):
        run("dev_token")
    settings.DEV_JWT_PRIVATE_KEY_FILE = ""
    with pytest.raises(CommandError, match="is not set"):
        run("dev_token")


def test_dev_token_says_when_the_product_would_refuse_it(run, settings, tmp_path):
    settings.CLERK = replace(settings.CLERK, jwt_key=public_pem(new_key()))
    with pytest.raises(CommandError, match="not the public half"):
        run("dev_token")


def test_the_static_key_is_checked_at_start(settings):
    assert static_key_is_readable(None) == []
    settings.CLERK = replace(settings.CLERK, jwt_key="junk")
    assert [problem.id for problem in static_key_is_readable(None)] == ["accounts.E001"]
    settings.CLERK = replace(settings.CLERK, jwt_key="")
    assert static_key_is_readable(None) == []


@pytest.mark.parametrize(
    "command",
    [
        ("set_role", "user_new", "admin"),
        ("create_api_key", "reports", "--scope=users:read"),
        ("revoke_api_key", "0123456789ab"),
        ("sync_clerk",),
        ("erase_user", "admin@example.com"),
        ("createsuperuser", "--email=new@example.com", "--noinput"),
        ("changepassword", "admin@example.com"),
    ],
    ids=lambda command: command[0],
)
def test_where_another_deployment_keeps_the_people_nothing_is_done_about_them(
    users, settings, command
):
    settings.ACCOUNTS_API = AccountsApi("http://127.0.0.1:1", "a.b")
    before = User.objects.count(), APIKey.objects.count()
    with pytest.raises(CommandError, match="kept by another deployment"):
        call_command(*command)
    assert (User.objects.count(), APIKey.objects.count()) == before
