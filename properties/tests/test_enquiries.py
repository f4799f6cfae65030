"""Enquiries about listings: sent by anybody, once; seen and handled by whose listing it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.erasure import forget_requests
from core.databases import APP
from core.models import AuditEntry
from properties.enquiries import service as enquiries
from properties.erasure import erase
from properties.export import kept
from properties.models import Enquiry, Property

pytestmark = pytest.mark.django_db
LIST = "/api/v1/enquiries"
ASKED = {"name": "Ann", "email": "ann@example.com", "message": "Is it free in May?"}


def url(listing):
    return f"/api/v1/properties/{listing.id}/enquiries"


def one(enquiry):
    return f"{LIST}/{enquiry.id}"


@pytest.fixture
def post(api):
    def post(listing, client=api, key=None, **changes):
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(url(listing), ASKED | changes, format="json", headers=headers)

    return post


@pytest.fixture
def villa(make, users):
    return make(title="Villa", agent_id=users.agent.id)


@pytest.fixture
def enquiry(villa):
    return sent(villa)


def sent(listing, user_id=None, **values):
    return enquiries.send(listing.id, user_id, ASKED | {"phone": ""} | values)[0]


def day(days):
    return str(timezone.localdate() + timedelta(days=days))


# Sending


def test_a_guest_asks_and_is_told_no_more_than_that_it_arrived(post, villa):
    answer = post(villa, guests=2, arrival=day(3), departure=day(5), phone="+66 (0)81-234 5678")
    stored = Enquiry.objects.get()
    assert answer.status_code == 201 and "no-store" in answer["Cache-Control"]
    assert set(answer.json()) == {"id", "listing_id", "created_at"}
    assert answer.json()["id"] == str(stored.id)
    assert (stored.listing_id, stored.listing_title, stored.user_id) == (villa.id, "Villa", None)
    assert (stored.name, stored.message, stored.status) == ("Ann", ASKED["message"], "new")
    assert (str(stored.arrival), str(stored.departure), stored.guests) == (day(3), day(5), 2)


def test_whoever_is_signed_in_is_known_as_the_sender(post, villa, users, sign_in):
    assert post(villa, sign_in(users.user)).status_code == 201
    assert Enquiry.objects.get().user_id == users.user.id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"name": 7}, "name"),
        ({"message": ""}, "message"),
        ({"message": "x" * 4001}, "message"),
        ({"message": "a\x00b"}, "message"),
        ({"email": ""}, "email"),
        ({"email": "ann"}, "email"),
        ({"email": None}, "email"),
        ({"phone": "12-34"}, "phone"),
        ({"phone": "call me 12345"}, "phone"),
        ({"phone": "1" * 31}, "phone"),
        ({"phone": 812345678}, "phone"),
        ({"phone": 0.333333}, "phone"),
        ({"arrival": "soon"}, "arrival"),
        ({"arrival": day(-2)}, "arrival"),
        ({"arrival": day(5000)}, "arrival"),
        ({"departure": day(2)}, "arrival"),
        ({"arrival": day(2), "departure": day(2)}, "departure"),
        ({"arrival": day(2), "departure": "9999-12-31"}, "departure"),
        ({"guests": 0}, "guests"),
        ({"guests": 501}, "guests"),
        ({"status": "closed"}, "status"),
        ({"user_id": str(uuid4())}, "user_id"),
    ],
)
def test_what_is_refused_is_named_and_not_stored(post, villa, changes, field):
    answer = post(villa, **changes)
    assert answer.status_code == 400 and field in answer.json()["error"]["details"]
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "", "phone": "02 123 4567"},
        {"arrival": day(1), "departure": None},
        {"guests": None},
        {"message": "x" * 4000},
        {"message": "Is <b>this</b> & that ฟรี?"},
    ],
)
def test_what_is_taken(post, villa, changes):
    assert post(villa, **changes).status_code == 201
    stored = Enquiry.objects.values().get()
    assert all(str(stored[name]) == str(value) for name, value in changes.items())


def test_it_may_still_be_yesterday_where_they_are(post, villa):
    assert post(villa, arrival=day(-1)).status_code == 201


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_what_is_published_can_be_asked_about(post, make, users, sign_in, status):
    hidden = make(status=status, agent_id=users.agent.id)
    assert post(hidden).status_code == post(hidden, sign_in(users.agent)).status_code == 404
    assert post(Property(id=uuid4())).status_code == 404
    assert not Enquiry.objects.exists()


def test_a_visitor_may_ask_so_often(api, post, villa):
    """What is refused or sent again is not counted; others are not kept waiting."""
    for _ in range(21):
        assert post(villa, email="").status_code == 400
    for number in range(20):
        assert post(villa, message=f"Is {number} free?").status_code == 201
        assert post(villa, message=f"Is {number} free?").status_code == 200
    refused = post(villa, message="Is 20 free?")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert 3000 < int(refused["Retry-After"]) <= 3601
    assert Enquiry.objects.count() == 20
    other = api.post(url(villa), ASKED, format="json", REMOTE_ADDR="192.0.2.9")
    assert other.status_code == 201
    assert api.get(LIST).status_code == 401


def test_a_visitor_may_try_so_often(api, villa):
    answers = [api.post(url(villa), {}, format="json").status_code for _ in range(201)]
    assert answers == [400] * 200 + [429]


@pytest.mark.django_db(transaction=True)
def test_no_more_are_let_through_at_once(post, villa):
    def ask(number):
        try:
            return post(villa, message=f"Is {number} free?").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        answers = sorted(threads.map(ask, range(24)))
    assert answers == [201] * 20 + [429] * 4
    assert Enquiry.objects.count() == 20


# Sent twice


def test_the_same_content_sent_again_is_one_enquiry(post, villa, make):
    first, again = post(villa), post(villa, email="ann@example.com", phone="")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert post(villa, message="And in June?").status_code == 201
    assert post(make()).status_code == 201
    Enquiry.objects.update(created_at=timezone.now() - enquiries.SAME_FOR)
    assert post(villa).status_code == 201


@pytest.mark.parametrize("key", [None, "one"])
@pytest.mark.parametrize("status", ["draft", "archived"])
def test_sent_again_it_is_found_though_the_listing_is_published_no_more(post, villa, status, key):
    first = post(villa, key=key)
    Property.objects.filter(id=villa.id).update(status=status)
    again = post(villa, key=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert post(villa, message="Is it quiet?").status_code == 404
    Enquiry.objects.update(created_at=timezone.now() - enquiries.SAME_FOR)
    assert post(villa, key=key).status_code == 404


def test_a_key_says_which_are_the_same(post, villa):
    first, again = post(villa, key="one"), post(villa, key="one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert post(villa, key="two").status_code == 201
    other = post(villa, key="one", message="Is it quiet?")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
    assert Enquiry.objects.count() == 2


def test_a_key_is_its_senders_own(post, villa, users, sign_in):
    clients = [sign_in(users.user), sign_in(users.outsider)]
    assert [post(villa, each, key="one").status_code for each in clients] == [201, 201]
    assert post(villa, key="one").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "ключ"])
def test_a_key_that_is_none(post, villa, key):
    answer = post(villa, key=key)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (
        400,
        ["Idempotency-Key"],
    )


def at_once(times, call):
    def run(number):
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_at_once_they_are_one_and_a_listing_may_be_deleted_meanwhile(make):
    listing, gone = make(), make()
    new = at_once(6, lambda _: enquiries.send(listing.id, None, ASKED)[1])
    assert sorted(new) == [False] * 5 + [True]

    def ask_or_delete(number):
        if number == 3:
            Property.objects.get(id=gone.id).delete()
            return True
        try:
            return enquiries.send(gone.id, None, ASKED | {"name": str(number)})[1]
        except Exception as error:
            return error.status_code

    assert set(at_once(6, ask_or_delete)) <= {True, 404}
    assert not Enquiry.objects.filter(listing=gone.id).exists()


def test_the_database_refuses_what_nobody_sent(enquiry):
    for broken in ({"name": ""}, {"email": ""}, {"status": "x"}, {"guests": 0}):
        with pytest.raises(IntegrityError), transaction.atomic(using=APP):
            Enquiry.objects.update(**broken)


# Reading


@pytest.fixture
def several(make, users, villa):
    """One about a listing of each agent and of nobody, the first by a user."""
    foreign, nobodys = make(title="Foreign", agent_id=users.other_agent.id), make(title="Nobody's")
    return [sent(villa, users.user.id), sent(foreign), sent(nobodys)]


def titles(answer):
    return [row["listing_title"] for row in answer.json()["results"]]


def test_who_sees_which(several, users, sign_in, api):
    seen = {
        name: titles(sign_in(getattr(users, name)).get(LIST))
        for name in ("admin", "agent", "other_agent", "user", "outsider")
    }
    assert seen == {
        "admin": ["Nobody's", "Foreign", "Villa"],
        "agent": ["Villa"],
        "other_agent": ["Foreign"],
        "user": ["Villa"],
        "outsider": [],
    }
    assert api.get(LIST).status_code == 401
    villa, foreign, nobodys = map(one, several)
    for name, url, status in [
        ("agent", villa, 200), ("agent", foreign, 404), ("agent", nobodys, 404),
        ("user", villa, 200), ("user", foreign, 404), ("outsider", villa, 404),
        ("admin", nobodys, 200),
    ]:  # fmt: skip
        assert sign_in(getattr(users, name)).get(url).status_code == status


def test_only_staff_see_the_note_and_whose_account_it_is(several, users, sign_in):
    told = [sign_in(person).get(one(several[0])).json() for person in (users.agent, users.user)]
    assert set(told[0]) - set(told[1]) == {"note", "user_id"}
    assert told[0]["user_id"] == str(users.user.id)
    assert told[1]["email"] == "ann@example.com"


def test_an_agent_may_be_a_sender_too(several, make, users, sign_in):
    own = sent(make(title="Wanted", agent_id=users.other_agent.id), users.agent.id)
    agent = sign_in(users.agent)
    assert titles(agent.get(LIST)) == ["Villa"]
    rows = agent.get(LIST, {"mine": "true"}).json()["results"]
    assert [row["listing_title"] for row in rows] == ["Wanted"] and "note" not in rows[0]
    assert "note" not in agent.get(one(own)).json()
    assert agent.patch(one(own), {"status": "closed"}, format="json").status_code == 403


def test_an_enquiry_goes_with_its_listing_to_another_agent(several, users, sign_in, villa):
    Property.objects.filter(id=villa.id).update(agent_id=users.other_agent.id)
    assert titles(sign_in(users.agent).get(LIST)) == []
    assert titles(sign_in(users.other_agent).get(LIST)) == ["Foreign", "Villa"]


def test_an_enquiry_outlives_its_listing(several, users, sign_in, villa):
    assert sign_in(users.agent).delete(f"/api/v1/properties/{villa.id}").status_code == 204
    assert sign_in(users.agent).get(one(several[0])).status_code == 404
    assert sign_in(users.user).get(one(several[0])).status_code == 200
    told = sign_in(users.admin).get(one(several[0])).json()
    assert (told["listing_id"], told["listing_title"]) == (None, "Villa")


def test_filters_and_pages(several, users, sign_in, django_assert_num_queries):
    admin = sign_in(users.admin)
    foreign = several[1]
    Enquiry.objects.filter(id=foreign.id).update(status="answered")
    assert titles(admin.get(LIST, {"status": "answered"})) == ["Foreign"]
    assert titles(admin.get(LIST, {"listing": foreign.listing_id})) == ["Foreign"]
    assert titles(admin.get(LIST, {"status": "new", "listing": foreign.listing_id})) == []
    with django_assert_num_queries(2):  # who it is, and the page
        first = admin.get(LIST, {"limit": 2})
    rest = admin.get(LIST, {"limit": 2, "cursor": first.json()["next"]})
    assert titles(first) + titles(rest) == ["Nobody's", "Foreign", "Villa"]
    assert rest.json()["next"] is None
    foreign_cursor = sign_in(users.agent).get(LIST, {"cursor": first.json()["next"]})
    assert foreign_cursor.json()["error"]["code"] == "INVALID_CURSOR"


def test_an_agents_pages_go_on(villa, users, sign_in):
    for number in range(5):
        sent(villa, message=f"Question {number}")
    agent, told, cursor = sign_in(users.agent), [], {}
    for _ in range(3):
        page = agent.get(LIST, {"limit": 2} | cursor).json()
        told += [row["message"][-1] for row in page["results"]]
        cursor = {"cursor": page["next"]}
    assert (told, page["next"]) == (["4", "3", "2", "1", "0"], None)


@pytest.mark.parametrize(
    "wrong",
    [{"status": "x"}, {"listing": "x"}, {"mine": "yes"}, {"limit": "0"}, {"who": "x"}],
)
def test_parameters_that_are_wrong(users, sign_in, wrong):
    for person in (users.admin, users.user):
        answer = sign_in(person).get(LIST, wrong)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, list(wrong))


# Handling


def entries():
    return list(
        AuditEntry.objects.using(APP)
        .filter(subject_type="properties.enquiry")
        .order_by("id")
        .values_list("action", "actor", "before", "after")
    )


def test_staff_answer_and_the_log_shows_no_words(enquiry, users, sign_in):
    agent = sign_in(users.agent)
    change = {"status": "answered", "note": "Called Ann."}
    answer = agent.patch(one(enquiry), change, format="json")
    assert answer.status_code == 200 and answer.json() | change == answer.json()
    assert answer.json()["updated_at"] > answer.json()["created_at"]
    assert agent.patch(one(enquiry), change, format="json").status_code == 200
    assert entries() == [
        (
            "enquiry.changed",
            users.agent.id,
            {"status": "new", "note": "***"},
            {"status": "answered", "note": "***"},
        )
    ]


def test_two_who_handle_it_at_once_keep_each_their_own_field(enquiry, users, sign_in):
    sign_in(users.agent).patch(one(enquiry), {"note": "Called."}, format="json")
    sign_in(users.admin).patch(one(enquiry), {"status": "closed"}, format="json")
    enquiry.refresh_from_db()
    assert (enquiry.note, enquiry.status) == ("Called.", "closed")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"note": "x" * 2001}, "note"),
        ({"note": None}, "note"),
        ({"message": "Changed"}, "message"),
        ({"user_id": None}, "user_id"),
    ],
)
def test_nothing_else_can_be_written(enquiry, users, sign_in, change, field):
    answer = sign_in(users.admin).patch(one(enquiry), change, format="json")
    assert answer.status_code == 400 and field in answer.json()["error"]["details"]
    assert not entries()


def test_strangers_change_nothing(several, users, sign_in):
    change = {"status": "closed"}
    assert sign_in(users.agent).patch(one(several[1]), change, format="json").status_code == 404
    assert sign_in(users.user).patch(one(several[0]), change, format="json").status_code == 403
    assert not Enquiry.objects.filter(status="closed").exists()


# The admin

ADMIN = "/admin/properties/enquiry/"


@pytest.fixture
def staff(users):
    def staff(person):
        client = Client()
        client.force_login(person)
        return client

    return staff


def test_a_title_is_read_aloud_in_the_language_that_its_script_tells(enquiry, users, staff):
    Enquiry.objects.update(listing_title="Вилла у моря")
    page = staff(users.admin).get(ADMIN).content.decode()
    assert '<span lang="ru">Вилла у моря</span>' in page


def test_agents_see_their_own_in_the_admin_and_change_the_status_alone(several, users, staff):
    client = staff(users.agent)
    page = client.get(ADMIN).content.decode()
    assert "Villa" in page and "Foreign" not in page
    assert client.get(f"{ADMIN}{several[1].id}/change/").status_code == 302
    form = {"status": "closed", "note": "Done.", "message": "Forged", "name": "Forged"}
    change = f"{ADMIN}{several[0].id}/change/"
    listing = f'href="/admin/properties/property/{several[0].listing_id}/change/"'
    assert listing in client.get(change).content.decode()
    assert client.post(change, form).status_code == 302
    stored = Enquiry.objects.get(id=several[0].id)
    assert (stored.status, stored.note, stored.message) == ("closed", "Done.", ASKED["message"])
    assert [entry[:2] for entry in entries()] == [("enquiry.changed", users.agent.id)]
    history = client.get(f"{ADMIN}{several[0].id}/history/").content.decode()
    assert "closed" in history and "Done." not in history
    assert client.post(f"{ADMIN}{several[0].id}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{ADMIN}add/").status_code == 403


def test_an_admin_sees_all_finds_one_and_may_delete_it(
    several, users, staff, django_assert_max_num_queries
):
    client = staff(users.admin)
    with django_assert_max_num_queries(8):
        page = client.get(ADMIN).content.decode()
    assert all(title in page for title in ("Villa", "Foreign", "Nobody"))
    found = client.get(ADMIN, {"q": str(several[1].listing_id)}).content.decode()
    assert "Foreign" in found and "Villa" not in found
    assert client.post(f"{ADMIN}{several[1].id}/delete/", {"post": "yes"}).status_code == 302
    assert Enquiry.objects.count() == 2
    assert [entry[:2] for entry in entries()] == [("enquiry.deleted", users.admin.id)]
    assert "ann@example.com" not in str(entries())


# Leaving


def test_whoever_is_erased_leaves_an_enquiry_of_nobody(several, users, sign_in):
    Enquiry.objects.update(note="Called Ann.", status="answered")
    with transaction.atomic(using=APP):
        counts = erase(users.user.id)
    assert counts["properties.enquiries_anonymised"] == 1
    left = Enquiry.objects.values().get(id=several[0].id)
    assert (left["status"], left["listing_title"]) == ("answered", "Villa")
    assert not any(left[name] for name in ("name", "email", "phone", "message", "note"))
    assert (left["user_id"], left["sent_key"]) == (None, "")
    assert Enquiry.objects.filter(name="Ann").count() == 2
    assert entries()[-1][::3] == ("enquiry.erased", {"enquiries": 1})
    again = sign_in(users.agent).patch(one(several[0]), {"note": "Odd."}, format="json")
    assert again.status_code == 200


def test_all_that_was_sent_is_handed_out(several, users):
    Enquiry.objects.update(note="Called Ann.")
    [page] = list(kept(users.user.id)["enquiries"])
    assert [row["message"] for row in page] == [ASKED["message"]]
    assert page[0]["note"] == "Called Ann." and "sent_key" not in page[0]
    assert list(kept(users.outsider.id)["enquiries"]) == []


def test_how_often_they_asked_goes_too(post, villa, users, sign_in):
    post(villa, sign_in(users.user))
    keys = [f"asked:{scope}:{users.user.id}" for scope in ("enquiry", "new_enquiry")]
    assert set(cache.get_many(keys)) == set(keys)
    forget_requests(users.user.id)
    assert not cache.get_many(keys)
