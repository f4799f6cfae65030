from dataclasses import replace

import pytest
from django.db import connection

from core.search.text import SYNONYMS
from faq.grounds import (
    KINDS,
    Lexemes,
    closeness,
    concepts,
    grounds,
    is_elsewhere,
    is_of_a_price,
    is_of_no_price,
    respelt,
    without_talk,
)

PETS = Lexemes(frozenset({"bring", "dog", "cat"}), frozenset({"fee", "villa"}))
PERMIT = Lexemes(frozenset({"build", "permit", "long", "take"}), frozenset({"day"}))
RAI = Lexemes(frozenset({"1", "rai", "metr"}), frozenset())
BOOKING = Lexemes(frozenset({"book", "villa"}), frozenset({"cost"}))
LETTING = Lexemes(frozenset({"let", "condominium", "night"}), frozenset())
# Lexemes asked for, each with the number of FAQs that hold it, of 50.
CASES = [
    ({"dog": 1}, PETS, 1.0),
    ({"pet": 3}, PETS, 1.0),  # a synonym
    ({"dog": 1, "allow": 3}, PETS, 1.0),  # talk counts for nothing
    ({"fee": 2}, PETS, 0.0),  # in the answer alone
    ({"villa": 2}, PETS, 0.0),
    ({"villa": 2}, replace(PETS, slug=frozenset({"villa", "pet"})), 0.6),  # it is called so
    ({}, PETS, 0.0),
    ({"long": 2, "take": 5, "transfer": 4}, PERMIT, 0.0),  # how long, but of something else
    ({"long": 2, "permit": 4}, PERMIT, 1.0),
    ({"book": 2, "night": 4}, LETTING, 0.0),  # for the night, but something else
    ({"condominium": 2, "night": 4}, LETTING, 1.0),
    ({"villa": 2, "cost": 4}, BOOKING, 0.0),  # what a villa costs is told by listings
    ({"villa": 2, "book": 4}, BOOKING, 1.0),
    ({"dog": 1, "20": 0}, PETS, 1.0),  # of how many no FAQ tells
    ({"1": 1}, RAI, 0.0),  # a number is no subject
    ({"1": 1, "rai": 4}, RAI, 1.0),
]


@pytest.mark.parametrize(("held", "faq", "expected"), CASES)
def test_a_faq_covers_what_was_asked(held, faq, expected):
    assert grounds(concepts(held, 50), faq) == expected


def test_a_word_that_no_faq_holds_counts_most():
    known = grounds(concepts({"dog": 5, "garden": 5}, 50), PETS)
    unknown = grounds(concepts({"dog": 5, "london": 0}, 50), PETS)
    assert unknown < known < 1


def asked_for(*lexemes):
    return concepts(dict.fromkeys(lexemes, 1), 50)


@pytest.mark.parametrize(
    ("asked", "question", "elsewhere"),
    [
        ({"ferri", "samui"}, {"get", "phangan"}, True),
        ({"добра", "саму"}, {"добра", "панга"}, True),  # in any language
        ({"ferri", "samui", "phangan"}, {"get", "phangan"}, False),
        ({"ferri"}, {"ferri", "phangan"}, False),
        ({"season", "samui"}, {"raini", "season"}, False),
    ],
)
def test_a_faq_about_one_place_is_no_answer_about_another(asked, question, elsewhere):
    faq = Lexemes(frozenset(question), frozenset(asked))
    assert is_elsewhere(asked_for(*asked), faq) is elsewhere
    assert (grounds(asked_for(*asked), faq) == 0) is elsewhere


def test_kinds_of_what_is_bought_are_told_apart():
    condo = Lexemes(frozenset({"foreign", "condominium"}), frozenset())
    assert is_elsewhere(asked_for("foreign", "villa"), condo, KINDS)
    assert not is_elsewhere(asked_for("foreign", "flat"), condo, KINDS)
    assert grounds(asked_for("foreign", "villa"), condo) > 0  # it may still be the nearest


@pytest.mark.parametrize(
    ("asked", "question", "answer", "of_no_price", "of_a_price"),
    [
        ({"price", "rai"}, {"rai", "ngan"}, {"squar", "metr"}, True, False),
        ({"rai"}, {"rai", "ngan"}, {"squar", "metr"}, False, False),
        ({"cost", "cot"}, {"children", "cot"}, {"baht"}, False, False),
        ({"price", "transfer"}, {"transfer"}, {"free"}, False, False),
        ({"build", "hous"}, {"cost", "build", "hous"}, {"baht"}, False, True),
        ({"cost", "build"}, {"cost", "build", "hous"}, {"baht"}, False, False),
        ({"ราคา", "ไร่"}, {"ไร่"}, {"ตารางวา"}, True, False),
    ],
)
def test_a_price_is_told_where_it_is_asked(asked, question, answer, of_no_price, of_a_price):
    faq = Lexemes(frozenset(question), frozenset(answer))
    assert is_of_no_price(asked_for(*asked), faq) is of_no_price
    assert (grounds(asked_for(*asked), faq) == 0) is of_no_price
    assert is_of_a_price(asked_for(*asked), faq) is of_a_price


def test_what_nobody_asked_about_makes_a_faq_less_close_where_it_is_rare():
    rarities = {"buy": 2.0, "land": 1.0, "foreign": 1.5, "spous": 3.0}
    foreigner = Lexemes(frozenset({"foreign", "buy", "land"}), frozenset())
    spouse = Lexemes(frozenset({"spous", "buy", "land"}), frozenset())
    asked = asked_for("buy", "land")
    assert closeness(asked, foreigner, rarities) > closeness(asked, spouse, rarities) > 0
    assert closeness(asked_for("wife", "land"), spouse, rarities) == 4 / 6


def test_a_thai_word_that_no_faq_holds_counts_like_any_other_and_a_seam_less():
    held = {"จอง": 5, "บันได": 0}
    [booked, word] = concepts(held, 50)
    [seam] = concepts({"ปกา": 0}, 50)
    assert word.weight > booked.weight > seam.weight


def test_thai_talk_is_cut_out():
    assert without_talk("จองได้ไหมครับ").split() == ["จอง"]


@pytest.mark.django_db
def test_synonyms_are_what_postgresql_makes_of_words():
    """Of some word: a lexeme that its own dictionary never makes would never be met."""
    words = {"pet": "pets", "puppi": "puppy", "infant": "infants", "hous": "house",
             "motorbik": "motorbikes", "mope": "moped", "leas": "lease", "reserv": "reservation",
             "payment": "payments", "собак": "собакой",
             "invoic": "invoices", "chanot": "Chanote", "cannabi": "cannabis", "депоз": "депозит",
             "добра": "добраться", "электричеств": "электричества", "саму": "Самуи",
             "пхукет": "Пхукете", "байк": "байки", "марихуа": "марихуана", "сто": "стоит",
             "иностранц": "иностранцам", "отм": "отмены", "квартир": "квартиру"}  # fmt: skip
    with connection.cursor() as cursor:
        for lexeme, word in words.items():
            cursor.execute("SELECT tsvector_to_array(to_tsvector('russian', %s))", [word])
            assert cursor.fetchone()[0] == [lexeme] and lexeme in SYNONYMS


@pytest.mark.django_db
def test_a_misspelt_word_is_taken_for_one_that_the_faqs_hold(make):
    make("Do I need a lawyer?", "Shares of a company are refunded.")
    expected = {"lawer": "lawyer", "refnd": "refund"}
    assert respelt(["lawer", "refnd", "shark", "lawn", "лawyer", "ทนาย", "12345"]) == expected
