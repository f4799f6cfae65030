"""Writes over the API that would take the golden questions under their floor."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from core.search.embeddings import embedder
from faq import indexing
from faq.models import Document, GoldenQuestion, Version

pytestmark = [pytest.mark.django_db, pytest.mark.any_product]
DOCUMENTS = "/api/v1/faq/documents"
HERON = {"slug": "heron", "category": "staying", "question": "Herons?", "answer": "Many."}


@pytest.fixture
def agent(sign_in, users):
    return sign_in(users.agent)


def url_of(document):
    return f"{DOCUMENTS}/{document.id}"


def whole(document, **changes):
    fields = ("slug", "language", "question", "answer", "status", "position")
    return {name: getattr(document, name) for name in fields} | {"category": "staying"} | changes


def edits(client, dog):
    """Each way of writing, so that the dog's question is answered no more."""
    Document.objects.filter(pk=dog.pk).update(question="Drums?", answer="No.")  # version 2
    indexing.save(dog)  # 3
    return {
        "reworded": (client.patch, url_of(dog), {"question": "Can I bring my drum?"}, 200),
        "archived": (client.patch, url_of(dog), {"status": "archived"}, 200),
        "replaced": (client.put, url_of(dog), whole(dog, question="Drums?"), 200),
        "deleted": (client.delete, url_of(dog), None, 204),
        "restored": (client.post, f"{url_of(dog)}/versions/2/restore", None, 200),
    }


WAYS = ("reworded", "archived", "replaced", "deleted", "restored")


@pytest.mark.parametrize("way", WAYS)
def test_a_write_under_the_floor_is_refused_unless_it_is_accepted(agent, golden, way):
    dog, _ = golden
    call, url, body, status = edits(agent, dog)[way]
    before = list(Version.objects.values()), list(Document.objects.values("updated_at"))
    answer = call(url, body, format="json")
    assert answer.status_code == 409, answer.content
    error = answer.json()["error"]
    assert error["code"] == "CONFLICT" and "accept_worse=true" in error["message"]
    fallen = {(fall["measure"], fall["language"]) for fall in error["details"]["fallen"]}
    assert fallen == {(m, lang) for m in ("hit@1", "hit@5", "MRR") for lang in ("en", "all")}
    fall = next(fall for fall in error["details"]["fallen"] if fall["measure"] == "hit@5")
    assert (fall["before"], fall["after"], fall["floor"]) == (1.0, 0.5, 0.9)
    assert error["details"]["later"] == [
        {"question": "is a dog ok", "language": "en", "expected": "dog", "before": 1, "after": None}
    ]
    assert before == (list(Version.objects.values()), list(Document.objects.values("updated_at")))
    assert GoldenQuestion.objects.count() == 2 and not AuditEntry.objects.exists()
    dog.refresh_from_db()
    assert dog.embeddings.get().content_hash == dog.content_hash

    assert call(f"{url}?accept_worse=false", body, format="json").status_code == 409
    assert call(f"{url}?accept_worse=true", body, format="json").status_code == status
    assert AuditEntry.objects.count() == 1
    left = Document.objects.filter(slug="dog").values_list("question", "status")
    assert list(left) != [("Can I bring my dog?", "published")]


def test_a_new_document_that_takes_anothers_place(agent, golden, settings):
    given = HERON | {"question": "Is a dog ok?", "answer": "Ok.", "status": "published"}
    settings.FAQ = settings.FAQ.__class__(golden_mrr=0.9)
    answer = agent.post(DOCUMENTS, given, format="json")
    assert answer.status_code == 409
    (later,) = answer.json()["error"]["details"]["later"]
    assert (later["before"], later["after"]) == (1, 2)
    assert not Document.objects.filter(slug="heron").exists()
    assert agent.post(f"{DOCUMENTS}?accept_worse=true", given, format="json").status_code == 201


def test_a_fall_that_stays_above_the_floor_is_written(agent, golden, settings):
    settings.FAQ = settings.FAQ.__class__(golden_mrr=0.5, golden_hit_at_5=0.5)
    answer = agent.patch(url_of(golden[0]), {"question": "Can I bring my drum?"}, format="json")
    assert answer.status_code == 200
    assert Document.objects.get(slug="dog").question == "Can I bring my drum?"


def test_under_the_floor_already_but_no_lower_is_written(agent, golden):
    GoldenQuestion.objects.create(question="helipad", document=golden[0])
    answer = agent.patch(url_of(golden[0]), {"answer": "Dogs may come."}, format="json")
    assert answer.status_code == 200


def test_a_publish_is_judged_and_answers_as_ever(agent, golden):
    made = agent.post(DOCUMENTS, HERON, format="json").json()
    answer = agent.patch(f"{DOCUMENTS}/{made['id']}", {"status": "published"}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "published")
    assert AuditEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("accept_worse=yes", "accept_worse"),
        ("accept_worse=", "accept_worse"),
        ("accept=1", "accept"),
    ],
)
def test_what_is_not_understood_is_refused(agent, golden, query, field):
    calls = [
        (agent.post, DOCUMENTS, HERON),
        (agent.put, url_of(golden[0]), HERON),
        (agent.patch, url_of(golden[0]), {"position": 1}),
        (agent.delete, url_of(golden[0]), None),
        (agent.post, f"{url_of(golden[0])}/versions/1/restore", None),
    ]
    for call, url, body in calls:
        answer = call(f"{url}?{query}", body, format="json")
        assert answer.status_code == 400, answer.content
        assert field in answer.json()["error"]["details"]
    assert Version.objects.count() == 2


def searches(client, call, *arguments):
    """How often a write asked search, by its lookups of words."""
    with CaptureQueriesContext(connection) as queries:
        assert call(*arguments, format="json").status_code < 300
    return sum("faq_words" in query["sql"] for query in queries)


def test_what_visitors_never_see_or_search_never_reads_is_not_judged(agent, golden, make):
    dog, _ = golden
    draft = make("Draft?", slug="draft", status="draft")
    assert searches(agent, agent.patch, url_of(dog), {"answer": "Dogs may come."}) == 4
    for call, url, body in (
        (agent.post, DOCUMENTS, HERON),
        (agent.patch, url_of(draft), {"question": "Is a dog ok?"}),
        (agent.put, url_of(draft), whole(draft, answer="x")),
        (agent.post, f"{url_of(draft)}/versions/1/restore", None),
        (agent.delete, url_of(draft), None),
        (agent.patch, url_of(dog), {"position": 5}),
        (agent.patch, url_of(dog), {"answer": "Dogs may come."}),
        (agent.patch, f"{url_of(dog)}?accept_worse=true", {"answer": "Pets may come."}),
    ):
        assert searches(agent, call, url, body) == 0, url


def test_without_golden_questions_a_write_costs_two_queries_more(agent, golden, make):
    GoldenQuestion.objects.all().delete()
    with CaptureQueriesContext(connection) as judged:
        agent.patch(url_of(golden[0]), {"answer": "Dogs may come."}, format="json")
    with CaptureQueriesContext(connection) as accepted:
        url = f"{url_of(golden[0])}?accept_worse=true"
        agent.patch(url, {"answer": "Pets may come."}, format="json")
    assert len(judged) - len(accepted) == 2


def test_what_is_gone_or_may_not_follow_is_told_as_ever(agent, golden):
    dog, _ = golden
    taken = agent.patch(url_of(dog), {"slug": "boat", "answer": "Dogs may come."}, format="json")
    assert "slug" in taken.json()["error"]["message"] and taken.status_code == 409
    assert agent.post(f"{url_of(dog)}/versions/9/restore").status_code == 404
    agent.delete(f"{url_of(dog)}?accept_worse=true")
    assert agent.patch(url_of(dog), {"answer": "x"}, format="json").status_code == 404
    assert agent.delete(url_of(dog)).status_code == 404
    assert agent.post(f"{url_of(dog)}/versions/1/restore").status_code == 404


def test_without_its_model_a_write_goes_through(agent, golden, model):
    model.embeddings.status = 500
    answer = agent.patch(url_of(golden[0]), {"status": "archived"}, format="json")
    assert answer.status_code == 200


def test_the_vector_of_a_model_is_there_to_be_judged(agent, golden, model):
    """Words alone would lose it, and lose nothing of the other: the model says so."""
    dog, boat = golden
    near, far = [1.0] + [0.0] * 383, [0.0, 1.0] + [0.0] * 382
    model.embeddings.vectors = {
        "is a dog ok": near,
        "Pooch?\nPets are welcome.": near,
        "Cat?\nPets are welcome.": [-1.0] + [0.0] * 383,
        dog.embedded_text: near,
        "ferry times": far,
        boat.embedded_text: far,
    }
    indexing.embed([dog, boat], embedder())
    assert agent.patch(url_of(dog), {"question": "Pooch?"}, format="json").status_code == 200
    assert agent.patch(url_of(dog), {"question": "Cat?"}, format="json").status_code == 409
    assert Document.objects.get(slug="dog").question == "Pooch?"


def test_it_is_in_the_schema(api):
    paths = api.get("/openapi.json", HTTP_ACCEPT="application/json").json()["paths"]
    one, restore = f"{DOCUMENTS}/{{id}}", f"{DOCUMENTS}/{{id}}/versions/{{number}}/restore"
    for path, method in (
        (DOCUMENTS, "post"), (one, "put"), (one, "patch"), (one, "delete"), (restore, "post"),
    ):  # fmt: skip
        operation = paths[path][method]
        assert "accept_worse" in {each["name"] for each in operation["parameters"]}
        assert "`later`" in operation["responses"]["409"]["description"]
