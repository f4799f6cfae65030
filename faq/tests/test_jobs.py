"""Vectors by jobs: what is enqueued, what fails, what is refused, and another model."""

from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core import tasks
from core.checks import STARTUP
from core.databases import APP
from core.management.commands import embed
from core.models import ServingModel, Unembedded
from core.providers import Endpoint
from core.search import indexing, serving
from core.search.collections import Vector
from core.search.embeddings import HASHED_MODEL, embedder
from core.testing.jobs import waiting, work_off
from core.testing.model_server import ModelServer
from faq.indexing import documents, save, schedule
from faq.models import Catalogue, Document, Embedding
from faq.search import search
from faq.tests.conftest import vector

pytestmark = [pytest.mark.django_db, pytest.mark.any_product]

State = Unembedded.State


@pytest.fixture
def old_model():
    server = ModelServer()
    yield server
    server.close()


def asked(server):
    return [text for request in server.requests for text in request.body["input"]]


def warned():
    messages = run_checks(tags=[STARTUP], databases=[APP])
    return [each.msg for each in messages if each.id == "core.W001"]


def models_of(document):
    return set(document.embeddings.values_list("model", flat=True))


# The edit and its job


def test_a_text_is_enqueued_with_its_edit_and_embedded_by_the_worker(make, model):
    document = make("Pets?")
    (job,) = waiting()
    assert job.task_name == indexing.EMBED_TEXT
    key = f"faq.document:{document.id}:{document.content_hash}:test-model:384"
    assert job.queueing_lock == f"embed:{key}"
    assert model.requests == []
    work_off()
    assert document.embeddings.get().content_hash == document.content_hash
    assert asked(model) == ["Pets?\nAn answer."]


def test_a_failed_edit_leaves_no_job(make, model):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=APP):
        make("Pets?")
        raise ZeroDivisionError
    assert waiting() == []


def test_a_duplicate_does_not_abort_the_edit(make, model):
    document = make("Pets?")
    with transaction.atomic(using=APP):
        schedule([document])
        document.answer = "Yes."
        save(document)
    assert Document.objects.get(pk=document.pk).answer == "Yes."
    assert len(waiting()) == 2  # of the text before, and of the new one


def test_an_unchanged_text_is_not_enqueued(make, model):
    document = make("Pets?")
    work_off()
    document.position = 7
    save(document)
    assert waiting() == []


def test_many_edits_are_one_job(make, model):
    rows = [make(f"Question {number}?") for number in range(3)]
    work_off()
    Embedding.objects.all().delete()
    schedule(rows)
    schedule(rows)
    (job,) = waiting()
    assert job.task_name == indexing.CATCH_UP
    work_off()
    assert Embedding.objects.count() == 3


def test_without_a_model_the_vector_is_there_at_once(make, local):
    assert models_of(make("Pets?")) == {HASHED_MODEL}
    assert waiting() == []


def test_a_text_that_changed_under_way_is_not_embedded(make, model):
    document = make("Pets?")
    (job,) = waiting()
    Document.objects.filter(pk=document.pk).update(content_hash="changed")
    tasks.embed_text.func(**job.args)
    Document.objects.all().delete()
    tasks.embed_text.func(**job.args)
    assert model.requests == []
    assert not Embedding.objects.exists()


def test_a_vector_of_a_text_that_changed_while_the_model_was_asked_is_not_stored(make, model):
    document = make("Pets?")
    work_off()
    before = document.embeddings.get()
    stale = Vector(document.id, "another text", vector(1))
    documents.store("test-model", 384, [stale, Vector(uuid4(), "gone", vector(1))])
    after = document.embeddings.get()
    assert (after.v, after.content_hash) == (before.v, document.content_hash)


# Failures


@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 429}, {"nan": True}])
def test_a_model_that_fails_is_asked_again_later_and_nothing_is_parked(make, model, failure):
    document = make("Pets?")
    for name, value in failure.items():
        setattr(model.embeddings, name, value)
    assert work_off(most=12) == 12
    (job,) = waiting()
    assert job.args["failed"] == 12
    assert not Unembedded.objects.exists()
    model.embeddings = type(model.embeddings)()
    work_off()
    assert models_of(document) == {"test-model"}


def test_pauses_double_up_to_a_quarter_of_an_hour():
    pauses = [int(indexing.jobs.pause_after(number).total_seconds()) for number in range(9)]
    assert pauses == [15, 30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize("answer", [400, 500, "nan"])
def test_a_poison_text_is_parked_and_stops_no_other(make, model, answer):
    rows = [make(f"Question {number}?") for number in range(6)]
    poison = make("Poison?")
    model.embeddings.poison, model.embeddings.poisoned = "Poison", answer
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'cancelled'")
    indexing.enqueue_catch_up(documents, embedder())
    work_off()
    assert all(models_of(row) == {"test-model"} for row in rows)
    (parked,) = Unembedded.objects.all()
    assert (parked.row_id, parked.attempts, parked.state) == (poison.id, 5, State.PARKED)
    assert parked.reason == (
        "a vector with numbers that are not finite, or all zero"
        if answer == "nan"
        else f"status {answer}"
    )
    assert (
        ServingModel.objects.get(collection="faq.document").model == "test-model"
    )  # it does not wait for the poison
    model.requests.clear()
    indexing.look()
    assert work_off() < 5
    assert model.requests == []


def test_another_text_of_a_parked_row_is_another_try(make, model):
    document = make("Poison?")
    model.embeddings.poison = "Poison"
    work_off()
    assert Unembedded.objects.get().state == State.PARKED
    document.question = "Poison ivy?"
    save(document)
    tasks.embed_text.func(**waiting()[0].args)
    assert (Unembedded.objects.get().attempts, Unembedded.objects.get().state) == (1, State.TRYING)
    document.question = "Ivy?"
    save(document)
    work_off()
    assert models_of(document) == {"test-model"}
    assert not Unembedded.objects.exists()


def test_what_was_deleted_is_parked_no_more(make, model):
    document = make("Poison?")
    model.embeddings.poison = "Poison"
    work_off()
    row = Unembedded.objects.get()
    document.delete()
    indexing.look()
    assert not Unembedded.objects.exists()
    row.row_id, row.model = make("Pets?").pk, "a model of the past"
    row.content_hash = Document.objects.get().content_hash
    row.save()
    indexing.look()
    assert not Unembedded.objects.exists()


def test_a_job_of_other_settings_is_dropped(make, model, settings):
    make("Pets?")
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=384)
    assert work_off() == 1
    assert model.requests == []


# Another model


def test_the_old_vectors_serve_until_the_new_ones_are_complete(make, settings, model, old_model):
    settings.EMBEDDING = old = Endpoint(old_model.url, "old-model", dimensions=768)
    old_model.embeddings.dimensions = 768
    pets = make("Are animals allowed?", "Small ones.")
    make("When is breakfast?", "At eight.")
    work_off()
    indexing.look()
    assert ServingModel.objects.get(collection="faq.document").model == "old-model"

    settings.EMBEDDING = Endpoint(model.url, "new-model", dimensions=384)
    settings.EMBEDDING_PREVIOUS = old
    indexing.look()
    old_model.requests.clear()
    near = [1.0, *[0.0] * 767]
    old_model.embeddings.vectors = {"xyzzy": near}
    Embedding.objects.filter(document=pets).update(v=near)
    found = search("xyzzy")
    assert (found.model, found.degraded) == ("old-model", False)
    assert found.results[0]["id"] == str(pets.id)
    assert (asked(old_model), asked(model)) == (["xyzzy"], [])

    # An edit meanwhile gets the vectors of both: it is not lost for those that serve.
    pets.answer = "Small dogs."
    save(pets)
    assert len(waiting("embed_text")) == 2
    tasks.embed_text.func(**waiting("embed_text")[0].args)
    tasks.embed_text.func(**waiting("embed_text")[1].args)
    assert models_of(pets) == {"old-model", "new-model"}
    assert search("xyzzy").model == "old-model"

    work_off()
    assert ServingModel.objects.get(collection="faq.document").model == "new-model"
    old_model.requests.clear()
    assert search("xyzzy").model == "new-model"
    assert old_model.requests == []
    assert Embedding.objects.filter(model="old-model").count() == 2


def test_hashed_vectors_serve_until_the_first_model_has_made_its_own(make, settings, model):
    wanted, settings.EMBEDDING = settings.EMBEDDING, None
    make("Pets?")
    settings.EMBEDDING = wanted
    assert search("pets").model == "test-model"  # nobody has looked yet
    model.requests.clear()
    indexing.look()
    assert search("pets").model == HASHED_MODEL
    assert model.requests == []
    work_off()
    assert search("pets").model == "test-model"


def test_a_dump_of_another_model_is_detected_said_and_embedded_again(make, settings, model):
    document = make("Pets?")
    work_off()
    ServingModel.objects.create(collection="faq.document", model="test-model", dims=384)
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=384)
    messages = [
        each for each in run_checks(tags=[STARTUP], databases=[APP]) if each.id == "core.W001"
    ]
    assert [each.msg for each in messages] == [
        "No FAQ has a vector of another-model (384 numbers); the stored ones are of test-model "
        "(384 numbers). FAQs are found by their words alone."
    ]
    assert search("pets").results
    indexing.look()
    work_off()
    assert models_of(document) == {"test-model", "another-model"}
    assert ServingModel.objects.get(collection="faq.document").model == "another-model"
    assert not [
        each for each in run_checks(tags=[STARTUP], databases=[APP]) if each.id == "core.W001"
    ]


def test_vectors_of_another_size_are_made_anew(make, settings, model):
    document = make("Pets?")
    work_off()
    settings.EMBEDDING = Endpoint(model.url, "test-model", dimensions=768)
    model.embeddings.dimensions = 768
    indexing.look()
    work_off()
    assert document.embeddings.get().dims == 768


def test_a_shortened_model_is_another_one(settings, model):
    settings.EMBEDDING = Endpoint(model.url, "text-embedding-3-small", dimensions=768)
    model.embeddings.dimensions = 768
    assert embedder().model == "text-embedding-3-small:768"
    embedder().embed(["x"], 1)
    assert model.requests[-1].body["model"] == "text-embedding-3-small"


def test_nothing_is_looked_up_where_there_is_one_model(local, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert serving.serving("faq.document").model == HASHED_MODEL


def test_a_catch_up_goes_on_in_the_next_job(make, model, monkeypatch):
    rows = [make(f"Question {number}?") for number in range(5)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'cancelled'")
    monkeypatch.setattr(indexing, "BATCH", 2)
    monkeypatch.setattr(tasks, "CHUNK", 0.0001)
    indexing.look()
    assert work_off() >= 3
    assert Embedding.objects.count() == len(rows)


# manage.py embed


def test_embed_makes_what_is_missing_in_batches(local, make, capsys, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 2)
    rows = [make(f"Question {number}?") for number in range(5)]
    kept = rows[0].embeddings.get()
    Embedding.objects.exclude(pk=kept.pk).delete()
    call_command("embed")
    assert Embedding.objects.count() == 5
    assert Embedding.objects.get(pk=kept.pk).created_at == kept.created_at
    assert "faq.document: 4 embedded by hashed-ngrams-v1." in capsys.readouterr().out
    Embedding.objects.filter(pk=kept.pk).update(v=vector(1))
    call_command("embed", "--all")
    assert Embedding.objects.get(pk=kept.pk).v == kept.v
    assert "faq.document: 5 embedded" in capsys.readouterr().out


def test_embed_goes_on_after_a_text_that_is_refused_and_says_which(make, model, capsys):
    rows = [make("Poison?"), make("Pets?")]
    model.embeddings.poison = "Poison"
    with pytest.raises(CommandError, match="Refused were 1 of faq.document:"):
        call_command("embed")
    assert [models_of(row) for row in rows] == [set(), {"test-model"}]
    assert f"faq.document {rows[0].id}: status 400" in capsys.readouterr().err


def test_embed_gives_up_with_a_sentence(make, model, monkeypatch):
    make("Pets?")
    model.embeddings.status = 503
    monkeypatch.setattr(embed, "RETRY_AFTER_SECONDS", (0,))
    with pytest.raises(CommandError, match=r"test-model gave no vectors \(status 503\)\. 1 texts"):
        call_command("embed")
    assert len(model.requests) == 4  # the text and the probe, twice


def test_an_interrupted_embed_says_how_to_go_on(make, model, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    make("Pets?")
    monkeypatch.setattr(indexing, "step", interrupted)
    with pytest.raises(CommandError, match="Go on with: embed --collection faq.document"):
        call_command("embed")


def test_embed_tells_lines_where_there_is_no_terminal(local, make, capsys, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 2)
    monkeypatch.setattr(embed, "LINE_EVERY_SECONDS", -1)
    for number in range(3):
        make(f"Question {number}?")
    call_command("embed", "--all")
    assert "faq.document: 2 of 3\nfaq.document: 3 of 3\n" in capsys.readouterr().out


# The admin


@pytest.fixture
def parked(make, model):
    document = make("Poison?")
    model.embeddings.poison = "Poison"
    work_off()
    return document


LIST = "/admin/core/unembedded/"


def test_staff_see_what_is_parked_and_why(
    admin_client, parked, make, django_assert_max_num_queries
):
    for number in range(7):
        make(f"Poison {number}?")
    make("Poison: где парковка?", slug="ru", language="ru")
    work_off(most=60)
    admin_client.get(LIST)
    with django_assert_max_num_queries(10):
        page = admin_client.get(LIST).content.decode()
    assert page.count("test-model: status 400") == 9
    assert f'<a href="/admin/faq/document/{parked.id}/change/">Poison?</a>' in page
    assert '<span lang="ru">Poison: где парковка?</span>' in page


def test_staff_try_again_or_dismiss(admin_client, parked, model):
    row = Unembedded.objects.get()

    def act(action, where=LIST):
        admin_client.post(where, {"action": action, "_selected_action": [row.pk]})
        row.refresh_from_db()

    act("dismiss")
    assert row.state == State.DISMISSED
    assert "Poison?" not in admin_client.get(LIST).content.decode()
    model.embeddings.poison = ""
    act("try_again", f"{LIST}?state=dismissed")
    assert (row.state, row.attempts) == (State.TRYING, 0)
    work_off()
    assert models_of(parked) == {"test-model"}
    assert not Unembedded.objects.exists()


def test_jobs_are_shown_and_not_touched(admin_client, parked):
    page = admin_client.get("/admin/procrastinate/procrastinatejob/").content.decode()
    assert "core.tasks.embed_text" in page
    assert 'name="action"' not in page


@pytest.mark.parametrize(("status", "code"), [("todo", 200), ("zzz", 302), ("", 302)])
def test_no_job_has_a_status_that_there_is_not(admin_client, status, code):
    response = admin_client.get(f"/admin/procrastinate/procrastinatejob/?status__exact={status}")
    assert response.status_code == code


def test_the_next_search_sees_an_edit(make, model):
    document = make("Are animals allowed?")
    assert search("drums").results == []
    document.question = "Are drums allowed?"
    save(document)
    version = Catalogue.objects.get().version
    assert search("drums").results[0]["id"] == str(document.id)
    work_off()
    assert Catalogue.objects.get().version != version
