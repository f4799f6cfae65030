"""The users API: for admins, and for keys with the scope."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Role, Scope, User
from accounts.testing import person

USERS = "/api/v1/users"


@pytest.fixture
def reader(with_key):
    client = with_key(Scope.USERS_READ)
    assert client.get(USERS).status_code == 200  # notes the first use of the key
    return client


@pytest.fixture
def admin(users, sign_in):
    return sign_in(users.admin)


def emails(response):
    assert response.status_code == 200, response.content
    return [each["email"] for each in response.json()["results"]]


def details(response):
    assert response.status_code == 400
    return list(response.json()["error"]["details"])


def test_one_person(users, reader, django_assert_num_queries):
    with django_assert_num_queries(2):  # the key, the person
        response = reader.get(f"{USERS}/{users.agent.id}")
    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "id": str(users.agent.id),
        "email": "agent@example.com",
        "first_name": "Agent",
        "last_name": "Example",
        "role": "agent",
        "created_at": users.agent.created_at.isoformat().replace("+00:00", "Z"),
        "is_active": True,
        "is_banned": False,
    }


def test_nobody_and_nonsense(users, admin):
    assert admin.get(f"{USERS}/{uuid4()}").status_code == 404
    assert admin.get(f"{USERS}/nobody").status_code == 404
    assert details(admin.get(f"{USERS}/{users.agent.id}?include=all")) == ["include"]


def test_the_newest_come_first_page_by_page_without_gaps(users, admin, django_assert_num_queries):
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(9):
        one = person(f"p{number}", Role.USER)
        # three moments, so that the id decides within each
        User.objects.filter(id=one.id).update(created_at=begin + timedelta(days=number // 3))
    expected = [each.email for each in User.objects.order_by("-created_at", "-id")]
    seen, after = [], ""
    while after is not None:
        with django_assert_num_queries(2):  # who asks, the page
            response = admin.get(USERS, {"limit": 4} | ({"cursor": after} if after else {}))
        seen += emails(response)
        after = response.json()["next"]
    assert seen == expected


def test_a_cursor_is_for_its_own_filters(users, admin):
    after = admin.get(USERS, {"limit": 1, "role": "agent"}).json()["next"]
    assert len(emails(admin.get(USERS, {"limit": 1, "role": "agent", "cursor": after}))) == 1
    for parameters in ({"cursor": after}, {"role": "user", "cursor": after}, {"cursor": "x"}):
        response = admin.get(USERS, parameters)
        assert response.json()["error"]["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize(
    "q, found",
    [
        ("AGENT@", ["agent@example.com"]),
        ("other a", ["other_agent@example.com"]),
        ("xampl", []),  # begins with it, not: holds it
        ("examp", ["agent@example.com", "other_agent@example.com"]),
        ("%gent", []),
        ("other_agen", ["other_agent@example.com"]),
        ("a\\", []),
    ],
)
def test_search(users, admin, q, found):
    assert sorted(emails(admin.get(USERS, {"q": q, "role": "agent"}))) == found


def test_search_in_any_script(users, admin):
    User.objects.filter(id=users.user.id).update(first_name="Женя", last_name="สมชาย")
    assert emails(admin.get(USERS, {"q": "женя"})) == ["user@example.com"]
    assert emails(admin.get(USERS, {"q": "สมช"})) == ["user@example.com"]


@pytest.mark.parametrize("name", ["İpek", "ΟΔΥΣΣΕΥΣ", "STRAẞE"])
def test_a_name_is_found_as_it_is_written(users, admin, name):
    """Python has other small letters for some of these than PostgreSQL."""
    User.objects.filter(id=users.user.id).update(first_name=name)
    assert emails(admin.get(USERS, {"q": name})) == ["user@example.com"]


def test_by_email(users, admin):
    assert emails(admin.get(USERS, {"email": "AGENT@example.com"})) == ["agent@example.com"]
    assert emails(admin.get(USERS, {"email": "agent@example"})) == []


def test_many_by_id(users, reader, django_assert_num_queries):
    asked = ",".join(str(id) for id in (users.user.id, uuid4(), users.agent.id, users.user.id))
    with django_assert_num_queries(2):
        response = reader.get(USERS, {"ids": asked})
    assert sorted(emails(response)) == ["agent@example.com", "user@example.com"]
    assert response.json()["next"] is None
    hundred = ",".join(str(uuid4()) for _ in range(100))
    assert emails(reader.get(USERS, {"ids": hundred})) == []


@pytest.mark.parametrize(
    "parameters, field",
    [
        ({"ids": ""}, "ids"),
        ({"ids": "1,2"}, "ids"),
        ({"ids": ",".join([str(uuid4())] * 101)}, "ids"),
        ({"ids": str(uuid4()), "limit": "5"}, "ids"),
        ({"q": "a"}, "q"),
        ({"q": "a" * 101}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"role": "owner"}, "role"),
        ({"limit": "0"}, "limit"),
        ({"name": "x"}, "name"),
    ],
)
def test_what_cannot_be_asked(users, admin, parameters, field):
    assert details(admin.get(USERS, parameters)) == [field]


def test_the_search_is_answered_by_the_indexes(users, admin):
    User.objects.bulk_create(
        User(email=f"{n}@example.com", first_name=f"F{n}", last_name=f"L{n}") for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = User.objects.beginning("f29").explain()
    for field in ("email", "first_name", "last_name"):
        assert f"accounts_user_{field}" in plan


def test_the_reference_names_the_schemas_and_the_scheme(client):
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["apiKey"]["name"] == "Authorization"
    answer = document["paths"][USERS]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": "#/components/schemas/UserPage"}
