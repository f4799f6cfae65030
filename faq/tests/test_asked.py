"""How a question is asked."""

import pytest

from faq.asked import of_transfer, to_see

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]


@pytest.mark.parametrize(
    "text",
    [
        "can I see the house before I buy it?",
        "Can we visit the villas before booking?",
        "how do I book a viewing",
        "book a visit to the villa",
        "could somebody show us the sea-view plot on Saturday",
        "can I look at it in person?",
        "как записаться на просмотр",
        "хочу посмотреть эту виллу лично",
        "ขอนัดดูบ้าน",
        "ขอเข้าชมคอนโด",
        "อยากไปดูบ้านจริง",
    ],
)
def test_who_wants_to_see_a_home(text):
    assert to_see(text)


@pytest.mark.parametrize(
    "text",
    [
        "show me villas in Phuket",
        "villa with a view",
        "villa with viewing terrace",
        "is there a viewing platform in Phuket",
        "can I see the title deed of the house before I buy",
        "can I see the land deed before I buy",
        "can I see the villa contract before I sign",
        "can you show me the house rules before I book",
        "do I have to visit the Land Office in person",
        "do I need to see a lawyer about land before I buy",
        "can you see if it is free on Monday",
        "I see it is free on Friday",
        "can you arrange a tour to Ang Thong",
        "book a visit to the doctor",
        "сколько просмотров у объявления",
        "увидимся завтра",
        "посмотреть договор до покупки",
        "ดูจริง ๆ แล้วแพงไหม",
        "นัดชมปลาโลมา",
    ],
)
def test_who_wants_something_else(text):
    assert to_see(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "can you pick us up from the airport",
        "do you pick guests up",
        "we would like to be picked up at the pier",
        "is there a pick up service?",
        "can someone meet us at the airport",
        "можете встретить нас в аэропорту",
        "вы встречаете в аэропорту?",
        "заберите нас с пирса",
        "из аэропорта забрать сможете",
    ],
)
def test_who_wants_to_be_fetched(text):
    called = of_transfer(text)
    assert "transfer" in called or "трансфер" in called


@pytest.mark.parametrize(
    "text",
    [
        "where do I pick up the keys",
        "when is key pickup?",
        "is there a laundry pick up service?",
        "как забрать багаж в аэропорту",
        "how do I pick a lawyer",
        "nobody picked up the phone",
        "can friends meet us at the villa",
        "where can we meet you",
        "кто встретит нас в доме?",
        "когда заберут мусор",
        "где забрать ключи",
        "встретимся завтра",
    ],
)
def test_who_wants_to_fetch_or_to_meet(text):
    assert of_transfer(text) == text
