from uuid import uuid4

import pytest

from chat import sessions
from chat.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)
CONVERSATIONS = "/api/v1/llm/conversations"


@pytest.fixture
def read(api):
    def get(path="", client=api, **query):
        return client.get(f"{CONVERSATIONS}{path}", query)

    return get


def ids_of(response):
    return [row["id"] for row in response.json()["results"]]


def test_a_guest_reads_back_what_was_said(ask, read, model):
    model.script("Good day.")
    body = ask("Hello").json()
    session = {"session_id": body["session_id"]}
    page = read(**session)
    assert page["Cache-Control"] == "private, no-store"
    (row,) = page.json()["results"]
    assert set(row) == {"id", "title", "created_at", "updated_at"}
    assert (row["id"], row["title"]) == (body["conversation_id"], "Hello")
    detail = read(f"/{row['id']}", **session).json()
    assert {key: detail[key] for key in row} == row
    assert [(m["role"], m["content"]) for m in detail["messages"]] == [
        ("user", "Hello"),
        ("assistant", "Good day."),
    ]
    answer = detail["messages"][1]
    assert answer["id"] == body["message"]["id"]
    assert answer["created_at"] == body["message"]["created_at"]
    assert (answer["status"], answer["model"], answer["sources"]) == ("complete", "main", [])


def test_the_latest_question_comes_first_and_pages_follow(ask, read):
    session = {"session_id": ask("0").json()["session_id"]}
    asked = [ask(str(number), **session).json()["conversation_id"] for number in range(4)]
    ask("Once more", conversation_id=asked[0], **session)
    first = read(limit=2, **session)
    assert ids_of(first) == [asked[0], asked[3]]
    second = read(limit=2, cursor=first.json()["next"], **session)
    assert ids_of(second) == [asked[2], asked[1]]
    third = read(limit=2, cursor=second.json()["next"], **session)
    assert (len(ids_of(third)), third.json()["next"]) == (1, None)


def test_messages_are_paged_backwards_and_each_page_reads_forwards(ask, read):
    body = ask("0").json()
    ids = {key: body[key] for key in ("session_id", "conversation_id")}
    for number in (1, 2):
        ask(str(number), **ids)
    path, session = f"/{ids['conversation_id']}", {"session_id": ids["session_id"]}
    latest = read(path, limit=4, **session).json()
    assert [m["content"] for m in latest["messages"] if m["role"] == "user"] == ["1", "2"]
    before = read(path, limit=4, cursor=latest["next"], **session).json()
    assert [m["role"] for m in before["messages"]] == ["user", "assistant"]
    assert before["next"] is None


def test_each_sees_only_their_own(ask, read, sign_in, users):
    theirs = ask("A guest's").json()
    mine = ask("A user's", client=sign_in(users.user)).json()["conversation_id"]
    assert ids_of(read(client=sign_in(users.user), session_id=theirs["session_id"])) == [mine]
    assert ids_of(read(client=sign_in(users.outsider))) == []
    assert ids_of(read()) == []
    assert ids_of(read(session_id=str(uuid4()))) == []
    assert ids_of(read(session_id=str(sessions.issue()))) == []
    assert ids_of(read(session_id=theirs["session_id"])) == [theirs["conversation_id"]]


def test_a_foreign_conversation_a_missing_one_and_no_id_are_the_same_404(ask, read, sign_in, users):
    theirs = ask("Hello").json()["conversation_id"]
    own = str(sessions.issue())
    for path in (theirs, uuid4(), "nothing", "1"):
        for answer in (
            read(f"/{path}"),
            read(f"/{path}", session_id=own),
            read(f"/{path}", client=sign_in(users.admin)),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "VALIDATION_ERROR"),
        ({"limit": "101"}, "VALIDATION_ERROR"),
        ({"limit": "-1"}, "VALIDATION_ERROR"),
        ({"user_id": "x"}, "VALIDATION_ERROR"),
        ({"session_id": "a\x00"}, "VALIDATION_ERROR"),
        ({"cursor": "x"}, "INVALID_CURSOR"),
        ({"cursor": "x" * 9000}, "INVALID_CURSOR"),
    ],
)
def test_bad_parameters(ask, read, query, code):
    body = ask("Hello").json()
    session = {"session_id": body["session_id"]}
    for path in ("", f"/{body['conversation_id']}"):
        answer = read(path, **session | query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_cursor_is_good_for_its_own_list_alone(ask, read):
    body = ask("0").json()
    session = {"session_id": body["session_id"]}
    ask("1", **session)
    cursor = read(limit=1, **session).json()["next"]
    other = ask("2").json()["session_id"]
    for answer in (
        read(cursor=cursor, session_id=other),
        read(f"/{body['conversation_id']}", cursor=cursor, **session),
    ):
        assert answer.json()["error"]["code"] == "INVALID_CURSOR"


def test_the_list_is_read_from_an_index(django_assert_num_queries, ask, read):
    session = ask("0").json()["session_id"]
    rows = Conversation.objects.of_guest(sessions.read(session)).order_by("-updated_at", "-id")
    with django_assert_num_queries(1):
        assert read(session_id=session).status_code == 200
    assert rows.before("2030-01-01T00:00:00Z", str(uuid4())).count() == 1
    assert Message.objects.count() == 2


def test_the_owner_is_named_for_who_asks(ask, read, sign_in, users):
    client = sign_in(users.user)
    mine = Conversation.objects.create(user_id=users.user.id)
    assert "user" not in read(f"/{mine.id}", client=client).json()
    named = read(f"/{mine.id}", client=client, include="user").json()["user"]
    assert named == {"id": str(users.user.id), "name": "User Example"}
    body = ask("Hello").json()
    guest = {"session_id": body["session_id"], "include": "user"}
    assert read(f"/{body['conversation_id']}", **guest).json()["user"] is None
    assert read(f"/{mine.id}", client=client, include="x").status_code == 400
