"""What an import would do to the golden questions, told before it is made."""

from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from core.models import AuditEntry
from core.search.embeddings import embedder
from faq import indexing
from faq.models import Category, Document, GoldenQuestion, Version

pytestmark = [pytest.mark.django_db, pytest.mark.any_product]
URL = "/admin/faq/document/"
HEAD = "slug,category,status,question,answer\n"
WORSE = HEAD + "dog,staying,,Can I bring a drum?,No.\nnew,fresh,published,Is there a helipad?,No.\n"
NO_WORSE = HEAD + "new,fresh,published,Is there a helipad?,No.\n"
ALIKE = HEAD + "other,staying,published,Is a dog ok?,A dog is ok.\n"


@pytest.fixture
def similar_faq(local, make):
    dog = make("Is a dog ok here?", "Pets are welcome.", slug="dog")
    boat = make("When does the ferry leave?", "At noon.", slug="boat")
    GoldenQuestion.objects.create(question="is a dog ok", document=dog)
    GoldenQuestion.objects.create(question="ferry times", document=boat)


@pytest.fixture
def preview(users):
    """The page that shows what a file would change."""
    client = Client()
    client.force_login(users.agent, "accounts.backends.PasswordBackend")

    def preview(text):
        file = BytesIO(text.encode())
        file.name = "faqs.csv"
        return client.get(client.post(f"{URL}import/", {"file": file}).url)

    preview.client = client
    return preview


@pytest.fixture
def dry_run(tmp_path):
    def dry_run(text, **options):
        path = tmp_path / "faqs.csv"
        path.write_text(text)
        call_command("import_faqs", str(path), dry_run=True, stdout=(out := StringIO()), **options)
        return out.getvalue()

    return dry_run


def nothing_was_written():
    assert set(Document.objects.values_list("slug", flat=True)) == {"dog", "boat"}
    assert Version.objects.count() == 2 and Category.objects.count() == 1
    assert Document.objects.get(slug="dog").question == "Is a dog ok here?"
    assert not AuditEntry.objects.exists()
    return True


def test_the_preview_tells_what_falls_and_the_import_is_made_all_the_same(similar_faq, preview):
    answer = preview(WORSE)
    page = answer.content.decode()
    assert "hit@1 of en questions falls from 1.000 to 0.500" in page
    assert "is a dog ok" in page and "ferry times" not in page
    assert "1 new" in page and "1 changed" in page
    assert nothing_was_written()
    done = preview.client.post(answer.request["PATH_INFO"]).content.decode()
    assert "1 changed" in done and "falls from" not in done
    assert Document.objects.get(slug="dog").question == "Can I bring a drum?"


def test_the_preview_says_when_nothing_falls(similar_faq, preview):
    page = preview(NO_WORSE).content.decode()
    assert "No measure of the golden questions would fall" in page
    assert nothing_was_written()


def test_the_preview_says_what_could_not_be_judged(similar_faq, preview, model):
    model.embeddings.status = 500
    page = preview(WORSE).content.decode()
    assert "could not be judged: the embedding model did not answer" in page and "1 new" in page
    assert nothing_was_written()


def test_the_vectors_of_a_model_are_learnt_and_nothing_is_enqueued(similar_faq, preview, model):
    rest = [0.0] * 380  # no two documents are equally near to a question
    near, far = [1.0, 0.0, 0.0, 0.0, *rest], [0.1, 1.0, 0.0, 0.0, *rest]
    farther, farthest = [0.0, 0.1, 1.0, 0.0, *rest], [0.0, 0.0, 0.0, 1.0, *rest]
    model.embeddings.vectors = {
        "is a dog ok": near,
        "Is a dog ok here?\nPets are welcome.": near,
        "Pooch?\nPets are welcome.": near,
        "Can I bring a drum?\nNo.": farther,
        "Is there a helipad?\nNo.": farthest,
        "ferry times": far,
        "When does the ferry leave?\nAt noon.": far,
    }
    indexing.embed(Document.objects.all(), embedder())
    assert "hit@1 of en questions falls" in preview(WORSE).content.decode()
    pooch = WORSE.replace("Can I bring a drum?,No.", "Pooch?,Pets are welcome.")
    assert "No measure of the golden questions would fall" in preview(pooch).content.decode()
    assert nothing_was_written()
    assert not ProcrastinateJob.objects.exists()


def test_too_many_at_once_are_not_judged(similar_faq, dry_run, monkeypatch):
    monkeypatch.setattr("faq.import_rehearsal.ROWS_MAX", 1)
    out = dry_run(WORSE)
    assert "Golden questions: not judged, more than 1 FAQs that visitors see would change." in out


def test_what_there_was_no_time_for_is_counted(similar_faq, dry_run, preview, monkeypatch):
    monkeypatch.setattr("faq.rehearsal.SECONDS", -1)
    assert "Golden questions: no time for 2 of them." in dry_run(WORSE)
    assert "2 more were not judged" in preview(WORSE).content.decode()


def test_the_command_tells_the_same(similar_faq, dry_run):
    out = dry_run(WORSE)
    assert "Golden questions: hit@1 of en questions falls from 1.000 to 0.500." in out
    assert "  is a dog ok: dog from place 1 to not found" in out
    assert "ferry times" not in out
    assert "Golden questions: no measure falls." in dry_run(NO_WORSE)
    assert nothing_was_written()


def test_likely_duplicates_that_are_left_out_do_no_harm(similar_faq, dry_run):
    assert "  is a dog ok: dog from place 1 to 2" in dry_run(ALIKE)
    out = dry_run(ALIKE, skip_duplicates=True)
    assert "1 left out" in out and "Golden questions" not in out


def test_drafts_and_products_without_golden_questions_are_not_judged(
    similar_faq, dry_run, django_assert_max_num_queries
):
    assert "Golden questions" not in dry_run(NO_WORSE.replace("published", "draft"))
    GoldenQuestion.objects.all().delete()
    with django_assert_max_num_queries(8):
        assert "Golden questions" not in dry_run(WORSE)
