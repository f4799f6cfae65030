import html
import re

import pytest
from django.test import Client

from core.models import AuditEntry
from core.search.embeddings import embedder
from faq import indexing
from faq.models import Document, GoldenQuestion, Version

pytestmark = [pytest.mark.django_db, pytest.mark.any_product]
GOLDEN = "/admin/faq/goldenquestion/"
DOCUMENTS = "/admin/faq/document/"


@pytest.fixture
def staff(users):
    client = Client()
    client.force_login(users.agent, "accounts.backends.PasswordBackend")
    return client


def form(document, **changes):
    fields = ("slug", "language", "question", "answer", "status", "position")
    known = {name: getattr(document, name) for name in fields}
    return known | {"category": str(document.category_id), "_save": "Save"} | changes


def edit(client, document, **changes):
    return client.post(f"{DOCUMENTS}{document.id}/change/", form(document, **changes))


def typed(page):
    """What the page of the warning would send once more."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


def test_golden_questions_are_listed_at_the_same_cost(staff, golden, django_assert_max_num_queries):
    for number in range(10):
        GoldenQuestion.objects.create(question=f"dog {number}", document=golden[0])
    with django_assert_max_num_queries(8):
        page = staff.get(GOLDEN).content.decode()
    assert "dog 9" in page and "When does the ferry leave?" in page and "evaluate/" in page
    page = staff.get(GOLDEN, {"q": "ferry", "language__exact": "en"}).content.decode()
    assert "ferry times" in page and "dog 9" not in page


WRONG = [
    ("question", "\u200b", "This shows nothing"),
    ("question", "a" * 501, "Ensure this value has at most 500 characters"),
    ("question", "a\0", "Null characters are not allowed"),
    ("document", "x", "“x” is not a valid UUID"),
]


@pytest.mark.parametrize(("field", "value", "told"), WRONG[:3])
def test_a_question_is_told_one_thing(staff, golden, field, value, told):
    form = edit(staff, golden[0], **{field: value}).context["adminform"].form
    assert str(form.errors[field][0]).startswith(told) and len(form.errors[field]) == 1


def test_one_is_added_once_and_recorded(staff, golden):
    given = {"question": "puppies", "language": "en", "document": str(golden[0].id), "note": ""}
    for field, value, told in WRONG:
        form = staff.post(f"{GOLDEN}add/", given | {field: value}).context["adminform"].form
        assert str(form.errors[field][0]).startswith(told) and len(form.errors[field]) == 1
    assert staff.post(f"{GOLDEN}add/", given).status_code == 302
    assert staff.post(f"{GOLDEN}add/", given).status_code == 200
    assert GoldenQuestion.objects.filter(question="puppies").count() == 1
    assert AuditEntry.objects.latest("id").action == "golden_question.created"


def test_the_button_shows_the_measures_and_the_misses(staff, golden):
    miss = GoldenQuestion.objects.create(question="boat for my dog", document=golden[1])
    assert "By language" not in staff.get(f"{GOLDEN}evaluate/").content.decode()
    page = staff.post(f"{GOLDEN}evaluate/").content.decode()
    assert '<th scope="row">en</th><td>3</td><td>0.667</td>' in page
    assert f"{GOLDEN}{miss.id}/change/" in page and f"{DOCUMENTS}{golden[0].id}/change/" in page
    assert "under the floor" in page
    assert "ferry times" not in page


def test_the_button_is_for_staff(users, golden):
    client = Client()
    assert client.post(f"{GOLDEN}evaluate/").status_code == 302
    client.force_login(users.user, "accounts.backends.PasswordBackend")
    assert client.post(f"{GOLDEN}evaluate/").status_code == 302


def test_a_model_that_fails_is_named(staff, golden, model):
    model.embeddings.status = 500
    assert "gave no vectors" in staff.post(f"{GOLDEN}evaluate/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [{"question": "Can I bring my drum?"}, {"status": "archived"}, {"status": "draft"}],
    ids=["reworded", "archived", "drafted"],
)
def test_an_edit_that_lowers_a_measure_is_held_back(staff, golden, changes):
    dog, _ = golden
    dog.answer = "None at all."  # not saved: only what the form holds counts
    page = edit(staff, dog, **changes).content.decode()
    assert "Nothing was saved yet" in page and "is a dog ok" in page
    assert "hit@1 of en questions falls from 1.000 to 0.500" in page
    assert "ferry times" not in page
    stored = Document.objects.get(pk=dog.pk)
    assert (stored.question, stored.status) == ("Can I bring my dog?", "published")
    assert stored.embeddings.get().content_hash == stored.content_hash
    assert not AuditEntry.objects.filter(action="document.changed").exists()
    assert "was changed successfully" not in staff.get(DOCUMENTS).content.decode()

    answer = staff.post(f"{DOCUMENTS}{dog.id}/change/", typed(page) | {"_anyway": "1"})
    assert answer.status_code == 302
    stored.refresh_from_db()
    assert {name: getattr(stored, name) for name in changes} == changes
    assert stored.answer == "None at all."
    assert AuditEntry.objects.filter(action="document.changed").count() == 1


def test_what_gets_worse_is_read_aloud_in_its_language(staff, make):
    first = make("Можно с собакой?", "Можно.", slug="dog", language="ru")
    make("Где парковка?", "У дома.", slug="parking", language="ru")
    GoldenQuestion.objects.create(question="собака и парковка", language="ru", document=first)
    page = edit(staff, first, status="draft").content.decode()
    assert re.search('<a [^>]* lang="ru">собака и парковка</a>', page)
    assert '<span lang="ru">Где парковка?</span>' in page


def test_back_shows_what_was_typed(staff, golden):
    dog, _ = golden
    text = 'Can I bring my "drum"? <b>&'
    page = edit(staff, dog, question=text).content.decode()
    again = staff.post(f"{DOCUMENTS}{dog.id}/change/", typed(page) | {"_back": "1"})
    assert again.status_code == 200
    assert again.context["adminform"].form["question"].value() == text
    assert "Nothing was saved yet." in again.content.decode()
    assert Document.objects.get(pk=dog.pk).question == "Can I bring my dog?"


def test_an_edit_in_a_popup_is_held_back_too(staff, golden):
    dog, _ = golden
    page = edit(staff, dog, question="Parking?", answer="None.", _popup="1").content.decode()
    assert "This edit makes search worse" in page
    dog.refresh_from_db()
    assert dog.question == "Can I bring my dog?"
    assert edit(staff, dog, position=3, _popup="1").status_code == 200  # it closes itself
    dog.refresh_from_db()
    assert dog.position == 3


def test_an_edit_that_lowers_nothing_is_saved(staff, golden):
    dog, _ = golden
    assert edit(staff, dog, answer="Dogs are welcome.").status_code == 302
    assert Document.objects.get(pk=dog.pk).answer == "Dogs are welcome."
    assert "was changed successfully" in staff.get(DOCUMENTS).content.decode()


def test_a_new_faq_that_takes_anothers_place_is_held_back(staff, golden, make):
    dog, _ = golden
    given = form(dog, slug="other", question="Is a dog ok?", answer="Is a dog ok? Yes.")
    page = staff.post(f"{DOCUMENTS}add/", given).content.decode()
    assert "is a dog ok" in page and not Document.objects.filter(slug="other").exists()
    draft = given | {"status": "draft"}
    assert staff.post(f"{DOCUMENTS}add/", draft).status_code == 302


def test_a_form_with_an_error_says_so(staff, golden):
    page = edit(staff, golden[0], question="").content.decode()
    assert "This field is required." in page and "Nothing was saved yet" not in page


def test_the_list_warns_too(staff, golden):
    posted = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "_save": "Save"}
    posted |= {"form-0-id": str(golden[0].id), "form-0-status": "draft", "form-0-position": 0}
    page = staff.post(f"{DOCUMENTS}?slug=dog", posted).content.decode()
    assert "Nothing was saved yet" in page and "is a dog ok" in page
    assert Document.objects.published().count() == 2
    staff.post(f"{DOCUMENTS}?slug=dog", typed(page) | {"_anyway": "1"})
    assert Document.objects.published().count() == 1


def test_back_to_the_list_keeps_what_was_typed(staff, golden):
    dog, boat = golden
    posted = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for place, (document, status) in enumerate([(dog, "draft"), (boat, "published")]):
        posted |= {f"form-{place}-id": str(document.id), f"form-{place}-status": status}
        posted |= {f"form-{place}-position": 7 + place}
    url = f"{DOCUMENTS}?o=1"
    page = staff.post(url, posted | {"form-0-position": ""}).content.decode()
    assert "This field is required." in page
    page = staff.post(url, posted).content.decode()
    back = staff.post(url, typed(page) | {"_back": "1"})
    assert back.status_code == 200 and "Nothing was saved yet." in back.content.decode()
    shown = {
        form.instance.slug: (form["status"].value(), form["position"].value())
        for form in back.context["cl"].formset.forms
    }
    assert shown == {"dog": ("draft", "7"), "boat": ("published", "8")}
    assert '<option value="draft" selected>' in back.content.decode()
    assert not Document.objects.exclude(status="published", position=0).exists()
    posted |= {"form-0-status": "published"}
    assert staff.post(url, posted).status_code == 302
    assert set(Document.objects.values_list("position", flat=True)) == {7, 8}


def test_back_from_an_action_carries_it_not_out(staff, golden):
    chosen = {"action": "delete_selected", "_selected_action": str(golden[0].pk), "post": "yes"}
    page = staff.post(DOCUMENTS, chosen).content.decode()
    assert "Nothing was saved yet" in page and "is a dog ok" in page
    back = staff.post(DOCUMENTS, typed(page) | {"_back": "1"})
    assert (back.status_code, back.url) == (302, DOCUMENTS)
    assert Document.objects.count() == 2
    staff.post(DOCUMENTS, typed(page) | {"_anyway": "1"})
    assert Document.objects.get().slug == "boat"


def test_a_version_that_lowers_a_measure_is_held_back(staff, golden, users):
    dog, _ = golden
    dog.question = "Can I bring my dog, or a parrot?"
    indexing.save(dog)
    GoldenQuestion.objects.create(question="parrot", document=dog)
    url = f"{DOCUMENTS}{dog.pk}/versions/"
    page = staff.post(url, {"number": "1"}).content.decode()
    assert "Nothing was saved yet" in page and "parrot" in page
    assert Version.objects.of(dog.pk).count() == 2
    assert not AuditEntry.objects.filter(action="document.changed").exists()
    back = staff.post(url, typed(page) | {"_back": "1"})
    assert (back.status_code, back.url) == (302, url)
    assert "is back" not in staff.get(url).content.decode()
    assert staff.post(url, typed(page) | {"_anyway": "1"}).status_code == 302
    newest = Version.objects.of(dog.pk)[0]
    assert (newest.number, newest.question) == (3, "Can I bring my dog?")
    assert newest.made_by == users.agent.id
    assert "Version 1 is back" in staff.get(url).content.decode()


def test_a_version_that_lowers_nothing_is_brought_back_at_once(staff, golden):
    dog, _ = golden
    dog.answer = "All pets are welcome."
    indexing.save(dog)
    url = f"{DOCUMENTS}{dog.pk}/versions/"
    assert staff.post(url, {"number": "1"}).status_code == 302
    assert "Version 1 is back" in staff.get(url).content.decode()
    assert staff.post(url, {"number": "99"}).status_code == 302
    assert Version.objects.of(dog.pk).count() == 3


def test_without_its_model_a_version_is_brought_back_and_said_to_be_unjudged(staff, golden, model):
    dog, _ = golden
    dog.question = "May pets come?"
    indexing.save(dog)
    model.embeddings.status = 500
    url = f"{DOCUMENTS}{dog.pk}/versions/"
    assert staff.post(url, {"number": "1"}).status_code == 302
    page = staff.get(url).content.decode()
    assert "Golden questions were not all judged" in page and "Version 1 is back" in page


def test_the_vector_of_a_model_is_there_to_be_judged(staff, golden, model):
    """Words alone would lose it: the text shares none with the question."""
    dog, boat = golden
    near = [1.0] + [0.0] * 383
    far = [0.0, 1.0] + [0.0] * 382
    model.embeddings.vectors = {
        "is a dog ok": near,
        "Pooch?\nPets are welcome.": near,
        dog.embedded_text: near,
        "ferry times": far,
        boat.embedded_text: far,
    }
    indexing.embed([dog, boat], embedder())
    assert edit(staff, dog, question="Pooch?").status_code == 302


def test_without_its_model_an_edit_is_saved_and_said_to_be_unjudged(staff, golden, model):
    model.embeddings.status = 500
    assert edit(staff, golden[0], status="archived").status_code == 302
    assert Document.objects.get(slug="dog").status == "archived"
    page = staff.get(DOCUMENTS).content.decode()
    assert "Golden questions were not all judged" in page and "changed successfully" in page


def test_what_there_was_no_time_for_is_said(staff, golden, monkeypatch):
    monkeypatch.setattr("faq.rehearsal.SECONDS", -1)
    assert edit(staff, golden[0], status="archived").status_code == 302
    assert "no time for 2 of them" in staff.get(DOCUMENTS).content.decode()
