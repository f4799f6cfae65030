from collections import Counter

import orjson
import pytest
from django.core.management import call_command

from accounts.conf import AccountsApi
from accounts.models import Role, User
from accounts.seed import seed

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.samples,
    pytest.mark.usefixtures("quick_passwords"),
]


@pytest.fixture
def people(settings):
    return orjson.loads((settings.SEED_DIR / "people.json").read_bytes())


def admin():
    return User.objects.get(role=Role.ADMIN)


def test_the_products_own_people(people, settings):
    settings.SEED_ADMIN_PASSWORD = "opens the door"
    assert str(seed()) == f"people: {len(people)} created, 0 updated, 0 unchanged"
    roles = Counter(User.objects.values_list("role", flat=True))
    assert roles["admin"] == 1 and roles["agent"] >= 1 and roles["user"] >= 1
    assert admin().check_password("opens the door")
    others = User.objects.exclude(role=Role.ADMIN)
    assert not any(person.has_usable_password() for person in others)
    assert not User.objects.exclude(clerk_user_id=None).exists()


def test_where_another_deployment_keeps_the_people_none_are_made(settings):
    settings.ACCOUNTS_API = AccountsApi("http://127.0.0.1:1", "a.b")
    assert str(seed()) == "people: 0 created, 0 updated, 0 unchanged"
    assert not User.objects.exists()


def test_a_second_run_changes_nothing(people, settings):
    settings.SEED_ADMIN_PASSWORD = "opens the door"
    seed()
    before = list(User.objects.order_by("id").values())
    assert str(seed()) == f"people: 0 created, 0 updated, {len(people)} unchanged"
    assert list(User.objects.order_by("id").values()) == before


def test_what_staff_changed_stays(people):
    seed()
    email = people[-1]["email"]
    User.objects.filter(email=email).update(role=Role.AGENT, email=email.upper(), first_name="X")
    assert seed().unchanged == len(people)
    assert User.objects.get(email=email.upper()).first_name == "X"


def test_a_password_that_no_longer_fits_is_set_again(settings):
    settings.SEED_ADMIN_PASSWORD = ""
    seed()
    assert not admin().has_usable_password()
    settings.SEED_ADMIN_PASSWORD = "first"
    assert seed().updated == 1
    settings.SEED_ADMIN_PASSWORD = "second"
    assert seed().updated == 1
    assert admin().check_password("second")


def test_somebody_who_is_no_admin_any_more_gets_no_password(settings):
    seed()
    User.objects.filter(role=Role.ADMIN).update(role=Role.USER)
    settings.SEED_ADMIN_PASSWORD = "opens the door"
    assert seed().updated == 0


def test_a_product_may_have_no_sample_data(settings, tmp_path, capsys):
    settings.SEED_DIR = tmp_path / "nowhere"
    call_command("seed")
    assert "no sample data" in capsys.readouterr().out
    assert not User.objects.exists()
