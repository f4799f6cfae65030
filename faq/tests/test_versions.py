from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from core.databases import APP
from core.models import AuditEntry
from faq import erasure, export, indexing, writing
from faq.models import Category, Document, ImportFile, Version
from faq.versions import CONTEXT, PAIRS_COMPARED, Piece, changes, differences

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
]
DOCUMENTS = "/api/v1/faq/documents"


@pytest.fixture
def agent(sign_in, users):
    return sign_in(users.agent)


def url_of(document):
    return f"{DOCUMENTS}/{document.id}/versions"


def numbered(document):
    return list(Version.objects.of(document.id).values_list("number", "question", "made_by"))


def error(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.content
    return answer.json()["error"].get("details", {})


# Keeping


def test_every_edit_over_the_api_is_kept(agent, users, category):
    given = {"slug": "pets", "category": "staying", "question": "Pets?", "answer": "Ask us."}
    id = agent.post(DOCUMENTS, given, format="json").json()["id"]
    agent.patch(f"{DOCUMENTS}/{id}", {"question": "Dogs?"}, format="json")
    agent.put(f"{DOCUMENTS}/{id}", given | {"position": 4}, format="json")
    answer = agent.get(f"{DOCUMENTS}/{id}/versions")
    assert answer.status_code == 200
    newest, second, first = answer.json()["results"]
    assert answer.json()["next"] is None
    assert newest.pop("at").endswith("Z")
    assert newest == {
        "number": 3, "slug": "pets", "category": "staying", "language": "en", "question": "Pets?",
        "answer": "Ask us.", "alternate_questions": [], "status": "draft", "position": 4,
        "made_by": str(users.agent.id),
    }  # fmt: skip
    assert [second["question"], first["question"]] == ["Dogs?", "Pets?"]


def test_a_save_that_changes_nothing_makes_no_version(agent, make):
    document = make("Pets?")
    indexing.save(document)
    assert agent.patch(f"{DOCUMENTS}/{document.id}", {"question": "Pets?"}, format="json")
    document.category.save()
    assert [number for number, *_ in numbered(document)] == [1]


def test_whatever_writes_past_our_code_is_kept_as_nobodys(make, users):
    document, other = make("Pets?"), make("Parking?")
    indexing.save(document, actor=users.agent.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('faq.editor', '', true)")
    Document.objects.update(answer="All the same.")
    assert numbered(document) == [(2, "Pets?", None), (1, "Pets?", None)]
    assert [number for number, *_ in numbered(other)] == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE faq_version SET answer = 'Another.'",
        "UPDATE faq_version SET made_by = gen_random_uuid()",
        "DELETE FROM faq_version",
        "TRUNCATE faq_version",
        "INSERT INTO faq_version SELECT * FROM faq_version",
    ],
)
def test_versions_are_not_rewritten(make, change):
    make("Pets?")
    with pytest.raises(ProgrammingError), transaction.atomic(using=APP), connection.cursor() as c:
        c.execute(change)
    assert Version.objects.count() == 1


def test_versions_go_with_their_document(agent, make):
    document, other = make("Pets?"), make("Parking?")
    assert agent.delete(f"{DOCUMENTS}/{document.id}").status_code == 204
    assert not Version.objects.of(document.id).exists()
    assert Version.objects.of(other.id).exists()
    error(agent.get(url_of(document)), 404, "NOT_FOUND")


@pytest.mark.django_db(transaction=True)
def test_edits_at_once_have_numbers_one_after_the_other(make):
    document, at_once = make("Pets?"), Barrier(4)

    def edit(number):
        at_once.wait()
        writing.change_document(document.id, {"answer": f"Answer {number}."}, replace=False)
        connection.close()

    threads = [Thread(target=edit, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = Version.objects.of(document.id).values_list("number", flat=True)
    assert list(numbers) == [5, 4, 3, 2, 1]
    document.refresh_from_db()
    assert Version.objects.of(document.id)[0].answer == document.answer


# Reading


def test_pages_of_versions(agent, make, django_assert_max_num_queries):
    document = make("Q0?")
    for number in range(1, 5):
        document.question = f"Q{number}?"
        indexing.save(document)
    seen, cursor = [], ""
    while cursor is not None:
        with django_assert_max_num_queries(3):
            body = agent.get(
                url_of(document), {"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
            ).json()
        seen += [row["number"] for row in body["results"]]
        cursor = body["next"]
    assert seen == [5, 4, 3, 2, 1]


def test_a_cursor_is_of_one_document(agent, make):
    document, other = make("Pets?"), make("Parking?")
    document.question = "Dogs?"
    indexing.save(document)
    cursor = agent.get(url_of(document), {"limit": 1}).json()["next"]
    error(agent.get(url_of(other), {"cursor": cursor}), 400, "INVALID_CURSOR")
    assert "page" in error(agent.get(url_of(other), {"page": 1}), 400, "VALIDATION_ERROR")


# Restoring


def restore(client, document, number):
    return client.post(f"{url_of(document)}/{number}/restore")


def test_a_version_comes_back_as_a_new_one(agent, users, make):
    document = make("Pets?", "Yes.", position=3)
    change = {"question": "Dogs?", "answer": "No.", "slug": "dogs", "position": 1}
    agent.patch(f"{DOCUMENTS}/{document.id}", change, format="json")
    answer = restore(agent, document, 1)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in change} == {
        "question": "Pets?", "answer": "Yes.", "slug": "pets", "position": 3,
    }  # fmt: skip
    assert numbered(document)[0] == (3, "Pets?", users.agent.id)
    entry = AuditEntry.objects.order_by("id").last()
    assert (entry.action, entry.actor) == ("document.changed", users.agent.id)
    assert entry.after["question"] == "Pets?"
    assert restore(agent, document, 1).status_code == 200
    wrong = agent.post(f"{url_of(document)}/1/restore", {"answer": "Mine."}, format="json")
    assert "answer" in error(wrong, 400, "VALIDATION_ERROR")
    assert len(numbered(document)) == 3
    document.refresh_from_db()
    assert document.embeddings.get().content_hash == document.content_hash


def test_the_status_stays_as_it_is(agent, make):
    document = make("Pets?", status="draft")
    agent.patch(f"{DOCUMENTS}/{document.id}", {"status": "published"}, format="json")
    agent.patch(f"{DOCUMENTS}/{document.id}", {"question": "Dogs?"}, format="json")
    body = restore(agent, document, 1).json()
    assert (body["status"], body["question"]) == ("published", "Pets?")


@pytest.mark.parametrize("number", [0, 2, 10**30])
def test_a_version_that_is_not_there(agent, make, number):
    error(restore(agent, make("Pets?"), number), 404, "NOT_FOUND")


def test_a_category_that_was_renamed_or_is_no_more(agent, make, category):
    document = make("Pets?")
    other = Category.objects.create(slug="leaving", name="Leaving")
    agent.patch(f"{DOCUMENTS}/{document.id}", {"category": "leaving"}, format="json")
    Category.objects.filter(id=category.id).update(slug="stay")
    assert restore(agent, document, 1).json()["category"] == "stay"
    restore(agent, document, 2)
    Category.objects.filter(id=category.id).delete()
    assert "staying" in error(restore(agent, document, 1), 409, "CONFLICT")["category"][0]
    again = Category.objects.create(slug="staying", name="Staying")
    assert restore(agent, document, 1).json()["category"] == again.slug
    assert other.documents.count() == 0


def test_a_slug_that_is_anothers_by_now(agent, make):
    document = make("Pets?")
    agent.patch(f"{DOCUMENTS}/{document.id}", {"slug": "dogs"}, format="json")
    make("Pets?")
    error(restore(agent, document, 1), 409, "CONFLICT")


# Statuses


def test_what_is_archived_does_not_go_straight_to_visitors(agent, make):
    document = make("Pets?", status="archived")
    url = f"{DOCUMENTS}/{document.id}"
    details = error(agent.patch(url, {"status": "published"}, format="json"), 409, "CONFLICT")
    assert "make it draft first" in details["status"][0]
    for status in ("draft", "published", "draft", "archived"):
        assert agent.patch(url, {"status": status}, format="json").status_code == 200


# People


def test_who_is_erased_is_named_no_more(make, users):
    document = make("Pets?")
    document.question = "Dogs?"
    indexing.save(document, actor=users.agent.id)
    ImportFile.objects.create(name="a.csv", format="csv", content=b"x", sent_by=users.agent.id)
    kept = {name: [*pages] for name, pages in export.kept(users.agent.id).items()}
    assert [row["question"] for row in kept["faq_versions"][0]] == ["Dogs?"]
    assert kept["faq_import_files"][0][0]["name"] == "a.csv"
    with transaction.atomic(using=APP):
        assert erasure.erase(users.agent.id) == {"faq.versions": 1, "faq.import_files": 1}
        assert erasure.erase(users.agent.id) == {"faq.versions": 0, "faq.import_files": 0}
    assert numbered(document) == [(2, "Dogs?", None), (1, "Pets?", None)]


# Differences


def same(text):
    return Piece("same", text)


def removed(text):
    return Piece("removed", text)


def added(text):
    return Piece("added", text)


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "New.", [added("New.")]),
        ("Yes.", "Yes.", [same("Yes.")]),
        (
            "We take dogs.",
            "We take cats.",
            [same("We take "), removed("dogs"), added("cats"), same(".")],
        ),
        (
            "Write to us.",
            "Write, or call us.",
            [same("Write"), removed(" to"), added(", or call"), same(" us.")],
        ),
        ("One.\nTwo.\n", "One.\n", [same("One.\n"), removed("Two.\n")]),
        ("เช็คอิน", "เช็คเอาท์", None),
    ],
)
def test_differences(before, after, pieces):
    found = differences(before, after)
    if pieces is not None:
        assert found == pieces
    assert "".join(p.text for p in found if p.kind != "added") == before
    assert "".join(p.text for p in found if p.kind != "removed") == after


def test_what_is_far_from_a_change_is_left_out():
    start, end = "a" * 500, "z" * 500
    found = differences(f"{start}\nold\n{end}", f"{start}\nnew\n{end}")
    hole = Piece("left out", "")
    near, near_too = "a" * (CONTEXT - 1) + "\n", "\n" + "z" * (CONTEXT - 1)
    assert found == [hole, same(near), removed("old"), added("new"), same(near_too), hole]


def test_long_texts_are_shown_whole():
    before, after = ("x\n" * 1000, "y\n" * 1000)
    assert len(before) * len(after) > PAIRS_COMPARED
    assert differences(before, after) == [removed(before), added(after)]


def test_changes_name_the_fields(make):
    document = make("Pets?")
    document.status, document.question = "draft", "Dogs?"
    indexing.save(document)
    new, old = Version.objects.of(document.id)
    assert [change.field for change in changes(old, new)] == ["question", "status"]
    assert [change.field for change in changes(None, old)] == [
        "question", "answer", "status", "category", "language", "slug", "position",
    ]  # fmt: skip
