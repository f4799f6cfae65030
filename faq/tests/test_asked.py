"""How a question is asked."""

import pytest

from faq.asked import to_see

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
