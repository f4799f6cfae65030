"""Listings that have no vector: found, told and counted as other texts are."""

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.checks import STARTUP
from core.databases import APP
from core.models import Unembedded
from core.providers import Endpoint
from core.search import indexing
from core.testing.jobs import work_off
from properties.indexing import listings, schedule
from properties.models import Property

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(settings, model_server):
    settings.EMBEDDING_PREVIOUS = None
    settings.EMBEDDING = Endpoint(model_server.url, "test-model", dimensions=384)
    return model_server


@pytest.fixture
def parked(make, model):
    home, poison = make(title="Home"), make(title="Poison")
    model.embeddings.poison = "Poison"
    for listing in (home, poison):
        schedule(listing)
    work_off()
    return poison


def warnings():
    found = run_checks(tags=[STARTUP], databases=[APP])
    return [(each.id, each.msg) for each in found if each.id.startswith("core.W")]


def test_what_is_parked_is_counted_told_and_shown(parked, admin_client, capsys):
    assert indexing.count_parked() == {"faq.document": 0, "properties.property": 1}
    sentence = "1 of properties.property have no vector: the model refuses them."
    assert warnings() == [("core.W002", sentence)]
    with pytest.raises(CommandError, match="Refused were 1 of properties.property:"):
        call_command("embed")
    assert f"properties.property {parked.id}: status 400" in capsys.readouterr().err
    page = admin_client.get("/admin/core/unembedded/").content.decode()
    assert f'<a href="/admin/properties/property/{parked.id}/change/">' in page
    assert "properties.property (1)" in page


def test_an_agent_sees_and_changes_nothing_of_anothers_listing(parked, users, client, sign_in):
    page = "/admin/core/unembedded/"
    chosen = {"action": "dismiss", "_selected_action": [Unembedded.objects.get().pk]}
    client.force_login(users.agent)
    assert str(parked.id) not in client.get(page).content.decode()
    client.post(page, chosen)
    assert Unembedded.objects.get().state == Unembedded.State.PARKED
    Property.objects.update(agent_id=users.agent.id)
    assert str(parked.id) in client.get(page).content.decode()
    client.post(page, chosen)
    assert Unembedded.objects.get().state == Unembedded.State.DISMISSED


def test_vectors_of_another_model_are_detected_and_said(make, model, settings):
    assert warnings() == []
    indexing.embed(listings, listings.texts([make(title="Home").id]), indexing.embedder())
    assert warnings() == []
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=384)
    ((id, sentence),) = warnings()
    assert id == "core.W001"
    assert sentence.startswith("No listing has a vector of another-model (384 numbers); the stored")


def test_another_size_of_a_model_is_made_anew(make, model, settings):
    listing = make(title="Home")
    schedule(listing)
    work_off()
    assert listings.missing("test-model", None, 9) == []
    settings.EMBEDDING = Endpoint(model.url, "test-model", dimensions=768)
    model.embeddings.dimensions = 768
    assert listings.missing("test-model", None, 9) == [listing.id]
    assert listings.count_missing("test-model") == 1
    schedule(listing)
    work_off()
    assert list(listing.embeddings.values_list("dims", flat=True)) == [768]


@pytest.mark.parametrize("name", ["faq.document", "properties.property"])
def test_no_vector_is_read_to_find_what_has_none(model, name):
    """The look of every ten minutes: a table of vectors is ten times that of their hashes."""
    with CaptureQueriesContext(connection) as captured:
        indexing.collections()[name].missing("test-model", None, 64)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # small tables are scanned whatever comes
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {captured[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"Index Only Scan using {name.partition('.')[0]}_embedding_unique" in plan


def test_without_a_model_nothing_of_it_is_left_to_be_parked(parked, settings):
    settings.EMBEDDING = None
    indexing.look()
    assert not Unembedded.objects.exists()
