import uuid

import pytest

from core.providers import Endpoint
from core.search.collections import Vector
from properties import similar
from properties.indexing import listings as collection
from properties.similar import Features, likeness
from properties.tests.test_api import URL, error, titles

pytestmark = pytest.mark.django_db

VILLA = {
    "type": "villa", "city": "Phuket", "district": "Kata", "price": 5000, "bedrooms": 3,
    "amenities": ["pool", "quiet"],
}  # fmt: skip


def ask(client, listing, **parameters):
    return client.get(f"{URL}/{listing.id}/similar", parameters)


def test_the_most_alike_come_first(api, make):
    it = make(title="Reef villa", **VILLA)
    make(title="twin", **VILLA)
    make(title="dearer", **VILLA | {"price": 9000})
    make(title="other district", **VILLA | {"district": "Rawai", "price": 9000})
    make(title="house", **VILLA | {"type": "house", "price": 9000})
    make(title="elsewhere", **VILLA | {"city": "Krabi", "district": "Ao Nang", "price": 9000})
    make(title="for sale", **VILLA | {"transaction": "sale"})
    make(title="draft", **VILLA, status="draft")
    make(title="condo elsewhere", **VILLA | {"city": "Krabi", "type": "condo"})
    body = ask(api, it).json()
    found = [row["title"] for row in body["results"]]
    assert found == ["twin", "dearer", "other district", "house", "elsewhere"]
    alike = [row["likeness"] for row in body["results"]]
    assert 1 >= alike[0] > alike[-1] > 0 and alike == sorted(alike, reverse=True)
    assert "description" not in body["results"][0] and "price" in body["results"][0]
    assert titles(ask(api, it, limit=2)) == ["twin", "dearer"]


def test_what_is_unknown_is_no_obstacle(api, make):
    bare = make(title="bare", price=None, bedrooms=None, city="", description="")
    make(title="dollars", **VILLA | {"currency": "USD"})
    make(title="unpriced", **VILLA | {"price": None})
    make(title="known", **VILLA)
    assert set(titles(ask(api, bare))) == {"known", "unpriced", "dollars"}
    villa = make(title="villa", **VILLA)
    first, *middle, last = titles(ask(api, villa))
    assert (first, set(middle), last) == ("known", {"dollars", "unpriced"}, "bare")


def test_prices_are_near_on_both_sides(api, make, monkeypatch):
    monkeypatch.setattr(similar, "CANDIDATES", 4)
    monkeypatch.setattr(similar, "EACH", 2)
    it = make(**VILLA | {"price": 500})
    for price in range(100, 1000, 100):
        make(title=str(price), **VILLA | {"price": price})
    found = set(titles(ask(api, it)))
    assert {"500", "400"} <= found <= {"500", "600", "400", "300"}


def test_those_elsewhere_in_other_money_fill_up(api, make):
    it = make(title="it", **VILLA | {"currency": "SEK"})
    for currency in ("EUR", "THB", "USD"):
        make(title=currency, **VILLA | {"city": "Krabi", "district": "", "currency": currency})
    make(title="here", **VILLA | {"currency": "USD"})
    make(title="land", **VILLA | {"city": "Krabi", "type": "land"})
    make(title="draft", **VILLA | {"city": "Krabi"}, status="draft")
    first, *others = titles(ask(api, it))
    assert first == "here" and sorted(others) == ["EUR", "THB", "USD"]


def test_what_is_passed_on_the_way_elsewhere_is_bounded(api, make, monkeypatch):
    monkeypatch.setattr(similar, "LOOKED_AT", 2)
    it = make(title="it", **VILLA)
    for title in ("a", "b"):
        make(title=title, **VILLA | {"currency": "USD"})
    make(title="out of reach", **VILLA | {"currency": "USD", "city": "Krabi", "price": 6000})
    assert set(titles(ask(api, it))) == {"a", "b"}


def test_who_sees_what(api, make, sign_in, users):
    draft = make(title="draft", **VILLA, status="draft", agent_id=users.agent.id)
    make(title="shown", **VILLA)
    make(title="other draft", **VILLA, status="draft", agent_id=users.agent.id)
    for client in (sign_in(users.agent), sign_in(users.admin)):
        assert titles(ask(client, draft)) == ["shown"]
    for client in (api, sign_in(users.user), sign_in(users.other_agent)):
        error(ask(client, draft), 404, "NOT_FOUND")
    error(api.get(f"{URL}/{uuid.uuid4()}/similar"), 404, "NOT_FOUND")
    error(api.get(f"{URL}/no-id/similar"), 404, "NOT_FOUND")


def test_nothing_alike(api, make):
    assert ask(api, make(**VILLA)).json() == {"results": []}


@pytest.mark.parametrize("parameters", [{"limit": 0}, {"limit": 21}, {"limit": "x"}, {"q": "x"}])
def test_a_wrong_parameter_is_named(api, make, parameters):
    answer = ask(api, make(), **parameters)
    assert list(error(answer, 400, "VALIDATION_ERROR")) == list(parameters)


def test_it_takes_three_queries(api, make, django_assert_num_queries):
    it = make(**VILLA)
    for _ in range(10):
        make(**VILLA)
    with django_assert_num_queries(3):
        assert len(ask(api, it, limit=20).json()["results"]) == 10


def test_meaning_counts_where_both_have_a_vector(api, make, settings, model_server):
    settings.EMBEDDING = Endpoint(model_server.url, "test-model", dimensions=384)
    it, near, far = (make(title=title, **VILLA) for title in ("Reef", "near", "Reef far"))
    vectors = {it: (1.0, 0.0), near: (0.9, 0.43589), far: (0.0, 1.0)}
    collection.store(
        "test-model",
        384,
        [
            Vector(listing.id, listing.content_hash, [*values, *[0.0] * 382])
            for listing, values in vectors.items()
        ],
    )
    assert titles(ask(api, it)) == ["near", "Reef far"]
    settings.EMBEDDING = None
    assert titles(ask(api, it)) == ["Reef far", "near"]


ONE = Features(
    id=uuid.UUID(int=1), type="villa", city="Phuket", district="Kata", price=1000.0,
    currency="THB", bedrooms=3, amenities=["pool", "quiet"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1.0),
        ({"city": "PHUKET", "district": "KATA"}, 1.0),
        ({"district": "Rawai"}, 0.9),
        ({"district": ""}, 0.9),
        ({"city": "Krabi"}, 0.75),
        ({"city": ""}, 0.875),
        ({"type": "house"}, 0.925),
        ({"type": "land"}, 0.85),
        ({"price": 2000.0}, 0.9),
        ({"price": 500.0}, 0.9),
        ({"price": 9000.0}, 0.8),
        ({"price": None}, 0.9),
        ({"price": 0.0}, 0.9),
        ({"currency": "USD"}, 0.9),
        ({"bedrooms": 4}, 0.9667),
        ({"bedrooms": 9}, 0.9),
        ({"bedrooms": None}, 0.95),
        ({"amenities": ["pool"]}, 0.925),
        ({"amenities": []}, 0.925),
        ({"amenities": ["gym"]}, 0.85),
    ],
)
def test_how_alike_two_are(changes, expected):
    other = ONE._replace(**changes)
    assert likeness(ONE, other, text=1.0) == expected
    if "type" not in changes:
        assert likeness(other, ONE, text=1.0) == expected


def test_the_weights_are_shares():
    assert sum(similar.WEIGHTS.values()) == pytest.approx(1)
    assert likeness(ONE, ONE, text=0.0) == pytest.approx(1 - similar.WEIGHTS["text"])
