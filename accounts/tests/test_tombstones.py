"""Whoever was deleted stays deleted, however long their session tokens live."""

from threading import Event, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from accounts.clerk.sign_in import person_of
from accounts.models import Role, Tombstone, User
from accounts.testing import person
from core.databases import AUTH
from core.errors import ApiError

ME = "/api/v1/users/me"


def assert_deleted(response):
    error = response.json()["error"]
    assert (response.status_code, error["details"]) == (401, {"reason": "deleted"})


@pytest.mark.parametrize(
    "delete",
    [
        lambda agent: agent.delete(),
        lambda agent: User.objects.filter(id=agent.id).delete(),
        lambda agent: User.objects.all().delete(),
    ],
)
def test_a_live_token_of_somebody_deleted_makes_nobody(users, sign_in, delete):
    agent = sign_in(users.agent)
    assert agent.get(ME).status_code == 200
    delete(users.agent)
    for _ in range(2):
        assert_deleted(agent.get(ME))
    assert not User.objects.filter(clerk_user_id="user_agent").exists()


def test_deleting_in_the_admin_leaves_a_tombstone(users, client, sign_in):
    client.force_login(users.admin)
    chosen = {"action": "delete_selected", "_selected_action": [users.user.pk], "post": "yes"}
    assert client.post("/admin/accounts/user/", chosen).status_code == 302
    assert client.post(f"/admin/accounts/user/{users.agent.pk}/delete/", {"post": "yes"})
    for deleted in (users.user, users.agent):
        assert_deleted(sign_in(deleted).get(ME))
    assert sign_in(users.outsider).get(ME).status_code == 200


@pytest.mark.django_db
def test_a_tombstone_names_nobody_and_may_be_laid_twice():
    Tombstone.objects.bury(["user_1"])
    Tombstone.objects.bury(["user_1", "user_2"])
    assert Tombstone.objects.count() == 2
    assert "user_1" not in str(Tombstone.objects.values_list())
    assert Tombstone.objects.covers("user_1") and not Tombstone.objects.covers("user_3")


@pytest.mark.django_db
def test_somebody_without_a_clerk_id_leaves_none():
    person("by_password", Role.ADMIN)
    User.objects.update(clerk_user_id=None)
    User.objects.get().delete()
    User.objects.create(email="other@example.com")
    User.objects.all().delete()
    assert not Tombstone.objects.exists()


@pytest.mark.django_db
def test_nobody_is_given_the_clerk_id_of_somebody_deleted():
    person("first", Role.USER).delete()
    with pytest.raises(ValidationError, match="deleted"):
        User(clerk_user_id="user_first", password="!").full_clean()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_made_while_they_are_being_deleted():
    """Clerk's deletion may arrive before the first request does."""
    outcome, begun = [], Event()

    def first_request():
        begun.set()
        try:
            person_of({"sub": "user_racing"})
        except ApiError as refusal:
            outcome.append(refusal.details["reason"])
        finally:
            connections.close_all()

    with transaction.atomic(using=AUTH):
        Tombstone.objects.bury(["user_racing"])
        racing = Thread(target=first_request)
        racing.start()
        begun.wait()
        racing.join(0.2)
        assert racing.is_alive(), "it waits for the deletion"
    racing.join()
    assert outcome == ["deleted"]
    assert not User.objects.exists()
