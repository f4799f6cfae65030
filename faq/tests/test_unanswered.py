import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.utils import timezone

from faq import unanswered
from faq.models import Catalogue, Document, UnansweredQuestion
from faq.unanswered import Surface, misspelt, record

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
    ("rent a refrigerator", "rent a refridgerater"),
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
