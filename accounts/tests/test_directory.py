from uuid import uuid4

import pytest
from django.apps import apps

from accounts.directory import MAX_IDS, UNKNOWN, id_of_email, names
from accounts.models import User
from accounts.people import Person


def test_names_by_one_query(users, django_assert_num_queries):
    agent, user = users.agent, users.user
    unknown = uuid4()
    with django_assert_num_queries(1):
        found = names([agent.id, user.id, agent.id, unknown, None])
    assert found == {
        agent.id: Person(agent.id, "Agent Example", "agent@example.com"),
        user.id: Person(user.id, "User Example", "user@example.com"),
        unknown: Person(unknown, UNKNOWN, None),
    }


@pytest.mark.django_db
def test_a_person_without_a_name():
    person = User.objects.create(clerk_user_id="user_1")
    assert names([person.id])[person.id] == Person(person.id, "", None)


def test_nobody_asked_for_costs_no_query(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert names([]) == names([None]) == {}


@pytest.mark.django_db
def test_too_many_at_once():
    ids = [uuid4() for _ in range(MAX_IDS + 1)]
    assert {person.name for person in names(ids[:MAX_IDS]).values()} == {UNKNOWN}
    with pytest.raises(ValueError, match="1001 people"):
        names(ids)


def test_id_of_email(users):
    assert id_of_email(" AGENT@example.com ") == users.agent.id
    assert id_of_email("nobody@example.com") is None


def test_nothing_outside_accounts_has_a_foreign_key_to_people():
    """Django's own log of the admin has one; it lives with the people."""
    pointing = {
        model._meta.app_label
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is User
    }
    assert pointing <= {"accounts", "admin"}
    assert "admin" in pointing  # else this test would see nothing
