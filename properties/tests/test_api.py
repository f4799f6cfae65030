import html
import re
import uuid
from datetime import datetime
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.urls import reverse

from core.databases import APP
from core.models import AuditEntry
from properties.models import Property

pytestmark = pytest.mark.django_db
URL = "/api/v1/properties"
NEW = {"title": "Sea house", "type": "house", "transaction": "rent", "currency": "THB"}
FULL = NEW | {
    "description": "Big<br>garden",
    "price": 12.5,
    "bathrooms": 2,
    "area": 80.1,
    "latitude": 9.71234567891234,
    "amenities": ["Wi-Fi", "Pool", "pool"],
    "source": "feed",
    "external_id": "7",
}


def titles(answer):
    assert answer.status_code == 200, answer.content
    return [listing["title"] for listing in answer.json()["results"]]


def error(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["code"] == code
    return answer.json()["error"].get("details", {})


def url_of(listing):
    return f"{URL}/{listing.id}"


# Lists


def test_a_guest_sees_what_is_published_newest_first(api, make):
    make(title="first")
    make(title="draft", status="draft")
    make(title="archived", status="archived")
    make(title="second")
    body = api.get(URL).json()
    assert [listing["title"] for listing in body["results"]] == ["second", "first"]
    assert (body["next"], body["count"], body["count_is_capped"]) == (None, None, False)


def test_an_empty_list(api, db):
    expected = {"results": [], "next": None, "count": 0, "count_is_capped": False}
    expected |= {"degraded": False}
    assert api.get(URL, {"count": "true"}).json() == expected


def test_a_listing_in_a_list(api, make):
    make(price="5000.50", amenities=["Pool", " Sea  View"], city="Phuket", latitude=9.5)
    (listing,) = api.get(URL).json()["results"]
    assert listing["price"] == 5000.5
    assert listing["amenities"] == ["pool", "sea view"]
    assert listing["bedrooms"] is None
    assert "description" not in listing and "search_text" not in listing


def test_times_end_in_z_everywhere_and_texts_are_left_alone(api, sign_in, users):
    texts = {"title": "Open till 9+00:00", "city": 'a+00:00","agent_id":', "district": "+00:00"}
    agent = sign_in(users.agent)
    made = agent.post(URL, NEW | texts | {"status": "published"}, format="json")
    path = f"{URL}/{made.json()['id']}"
    other = agent.post(URL, NEW | texts | {"status": "published"}, format="json")
    answers = [made, other, agent.patch(path, {"bedrooms": 1}, format="json"), api.get(path)]
    answers.append(api.get(path, {"include": "agent"}))
    shown = [answer.json() for answer in answers]
    for asked in ({}, {"include": "agent"}, {"q": "open"}, {"limit": "1"}):
        shown += api.get(URL, asked).json()["results"]
    shown += api.get(f"{path}/similar").json()["results"]
    assert len(shown) == 5 + 7 + 1
    for listing in shown:
        assert {listing[name][-1] for name in ("created_at", "updated_at")} == {"Z"}
        assert datetime.fromisoformat(listing["created_at"])
        assert {name: listing[name] for name in texts} == texts


def test_a_list_costs_a_guest_one_query(api, make, django_assert_num_queries):
    make()
    with django_assert_num_queries(1):
        api.get(URL)
    with django_assert_num_queries(2):
        api.get(URL, {"count": "true", "city": "Phuket"})


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"city": "PHUKET"}, ["b", "a"]),
        ({"district": "kata"}, ["b"]),
        ({"type": "land"}, ["c"]),
        ({"type": "land,condo"}, ["c", "b"]),
        ({"transaction": "sale"}, ["c"]),
        ({"min_price": "2000"}, ["c", "b"]),
        ({"max_price": "2000.00"}, ["b", "a"]),
        ({"min_price": "1500", "max_price": "2500"}, ["b"]),
        ({"currency": "usd"}, ["c"]),
        ({"bedrooms": "3"}, ["b"]),
        ({"bathrooms": "1.5"}, ["b"]),
        ({"guests": "4"}, ["b", "a"]),
        ({"amenities": "pool"}, ["b", "a"]),
        ({"amenities": "Quiet,pool"}, ["a"]),
        ({"city": "phuket", "guests": "5"}, ["b"]),
        ({"q": "jungles"}, ["b"]),
        ({"q": "тихие дороги"}, ["c", "a"]),
        ({"q": "pool phuket"}, ["b", "a"]),
        ({"q": "!!!"}, []),
        ({"city": "' OR 1=1 --"}, []),
        ({"q": "%' {0} %s"}, []),
    ],
)
def test_filters(api, make, filters, expected):
    phuket = {"city": "Phuket", "type": "villa"}
    make(title="a", **phuket, price=1000, max_guests=4, bedrooms=2, amenities=["pool", "quiet"])
    make(title="b", **phuket | {"type": "condo"}, district="Kata", price=2000, bedrooms=3,
         bathrooms="1.5", max_guests=8, amenities=["pool"], description="A jungle.")  # fmt: skip
    make(title="c", type="land", transaction="sale", price=90000, currency="USD",
         description="Тихий участок земли у дороги, рядом с морем.")  # fmt: skip
    make(title="unknown", price=None)
    assert [title for title in titles(api.get(URL, filters)) if title != "unknown"] == expected


def test_what_is_unknown_meets_no_bound(api, make):
    make(price=None, bedrooms=None, max_guests=None)
    for bound in ({"min_price": 0}, {"max_price": 10}, {"bedrooms": 0}, {"guests": 1}):
        assert titles(api.get(URL, bound)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=101", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=ten", "limit"),
        ("colour=red", "colour"),
        ("offset=10", "offset"),
        ("min_price=cheap", "min_price"),
        ("min_price=10&max_price=5", "min_price"),
        ("city=a&city=b", "city"),
        ("city=%00", "city"),
        ("city=", "city"),
        ("cursor=", "cursor"),
        ("limit=", "limit"),
        ("type=castle", "type"),
        ("count=yes", "count"),
        ("mine=1", "mine"),
        ("status=secret", "status"),
    ],
)
def test_a_wrong_parameter_is_named(api, db, query, field):
    assert list(error(api.get(f"{URL}?{query}"), 400, "VALIDATION_ERROR")) == [field]


def test_pages(api, make):
    for number in range(7):
        make(title=str(number))
    moment = Property.objects.get(title="4").created_at
    Property.objects.filter(title__in="345").update(created_at=moment)
    seen, cursor = [], {}
    while cursor is not None:
        body = api.get(URL, {"limit": 2, "type": "villa"} | cursor).json()
        seen += [listing["title"] for listing in body["results"]]
        cursor = {"cursor": body["next"]} if body["next"] else None
    assert len(seen) == 7 and set(seen) == set("0123456")
    assert seen[:1] == ["6"] and seen[-3:] == ["2", "1", "0"]


def test_a_page_that_ends_exactly_is_the_last(api, make):
    make(), make()
    assert api.get(URL, {"limit": 2}).json()["next"] is None


def test_a_cursor_is_good_for_its_filters_alone(api, make, sign_in, users):
    for _ in range(3):
        make(agent_id=users.agent.id)
    cursor = api.get(URL, {"limit": 1, "type": "villa"}).json()["next"]
    assert api.get(URL, {"type": "villa", "cursor": cursor, "limit": 5}).status_code == 200
    agent = sign_in(users.agent)
    for answer in (
        api.get(URL, {"type": "condo", "cursor": cursor}),
        api.get(URL, {"cursor": cursor}),
        api.get(URL, {"type": "villa", "cursor": cursor[:-2] + "xx"}),
        api.get(URL, {"cursor": "forged"}),
        api.get(URL, {"cursor": "x" * 600}),
        agent.get(URL, {"type": "villa", "mine": "true", "cursor": cursor}),
    ):
        error(answer, 400, "INVALID_CURSOR")


def test_counts_are_capped(api, make):
    listing = make()
    Property.objects.bulk_create(
        Property(title="x", type="villa", transaction="rent", currency="THB", status="published")
        for _ in range(1000)
    )
    body = api.get(URL, {"count": "true", "limit": 1}).json()
    assert (body["count"], body["count_is_capped"]) == (1000, True)
    listing.delete()
    body = api.get(URL, {"count": "true", "limit": 1}).json()
    assert (body["count"], body["count_is_capped"]) == (1000, False)


def test_own_listings(make, sign_in, users, api):
    make(title="draft", status="draft", agent_id=users.agent.id)
    make(title="shown", agent_id=users.agent.id)
    make(title="foreign", status="draft", agent_id=users.other_agent.id)
    agent, admin = sign_in(users.agent), sign_in(users.admin)
    assert titles(agent.get(URL, {"mine": "true"})) == ["shown", "draft"]
    assert titles(agent.get(URL, {"mine": "true", "status": "draft"})) == ["draft"]
    assert titles(agent.get(URL)) == ["shown"]
    assert titles(agent.get(URL, {"status": "published"})) == ["shown"]
    assert titles(admin.get(URL, {"status": "draft"})) == ["foreign", "draft"]
    assert titles(admin.get(URL, {"mine": "true"})) == []
    error(agent.get(URL, {"status": "draft"}), 403, "FORBIDDEN")
    error(sign_in(users.user).get(URL, {"mine": "true"}), 403, "FORBIDDEN")
    error(api.get(URL, {"mine": "true"}), 401, "UNAUTHORIZED")


# One listing


def test_detail(api, make, django_assert_num_queries):
    listing = make(description="Palms.", source="feed", external_id="7")
    with django_assert_num_queries(1):
        body = api.get(url_of(listing)).json()
    assert body["id"] == str(listing.id)
    assert (body["description"], body["source"], body["external_id"]) == ("Palms.", "feed", "7")


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_published_is_there_for_its_agent_and_admins(api, make, sign_in, users, status):
    url = url_of(make(status=status, agent_id=users.agent.id))
    assert sign_in(users.agent).get(url).status_code == 200
    assert sign_in(users.admin).get(url).status_code == 200
    for client in (api, sign_in(users.user), sign_in(users.other_agent)):
        error(client.get(url), 404, "NOT_FOUND")


def test_nothing_there(api, db):
    error(api.get(f"{URL}/{uuid.uuid4()}"), 404, "NOT_FOUND")
    error(api.get(f"{URL}/not-an-id"), 404, "NOT_FOUND")
    error(api.get(f"{URL}/{uuid.uuid4()}?x=1"), 400, "VALIDATION_ERROR")


# Writing


def test_an_agent_creates_a_listing(sign_in, users):
    agent = sign_in(users.agent)
    given = NEW | {
        "description": "Big<br>garden <script>alert(1)</script>&amp; pool",
        "title": " <b>Sea</b>  house ",
        "amenities": ["Pool", "pool", "Sea View"],
        "price": 12000.5,
        "latitude": 9.71234567891234,
        "bedrooms": 3,
    }
    answer = agent.post(URL, given, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert body["title"] == "Sea house"
    assert body["description"] == "Big\ngarden & pool"
    assert body["amenities"] == ["pool", "sea view"]
    assert (body["price"], body["status"]) == (12000.5, "draft")
    assert body["agent_id"] == str(users.agent.id)
    assert agent.get(f"{URL}/{body['id']}").json() == body


def test_who_may_create(api, sign_in, users):
    error(api.post(URL, NEW, format="json"), 401, "UNAUTHORIZED")
    error(sign_in(users.user).post(URL, NEW, format="json"), 403, "FORBIDDEN")
    given = NEW | {"agent_id": str(users.agent.id)}
    details = error(sign_in(users.other_agent).post(URL, given, format="json"), 400,
                    "VALIDATION_ERROR")  # fmt: skip
    assert list(details) == ["agent_id"]
    answer = sign_in(users.admin).post(URL, given, format="json")
    assert answer.json()["agent_id"] == str(users.agent.id)


def test_nobody_who_does_not_exist_is_given_a_listing(sign_in, users, make):
    admin, given = sign_in(users.admin), {"agent_id": str(uuid.uuid4())}
    listing = make(agent_id=users.agent.id)
    for answer in (
        admin.post(URL, NEW | given, format="json"),
        admin.patch(url_of(listing), given, format="json"),
        admin.put(url_of(listing), NEW | given, format="json"),
    ):
        assert list(error(answer, 400, "VALIDATION_ERROR")) == ["agent_id"]
    listing.refresh_from_db()
    assert listing.agent_id == users.agent.id
    assert admin.patch(url_of(listing), {"agent_id": None}, format="json").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "<br>"),
        ("title", "\u200b"),
        ("title", "x" * 201),
        ("title", "a\x00b"),
        ("title", None),
        ("title", ["a"]),
        ("title", 5),
        ("description", "x" * 20_001),
        ("type", "castle"),
        ("transaction", "swap"),
        ("price", -1),
        ("price", "cheap"),
        ("price", "NaN"),
        ("price", 1e13),
        ("currency", "baht"),
        ("currency", "thb"),
        ("currency", "XXX"),
        ("currency", "TBH"),
        ("bedrooms", -1),
        ("bedrooms", 40_000),
        ("bedrooms", "two"),
        ("bathrooms", 1.55),
        ("max_guests", -2),
        ("max_guests", 0),
        ("price", 0),
        ("area", 0),
        ("land_area", "0.00"),
        ("latitude", 90.5),
        ("latitude", "nan"),
        ("latitude", True),
        ("longitude", -181),
        ("amenities", "pool"),
        ("amenities", [["pool"]]),
        ("amenities", ["pool", 1]),
        ("amenities", ["x" * 201]),
        ("amenities", [f"item {n}" for n in range(201)]),
        ("amenities", {"pool": True}),
        ("status", "secret"),
        ("agent_id", "me"),
        ("external_id", "x" * 101),
        ("external_id", 99999999999999999999999999),
        ("source", 1.5),
        ("currency", 5),
        ("id", str(uuid.UUID(int=7))),
        ("search_text", "x"),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named(sign_in, users, field, value):
    answer = sign_in(users.agent).post(URL, NEW | {field: value}, format="json")
    assert list(error(answer, 400, "VALIDATION_ERROR")) == [field]
    assert not Property.objects.exists()


def test_what_shows_nothing_is_empty_and_a_comma_separates_amenities(sign_in, users):
    sent = NEW | {"city": "\u200b", "amenities": ["Sauna, private", "\u200b", "pool, "]}
    answer = sign_in(users.agent).post(URL, sent, format="json")
    assert answer.status_code == 201
    assert (answer.json()["city"], answer.json()["amenities"]) == ("", ["sauna", "private", "pool"])


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (("koh samui", "CHAWENG"), ("Koh Samui", "Chaweng")),
        (("Koh  Samui", "cha-am"), ("Koh Samui", "Cha-am")),
        (("ekhamn", "near Chaweng"), ("ekhamn", "near Chaweng")),
        (("koh", "McLeod's bay"), ("koh", "McLeod's bay")),
        (("เกาะสมุย", ""), ("เกาะสมุย", "")),
    ],
)
def test_a_known_place_is_written_as_it_is_known(sign_in, users, sent, stored):
    place = dict(zip(("city", "district"), sent, strict=True))
    agent = sign_in(users.agent)
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    first, again = (agent.post(URL, NEW | place, format="json", **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["city"], first.json()["district"]) == stored
    changed = agent.patch(f"{URL}/{first.json()['id']}", {"city": sent[0]}, format="json")
    assert changed.json()["city"] == stored[0]


def test_an_amenity_has_the_name_that_filters_know(api, sign_in, users):
    said = ["Swimming Pool", "pool", "wi-fi", "A/C", "สระว่ายน้ำ", "бассейн", "rooftop cinema"]
    given = NEW | {"amenities": said, "status": "published"}
    made = sign_in(users.agent).post(URL, given, format="json").json()
    assert made["amenities"] == ["pool", "wifi", "air conditioning", "rooftop cinema"]
    assert titles(api.get(URL, {"amenities": "pool,wifi"})) == [NEW["title"]]


def test_all_that_is_needed(sign_in, users):
    details = error(sign_in(users.agent).post(URL, {}, format="json"), 400, "VALIDATION_ERROR")
    assert set(details) == {"title", "type", "transaction", "currency"}


@pytest.mark.parametrize("body", ["{", "[]", "3", '"x"', "null"])
def test_a_body_that_is_no_listing(sign_in, users, body):
    answer = sign_in(users.agent).post(URL, body, content_type="application/json")
    assert answer.status_code == 400


def test_the_same_external_id_twice(sign_in, users):
    agent = sign_in(users.agent)
    given = NEW | {"source": "feed", "external_id": "1"}
    assert agent.post(URL, given, format="json").status_code == 201
    error(agent.post(URL, given, format="json"), 409, "CONFLICT")
    other = agent.post(URL, given | {"external_id": "2"}, format="json").json()
    answer = agent.patch(f"{URL}/{other['id']}", {"external_id": "1"}, format="json")
    error(answer, 409, "CONFLICT")
    assert agent.post(URL, NEW, format="json").status_code == 201
    assert agent.post(URL, NEW, format="json").status_code == 201


def with_key(client, key, **changes):
    headers = {"Idempotency-Key": key}
    return client.post(URL, FULL | changes, format="json", headers=headers)


def test_a_listing_sent_again_with_its_key_is_the_first_one(sign_in, users):
    agent = sign_in(users.agent)
    first, again = with_key(agent, "one"), with_key(agent, "one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert AuditEntry.objects.filter(action="listing.created").count() == 1
    for client, key in ((agent, "two"), (sign_in(users.admin), "one")):
        other = with_key(client, key, external_id=key + str(uuid.uuid4()))
        assert other.status_code == 201
    assert Property.objects.count() == 3


def test_a_key_of_another_listing_is_a_conflict(sign_in, users):
    agent = sign_in(users.agent)
    first = with_key(agent, "one").json()
    error(with_key(agent, "one", price=12.6), 409, "CONFLICT")
    error(with_key(agent, "one", external_id="8"), 409, "CONFLICT")
    error(with_key(agent, "two"), 409, "CONFLICT")  # its source has it already
    agent.patch(f"{URL}/{first['id']}", {"status": "published"}, format="json")
    error(with_key(agent, "one"), 409, "CONFLICT")
    agent.delete(f"{URL}/{first['id']}")
    assert with_key(agent, "one").status_code == 201
    details = error(with_key(agent, "x" * 201), 400, "VALIDATION_ERROR")
    assert list(details) == ["Idempotency-Key"]


@pytest.mark.django_db(transaction=True)
def test_a_listing_sent_twice_at_once_is_one(sign_in, users):
    agents = [sign_in(users.agent) for _ in range(4)]
    codes, start = [], Barrier(4)

    def send(agent):
        start.wait()
        codes.append(with_key(agent, "one").status_code)
        connection.close()

    threads = [Thread(target=send, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(codes), Property.objects.count()) == ([200, 200, 200, 201], 1)


def test_a_change_writes_its_fields_alone(make, sign_in, users):
    listing = make(agent_id=users.agent.id, city="Phuket", price=100)
    agent = sign_in(users.agent)
    answer = agent.patch(url_of(listing), {"price": None, "title": "Lagoon"}, format="json")
    assert (answer.status_code, answer.json()["price"]) == (200, None)
    assert answer.json()["city"] == "Phuket"
    assert answer.json()["updated_at"] > answer.json()["created_at"]
    assert titles(agent.get(URL, {"q": "lagoon"})) == ["Lagoon"]


def test_a_database_that_takes_no_writes(make, sign_in, users):
    listing, agent = make(agent_id=users.agent.id), sign_in(users.agent)
    assert agent.get(url_of(listing)).status_code == 200
    with connections[APP].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")  # as that of a standby is
    answer = agent.patch(url_of(listing), {"title": "Lagoon"}, format="json")
    error(answer, 503, "SERVICE_UNAVAILABLE")
    assert answer["Retry-After"] == "5"


def test_a_change_of_nothing_writes_nothing(make, sign_in, users):
    listing = make(agent_id=users.agent.id)
    before = sign_in(users.agent).get(url_of(listing)).json()
    answer = sign_in(users.agent).patch(url_of(listing), {"title": listing.title}, format="json")
    assert answer.json() == before


def test_a_replacement_sets_back_what_it_does_not_name(make, sign_in, users):
    listing = make(agent_id=users.agent.id, city="Phuket", price=100, amenities=["pool"])
    answer = sign_in(users.agent).put(url_of(listing), NEW, format="json")
    body = answer.json()
    assert (body["city"], body["price"], body["amenities"]) == ("", None, [])
    assert (body["status"], body["agent_id"]) == ("draft", str(users.agent.id))
    assert sign_in(users.agent).put(url_of(listing), {}, format="json").status_code == 400


@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_who_may_write(api, make, sign_in, users, method):
    shown = url_of(make(agent_id=users.agent.id))
    draft = url_of(make(agent_id=users.agent.id, status="draft"))
    ownerless = url_of(make())

    def by(client, url):
        return getattr(client, method)(url, NEW, format="json")

    other = sign_in(users.other_agent)
    error(by(api, shown), 401, "UNAUTHORIZED")
    error(by(sign_in(users.user), shown), 403, "FORBIDDEN")
    error(by(other, shown), 403, "FORBIDDEN")
    error(by(other, draft), 404, "NOT_FOUND")
    error(by(other, ownerless), 403, "FORBIDDEN")
    error(by(other, f"{URL}/{uuid.uuid4()}"), 404, "NOT_FOUND")
    assert by(sign_in(users.agent), draft).status_code in (200, 204)
    assert by(sign_in(users.admin), shown).status_code in (200, 204)


def test_an_agent_cannot_give_a_listing_away(make, sign_in, users):
    listing = make(agent_id=users.agent.id)
    given = {"agent_id": str(users.other_agent.id)}
    agent, admin = sign_in(users.agent), sign_in(users.admin)
    error(agent.patch(url_of(listing), given, format="json"), 400, "VALIDATION_ERROR")
    assert admin.patch(url_of(listing), given, format="json").status_code == 200
    error(agent.patch(url_of(listing), {"title": "x"}, format="json"), 403, "FORBIDDEN")


def test_a_deleted_listing_is_gone(make, sign_in, users):
    listing = make(agent_id=users.agent.id)
    agent = sign_in(users.agent)
    answer = agent.delete(url_of(listing))
    assert (answer.status_code, answer.content) == (204, b"")
    error(agent.delete(url_of(listing)), 404, "NOT_FOUND")


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_count(make, sign_in, users):
    listing = make(agent_id=users.agent.id)
    together = Barrier(2)

    def change(given):
        client = sign_in(users.agent)
        together.wait()
        client.patch(url_of(listing), given, format="json")
        connection.close()

    threads = [Thread(target=change, args=[given]) for given in ({"title": "A"}, {"city": "B"})]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listing.refresh_from_db()
    assert (listing.title, listing.city) == ("A", "B")
    assert set(listing.search_text.split()) >= {"a", "b"}


def test_an_id_is_read_in_any_case(api, make):
    listing = make()
    assert api.get(f"{URL}/{str(listing.id).upper()}").json()["id"] == str(listing.id)
    assert api.get(f"{URL}/{str(listing.id)[:-1]}").status_code == 404


# In a browser


def test_the_html_forms_work(make, sign_in, users):
    agent = sign_in(users.agent)
    page = agent.get(URL, HTTP_ACCEPT="text/html")
    assert page.status_code == 200 and 'name="amenities"' in page.content.decode()
    form = NEW | {"amenities": "Pool, sea view\nquiet", "price": "", "bedrooms": ""}
    form["agent_id"] = ""  # a browser sends every field of a form, filled in or not
    answer = agent.post(
        URL, "&".join(f"{name}={value}" for name, value in form.items()),
        content_type="application/x-www-form-urlencoded", HTTP_ACCEPT="application/json",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert answer.json()["amenities"] == ["pool", "sea view", "quiet"]
    assert answer.json()["price"] is None
    assert answer.json()["agent_id"] == str(users.agent.id)
    page = agent.get(f"{URL}/{answer.json()['id']}", HTTP_ACCEPT="text/html").content.decode()
    assert 'value="Sea house"' in page
    assert "pool, sea view, quiet" in page


def test_a_form_that_is_refused_comes_back_as_it_was_sent(make, sign_in, users):
    make(source="feed", external_id="7")
    agent, page = sign_in(users.agent), {"HTTP_ACCEPT": "text/html"}
    form = NEW | {"description": "Typed for long.", "amenities": "Pool, quiet"}
    for wrong, told in [
        ({"price": "much"}, "A valid number is required."),
        ({"agent_id": str(users.other_agent.id)}, "Only admins may name another agent."),
        ({"source": "feed", "external_id": "7"}, ""),
    ]:
        shown = agent.post(URL, form | wrong, **page).content.decode()
        (sent,) = re.findall(r'id="post-object-form">(.*?)</form>', shown, re.DOTALL)
        assert 'value="Sea house"' in sent and "Typed for long.<" in sent and "Pool, quiet<" in sent
        assert all(f'value="{value}"' in sent for value in wrong.values())
        assert told in sent
    own = make(agent_id=users.agent.id)
    shown = agent.put(url_of(own), form | {"title": ""}, **page).content.decode()
    assert "Typed for long.<" in shown and "This field may not be blank.<" in shown


@pytest.mark.parametrize(
    "wrong", ['{"title": "Typed for long",', '{"title": "Typed for long", "price": "much"}']
)
def test_json_that_is_refused_comes_back_as_it_was_typed(make, sign_in, users, wrong):
    agent, own = sign_in(users.agent), make(agent_id=users.agent.id)
    page = {"content_type": "application/json", "HTTP_ACCEPT": "text/html"}
    calls = [(agent.post, URL), (agent.put, url_of(own)), (agent.patch, url_of(own))]
    for write, url in calls:
        answer = write(url, wrong, **page)
        assert answer.status_code == 400
        [typed] = re.findall(r"<textarea[^>]*_content[^>]*>(.*?)</texta", answer.text, re.DOTALL)
        assert html.unescape(typed).strip() == wrong
    shown = agent.patch(url_of(own), '{"title": "Changed"}', **page).text
    assert "{&quot;title&quot;: &quot;Changed&quot;}" not in shown


def test_a_form_shows_nobody_anothers_draft(make, sign_in, users):
    listing = make(title="Secret lagoon", status="draft", agent_id=users.agent.id)
    page = sign_in(users.other_agent).get(url_of(listing), HTTP_ACCEPT="text/html")
    assert page.status_code == 404
    assert "Secret lagoon" not in page.content.decode()


def test_the_name_of_the_list(db):
    assert reverse("properties") == URL


# Agents' names, for who asks for them


def test_agents_are_named_by_one_query_a_page(api, make, users, django_assert_num_queries):
    gone = uuid.uuid4()
    listings = [make(agent_id=id) for id in (users.agent.id, users.other_agent.id, gone, None)]
    with django_assert_num_queries(2):
        rows = api.get(URL, {"include": "agent"}).json()["results"]
    assert [row["agent"] for row in reversed(rows)] == [
        {"id": str(users.agent.id), "name": "Agent Example"},
        {"id": str(users.other_agent.id), "name": "Other Agent Example"},
        {"id": str(gone), "name": "Unknown user"},
        None,
    ]
    with django_assert_num_queries(2):
        one = api.get(url_of(listings[0]), {"include": "agent"}).json()
    assert one.pop("agent") == {"id": str(users.agent.id), "name": "Agent Example"}
    assert one == api.get(url_of(listings[0])).json()
    assert "agent@example.com" not in str(rows)


def test_names_that_nobody_asks_for_cost_nothing(api, make, users, django_assert_num_queries):
    listing = make(agent_id=users.agent.id)
    with django_assert_num_queries(1):
        assert "agent" not in api.get(url_of(listing)).json()
    for url in (URL, url_of(listing)):
        assert "include" in error(api.get(url, {"include": "x"}), 400, "VALIDATION_ERROR")


def test_what_is_written_is_recorded(sign_in, users):
    agent = sign_in(users.agent)
    id = agent.post(URL, NEW | {"price": 5000}, format="json").json()["id"]
    agent.patch(f"{URL}/{id}", {"price": 5000, "amenities": ["Pool"]}, format="json")
    agent.patch(f"{URL}/{id}", {"price": 5000}, format="json")
    agent.delete(f"{URL}/{id}")
    created, changed, deleted = AuditEntry.objects.order_by("id")
    assert {entry.subject_id for entry in (created, changed, deleted)} == {id}
    assert {entry.actor for entry in (created, changed, deleted)} == {users.agent.id}
    assert (created.action, created.before) == ("listing.created", None)
    assert created.after["title"] == "Sea house" and "search_text" not in created.after
    assert (changed.action, changed.before, changed.after) == (
        "listing.changed",
        {"amenities": []},
        {"amenities": ["pool"]},
    )
    assert (deleted.action, deleted.before["title"]) == ("listing.deleted", "Sea house")


def test_what_is_refused_is_not_recorded(make, sign_in, users):
    listing = make(agent_id=users.agent.id)
    assert sign_in(users.other_agent).delete(url_of(listing)).status_code == 403
    twice = NEW | {"source": "feed", "external_id": "7"}
    answers = [sign_in(users.agent).post(URL, twice, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("kind", ["PropertySummary", "ShownProperty"])
def test_a_listing_has_what_the_document_says_it_always_has(api, make, kind):
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    listing = make()
    page = api.get(URL if kind == "PropertySummary" else f"{URL}/{listing.id}").json()
    (shown,) = page.get("results", [page])
    assert set(schemas[kind]["required"]) <= set(shown)
