import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from accounts.testing import until_somebody_waits
from core.databases import APP
from core.models import AuditEntry
from faq.models import Category, Document, GoldenQuestion
from faq.writing import catalogue_locked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local")]
URL = "/admin/faq/document/"
CATEGORIES = "/admin/faq/category/"
GOLDEN = "/admin/faq/goldenquestion/"


@pytest.fixture
def admin(users):
    client = Client()
    client.force_login(users.admin, "accounts.backends.PasswordBackend")
    return client


def test_a_page_costs_the_same_for_one_document_as_for_many(
    admin, make, django_assert_max_num_queries
):
    for number in range(10):
        make(f"Q{number}?")
    with django_assert_max_num_queries(12):
        page = admin.get(URL).content.decode()
    assert "Q9?" in page and "During your stay" in page
    with django_assert_max_num_queries(8):
        assert "During your stay" in admin.get(CATEGORIES).content.decode()


def test_a_question_is_read_aloud_in_its_language(admin, make):
    """And in no other: each is shown with the `lang` of its row."""
    texts = {"th": "มีที่จอดรถหรือไม่", "ru": "Где парковка?", "en": "Where do I park?"}
    for language, text in texts.items():
        document = make(text, slug=language, language=language)
        GoldenQuestion.objects.create(
            question=f"{text} {language}", language=language, document=document
        )
    documents, golden = admin.get(URL).content.decode(), admin.get(GOLDEN).content.decode()
    judged = admin.post(f"{GOLDEN}evaluate/").content.decode()
    for language, text in texts.items():
        spoken = f'<span lang="{language}">{text}'
        assert f"{spoken}</span>" in documents
        assert f"{spoken}</span>" in golden and f"{spoken} {language}</span>" in golden
        one = Document.objects.get(slug=language)
        page = admin.get(f"{URL}{one.pk}/change/").content.decode()
        assert f'<h2 lang="{language}">{text}</h2>' in page
        page = admin.get(f"{URL}{one.pk}/history/").content.decode()
        assert f"<h1>History: {spoken}</span></h1>" in page
        page = admin.get(f"{URL}{one.pk}/versions/").content.decode()
        assert f"<h1>Versions: {spoken}</span></h1>" in page
        assert f'<dd lang="{language}"><ins>{text}</ins></dd>' in page
        page = admin.get(f"{GOLDEN}{one.golden_questions.get().pk}/change/").content.decode()
        assert re.search(f'<input type="text" name="question"[^>]* lang="{language}"', page)
    assert "Every expected FAQ came first." in judged
    Document.objects.filter(slug="ru").update(status="draft")
    judged = admin.post(f"{GOLDEN}evaluate/").content.decode()
    assert re.search(f'<a [^>]* lang="ru">{re.escape(texts["ru"])} ru</a>', judged)


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"q": "first"}, {"First?"}),
        ({"status__exact": "draft"}, {"Second?"}),
        ({"language__exact": "th"}, {"Third?"}),
        ({"q": "an answer"}, {"First?", "Second?", "Third?"}),
    ],
)
def test_search_and_filters(admin, make, parameters, shown):
    make("First?")
    make("Second?", status="draft")
    make("Third?", language="th")
    page = admin.get(URL, parameters).content.decode()
    assert {question for question in ("First?", "Second?", "Third?") if question in page} == shown


def form(document, **changes):
    fields = ("slug", "language", "question", "answer", "status", "position")
    known = {name: getattr(document, name) for name in fields}
    return known | {"category": str(document.category_id)} | changes


def test_an_edit_is_found_by_the_next_search(admin, api, make):
    document = make("Pets?")
    answer = admin.post(f"{URL}{document.id}/change/", form(document, question="Parking?"))
    assert answer.status_code == 302
    (found,) = api.get("/api/v1/faq/search", {"query": "parking"}).json()["results"]
    assert found["question"] == "Parking?"
    document.refresh_from_db()
    assert document.embeddings.get().content_hash == document.content_hash


def test_other_ways_to_ask_are_lines_of_a_text(admin, make):
    document = make("Pets?", alternate_questions=["May I bring a dog?"])
    url = f"{URL}{document.id}/change/"
    assert ">\nMay I bring a dog?</textarea>" in admin.get(url).content.decode()
    lines = " May I bring a dog?\r\n\r\nIs my  cat welcome?\r\nmay I bring a DOG?"
    answer = admin.post(url, form(document, alternate_questions=lines))
    assert answer.status_code == 302, answer.content
    document.refresh_from_db()
    assert document.alternate_questions == ["May I bring a dog?", "Is my cat welcome?"]
    shown = admin.get(f"{URL}{document.id}/versions/").content.decode()
    assert "<dt>alternate questions</dt>" in shown and "Is my cat welcome?" in shown
    for many, told in (
        ("\n".join(map(str, range(31))), "it should contain no more than 30"),
        ("x" * 201, "at most 200 characters"),
        ("a\x00b", "Null characters are not allowed."),
    ):
        page = admin.post(url, form(document, alternate_questions=many))
        assert (page.status_code, told in page.content.decode()) == (200, True), told


def test_a_document_is_added_and_deleted(admin, make):
    page = admin.get(f"{URL}add/").content.decode()
    assert 'name="question"' in page and "question_text" not in page
    template = make("Pets?")
    answer = admin.post(f"{URL}add/", form(template, slug="new", question="New?"))
    assert answer.status_code == 302
    new = Document.objects.get(slug="new")
    assert new.embeddings.exists()
    assert admin.post(f"{URL}{new.id}/delete/", {"post": "yes"}).status_code == 302
    assert not Document.objects.filter(slug="new").exists()


@pytest.mark.parametrize(
    ("given", "question", "slug"),
    [
        ("", "มีที่จอดรถหรือไม่", "faq-[0-9a-f]{10}"),
        ("", "Where do I park?", "where-do-i-park"),
        ("parking", "มีที่จอดรถหรือไม่", "parking"),
    ],
)
def test_a_slug_that_is_left_empty_is_made(admin, make, given, question, slug):
    body = form(make("Pets?"), slug=given, question=question, language="th")
    assert admin.post(f"{URL}add/", body).status_code == 302
    made = Document.objects.get(question=question)
    assert re.fullmatch(slug, made.slug)
    assert f'lang="{made.language}"' in admin.get(f"{URL}{made.id}/change/").content.decode()
    again = admin.post(f"{URL}add/", body).context["adminform"].form.errors
    assert again == {"slug": ["Document with this Slug already exists."]}


@pytest.mark.parametrize("given", ["มีที่จอดรถ", "a b"])
def test_a_slug_that_is_none_is_not_replaced(admin, make, given):
    page = admin.post(f"{URL}add/", form(make("Pets?"), slug=given, question="Parking?"))
    assert list(page.context["adminform"].form.errors) == ["slug"]


def test_a_category_with_a_thai_name_needs_no_slug(admin, make):
    body = {"name": "การเดินทาง", "slug": "", "position": 1}
    assert admin.post(f"{CATEGORIES}add/", body).status_code == 302
    assert Category.objects.get(name="การเดินทาง").slug.startswith("faq-")


def test_statuses_are_set_in_the_list(admin, make):
    documents = [make(f"Q{number}?", status="draft") for number in range(2)]
    posted = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for number, document in enumerate(documents):
        posted |= {
            f"form-{number}-id": str(document.id),
            f"form-{number}-status": "published",
            f"form-{number}-position": number,
        }
    assert admin.post(URL, posted).status_code == 302
    assert Document.objects.published().count() == 2
    first, second = AuditEntry.objects.order_by("id")
    assert (first.action, first.before["status"]) == ("document.changed", "draft")
    assert (second.before, second.after) == (
        {"status": "draft", "position": 0},
        {"status": "published", "position": 1},
    )


def test_a_category_with_documents_cannot_be_deleted(admin, make):
    category = make("Pets?").category
    admin.post(f"{CATEGORIES}{category.id}/delete/", {"post": "yes"})
    assert Category.objects.filter(pk=category.pk).exists()


def posted_list(rows, **changes):
    """The list as its page would send it; `changes` are of every row."""
    posted = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for number, row in enumerate(rows):
        fields = {"id": str(row.id), "position": row.position} | changes
        fields |= {"status": "published"} if isinstance(row, Document) else {}
        posted |= {f"form-{number}-{name}": value for name, value in fields.items()}
    return posted


@pytest.mark.parametrize("url", [URL, CATEGORIES])
def test_a_list_with_a_row_that_has_gone_keeps_the_edits_of_the_others(admin, make, url):
    gone, other = (make(f"Q{number}?") for number in range(2))
    rows = [gone, other]
    if url == CATEGORIES:
        rows = [Category.objects.create(slug=slug, name=slug) for slug in ("gone", "other")]
    posted = posted_list(rows, position=7)
    rows[0].delete()
    answer = admin.post(url, posted)
    page = answer.content.decode()
    assert "Deleted meanwhile: 1 of these rows." in page and "error below" in page
    (form,) = answer.context["cl"].formset.forms
    assert (form.instance.pk, form["position"].value()) == (rows[1].pk, "7")
    assert [row.pk for row in answer.context["cl"].result_list] == [rows[1].pk]
    rows[1].refresh_from_db()
    assert rows[1].position == 0

    assert admin.post(url, posted_list(rows[1:], position=7)).status_code == 302
    rows[1].refresh_from_db()
    assert rows[1].position == 7
    posted = posted_list(rows[1:])
    rows[1].delete()
    assert "Deleted meanwhile" in admin.post(url, posted).content.decode()


def test_a_list_that_no_page_has_sent(admin, make):
    document = make("Pets?")
    posted = posted_list([document], position=3)
    assert admin.post(URL, posted | {"form-0-id": "no-key"}).status_code == 400
    assert admin.post(URL, posted | {"form-TOTAL_FORMS": "999999"}).status_code == 302
    document.refresh_from_db()
    assert document.position == 3


@pytest.mark.parametrize("url", [URL, CATEGORIES])
def test_an_older_list_does_not_undo_a_later_change(admin, make, url):
    row = make("Pets?") if url == URL else Category.objects.create(slug="stay", name="Stay")
    ((number, seen),) = re.findall(
        rf'name="form-(\d+)-seen" value="({re.escape(row.updated_at.isoformat())})"',
        admin.get(url).content.decode(),
    )
    assert number == "0"
    posted = posted_list([row]) | {"form-0-seen": seen}
    row.position = 3
    row.save()
    page = admin.post(url, posted).content.decode()
    assert "was changed meanwhile; nothing was saved" in page
    row.refresh_from_db()
    assert row.position == 3
    posted |= {"form-0-seen": row.updated_at.isoformat()}
    assert admin.post(url, posted).status_code == 302
    row.refresh_from_db()
    assert row.position == 0


def test_all_rows_that_are_shown_may_be_chosen_and_sent(admin, category):
    texts = {"category": category, "answer": "Yes."}
    rows = [Document(slug=f"q{number}", question=f"Q{number}?", **texts) for number in range(150)]
    for row in rows:
        row.segment()
    Document.objects.bulk_create(rows)
    page = admin.get(URL, {"all": ""}).content.decode()
    sent = dict(re.findall(r'name="(form-\d+-(?:id|seen))" value="([^"]+)"', page))
    assert len(sent) == 300
    for number in range(150):
        sent |= {f"form-{number}-status": "draft", f"form-{number}-position": "0"}
    sent |= {"form-TOTAL_FORMS": 150, "form-INITIAL_FORMS": 150, "_save": "Save"}
    sent["_selected_action"] = [str(row.id) for row in rows]
    assert admin.post(f"{URL}?all=", sent).status_code == 302


def category_form(category):
    return {"slug": category.slug, "name": "Renamed", "position": 7}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("model", "url", "action"),
    [(Document, URL, "delete"), (Category, CATEGORIES, "delete"), (Category, CATEGORIES, "change")],
)
def test_a_write_waits_for_an_import_and_does_not_stop_it(admin, make, model, url, action):
    """Neither has what the other waits for."""
    document = make("Pets?")
    row = document if model is Document else Category.objects.create(slug="empty", name="Empty")
    posted = {"post": "yes"} if action == "delete" else category_form(row)

    def send():
        try:
            return admin.post(f"{url}{row.pk}/{action}/", posted).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with catalogue_locked():
            status = threads.submit(send)
            until_somebody_waits(APP)
            model.objects.filter(pk=row.pk).update(position=3)
        assert status.result() == 302
    left = list(model.objects.filter(pk=row.pk).values_list("position", flat=True))
    assert left == ([] if action == "delete" else [7])
