import json

import pytest
from django.conf import settings
from django.core.management import CommandError

from accounts import directory, seed as people
from accounts.conf import AccountsApi
from core.databases import APP, AUTH
from core.models import AuditEntry
from core.tools import ToolContext
from properties.answers import AMENITY_NAMES
from properties.models import Property
from properties.seed import seed
from properties.tools import property_search

pytestmark = [pytest.mark.django_db, pytest.mark.samples]
ASKED = {
    "bestays": ["A quiet villa with a pool for six under 8,000 baht a night"],
    "realestate": ["land near the beach under 10 million"],
}
# Of those that ship: enough to compare and to rank.
LISTINGS_MIN = {"bestays": 40, "realestate": 40}.get(settings.PRODUCT.id, 1)


def test_the_sample_listings_load_once():
    people.seed()
    first, second = seed(), seed()
    assert first.created >= LISTINGS_MIN and first.updated == 0
    assert (second.created, second.updated, second.unchanged) == (0, 0, first.created)
    of_people = AuditEntry.objects.using(AUTH).earliest("id")
    of_listings = AuditEntry.objects.using(APP).latest("id")
    assert of_people.action == "people.seeded"
    assert (of_listings.action, of_listings.after["created"]) == ("listings.seeded", first.created)
    listing = Property.objects.exclude(agent_id=None).first()
    assert listing is not None and directory.names([listing.agent_id])[listing.agent_id].email


def test_what_staff_edit_stays():
    seed()
    listing = Property.objects.first()
    Property.objects.filter(id=listing.id).update(title="Edited")
    assert seed().updated == 0
    listing.refresh_from_db()
    assert listing.title == "Edited"


def test_without_its_agents_a_listing_has_none():
    seed()
    assert not Property.objects.exclude(agent_id=None).exists()


def test_while_people_elsewhere_cannot_be_asked_for_nothing_is_loaded(settings):
    settings.ACCOUNTS_API = AccountsApi("http://127.0.0.1:1", "a.b")
    with pytest.raises(CommandError, match="The directory of people gives no usable answer: "):
        seed()
    assert not Property.objects.exists()


@pytest.mark.parametrize("language", sorted(AMENITY_NAMES.keys() & settings.PRODUCT.languages))
def test_every_amenity_has_a_name_in_every_language(language):
    samples = json.loads((settings.SEED_DIR / "listings.json").read_text())
    stored = {name for home in samples for name in home.get("amenities", [])}
    assert stored - AMENITY_NAMES[language].keys() == set()  # they are in properties/answers.py


@pytest.mark.parametrize("asked", ASKED.get(settings.PRODUCT.id, []))
def test_the_assistant_answers_from_the_samples(asked):
    seed()
    found = property_search.offline(asked, ToolContext("en"))
    assert found.found and len(found.sources) >= 2
    assert found.answer.startswith("These listings match")
