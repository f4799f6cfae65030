from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from core.models import AuditEntry
from faq.models import Category, Document, Embedding

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local")]
DOCUMENTS = "/api/v1/faq/documents"
CATEGORIES = "/api/v1/faq/categories"


def new(**changes):
    given = {"slug": "pets", "category": "staying", "question": "Pets?", "answer": "Ask us."}
    return given | changes


def error(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["code"] == code
    return answer.json()["error"].get("details", {})


def slugs(answer):
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def url_of(row):
    return f"{CATEGORIES if isinstance(row, Category) else DOCUMENTS}/{row.id}"


@pytest.fixture
def agent(sign_in, users):
    return sign_in(users.agent)


# Reading


def test_guests_see_the_published_documents_by_position(api, make):
    make("Second?", position=2)
    make("First?", position=1)
    make("Draft?", status="draft")
    make("Archived?", status="archived")
    assert slugs(api.get(DOCUMENTS)) == ["first", "second"]
    (first, _) = api.get(DOCUMENTS).json()["results"]
    assert set(first) == {
        "id", "slug", "category", "language", "question", "answer",
        "alternate_questions", "status", "position", "created_at", "updated_at",
    }  # fmt: skip
    assert first["category"] == "staying"
    assert first["created_at"].endswith("Z")


def test_another_way_to_ask_a_document_finds_it(api, agent, make):
    document = make("Are the pools safe?")
    asked = {"query": "is there a lifeguard"}
    assert api.get("/api/v1/faq/search", asked).json()["matched"] is False
    others = ["Is there a lifeguard?", "is there a  LIFEGUARD?"]
    changed = agent.patch(url_of(document), {"alternate_questions": others}, format="json").json()
    assert changed["alternate_questions"] == ["Is there a lifeguard?"]
    found = api.get("/api/v1/faq/search", asked).json()
    assert (found["matched"], found["results"][0]["slug"]) == (True, document.slug)
    for wrong in ("Lifeguard?", [1], ["x" * 201], [*map(str, range(31))], [""], None):
        answer = agent.patch(url_of(document), {"alternate_questions": wrong}, format="json")
        assert set(answer.json()["error"]["details"]) == {"alternate_questions"}, wrong
    agent.patch(url_of(document), {"alternate_questions": []}, format="json")
    assert api.get("/api/v1/faq/search", asked).json()["matched"] is False


def test_a_form_keeps_other_ways_to_ask(agent, make):
    document = make("Pets?", alternate_questions=["May I bring a dog?", "Cats?"])
    page = agent.get(url_of(document), HTTP_ACCEPT="text/html").content.decode()
    assert "May I bring a dog?\nCats?\n</textarea>" in page
    shown = {"slug": "pets", "category": "staying", "question": "Pets?", "answer": "Ask us."}
    lines = {"alternate_questions": "May I bring a dog?\r\n\r\nParrots?\r\n"}
    changed = agent.put(url_of(document), shown | lines, format="multipart").json()
    assert changed["alternate_questions"] == ["May I bring a dog?", "Parrots?"]


def test_staff_see_all_and_choose(agent, make):
    make("Draft?", status="draft")
    make("Published?")
    assert set(slugs(agent.get(DOCUMENTS))) == {"draft", "published"}
    assert slugs(agent.get(DOCUMENTS, {"status": "draft"})) == ["draft"]


def test_filters(api, make):
    other = Category.objects.create(slug="paying", name="Paying")
    make("One?")
    make("Two?", category=other)
    make("สาม", slug="three", language="th")
    assert slugs(api.get(DOCUMENTS, {"category": "paying"})) == ["two"]
    assert slugs(api.get(DOCUMENTS, {"language": "th"})) == ["three"]
    assert slugs(api.get(DOCUMENTS, {"status": "published", "language": "en"})) == ["one", "two"]
    assert slugs(api.get(DOCUMENTS, {"category": "unknown"})) == []


@pytest.mark.parametrize("person", [None, "user"])
def test_others_may_not_ask_for_drafts(api, sign_in, users, make, person):
    draft = make("Draft?", status="draft")
    client = sign_in(users.user) if person else api
    code = (403, "FORBIDDEN") if person else (401, "UNAUTHORIZED")
    error(client.get(DOCUMENTS, {"status": "draft"}), *code)
    error(client.get(url_of(draft)), 404, "NOT_FOUND")


def test_one_document(api, agent, make):
    document, draft = make("Pets?"), make("Draft?", status="draft")
    assert api.get(url_of(document)).json()["question"] == "Pets?"
    assert agent.get(url_of(draft)).json()["status"] == "draft"
    error(api.get(f"{DOCUMENTS}/{uuid4()}"), 404, "NOT_FOUND")
    error(api.get(f"{DOCUMENTS}/1"), 404, "NOT_FOUND")
    error(api.get(url_of(document), {"x": 1}), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_hold_every_document_once(api, make, size):
    expected = [make(f"Q{n}?", position=n // 2).slug for n in range(5)]
    seen, parameters = [], {"limit": size}
    while parameters:
        body = api.get(DOCUMENTS, parameters).json()
        seen += [row["slug"] for row in body["results"]]
        parameters = body["next"] and {"limit": size, "cursor": body["next"]}
    assert seen == expected


def test_pages_of_categories(api, category):
    Category.objects.create(slug="a-first", name="A", position=0)
    Category.objects.create(slug="z-last", name="Z", position=1)
    first = api.get(CATEGORIES, {"limit": 2})
    assert slugs(first) == ["a-first", "staying"]
    after = {"limit": 2, "cursor": first.json()["next"]}
    assert slugs(api.get(CATEGORIES, after)) == ["z-last"]


def test_cursors_are_for_their_list_their_filters_and_their_reader(api, agent, make):
    make("One?", position=1)
    make("Two?", position=2)
    cursor = api.get(DOCUMENTS, {"limit": 1}).json()["next"]
    for client, url, parameters in (
        (api, DOCUMENTS, {"cursor": cursor[:-1] + ("a" if cursor[-1] != "a" else "b")}),
        (api, DOCUMENTS, {"cursor": "x"}),
        (api, DOCUMENTS, {"cursor": "x" * 5000}),
        (api, DOCUMENTS, {"cursor": cursor, "language": "en"}),
        (api, CATEGORIES, {"cursor": cursor}),
        (agent, DOCUMENTS, {"cursor": cursor}),
    ):
        error(client.get(url, parameters), 400, "INVALID_CURSOR")


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        (DOCUMENTS, {"limit": "0"}),
        (DOCUMENTS, {"limit": "101"}),
        (DOCUMENTS, {"limit": "many"}),
        (DOCUMENTS, {"status": "gone"}),
        (DOCUMENTS, {"language": "xx"}),
        (DOCUMENTS, {"categori": "a"}),
        (DOCUMENTS, {"category": "a\x00"}),
        (CATEGORIES, {"status": "draft"}),
        (CATEGORIES, {"limit": "-1"}),
    ],
)
def test_what_is_not_understood_is_refused(api, db, url, parameters):
    assert error(api.get(url, parameters), 400, "VALIDATION_ERROR")


def test_a_list_costs_one_query_and_a_document_another(api, make, django_assert_num_queries):
    documents = [make(f"Q{n}?") for n in range(5)]
    with django_assert_num_queries(1):
        api.get(DOCUMENTS)
    with django_assert_num_queries(1):
        api.get(url_of(documents[0]))
    with django_assert_num_queries(1):
        api.get(CATEGORIES)


# Writing


@pytest.mark.parametrize("person", [None, "user", "agent", "admin"])
def test_only_agents_and_admins_write(api, sign_in, users, make, person):
    client = sign_in(getattr(users, person)) if person else api
    document = make("Old?")
    calls = [
        (client.post, DOCUMENTS, new(), 201),
        (client.patch, url_of(document), {"position": 3}, 200),
        (client.put, url_of(document), new(slug="put"), 200),
        (client.delete, url_of(document), None, 204),
        (client.post, CATEGORIES, {"slug": "new", "name": "New"}, 201),
        (client.patch, url_of(document.category), {"position": 3}, 200),
        (client.put, url_of(document.category), {"slug": "staying", "name": "N"}, 200),
    ]
    refused = {None: 401, "user": 403}.get(person)
    for call, url, body, status in calls:
        assert call(url, body, format="json").status_code == (refused or status)


def test_a_new_document_is_a_draft_and_can_be_found_once_published(agent, api, category):
    made = agent.post(DOCUMENTS, new(), format="json").json()
    assert (made["status"], made["language"], made["position"]) == ("draft", "en", 0)
    found = api.get("/api/v1/faq/search", {"query": "pets"}).json()["results"]
    assert found == []
    agent.patch(f"{DOCUMENTS}/{made['id']}", {"status": "published"}, format="json")
    (found,) = api.get("/api/v1/faq/search", {"query": "pets"}).json()["results"]
    assert found["id"] == made["id"]


def test_a_replacement_sets_back_what_it_does_not_name(agent, make):
    document = make("Old?", position=7, language="ru")
    body = agent.put(url_of(document), new(), format="json").json()
    assert (body["slug"], body["position"], body["language"]) == ("pets", 0, "en")
    assert body["status"] == "draft"
    assert (body["id"], body["created_at"][:10]) == (str(document.id), body["updated_at"][:10])


def test_a_change_keeps_the_rest(agent, make):
    document = make("Old?", position=7, answer="Kept.")
    body = agent.patch(url_of(document), {"question": "New?"}, format="json").json()
    assert (body["question"], body["answer"], body["position"]) == ("New?", "Kept.", 7)


@pytest.mark.parametrize("row", ["make", "category"])
def test_a_change_of_nothing_writes_nothing(agent, request, row):
    row = request.getfixturevalue(row)
    row = row("Same?") if callable(row) else row
    before = agent.get(url_of(row)).json()
    again = {name: before[name] for name in ("slug", "position")}
    assert agent.patch(url_of(row), again, format="json").json() == before
    assert agent.get(url_of(row)).json() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": "x" * 501}, "question"),
        ({"question": "a\x00b"}, "question"),
        ({"category": "a\x00b"}, "category"),
        ({"category": 7}, "category"),
        ({"answer": "   "}, "answer"),
        ({"answer": "x" * 20_001}, "answer"),
        ({"slug": "not a slug"}, "slug"),
        ({"slug": "x" * 121}, "slug"),
        ({"slug": 7}, "slug"),
        ({"question": "\u200b"}, "question"),
        ({"answer": " \u2060"}, "answer"),
        ({"category": "unknown"}, "category"),
        ({"category": None}, "category"),
        ({"language": "xx"}, "language"),
        ({"status": "live"}, "status"),
        ({"position": -1}, "position"),
        ({"position": 10**9}, "position"),
        ({"position": "first"}, "position"),
        ({"answr": "x"}, "answr"),
        ({"id": str(uuid4())}, "id"),
        ({"search": "x"}, "search"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(agent, category, changes, field):
    assert field in error(
        agent.post(DOCUMENTS, new(**changes), format="json"), 400, "VALIDATION_ERROR"
    )
    assert not Document.objects.exists()


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "{", ""])
def test_a_body_that_is_no_object(agent, category, body):
    answer = agent.post(DOCUMENTS, body, content_type="application/json")
    assert answer.status_code == 400


def test_a_slug_is_taken_once(agent, make):
    make("Pets?", slug="pets")
    other = make("Other?")
    error(agent.post(DOCUMENTS, new(), format="json"), 409, "CONFLICT")
    error(agent.patch(url_of(other), {"slug": "pets"}, format="json"), 409, "CONFLICT")
    error(agent.post(CATEGORIES, {"slug": "staying", "name": "N"}, format="json"), 409, "CONFLICT")


def test_a_deleted_document_is_gone_with_its_vector(agent, api, make):
    document = make("Pets?")
    assert Embedding.objects.count() == 1
    assert agent.delete(url_of(document)).status_code == 204
    assert not Embedding.objects.exists()
    error(agent.delete(url_of(document)), 404, "NOT_FOUND")
    error(agent.patch(url_of(document), {"position": 1}, format="json"), 404, "NOT_FOUND")
    error(agent.put(url_of(document), new(), format="json"), 404, "NOT_FOUND")


def test_a_category_with_documents_stays(agent, make):
    document = make("Pets?")
    error(agent.delete(url_of(document.category)), 409, "CONFLICT")
    agent.delete(url_of(document))
    assert agent.delete(url_of(document.category)).status_code == 204
    error(agent.get(url_of(document.category)), 404, "NOT_FOUND")


def test_one_category(api, category):
    body = api.get(url_of(category)).json()
    assert (body["slug"], body["name"], body["position"]) == ("staying", "During your stay", 1)


# At the same moment


def at_once(*calls):
    together = Barrier(len(calls))
    answers = []

    def run(call):
        together.wait()
        answers.append(call().status_code)
        connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.django_db(transaction=True)
def test_of_two_documents_with_one_slug_one_is_made(sign_in, users, category):
    first, second = sign_in(users.agent), sign_in(users.admin)
    statuses = at_once(
        lambda: first.post(DOCUMENTS, new(), format="json"),
        lambda: second.post(DOCUMENTS, new(), format="json"),
    )
    assert statuses == [201, 409]


@pytest.mark.django_db(transaction=True)
def test_a_category_is_deleted_or_gets_a_document_not_both(sign_in, users, category):
    first, second = sign_in(users.agent), sign_in(users.admin)
    statuses = at_once(
        lambda: first.post(DOCUMENTS, new(), format="json"),
        lambda: second.delete(url_of(category)),
    )
    assert statuses in ([201, 409], [204, 400], [204, 409])
    assert Document.objects.count() == Category.objects.count()


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_count(sign_in, users, make):
    document = make("Old?")
    first, second = sign_in(users.agent), sign_in(users.admin)
    statuses = at_once(
        lambda: first.patch(url_of(document), {"question": "New?"}, format="json"),
        lambda: second.patch(url_of(document), {"answer": "New."}, format="json"),
    )
    document.refresh_from_db()
    assert statuses == [200, 200]
    assert (document.question, document.answer) == ("New?", "New.")
    assert Embedding.objects.get().content_hash == document.content_hash


# In a browser


@pytest.mark.parametrize("url", [DOCUMENTS, CATEGORIES])
def test_forms_make_rows(agent, category, url):
    page = agent.get(url, HTTP_ACCEPT="text/html").content.decode()
    assert 'name="slug"' in page
    given = new(slug="x") if url == DOCUMENTS else {"slug": "x", "name": "X", "position": "2"}
    body = "&".join(f"{name}={value}" for name, value in given.items())
    answer = agent.post(url, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 201, answer.content


def test_forms_show_what_is_there(agent, api, make):
    document = make("Pets?", answer="Ask us.")
    page = agent.get(url_of(document), HTTP_ACCEPT="text/html").content.decode()
    assert 'value="Pets?"' in page and "DELETE" in page
    page = agent.get(url_of(document.category), HTTP_ACCEPT="text/html").content.decode()
    assert 'value="During your stay"' in page
    assert 'name="slug"' not in api.get(DOCUMENTS, HTTP_ACCEPT="text/html").content.decode()


def test_what_is_written_is_recorded(agent, users, category):
    id = agent.post(DOCUMENTS, new(), format="json").json()["id"]
    agent.patch(f"{DOCUMENTS}/{id}", {"answer": "Yes."}, format="json")
    agent.put(f"{DOCUMENTS}/{id}", new(answer="Yes."), format="json")
    agent.delete(f"{DOCUMENTS}/{id}")
    agent.post(CATEGORIES, {"slug": "a", "name": "A"}, format="json")
    agent.patch(url_of(category), {"position": 9}, format="json")
    agent.delete(url_of(category))
    told = [(e.action, e.actor, e.before, e.after) for e in AuditEntry.objects.order_by("id")]
    assert [action for action, *_ in told] == [
        "document.created", "document.changed", "document.deleted",
        "category.created", "category.changed", "category.deleted",
    ]  # fmt: skip
    assert {actor for _, actor, *_ in told} == {users.agent.id}
    assert told[1][2:] == ({"answer": "Ask us."}, {"answer": "Yes."})
    assert told[2][2]["category_id"] == str(category.id)
    assert told[4][2:] == ({"position": 1}, {"position": 9})


def test_what_is_refused_is_not_recorded(agent, make):
    document = make("Pets?")
    assert agent.delete(url_of(document.category)).status_code == 409
    assert agent.post(DOCUMENTS, new(slug=document.slug), format="json").status_code == 409
    assert not AuditEntry.objects.exists()
