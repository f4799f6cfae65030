import time
from decimal import Decimal

import pytest

from properties.filters import Filters
from properties.follow_up import asks_more, place_named, values_of
from properties.market import Market, Place, market_of
from properties.search import names_dates, parse_query, read

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]
MARKET = Market(
    (
        Place("Koh Phangan", "", "THB"),
        Place("Koh Samui", "", "THB"),
        Place("Phuket", "", "THB"),
        Place("Bangkok", "", "THB"),
        Place("Chiang Mai", "", "THB"),
        Place("Stockholm", "", "SEK"),
        Place("Stockholm", "Södermalms", "SEK"),
        Place("Koh Phangan", "Hin Kong", "THB"),
        Place("Phuket", "Rawai", "THB"),
        Place("Phuket", "Phuket Old Town", "THB"),
        Place("Bangkok", "Ari", "THB"),
    ),
    "THB",
)


def money(low=None, high=None, currency="THB"):
    low, high = (None if value is None else Decimal(value) for value in (low, high))
    return {"min_price": low, "max_price": high, "currency": currency}


VILLA, LAND, CONDO = {"type": ("villa",)}, {"type": ("land",)}, {"type": ("condo",)}
HOUSE, FLAT = {"type": ("house",)}, {"type": ("apartment",)}
RENT, SALE = {"transaction": "rent"}, {"transaction": "sale"}

CASES = [
    ("вилла для восьмерых", VILLA | {"guests": 8}),
    ("на восемь человек", {"guests": 8}),
    # whole sentences
    ("A quiet villa with a pool for six under 8,000 baht a night",
     VILLA | RENT | money(high=8000) | {"guests": 6, "amenities": ("pool", "quiet")}),
    ("land near the beach under 10 million",
     LAND | money(high=10_000_000) | {"amenities": ("near beach",)}),
    ("a quiet apartment in Stockholm for 4",
     FLAT | {"city": "Stockholm", "guests": 4, "amenities": ("quiet",)}),
    ("Hello! We are looking for a pet-friendly house with a garden in Chiang Mai, please",
     HOUSE | {"city": "Chiang Mai", "amenities": ("garden", "pet friendly")}),
    # slips, and numbers in words
    ("vila in pukhet", VILLA | {"city": "Phuket"}),
    ("condo 3-5 mb", CONDO | money(3_000_000, 5_000_000)),
    ("вилла, бюджет 8к", VILLA | money(high=8000)),
    ("ที่ดินไม่เกินห้าล้าน", LAND | money(high=5_000_000)),
    ("วิลล่าไม่เกินหมื่น", VILLA | money(high=10_000)),
    ("land under five million", LAND | money(high=5_000_000)),
    ("half a rai of land", LAND | {"min_land_area": Decimal(800)}),
    ("land between 1 and 2 rai",
     LAND | {"min_land_area": Decimal(1600), "max_land_area": Decimal(3200)}),
    ("condo 80+ sqm", CONDO | {"min_area": Decimal(80)}),
    ("вилла с видом на море", VILLA | {"amenities": ("sea view",)}),
    ("house, not a condo", HOUSE),
    ("house, no pool needed", HOUSE),
    ("I don't need a pool, just a house", HOUSE),
    ("house, no parking or pool needed", HOUSE),
    ("not a condo or a villa", {}),
    # several places, of which any will do
    ("villa in Phuket or Samui under 6000",
     VILLA | money(high=6000) | {"places": ("Phuket", "Koh Samui")}),
    ("вилла на Пхукете или Самуи", VILLA | {"places": ("Phuket", "Koh Samui")}),
    ("วิลล่าภูเก็ตหรือสมุย", VILLA | {"places": ("Phuket", "Koh Samui")}),
    ("villa in Rawai or on Samui", VILLA | {"places": ("Rawai", "Koh Samui")}),
    ("villa in Rawai, Phuket", VILLA | {"city": "Phuket", "district": "Rawai"}),
    ("flat in Stockholm or Bangkok under 9000",
     FLAT | money(high=9000, currency="SEK") | {"places": ("Stockholm", "Bangkok")}),
    ("дом в Чианг Май", HOUSE | {"city": "Chiang Mai"}),
    ("дом в Чианг-Мае", HOUSE | {"city": "Chiang Mai"}),
    ("ไม่เอาคอนโด หาบ้าน", HOUSE),
    ("вилла не на Самуи", VILLA),
    # types
    ("bungalow", {"type": ("bungalow",)}),
    ("condominiums", CONDO),
    ("villa or bungalow", {"type": ("villa", "bungalow")}),
    ("shop, office or warehouse", {"type": ("commercial",)}),
    ("a villa or a studio", {"type": ("villa", "condo", "apartment")}),
    ("villa near a shop", VILLA),
    ("house near the hotel", {"type": ("house",), "q": "hotel"}),
    ("a town house", {"type": ("townhouse",)}),
    ("flat land", LAND | {"amenities": ("flat",)}),
    ("a private room", {"type": ("room",)}),
    ("ที่ดิน", LAND),
    ("คอนโด", CONDO),
    ("ทาวน์เฮาส์", {"type": ("townhouse",)}),
    ("земля", LAND),
    ("земельный участок", LAND),
    ("квартиру", FLAT),
    # transaction
    ("villa for sale", VILLA | SALE),
    ("I want to buy a condo", CONDO | SALE),
    ("condo to rent", CONDO | RENT),
    ("ขายที่ดิน", LAND | SALE),
    ("บ้านให้เช่า", HOUSE | RENT),
    ("снять виллу", VILLA | RENT),
    ("куплю участок", LAND | SALE),
    # prices
    ("below 10 million", money(high=10_000_000)),
    ("up to 5m", money(high=5_000_000)),
    ("between 2 and 3 million", money(2_000_000, 3_000_000)),
    ("from 3 million to 5 million", money(3_000_000, 5_000_000)),
    ("20000-30000 baht", money(20_000, 30_000)),
    ("over 1.5m", money(1_500_000)),
    ("at least 1,500,000 baht", money(1_500_000)),
    ("over 1 million and up to 2.5 million", money(1_000_000, 2_500_000)),
    ("around 5 million", money(4_000_000, 6_000_000)),
    ("budget 5000", money(high=5000)),
    ("max 12k per night", RENT | money(high=12_000)),
    ("5000 baht or less", money(high=5000)),
    ("$500k condo", CONDO | money(high=500_000, currency="USD")),
    ("under USD 500,000", money(high=500_000, currency="USD")),
    ("under €2,000", money(high=2000, currency="EUR")),
    ("under 3000 kr", money(high=3000, currency="SEK")),
    ("under 3000 in Stockholm", {"city": "Stockholm"} | money(high=3000, currency="SEK")),
    ("ไม่เกิน 5 ล้าน", money(high=5_000_000)),
    ("งบ 3 ล้านบาท", money(high=3_000_000)),
    ("มากกว่า 2 แสนบาท", money(200_000)),
    ("до 10 млн", money(high=10_000_000)),
    ("от 3 до 5 млн бат", money(3_000_000, 5_000_000)),
    ("не дороже 8 000 бат", money(high=8000)),
    ("от 100 тыс долларов", money(100_000, currency="USD")),
    # bedrooms and bathrooms
    ("3 bedrooms", {"bedrooms": 3}),
    ("3-bed villa", VILLA | {"bedrooms": 3}),
    ("three bedroom villa", VILLA | {"bedrooms": 3}),
    ("2-3 bedrooms", {"bedrooms": 2}),
    ("at least 4 bedrooms and 3 bathrooms", {"bedrooms": 4, "bathrooms": Decimal(3)}),
    ("1.5 bathrooms", {"bathrooms": Decimal("1.5")}),
    ("3 ห้องนอน", {"bedrooms": 3}),
    ("ห้องนอน 2 ห้อง", {"bedrooms": 2}),
    ("3 спальни", {"bedrooms": 3}),
    ("с двумя спальнями", {"bedrooms": 2}),
    ("трёхспальная вилла", VILLA | {"bedrooms": 3}),
    # guests
    ("for six", {"guests": 6}),
    ("6 guests", {"guests": 6}),
    ("sleeps 10", {"guests": 10}),
    ("two adults and three kids", {"guests": 5}),
    ("family of 4", {"guests": 4}),
    ("a villa for a couple", VILLA | {"guests": 2}),
    ("house up to 6 guests", HOUSE | {"guests": 6}),
    ("6 คน", {"guests": 6}),
    ("สำหรับสี่คน", {"guests": 4}),
    ("на шестерых", {"guests": 6}),
    ("для 4 человек", {"guests": 4}),
    ("вилла на двоих", VILLA | {"guests": 2}),
    # numbers that are something else
    ("villa for 2 nights in Rawai", VILLA | {"district": "Rawai"}),
    ("villa for 5 from 3 to 10 June", VILLA | {"guests": 5}),
    ("villa for 6 in August 2026", VILLA | {"guests": 6}),
    ("villa from 2026-06-03 to 2026-06-10", VILLA),
    ("villa from 12/06 to 15/06", VILLA),
    ("500 m from the beach", {"amenities": ("near beach",)}),
    ("plot of 800 sqm", LAND | {"min_land_area": 800}),
    ("1000 sqm land", LAND | {"min_land_area": 1000}),
    ("land from 0.5 to 2 rai", LAND | {"min_land_area": 800, "max_land_area": 3200}),
    ("land under 2 rai 1 ngan", LAND | {"max_land_area": 3600}),
    ("land at least 100 sq wah", LAND | {"min_land_area": 400}),
    ("ที่ดิน 1 ไร่ 2 งาน", LAND | {"min_land_area": 2400}),
    ("участок 10 соток", LAND | {"min_land_area": 1000}),
    ("villa on a 1,200 sqm plot", {"min_land_area": 1200, "type": ("villa",)}),
    ("condo over 50 m²", CONDO | {"min_area": 50}),
    ("villa for 5000 people", VILLA | {"guests": 5000}),
    ("villa for 20,000 guests", VILLA | {"guests": 20000}),
    ("ที่ดิน 2 ไร่", LAND | {"min_land_area": 3200}),
    ("бунгало на 3 ночи", {"type": ("bungalow",)}),
    ("30 or more days", {}),
    ("under 8", {}),
    # availability and booking are no features
    ("Is there a villa free in Phuket on 24 December?", VILLA | {"city": "Phuket"}),
    ("villa in Phuket tomorrow", VILLA | {"city": "Phuket"}),
    ("villa availability in December", VILLA),
    ("vacant villas this weekend", VILLA),
    ("villa December", VILLA),
    ("вилла на Мартинике", VILLA | {"q": "мартинике"}),
    ("villa on Easter Island", VILLA | {"q": "easter"}),
    ("May I see villas in May", VILLA),
    ("villa with free transfer", VILLA | {"q": "free transfer"}),
    ("villa for the weekend, from Friday to Sunday", VILLA),
    ("Reserve the Rawai villa for me", VILLA | {"district": "Rawai"}),
    ("забронируй виллу на Пхукете на завтра", VILLA | {"city": "Phuket"}),
    ("свободна ли вилла сегодня", VILLA),
    ("свободен ли дом на следующей неделе", HOUSE),
    ("свободно ли бунгало в декабре", {"type": ("bungalow",)}),
    ("villa with free wifi", VILLA | {"amenities": ("wifi",), "q": "free"}),
    ("step-free villa", VILLA | {"amenities": ("wheelchair accessible",)}),
    # places
    ("villa in Samui", VILLA | {"city": "Koh Samui"}),
    ("condo in Ari, Bangkok", CONDO | {"city": "Bangkok", "district": "Ari"}),
    ("apartment in Södermalm", FLAT | {"district": "Södermalms"}),
    ("sodermalm", {"district": "Södermalms"}),
    ("Phuket old town", {"district": "Phuket Old Town"}),
    ("plot near Hin Kong beach", LAND | {"district": "Hin Kong", "amenities": ("near beach",)}),
    ("คอนโดกรุงเทพ", CONDO | {"city": "Bangkok"}),
    ("กรุงเทพมหานครคอนโด", CONDO | {"city": "Bangkok"}),
    ("บ้านที่ภูเก็ต", HOUSE | {"city": "Phuket"}),
    ("дом на Пхукете", HOUSE | {"city": "Phuket"}),
    # prices
    ("8000 a night", {"transaction": "rent", "max_price": 8000, "currency": "THB"}),
    ("5000 ต่อคืน", {"transaction": "rent", "max_price": 5000, "currency": "THB"}),
    ("between 5000 and 8000", {"min_price": 5000, "max_price": 8000, "currency": "THB"}),
    ("villa 2000-3000", VILLA | {"min_price": 2000, "max_price": 3000, "currency": "THB"}),
    ("villa between 2 and 3", VILLA),
    # amenities
    ("beachfront villa", VILLA | {"amenities": ("beachfront",)}),
    ("sea-view condo with gym", CONDO | {"amenities": ("gym", "sea view")}),
    ("wi-fi and air con", {"amenities": ("air conditioning", "wifi")}),
    ("can I bring my dog", {"amenities": ("pet friendly",)}),
    ("พูลวิลล่า", VILLA | {"amenities": ("pool",)}),
    ("บ้านสำหรับครอบครัว", HOUSE),
    ("บ้านมีครัว", HOUSE | {"amenities": ("kitchen",)}),
    ("วิวทะเล เงียบสงบ", {"amenities": ("quiet", "sea view")}),
    ("тихая вилла с бассейном у моря", VILLA | {"amenities": ("near beach", "pool", "quiet")}),
    # misspelt places
    ("house in chaing mai", HOUSE | {"city": "Chiang Mai"}),
    ("lookin for a vila on koh phangn", VILLA | {"city": "Koh Phangan"}),
    ("villa in phuke", VILLA | {"city": "Phuket"}),
    ("house in samut", HOUSE | {"q": "samut"}),
    ("villa in phukett and samui", VILLA | {"city": "Koh Samui", "q": "phukett"}),
    ("villa with a chain", VILLA | {"q": "chain"}),
    # what is left
    ("a romantic villa in Paris", VILLA | {"q": "romantic paris"}),
    ("studio", {"type": ("condo", "apartment"), "q": "studio"}),
    ("a studio apartment", {"type": ("condo", "apartment"), "q": "studio"}),
    ("studio or apartment", {"type": ("condo", "apartment")}),
    ("สตูดิโอ", {"type": ("condo", "apartment"), "q": "สตูดิโอ"}),
    ("คอนโดสตูดิโอภูเก็ต", {"type": ("condo", "apartment"), "city": "Phuket", "q": "สตูดิโอ"}),
    ("คอนโดหรือสตูดิโอ", {"type": ("condo", "apartment")}),
    ("дом в горах", HOUSE | {"amenities": ("mountain view",)}),
    ("house in the mountains", HOUSE | {"amenities": ("mountain view",)}),
    ("an office in Bangkok", {"type": ("commercial",), "city": "Bangkok", "q": "office"}),
    ("", {}),
    ("!!! ??? |", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_words_become_filters(text, expected):
    assert parse_query(text, MARKET) == Filters(**expected)


@pytest.mark.parametrize(
    "text",
    [
        "Is there a villa free in Phuket on 24 December?", "villa in Phuket tomorrow",
        "is the Rawai villa free?", "is the Rawai villa available?", "villa availability",
        "villa for the weekend", "villa for Monday", "villa December", "вилла в субботу",
        "вилла завтра", "вилла в августе", "свободна ли вилла", "วิลล่าว่างไหม", "วิลล่าวันนี้",
    ],
)  # fmt: skip
def test_a_wish_for_what_is_free(text):
    assert names_dates(text)


@pytest.mark.parametrize(
    "text", ["villa with free wifi", "free parking", "step-free villa", "villas", "vacant land",
             "smoke free villa", "free of charge", "villa with free shuttle", "May I see a villa",
             "ที่ดินว่างเปล่า", "ระหว่างวิลล่ากับบ้าน", "วิลล่า"]
)  # fmt: skip
def test_no_wish_for_what_is_free(text):
    assert not names_dates(text)


@pytest.mark.parametrize(
    "text", ["villa 8000", "villa 12,500 or so", "a place on an island", "дом на острове",
             "condo 300-500m from bts", "villa 300-500 mbps", "built 2015-2020",
             "villa, 2000 baht each", "คนละ 500 บาท", "по 1000 бат с человека"]
)  # fmt: skip
def test_what_could_not_be_read_is_told(text):
    assert read(text, MARKET).unread


@pytest.mark.parametrize("text", ["villa 8000 baht", "2 villas", "villa on Samui island", "24/7"])
def test_what_was_read_is_not(text):
    assert not read(text, MARKET).unread


@pytest.mark.parametrize("text", ["villa 300-500 mbps", "built 2015-2020", "villa for 2026-2027"])
def test_a_range_of_something_else_is_no_price(text):
    assert parse_query(text, MARKET).min_price is None


def test_not_a_studio_is_no_word_against_condos():
    assert read("villa in Phuket, not a studio", MARKET).unwanted == ()


def test_long_talk_is_no_search():
    text = "Alpha bravo charlie delta echoes foxtrot golfing wrote novels"
    assert parse_query(text, MARKET).q is None


def test_without_a_market_a_place_is_a_word():
    assert parse_query("villa in Phuket") == Filters(type=("villa",), q="phuket")


def test_without_a_market_a_price_has_no_currency():
    assert parse_query("under 5000").currency is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000, "1" * 5000, "1 " * 3000, "1,000" * 900, "villa, " * 2000, "for " * 3000,
        "is the free " * 500, "บ้าน" * 3000,
    ],
)  # fmt: skip
def test_long_texts_are_read_in_reasonable_time(text):
    began = time.process_time()
    parse_query(text, MARKET)
    names_dates(text)
    assert time.process_time() - began < 1  # some milliseconds, unless a pattern tries all ways


def test_a_market_from_rows():
    rows = [("Phuket", "Rawai", "THB", 5), ("Phuket", "Kata", "USD", 6), ("Phuket", "", "USD", 1)]
    market = market_of(rows)
    assert market.currency == "USD"
    assert set(market.places) == {
        Place("Phuket", "", "USD"), Place("Phuket", "Rawai", "THB"), Place("Phuket", "Kata", "USD"),
    }  # fmt: skip


def test_the_money_of_the_product_comes_before_that_of_an_import():
    rows = [("Stockholm", "", "SEK", 5223), ("Phuket", "", "THB", 40)]
    assert market_of(rows, "THB").currency == "THB"
    assert market_of(rows[:1], "THB").currency == "SEK"


def test_a_district_that_two_cities_have_is_in_the_one_that_is_named():
    names = (("Bangkok", ""), ("Koh Samui", ""), ("Bangkok", "Bang Rak"), ("Koh Samui", "Bang Rak"))
    market = Market(tuple(Place(city, district, "THB") for city, district in names), "THB")
    for city in ("Bangkok", "Koh Samui"):
        found = parse_query(f"villa in Bang Rak, {city}", market)
        assert (found.city, found.district, found.places) == (city, "Bang Rak", ())


@pytest.mark.parametrize(
    ("text", "refused", "spared"),
    [
        ("I don't need a pool or a gym", [], ["pool", "gym"]),
        ("no parking or pool needed", [], ["parking", "pool"]),
        ("no pool is fine", [], ["pool"]),
        ("no pool or gym", ["pool", "gym"], []),
        ("I don't need a condo", ["condo"], []),
        ("I don't need Phuket", ["Phuket"], []),
    ],
)
def test_what_is_not_needed_may_be_there(text, refused, spared):
    reading = read(text, MARKET)

    def values(parts):
        return [value for part in parts for value in values_of(part)]

    assert (values(reading.unwanted), values(reading.spared)) == (refused, spared)


@pytest.mark.parametrize(
    "text", ["no. " * 18 + "x", "а##" * 22 + "x", "ข้อ" * 30 + "x", "# " * 45, "more " * 19 + "x"]
)
def test_whatever_is_said_is_read_in_no_time(text):
    began = time.perf_counter()
    assert place_named(text) is None and not asks_more(text)
    assert time.perf_counter() - began < 0.2


def test_a_market_without_listings():
    assert market_of([]) == Market()
