"""How many searches a visitor may make, of FAQs and of listings together (SEARCH_RATE)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections
from rest_framework.test import APIClient

from core.throttling import ScopedThrottle
from properties.models import Property

pytestmark = [pytest.mark.any_product, pytest.mark.django_db]
FAQS, LISTINGS, CHAT = "/api/v1/faq/search", "/api/v1/properties", "/api/v1/llm/chat"
SEARCHES = {
    "FAQs": lambda api, text, **more: api.get(FAQS, {"query": text}, **more),
    "FAQs, long": lambda api, text, **more: api.post(FAQS, {"query": text}, "json", **more),
    "listings": lambda api, text, **more: api.get(LISTINGS, {"q": text}, **more),
}


@pytest.fixture(params=SEARCHES)
def search(request):
    return SEARCHES[request.param]


@pytest.fixture
def rate(monkeypatch):
    """Set another than this deployment's."""
    return lambda rate: monkeypatch.setitem(ScopedThrottle.THROTTLE_RATES, "search", rate)


def assert_refused(answer):
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")


def test_a_visitor_may_search_so_often(api):
    ways = list(SEARCHES.values())
    answers = [ways[n % 3](api, f"villa {n}").status_code for n in range(120)]
    assert answers == [200] * 120
    for search in ways:
        refused = search(api, "one more")
        assert_refused(refused)
        assert 0 < int(refused["Retry-After"]) <= 61
    assert api.head(LISTINGS, {"q": "one more"}).status_code == 429
    assert api.head(FAQS, {"query": "one more"}).status_code == 429


@pytest.mark.parametrize(("limit", "answered"), [("20/min", 20), (None, 50)])
@pytest.mark.django_db(transaction=True)
def test_no_more_are_let_through_at_once(search, rate, limit, answered):
    rate(limit)

    def ask(number):
        try:
            return search(APIClient(), f"villa {number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as visitors:
        answers = sorted(visitors.map(ask, range(50)))
    assert answers == [200] * answered + [429] * (50 - answered)


def test_another_visitor_is_not_kept_waiting(api, search, rate):
    rate("1/min")
    assert search(api, "wifi", REMOTE_ADDR="2001:db8:1:2::1").status_code == 200
    assert_refused(search(api, "wifi", REMOTE_ADDR="2001:db8:1:2::2"))  # the same house
    assert search(api, "wifi", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_somebody_who_signed_in_is_counted_wherever_they_are(sign_in, users, search, rate):
    rate("1/min")
    assert search(sign_in(users.user), "wifi").status_code == 200
    assert_refused(search(sign_in(users.user), "wifi", REMOTE_ADDR="192.0.2.9"))
    assert search(sign_in(users.outsider), "wifi").status_code == 200


def test_what_is_no_search_is_not_counted(api, rate):
    rate("1/min")
    home = Property.objects.create(
        title="Home", type="villa", transaction="rent", currency="THB", status="published"
    )
    for query in ({}, {"type": "villa"}, {"count": "true", "city": "Phuket", "limit": "5"}):
        assert [api.get(LISTINGS, query).status_code for _ in range(2)] == [200, 200]
    for path in (f"{LISTINGS}/{home.id}", f"{LISTINGS}/{home.id}/similar", "/api/v1/faq/documents"):
        assert [api.get(path).status_code for _ in range(2)] == [200, 200]
    assert api.options(f"{LISTINGS}?q=home").status_code == api.options(FAQS).status_code == 200
    assert (api.post(f"{LISTINGS}?q=home").status_code, api.put(FAQS).status_code) == (401, 405)
    assert api.get(LISTINGS, {"q": "home"}).status_code == 200
    assert_refused(api.get(LISTINGS, {"q": "home"}))
    assert api.get(LISTINGS).status_code == 200


def test_the_pages_of_one_search_are_one(api, rate):
    rate("1/min")
    for number in range(3):
        Property.objects.create(
            title=f"Home {number}", type="villa", transaction="rent", currency="THB",
            status="published",
        )  # fmt: skip
    page = api.get(LISTINGS, {"q": "home", "limit": 1}).json()
    for _ in range(2):
        page = api.get(LISTINGS, {"q": "home", "limit": 1, "cursor": page["next"]}).json()
        assert len(page["results"]) == 1
    assert page["next"] is None


@pytest.mark.parametrize("cursor", ["", "x", "WyI1N2U3"])
def test_no_search_begins_with_a_cursor_that_is_none(api, rate, cursor):
    rate("1/min")
    asked = {"q": "home", "cursor": cursor}
    assert [api.get(LISTINGS, asked).status_code for _ in range(3)] == [400] * 3


@pytest.mark.django_db(transaction=True)
def test_the_assistant_searches_uncounted(api, search, rate, settings):
    settings.LLM = None
    rate("1/min")
    for _ in range(3):
        answer = api.post(CHAT, {"content": "Is there wifi in the villa?"}, format="json")
        assert answer.status_code == 200
    assert search(api, "wifi").status_code == 200
    assert_refused(search(api, "wifi"))
    assert api.post(CHAT, {"content": "Hello"}, format="json").status_code == 200


def test_without_redis_nobody_is_refused(api, search, rate, settings):
    rate("1/min")
    nowhere = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    assert cache.get("anything") is None
    assert [search(api, "wifi").status_code for _ in range(3)] == [200] * 3


def test_a_count_that_lost_its_end_is_given_one(api, search, rate):
    """Otherwise whoever it counts would be refused for ever."""
    rate("1/min")
    key = "asked:search:127.0.0.1"
    cache.set(key, 7, timeout=None)
    assert_refused(search(api, "wifi"))
    assert 0 < cache.ttl(key) <= 60
