import html
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import Client

from accounts.testing import until_somebody_waits
from core import audit
from core.databases import APP
from core.models import AuditEntry
from properties.models import Property

pytestmark = pytest.mark.django_db
URL = "/admin/properties/property/"


@pytest.fixture
def staff(users):
    def staff(person):
        client = Client()
        client.force_login(person, "accounts.backends.PasswordBackend")
        return client

    return staff


def form_of(listing, **changes):
    fields = ("title", "type", "transaction", "currency", "status", "source", "external_id")
    known = {name: getattr(listing, name) for name in fields}
    return known | {"amenities": "Pool, sea view"} | changes


def test_a_page_costs_the_same_for_one_listing_as_for_many(
    make, users, staff, django_assert_max_num_queries
):
    for person in (users.agent, users.other_agent):
        for _ in range(10):
            make(agent_id=person.id)
    client = staff(users.admin)
    with django_assert_max_num_queries(12):
        page = client.get(URL).content.decode()
    assert "Other Agent Example" in page


def test_a_title_is_read_aloud_in_the_language_that_its_script_tells(make, users, staff):
    titles = {"th": "วิลล่าริมทะเล", "ru": "Вилла у моря", None: "Villa am Meer"}
    for title in titles.values():
        make(title=title)
    page = staff(users.admin).get(URL).content.decode()
    for language, title in titles.items():
        spoken = f'<span lang="{language}">{title}</span>' if language else title
        assert f"{spoken}</a></th>" in page


def test_agents_see_their_own(make, users, staff):
    own, foreign = make(title="Own", agent_id=users.agent.id), make(title="Foreign")
    client = staff(users.agent)
    page = client.get(URL).content.decode()
    assert "Own" in page and "Foreign" not in page
    assert client.get(f"{URL}{own.id}/change/").status_code == 200
    assert client.get(f"{URL}{foreign.id}/change/").status_code == 302
    assert client.post(f"{URL}{foreign.id}/delete/", {"post": "yes"}).status_code == 302
    assert Property.objects.filter(id=foreign.id).exists()


def test_places_and_currencies_are_those_of_the_api(make, users, staff):
    listing, client = make(agent_id=users.agent.id), staff(users.agent)
    path = f"{URL}{listing.id}/change/"
    page = client.post(path, form_of(listing, currency="XXX"))
    assert list(page.context["adminform"].form.errors) == ["currency"]
    place = {"city": "koh samui", "district": "ban X"}
    assert client.post(path, form_of(listing, **place)).status_code == 302
    listing.refresh_from_db()
    assert (listing.city, listing.district) == ("Koh Samui", "ban X")


def test_a_change_is_stored_and_searchable(make, users, staff):
    listing = make(agent_id=users.agent.id)
    client = staff(users.agent)
    changes = {"title": "<b>Lagoon</b> house", "description": "By the<br>water"}
    answer = client.post(f"{URL}{listing.id}/change/", form_of(listing, **changes))
    assert answer.status_code == 302, answer.context["errors"]
    listing.refresh_from_db()
    assert (listing.title, listing.description) == ("Lagoon house", "By the\nwater")
    assert listing.amenities == ["pool", "sea view"]
    assert listing.agent_id == users.agent.id
    assert "Lagoon" in client.get(URL, {"q": "lagoons"}).content.decode()


def test_the_form_tells_the_units_and_knows_the_currency(users, staff):
    fields = staff(users.admin).get(f"{URL}add/").context["adminform"].form
    assert fields["currency"].value() == settings.PRODUCT.currency
    for name, told in {"price": "per night", "area": "Square metres", "land_area": "rai"}.items():
        assert told in fields[name].help_text


def test_a_new_listing_belongs_to_whoever_makes_it(make, users, staff):
    listing = make()
    answer = staff(users.agent).post(f"{URL}add/", form_of(listing, title="New"))
    assert answer.status_code == 302
    assert Property.objects.get(title="New").agent_id == users.agent.id


def new_id_of(client):
    page = client.get(f"{URL}add/").content.decode()
    (new_id,) = re.findall(r'name="new_id" value="([^"]+)"', page)
    assert page.count(new_id) == 2  # it is shown as well
    return new_id


def test_a_new_listing_sent_twice_is_one(make, users, staff):
    client = staff(users.agent)
    given = form_of(make(), title="New", new_id=new_id_of(client))
    assert client.post(f"{URL}add/", given).status_code == 302
    again = client.post(f"{URL}add/", given | {"title": "Changed"})
    assert "This listing was saved already: see the list." in again.content.decode()
    assert [str(row.id) for row in Property.objects.exclude(title__startswith="Home")] == [
        given["new_id"]
    ]
    assert client.post(f"{URL}add/", given | {"new_id": new_id_of(client)}).status_code == 302
    wrong = client.post(f"{URL}add/", given | {"new_id": "1"})
    assert "is not a valid UUID" in wrong.content.decode()
    assert Property.objects.filter(title="New").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_new_listing_sent_twice_at_once_is_one(make, users, staff):
    client, listing = staff(users.agent), make()
    given = form_of(listing, title="New", new_id=new_id_of(client))

    def send(_):
        try:
            return staff(users.agent).post(f"{URL}add/", given).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(send, range(4))) == [200, 200, 200, 302]
    assert Property.objects.filter(title="New").count() == 1


def test_nobody_who_does_not_exist_is_given_a_listing(make, users, staff):
    listing, client = make(agent_id=users.agent.id), staff(users.admin)
    change = f"{URL}{listing.id}/change/"
    answer = client.post(change, form_of(listing, agent_id=str(uuid4())))
    assert "There is nobody with this id." in answer.content.decode()
    given = form_of(listing, agent_id=str(users.other_agent.id))
    assert client.post(change, given).status_code == 302
    listing.refresh_from_db()
    assert listing.agent_id == users.other_agent.id


def test_a_doubled_external_id_is_a_message(make, users, staff):
    make(source="feed", external_id="1")
    listing = make()
    given = form_of(listing, source="feed", external_id="1")
    answer = staff(users.admin).post(f"{URL}add/", given)
    assert "already a listing with this source and external_id" in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amenities": "pool, sea\0view"}, "Null characters are not allowed."),
        ({"amenities": ",".join(map(str, range(201)))}, "200 at most; these are 201."),
        ({"amenities": "a" * 201}, "at most 200 characters"),
        ({"description": "a" * 20_001}, "at most 20000 characters"),
        ({"title": "\u200b"}, "This shows nothing"),
        ({"title": "<b></b>"}, "This shows nothing"),
    ],
)
def test_what_the_api_refuses_is_refused_here(make, users, staff, wrong, told):
    listing = make()
    answer = staff(users.admin).post(f"{URL}{listing.id}/change/", form_of(listing, **wrong))
    (name,) = wrong
    assert told in str(answer.context["adminform"].form.errors[name])


@pytest.mark.parametrize("key", ["id", "external_id"])
def test_found_by_id(make, users, staff, key):
    listing = make(title="Wanted", external_id="feed-77")
    make(title="Unwanted")
    page = staff(users.admin).get(URL, {"q": str(getattr(listing, key))}).content.decode()
    assert ">Wanted<" in page and "Unwanted" not in page


def test_filters_and_columns(make, users, staff):
    make(title="Flat", type="condo")
    make(title="Mansion")
    page = staff(users.admin).get(URL, {"type__exact": "condo"}).content.decode()
    assert ">Flat<" in page and ">Mansion<" not in page


def test_a_filter_has_a_word_for_listings_without_a_value(make, users, staff):
    make(title="Fed", city="Phuket", source="feed", external_id="1")
    make(title="Typed", city="", source="")
    page = staff(users.admin).get(URL).content.decode()
    assert not re.search(r'<a href="[^"]*(city|source)=[^"]*">\s*</a>', page)
    page = staff(users.admin).get(URL, {"source": ""}).content.decode()
    assert ">Typed<" in page and ">Fed<" not in page
    assert ">Empty</a>" in page and ">feed</a>" in page


def test_a_price_is_shown_in_its_currency(make, users, staff):
    make(title="Priced", price=1250000, currency="THB")
    make(title="Cents", price="99.50", currency="USD")
    make(title="On request", price=None)
    page = staff(users.admin).get(URL).content.decode()
    assert re.findall(r'field-asked">([^<]*)<', page) == ["-", "USD 99.50", "THB 1,250,000"]


def test_visitors_stay_outside(users, staff):
    assert staff(users.user).get(URL).status_code == 302


def test_what_staff_do_is_recorded(make, users, staff):
    listing = make(agent_id=users.agent.id, amenities=["pool", "sea view"])
    client = staff(users.agent)
    change = f"{URL}{listing.id}/change/"
    assert client.post(change, form_of(listing, title="Renamed")).status_code == 302
    page = client.get(f"{URL}{listing.id}/history/").content.decode()
    assert "listing.changed" in page and "Renamed" in page and str(users.agent.id) in page
    assert "Agent Example<br>" in page
    assert re.search(r"\d\d:\d\d \+07\b", page)  # whoever reads it elsewhere knows when that was
    chosen = {"action": "delete_selected", "_selected_action": [listing.id], "post": "yes"}
    assert client.post(URL, chosen).status_code == 302
    changed, deleted = AuditEntry.objects.order_by("id")
    assert (changed.actor, deleted.actor) == (users.agent.id, users.agent.id)
    assert (changed.before["title"], changed.after["title"]) == (listing.title, "Renamed")
    assert (deleted.action, deleted.before["title"]) == ("listing.deleted", "Renamed")


def test_the_history_of_a_foreign_listing_is_not_shown(make, users, staff):
    foreign = make(agent_id=users.other_agent.id)
    assert staff(users.agent).get(f"{URL}{foreign.id}/history/").status_code == 404
    page = staff(users.admin).get(f"{URL}{foreign.id}/history/").content.decode()
    assert "Nothing was recorded" in page


def seen(page):
    return re.search(r'name="seen" value="([^"]+)"', page.content.decode())[1]


def test_an_older_form_does_not_undo_a_later_change(make, users, staff, sign_in):
    listing, client = make(agent_id=users.agent.id), staff(users.agent)
    change = f"{URL}{listing.id}/change/"
    older = form_of(listing, description="Typed\r\nfor long.", seen=seen(client.get(change)))
    dearer = sign_in(users.admin).patch(f"/api/v1/properties/{listing.id}", {"price": 9999})
    assert dearer.status_code == 200

    page = client.post(change, older)
    assert "This listing was changed meanwhile; nothing was saved." in page.content.decode()
    assert "Typed\r\nfor long." in html.unescape(page.content.decode())
    assert client.post(change, older | {"seen": seen(page)}).status_code == 200
    listing.refresh_from_db()
    assert (listing.price, listing.description) == (9999, "A home with palms.")

    newer = older | {"seen": seen(client.get(change))}
    for _ in range(2):  # a double click
        assert client.post(change, newer).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_while_another_is_saved_comes_later(make, users, staff):
    listing, client = make(agent_id=users.agent.id), staff(users.agent)
    change = f"{URL}{listing.id}/change/"
    given = form_of(listing, title="Later", seen=seen(client.get(change)))

    def send():
        try:
            return client.post(change, given)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(using=APP):
            Property.objects.get(id=listing.id).save()
            answer = threads.submit(send)
            until_somebody_waits(APP)
        assert "changed meanwhile" in answer.result().content.decode()


@pytest.fixture
def deleting(users, staff):
    """An admin's page that deletes listings, or an action in their list, opened in a thread."""
    client = staff(users.admin)

    def send(where, *listings):
        keys = [listing.id for listing in listings]
        chosen = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
        url = URL if where == "list" else f"{URL}{keys[0]}/delete/"
        try:
            page = client.post(url, chosen, follow=True)
            return " ".join(str(message) for message in page.context["messages"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        yield lambda *asked: threads.submit(send, *asked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["list", "page"])
def test_of_two_who_delete_the_same_at_once_one_has_done_it(make, deleting, where):
    both, other = make(title="Both"), make(title="Other")
    with transaction.atomic(using=APP):
        audit.deleted(both)
        Property.objects.filter(id=both.id).delete()
        told = deleting(where, both, other)
        until_somebody_waits(APP)
    expected = {"list": "Successfully deleted 1 listing.", "page": "Perhaps it was deleted?"}
    assert expected[where] in told.result()
    assert Property.objects.count() == (0 if where == "list" else 1)
    deleted = AuditEntry.objects.filter(action="listing.deleted", subject_id=str(both.id))
    assert deleted.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["list", "page"])
def test_what_is_deleted_is_recorded_as_it_was_last(make, deleting, where):
    listing = make(title="Home")
    with transaction.atomic(using=APP):
        Property.objects.filter(id=listing.id).update(title="Renamed")
        told = deleting(where, listing)
        until_somebody_waits(APP)
    assert "deleted" in told.result()
    assert AuditEntry.objects.get(action="listing.deleted").before["title"] == "Renamed"
