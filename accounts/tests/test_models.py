import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from accounts.models import Role, User, role_allows
from core.databases import AUTH


@pytest.mark.parametrize(
    "role, permission, allowed",
    [
        ("admin", "accounts.change_user", True),
        ("admin", "anything.at_all", True),
        ("agent", "properties.view_property", True),
        ("agent", "properties.delete_property", True),
        ("agent", "faq.change_document", True),
        ("agent", "faq.publish_document", False),
        ("agent", "accounts.view_user", False),
        ("agent", "chat.view_conversation", False),
        ("agent", "faq", False),
        ("user", "properties.view_property", False),
        ("", "", False),
    ],
)
def test_what_a_role_allows(role, permission, allowed):
    assert role_allows(role, permission) is allowed


@pytest.mark.parametrize(
    "role, staff, superuser, modules",
    [
        ("admin", True, True, {"accounts", "properties", "faq", "chat"}),
        ("agent", True, False, {"properties", "faq"}),
        ("user", False, False, set()),
    ],
)
def test_what_the_admin_asks_of_a_person(role, staff, superuser, modules):
    person = User(role=role)
    assert (person.is_staff, person.is_superuser) == (staff, superuser)
    apps = {"accounts", "properties", "faq", "chat"}
    assert {app for app in apps if person.has_module_perms(app)} == modules
    assert person.has_perms(["faq.view_document"]) == ("faq" in modules)
    person.is_active = False
    assert not any(map(person.has_module_perms, apps))
    assert not person.has_perm("faq.view_document")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"email": "TAKEN@example.com"},
        {"clerk_user_id": "user_taken"},
        {"email": ""},
        {"clerk_user_id": ""},
        {"role": "owner"},
    ],
)
def test_the_database_refuses(values):
    User.objects.create(email="taken@example.com", clerk_user_id="user_taken")
    with pytest.raises(IntegrityError), transaction.atomic(using=AUTH):
        User.objects.create(**values)


@pytest.mark.django_db
def test_many_may_have_no_email_and_no_clerk_id():
    User.objects.create()
    User.objects.create()
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_a_taken_email_is_a_validation_error_in_forms_and_commands():
    User.objects.create_user("taken@example.com")
    with pytest.raises(ValidationError, match="already exists"):
        User.objects.create_user("Taken@example.com")


def test_a_person_is_called_by_what_is_known():
    assert str(User(email="a@example.com", clerk_user_id="user_1")) == "a@example.com"
    assert str(User(clerk_user_id="user_1")) == "user_1"
    assert str(nameless := User()) == str(nameless.id)
    assert User(first_name="Nok").get_full_name() == "Nok"
    assert User(email="a@example.com").get_full_name() == "a@example.com"
    assert User(email="a@example.com").get_short_name() == "a@example.com"


@pytest.mark.django_db
def test_createsuperuser_makes_an_admin(monkeypatch, quick_passwords, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")
    call_command("createsuperuser", "--noinput", email="boss@example.com")
    boss = User.objects.get()
    assert (boss.role, boss.check_password("correct horse")) == (Role.ADMIN, True)
    with pytest.raises(CommandError, match="already exists"):
        call_command("createsuperuser", "--noinput", email="BOSS@example.com")


def test_each_person_has_a_salt_of_their_own(users, django_assert_num_queries):
    """Also rows that were made by SQL, as those that the migration found."""
    User.objects.bulk_create([User(clerk_user_id="user_a"), User(clerk_user_id="user_b")])
    with connections[AUTH].cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, created_at, updated_at, password, first_name,"
            " last_name, role, is_active, own_name) SELECT gen_random_uuid(), now(), now(), '', '',"
            " '', 'user', true, false FROM generate_series(1, 2)"
        )
    salts = {bytes(salt) for salt in User.objects.values_list("audit_salt", flat=True)}
    assert len(salts) == User.objects.count() and {len(salt) for salt in salts} == {16}


def test_a_salt_is_read_only_for_an_entry(users):
    found = User.objects.by_clerk_id("user_agent")
    assert "audit_salt" in found.get_deferred_fields()
    assert bytes(found.audit_salt) == users.agent.audit_salt
