from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import process_time

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.testing import until_somebody_waits
from core.databases import APP
from core.search.spelling import misspelt
from faq import unanswered
from faq.drafting import make_draft
from faq.models import Catalogue, UnansweredQuestion
from faq.unanswered import Surface, record
from faq.writing import catalogue_locked

pytestmark = pytest.mark.usefixtures("local")
URL = "/api/v1/faq/search"


@pytest.fixture(autouse=True)
def unhurried():
    cache.delete("faq:unanswered:recorded")


def groups():
    return list(UnansweredQuestion.objects.order_by("-asked", "first_asked"))


ALIKE = [
    ("Can I bring a parrot?", "can I bring a PARROT!!!"),
    ("Can I bring a parrot?", "a parrot, can I bring it"),
    ("Can I bring a parrot?", "can we bring parrots please"),
    ("Can I bring a parrot?", "can I bring a parot"),
    ("Do you have a helipad?", "do you have a hleipad"),
    ("Is there a trampoline?", "is there a trampolin"),
    ("is there a playground", "is there a plaigrund"),
    ("do you have a café", "do you have a cafe"),
    ("internet for gamers", "wifi for gamers"),
    ("write to me at a@b.com, is there a helipad?", "write to me at c@d.com is there a helipad"),
    ("Можно ли с попугаем?", "можно с попугаем"),
    ("Можно ли с попугаем?", "с попугаями можно?"),
    ("Есть ли вертолётная площадка?", "есть вертолетная площадка"),
    ("Есть ли вертолётная площадка?", "есть вертолётная плащадка"),
    ("มีลานจอดเฮลิคอปเตอร์ไหม", "มีลานจอดเฮลิคอปเตอร์มั้ยครับ"),
    ("เลี้ยงนกแก้วได้ไหม", "เลี้ยงนกแก้วได้หรือเปล่าคะ"),
]
APART = [
    ("Can I bring a parrot?", "Can I bring a piano?"),
    ("Can I bring a parrot?", "Can I bring a parrot and a hen?"),
    ("bus to Krabi", "bus to Trang"),
    ("is there a boat", "is there a boar"),
    ("bank 2024", "bank 2025"),
    ("book a table", "book a cable"),
    ("Можно с попугаем?", "Можно с роялем?"),
    ("เลี้ยงนกแก้วได้ไหม", "เลี้ยงปลาได้ไหม"),
    ("helipad", "เฮลิคอปเตอร์"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_questions_alike_are_one_group(first, second):
    record(first, Surface.SEARCH)
    record(second, Surface.ASSISTANT)
    (group,) = groups()
    assert (group.asked, group.searches, group.turns) == (2, 1, 1)
    assert group.text == first.replace("a@b.com", "[email]")
    assert group.last_asked >= group.first_asked


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), APART)
def test_others_are_not(first, second):
    record(first, Surface.SEARCH)
    record(second, Surface.SEARCH)
    assert [group.asked for group in groups()] == [1, 1]


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("parrot", "parot", True),
        ("parrot", "parrto", True),
        ("parrot", "parrott", True),
        ("parrot", "carrot", False),
        ("boat", "boar", False),
        ("dog", "dig", False),
        ("refriger", "refridg", False),
        ("helicopter", "helikoptor", True),
        ("helicopter", "helikoptorr", False),
        ("year2024", "year2025", False),
        ("นกแก้ว", "นกแก้ง", False),
        ("попуга", "папуга", True),
    ],
)
def test_a_misspelt_word(word, other, expected):
    assert misspelt(word, other) is misspelt(other, word) is expected


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "😀", "12 34", "081 234 5678", "a@b.com", "???"])
def test_what_asks_nothing_is_not_kept(text):
    record(text, Surface.SEARCH)
    assert groups() == []


@pytest.mark.django_db
def test_only_what_matched_nothing_is_kept(api, make, sign_in, users):
    make("Can I bring my dog?", "Yes.")
    for query in ("can I bring my dog", "is there a helipad", "IS THERE A HELIPAD?", "what is it"):
        api.get(URL, {"query": query})
    sign_in(users.agent).get(URL, {"query": "is there a casino"})
    assert [(g.text, g.language, g.searches) for g in groups()][0] == (
        "is there a helipad",
        "en",
        2,
    )
    assert not UnansweredQuestion.objects.filter(text__contains="casino")
    assert not UnansweredQuestion.objects.filter(text__contains="dog")


@pytest.mark.django_db
def test_also_what_the_cache_answers(api, make):
    make("Can I bring my dog?", "Yes.")
    first, second = (api.get(URL, {"query": "dog helipad casino tiger"}).json() for _ in range(2))
    assert (first["cached"], second["cached"], second["matched"]) == (False, True, False)
    assert [group.searches for group in groups()] == [2]


@pytest.mark.django_db
def test_a_search_without_its_model_says_nothing_about_the_faqs(api, make, model):
    make("Can I bring my dog?", "Yes.")
    model.embeddings.status = 500
    body = api.get(URL, {"query": "is there a helipad"}).json()
    assert (body["degraded"], body["matched"]) == (True, False)
    assert groups() == []


@pytest.mark.django_db
def test_it_is_no_write_to_the_catalogue(make):
    make("Can I bring my dog?", "Yes.")
    before = Catalogue.objects.get().version
    record("is there a helipad", Surface.SEARCH)
    assert Catalogue.objects.get().version == before


@pytest.mark.django_db
def test_a_question_costs_few_statements(django_assert_num_queries):
    with django_assert_num_queries(5):  # the last removes what is too much
        record("is there a helipad", Surface.SEARCH)
    with django_assert_num_queries(3):
        record("is there a helipad?", Surface.SEARCH)


@pytest.mark.django_db
def test_a_flood_fills_no_table(monkeypatch):
    monkeypatch.setattr(unanswered, "RECORDED_PER_MINUTE", 3)
    for animal in ("parrot", "tiger", "zebra", "camel", "horse"):
        record(f"may I bring a {animal}", Surface.SEARCH)
    assert len(groups()) == 3


@pytest.mark.django_db
def test_a_flood_is_not_even_read(monkeypatch):
    read = []
    monkeypatch.setattr(unanswered, "RECORDED_PER_MINUTE", 3)
    monkeypatch.setattr(unanswered, "scrubbed", lambda text, length: read.append(text) or "")
    for _ in range(5):
        record("is there a helipad", Surface.SEARCH)
    assert len(read) == 3


@pytest.mark.django_db
def test_no_question_holds_up_the_others(api, make):
    make("Can I bring my dog?", "Yes.")
    api.post(URL, {"query": "is there a helipad"}, format="json")
    began = process_time()
    found = api.post(URL, {"query": "\u3316" * 1200}, format="json").json()
    assert process_time() - began < 0.5  # it was more than a second
    assert found["matched"] is False and len(groups()) == 2


@pytest.mark.django_db
def test_the_least_asked_and_the_oldest_go(monkeypatch, make):
    monkeypatch.setattr(unanswered, "OPEN_MAX", 2)
    for text in ("parrot", "tiger", "tiger", "zebra"):
        record(text, Surface.SEARCH)
    assert [group.text for group in groups()] == ["tiger", "zebra"]
    UnansweredQuestion.objects.filter(text="tiger").update(
        last_asked=timezone.now() - timedelta(days=unanswered.KEPT_DAYS + 1)
    )
    UnansweredQuestion.objects.filter(text="zebra").update(reason="No zebras.")
    record("camel", Surface.SEARCH)
    assert {group.text for group in groups()} == {"zebra", "camel"}


@pytest.mark.django_db(transaction=True)
def test_raced_by_others_each_counts(make):
    def ask(_):
        try:
            record("is there a helipad", Surface.SEARCH)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(8)))
    assert [group.asked for group in groups()] == [8]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_fails_no_search(api, make, caplog):
    make("Can I bring my dog?", "Yes.")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            response = api.get(URL, {"query": "is there a helipad"})
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert (response.status_code, response.json()["matched"]) == (200, False)
    assert groups() == []
    assert "an unanswered question was dropped" in caplog.text and "helipad" not in caplog.text


@pytest.fixture
def elsewhere():
    """Runs something in a thread with connections of its own."""

    def run(work, *args):
        try:
            return work(*args)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        yield lambda work, *args: pool.submit(run, work, *args)


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_waits_for_an_import_holds_no_visitor_up(api, category, elsewhere):
    record("is there a helipad", Surface.SEARCH)
    (question,) = groups()
    with catalogue_locked():  # a batch of an import
        draft = elsewhere(make_draft, question.id)
        until_somebody_waits(APP)
        asked = elsewhere(api.get, URL, {"query": "is there a helipad"}).result(timeout=5)
    assert (asked.status_code, groups()[0].searches) == (200, 2)
    assert draft.result(timeout=5) == groups()[0].draft


@pytest.mark.django_db(transaction=True)
def test_whoever_holds_its_row_holds_no_visitor_up(api, category, elsewhere, caplog):
    record("is there a helipad", Surface.SEARCH)
    with transaction.atomic(using=APP):
        UnansweredQuestion.objects.select_for_update().get()
        asked = elsewhere(api.get, URL, {"query": "is there a helipad"}).result(timeout=2)
    assert (asked.status_code, asked.json()["matched"]) == (200, False)
    assert groups()[0].searches == 1
    assert "an unanswered question was dropped" in caplog.text and "helipad" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_held_is_removed_later(monkeypatch, elsewhere):
    monkeypatch.setattr(unanswered, "OPEN_MAX", 1)
    record("tiger", Surface.SEARCH)
    with transaction.atomic(using=APP):
        UnansweredQuestion.objects.select_for_update().get()
        elsewhere(record, "zebra", Surface.SEARCH).result(timeout=2)
        assert len(groups()) == 2
    record("camel", Surface.SEARCH)
    assert [group.text for group in groups()] == ["camel"]


@pytest.mark.django_db(transaction=True)
def test_nobody_after_it_waits_less():
    record("is there a helipad", Surface.SEARCH)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
