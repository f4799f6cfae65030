import re
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from pythainlp.corpus import thai_words

from core.search.text import normalise
from properties.filters import Filters
from properties.follow_up.changing import values_of
from properties.follow_up.pointing import asks_more, place_named
from properties.market import Market, Place, market_of
from properties.wishes.gazetteer import SPELLINGS
from properties.wishes.parsing import names_dates, parse_query, read
from properties.wishes.spelling import with_kinds_respelled
from properties.wishes.talk import leaves_nothing
from properties.words import SPECIFIC_WORDS

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
    # bounds said behind the number, but not those of what follows
    ("2 bedrooms minimum", {"bedrooms": 2}),
    ("3 спальни минимум", {"bedrooms": 3}),
    ("минимум 3 спальни", {"bedrooms": 3}),
    ("15 тысяч максимум", money(high=15_000)),
    ("до 20 млн максимум", money(high=20_000_000)),
    ("2 million minimum", money(2_000_000)),
    ("от 2 млн минимум 3 спальни", money(2_000_000) | {"bedrooms": 3}),
    ("2 million baht, minimum 3 bedrooms", money(high=2_000_000) | {"bedrooms": 3}),
    # slips, and numbers in words
    ("vila in pukhet", VILLA | {"city": "Phuket"}),
    ("condo 3-5 mb", CONDO | money(3_000_000, 5_000_000)),
    ("вилла, бюджет 8к", VILLA | money(high=8000)),
    ("ที่ดินไม่เกินห้าล้าน", LAND | money(high=5_000_000)),
    ("วิลล่าไม่เกินหมื่น", VILLA | money(high=10_000)),
    ("วิลล่าสมุยสี่ห้องนอนงบหมื่นห้า",
     VILLA | money(high=15_000) | {"city": "Koh Samui", "bedrooms": 4}),
    ("งบสองหมื่นห้า", money(high=25_000)),
    ("ไม่เกินแปดพันห้า", money(high=8500)),
    ("ไม่เกินแปดพันห้าร้อยบาท", money(high=8500)),
    ("งบพันสองร้อยห้าสิบ", money(high=1250)),
    ("ไม่เกินห้าร้อยบาท", money(high=500)),
    ("ไม่เกินสิบห้าล้าน", money(high=15_000_000)),
    ("ไม่เกินร้อยยี่สิบล้าน", money(high=120_000_000)),
    ("คอนโด 3 ล้านห้า", CONDO | money(high=3_500_000)),
    ("คอนโด 3ล้าน5", CONDO | money(high=3_500_000)),
    ("คอนโด 3 ล้าน 5", CONDO | money(high=3_500_000)),
    ("งบล้านแปด", money(high=1_800_000)),
    ("งบล้านครึ่ง", money(high=1_500_000)),
    ("ไม่เกินครึ่งล้าน", money(high=500_000)),
    ("ไม่เกินหนึ่งล้านสองแสน", money(high=1_200_000)),
    ("ไม่เกิน 1 ล้าน 5 แสนบาท", money(high=1_500_000)),
    ("ไม่เกินสองแสนสามหมื่นสี่พันห้าร้อยหกสิบเจ็ด", money(high=234_567)),
    ("คอนโดหมื่นสองหมื่น", CONDO | money(10_000, 20_000)),
    ("วิลล่าหมื่นห้าถึงสองหมื่น", VILLA | money(15_000, 20_000)),
    ("คืนละไม่เกินแปดพันห้า", RENT | money(high=8500)),
    # the number behind a scale counts something else
    ("สามล้านสองห้องนอน", money(high=3_000_000) | {"bedrooms": 2}),
    ("งบ 3 ล้าน 2 ห้องนอน", money(high=3_000_000) | {"bedrooms": 2}),
    ("งบหมื่น สองคน", money(high=10_000) | {"guests": 2}),
    ("งบ 2 หมื่น 24-26 ธันวาคม", money(high=20_000)),
    ("งบสองหมื่นสี่คืน", money(high=20_000)),
    ("งบ 1,500 ล้าน", money(high=1_500_000_000)),
    ("สิบห้าคน", {"guests": 15}),
    ("ที่ดินสองพันตารางเมตร", LAND | {"min_land_area": 2000}),
    ("ที่ดินสิบห้างาน", LAND | {"min_land_area": 6000}),
    ("คอนโดแปดสิบตารางเมตร", CONDO | {"min_area": 80}),
    # no numbers at all
    ("บ้านใกล้บางแสนห้าพัน", HOUSE | money(high=5000) | {"q": "bang-saen"}),
    ("บ้านสไตล์ล้านนา", HOUSE),
    ("วิลล่าแหลมพันวา", VILLA | {"city": "Phuket", "q": "cape-panwa"}),
    ("บ้านใกล้ห้างสรรพสินค้า", HOUSE),
    ("ไม่เกินพันล้าน", {}),
    ("land under five million", LAND | money(high=5_000_000)),
    # a "no" before what by itself is the least
    ("nothing over 5000 in Phuket", money(high=5000) | {"city": "Phuket"}),
    ("I don't want to spend more than 3000, condo", CONDO | money(high=3000)),
    ("не хочу тратить больше 3000, Пхукет", money(high=3000) | {"city": "Phuket"}),
    ("ничего дороже 5 млн", money(high=5_000_000)),
    ("вилла не выше 8000", VILLA | money(high=8000)),
    ("вилла не меньше 5 млн", VILLA | money(low=5_000_000)),
    ("from 3000 baht, nothing over 5000", money(3000, 5000)),
    ("not under 3 million, up to 5 million", money(3_000_000, 5_000_000)),
    ("not a condo, over 5 million", money(low=5_000_000)),
    ("villa not far from the beach, over 5000 baht",
     VILLA | money(low=5000) | {"amenities": ("near beach",)}),
    # in two words
    ("вилла не дорого", VILLA),
    ("вилла не дороже 5000", VILLA | money(high=5000)),
    ("бунгало не далеко от пляжа", {"type": ("bungalow",)} | {"amenities": ("near beach",)}),
    ("not too expensive condo, first time in Phuket", CONDO | {"city": "Phuket"}),
    ("квартира", {"type": ("condo", "apartment")}),
    ("land under half a million", LAND | money(high=500_000)),
    ("คอนโดภูเก็ต อัตราดอกเบี้ยเท่าไร", CONDO | {"city": "Phuket"}),
    ("ที่ดินพันวา", LAND),
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
    ("не нужна вилла, нужен дом на Пхукете", HOUSE | {"city": "Phuket"}),
    ("не хочу на Самуи, хочу на другой остров, бунгало", {"type": ("bungalow",)}),
    ("вилла на Самуи не нужен бассейн", VILLA | {"city": "Koh Samui"}),
    ("бассейн не нужен вилла на Самуи", VILLA | {"city": "Koh Samui"}),
    ("หาวิลล่าพะงัน ไม่มีสระ", VILLA | {"city": "Koh Phangan"}),
    ("ที่ดินไม่ติดถนน", LAND),
    ("I don't like condos, something in Bangkok", {"city": "Bangkok"}),
    # no refusal of what is wanted
    ("не могу найти виллу на Самуи", VILLA | {"city": "Koh Samui"}),
    ("дом не дороже 8000 на Пхукете", HOUSE | money(high=8000) | {"city": "Phuket"}),
    ("на Пхукете не нужна виза для виллы", VILLA | {"city": "Phuket", "q": "виза"}),
    ("вилла на Пхукете не хочу шума", VILLA | {"city": "Phuket", "q": "шума"}),
    ("วิลล่าภูเก็ตมีสระหรือไม่ คอนโดก็ได้",
     VILLA | {"city": "Phuket", "amenities": ("pool",)}),
    ("มีสระหรือไม่ วิลล่าภูเก็ต", VILLA | {"city": "Phuket", "amenities": ("pool",)}),
    ("วิลล่าไม่เกิน 5000 ภูเก็ต", VILLA | money(high=5000) | {"city": "Phuket"}),
    ("บ้านอิสระ", HOUSE),
    ("บ้านสระบุรี", HOUSE),
    ("คอนโดใกล้รถไฟฟ้า", CONDO),
    ("บ้านมีสระ", HOUSE | {"amenities": ("pool",)}),
    ("вилла на холме", VILLA | {"amenities": ("hillside",)}),
    ("ที่ดินบนเขา", LAND | {"amenities": ("hillside",)}),
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
    ("квартиру", {"type": ("condo", "apartment")}),
    # transaction
    ("condo for rental income", CONDO | SALE),
    ("condo as an investment, to rent it out", CONDO | SALE),
    ("condo for rent as an investment", CONDO | RENT),
    ("condo for rent in Bangkok, is it a good investment?", CONDO | RENT | {"city": "Bangkok"}),
    ("condo to buy as an investment", CONDO | SALE),
    ("квартира для сдачи в аренду", {"type": ("condo", "apartment")} | SALE),
    ("อยากลงทุนคอนโดปล่อยเช่า", CONDO | SALE),
    ("ซื้อคอนโดเพื่อปล่อยเช่า", CONDO | SALE),
    ("คอนโดไว้ปล่อยเช่า", CONDO | SALE),
    ("คอนโดเพื่อลงทุน", CONDO | SALE),
    ("มีวิลล่าปล่อยเช่าที่สมุยไหม", VILLA | RENT | {"city": "Koh Samui"}),
    ("บ้านปล่อยเช่ารายเดือน สมุย", HOUSE | RENT | {"city": "Koh Samui"}),
    ("อยากเช่าวิลล่าปล่อยเช่า", VILLA | RENT),
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
    ("ราคา 5 ล้านกว่า", money(5_000_000, 6_000_000)),
    ("คอนโดห้าล้านกว่าบาท", CONDO | money(5_000_000, 6_000_000)),
    ("คอนโด 20 กว่าล้าน", CONDO | money(20_000_000, 30_000_000)),
    ("คอนโด 15 ล้านกว่าๆ", CONDO | money(15_000_000, 16_000_000)),
    ("คืนละ 5000 กว่าบาท", money(5000, 6000) | {"transaction": "rent"}),
    ("คอนโด 3 ล้านต้นๆ", CONDO | money(3_000_000, 3_400_000)),
    ("คอนโด 3 ล้านกลางๆ", CONDO | money(3_300_000, 3_700_000)),
    ("คอนโด 3 ล้านปลายๆ", CONDO | money(3_600_000, 4_000_000)),
    ("งบ 5 ล้านกว่า", money(high=6_000_000)),
    ("คอนโดกว่า 5 ล้าน", CONDO | money(5_000_000)),
    ("house 500 sqm land 800 sqm",
     {"type": ("house", "land"), "min_area": 500, "min_land_area": 800}),
    ("คอนโด 5 ล้านกว่าขึ้นไป", CONDO | money(5_000_000)),
    ("คอนโดแพงกว่า 5 ล้าน", CONDO | money(5_000_000)),
    ("คอนโดถูกกว่า 5 ล้าน", CONDO | money(high=5_000_000)),
    ("ไม่แพงกว่า 5 ล้าน", money(high=5_000_000)),
    ("คอนโด 5000 บาท ปลายเดือน", CONDO | money(high=5000)),
    ("คอนโด 20 กว่าคน", CONDO),
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
    ("нас шестеро, вилла", VILLA | {"guests": 6}),
    ("нас будет 4", {"guests": 4}),
    ("едем вдвоём, посоветуете виллу?", VILLA | {"guests": 2}),
    ("двое взрослых и ребёнок", {"guests": 3}),
    ("на двоих с ребёнком", {"guests": 3}),
    ("3 adults and a baby", {"guests": 4}),
    ("villa for two with a child", VILLA | {"guests": 3}),
    ("ผู้ใหญ่ 2 คน เด็ก 1 คน", {"guests": 3}),
    ("ไปกัน 2 คู่", {"guests": 4}),
    ("villa for two couples", VILLA | {"guests": 4}),
    ("две пары", {"guests": 4}),
    ("คู่รัก", {"guests": 2}),
    # of a range the least, as of bedrooms
    ("วิลล่า 6-8 คน", VILLA | {"guests": 6}),
    ("villa for 6 to 8 people", VILLA | {"guests": 6}),
    ("6 или 8 человек", {"guests": 6}),
    ("2-3 ห้องนอน", {"bedrooms": 2}),
    ("2-3 спальни", {"bedrooms": 2}),
    # no guests
    ("у нас 2 собаки", {"amenities": ("pet friendly",)}),
    ("villa for 4, child friendly", VILLA | {"guests": 4, "amenities": ("child friendly",)}),
    ("villa for 4 and baby cot", VILLA | {"guests": 4, "q": "baby cot"}),
    ("вилла с детьми", VILLA | {"amenities": ("child friendly",)}),
    ("เตียงคู่ 2 ห้อง", {}),
    # numbers that are something else
    ("villa for 2 nights in Rawai", VILLA | {"city": "Phuket", "district": "Rawai"}),
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
    # who lands wants no land, and short words are words
    ("we land at 2am, is someone there?", {}),
    ("I land in Phuket at 10pm, need a villa", VILLA | {"city": "Phuket"}),
    ("the plane lands at 22:30, villa", VILLA),
    ("land in Phuket at 5 million", LAND | {"city": "Phuket"} | money(high=5_000_000)),
    ("we want land in Phuket", LAND | {"city": "Phuket"}),
    ("house in Phuket with AC", HOUSE | {"city": "Phuket", "amenities": ("air conditioning",)}),
    ("villa with tv", VILLA | {"q": "tv"}),
    ("can we see it, is it ok for us", {}),
    ("budget villa, actually", VILLA),
    ("ребята, есть вилла?", VILLA),
    ("we arrive on Friday, villa", VILLA),
    ("villa, need wheelchair access", VILLA | {"amenities": ("wheelchair accessible",)}),
    ("villa with beach access", VILLA | {"amenities": ("near beach",)}),
    ("villa with lake access", VILLA | {"q": "lake access"}),
    ("we'd like a villa, pls", VILLA),
    # each measure is of its own
    ("villa with 500 sqm living area and 1 rai of land",
     VILLA | {"min_area": 500, "min_land_area": 1600}),
    ("villa 500 sqm and 2000 sqm of land", VILLA | {"min_area": 500, "min_land_area": 2000}),
    ("house 200 sqm on a 1 rai plot", HOUSE | {"min_area": 200, "min_land_area": 1600}),
    ("villa, living space 300 sqm", VILLA | {"min_area": 300}),
    ("вилла жилая площадь от 300 м2", VILLA | {"min_area": 300}),
    ("บ้านพื้นที่ใช้สอย 200 ตร.ม.", HOUSE | {"min_area": 200}),
    ("villa with a living room", VILLA | {"q": "living"}),
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
    ("Reserve the Rawai villa for me", VILLA | {"city": "Phuket", "district": "Rawai"}),
    ("забронируй виллу на Пхукете на завтра", VILLA | {"city": "Phuket"}),
    ("свободна ли вилла сегодня", VILLA),
    ("свободен ли дом на следующей неделе", HOUSE),
    ("свободно ли бунгало в декабре", {"type": ("bungalow",)}),
    ("villa with free wifi", VILLA | {"amenities": ("wifi",), "q": "free"}),
    ("step-free villa", VILLA | {"amenities": ("wheelchair accessible",)}),
    # places
    ("villa in Samui", VILLA | {"city": "Koh Samui"}),
    ("condo in Ari, Bangkok", CONDO | {"city": "Bangkok", "district": "Ari"}),
    ("apartment in Södermalm", FLAT | {"city": "Stockholm", "district": "Södermalms"}),
    ("sodermalm", {"city": "Stockholm", "district": "Södermalms"}),
    ("Phuket old town", {"city": "Phuket", "district": "Phuket Old Town"}),
    ("plot near Hin Kong beach",
     LAND | {"city": "Koh Phangan", "district": "Hin Kong", "amenities": ("near beach",)}),
    ("คอนโดกรุงเทพ", CONDO | {"city": "Bangkok"}),
    ("กรุงเทพมหานครคอนโด", CONDO | {"city": "Bangkok"}),
    ("บ้านที่ภูเก็ต", HOUSE | {"city": "Phuket"}),
    ("дом на Пхукете", HOUSE | {"city": "Phuket"}),
    ("คอนโดกทม ไม่เกิน 2000", CONDO | {"city": "Bangkok"} | money(high=2000)),
    ("บ้านราไวย์", HOUSE | {"city": "Phuket", "district": "Rawai"}),
    ("дом на Раваи", HOUSE | {"city": "Phuket", "district": "Rawai"}),
    ("вилла в Хин Конге", VILLA | {"city": "Koh Phangan", "district": "Hin Kong"}),
    ("คอนโดอารีย์", CONDO | {"city": "Bangkok", "district": "Ari"}),
    ("บ้านเมืองเก่าภูเก็ต", HOUSE | {"city": "Phuket", "district": "Phuket Old Town"}),
    # places without listings: the city around them, and their name to be looked for
    ("villa in Patong", VILLA | {"city": "Phuket", "q": "patong"}),
    ("вилла на Патонге", VILLA | {"city": "Phuket", "q": "patong"}),
    ("วิลล่าป่าตอง", VILLA | {"city": "Phuket", "q": "patong"}),
    ("วิลล่าป่าตอง ภูเก็ต", VILLA | {"city": "Phuket", "q": "patong"}),
    ("ทาวน์โฮมบางนา", {"type": ("townhouse",), "city": "Bangkok", "q": "bang-na"}),
    ("ที่พักละไม สมุย 2 คน", {"city": "Koh Samui", "guests": 2, "q": "lamai"}),
    ("дом в Май Као", HOUSE | {"city": "Phuket", "q": "mai-khao"}),
    ("villa in Krabi", VILLA | {"q": "krabi"}),
    ("เอาวิลล่าที่กระบี่", VILLA | {"q": "krabi"}),
    ("квартира в Джомтьене", {"type": ("condo", "apartment"), "q": "jomtien"}),
    ("house in the old city", HOUSE | {"q": "old"}),
    # no places
    ("คืนละไม่เกิน 3000", RENT | money(high=3000)),
    ("วิลล่าฉลองวันเกิด", VILLA),
    ("บ้านริมแม่น้ำ", HOUSE),
    ("บ้านใต้ถุนสูง", HOUSE),
    ("дом в мае", HOUSE),
    # prices
    ("8000 a night", {"transaction": "rent", "max_price": 8000, "currency": "THB"}),
    ("вилла 2000 бат/сутки", VILLA | RENT | money(high=2000)),
    ("villa less then 5000", VILLA | money(high=5000)),
    ("5000 ต่อคืน", {"transaction": "rent", "max_price": 5000, "currency": "THB"}),
    ("between 5000 and 8000", {"min_price": 5000, "max_price": 8000, "currency": "THB"}),
    ("villa 2000-3000", VILLA | {"min_price": 2000, "max_price": 3000, "currency": "THB"}),
    ("villa between 2 and 3", VILLA),
    ("ที่พักเชียงใหม่ราคา 1500-3000 มีสวน",
     money(1500, 3000) | {"city": "Chiang Mai", "amenities": ("garden",)}),
    ("villa, price 2000-3000 with a pool", VILLA | money(2000, 3000) | {"amenities": ("pool",)}),
    ("вилла, цена 2000-3000, с бассейном", VILLA | money(2000, 3000) | {"amenities": ("pool",)}),
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
    ("вилла на Пхукeте", VILLA | {"city": "Phuket"}),
    ("вилла на Пхкуете", VILLA | {"city": "Phuket"}),
    ("кондо в Бангоке", CONDO | {"city": "Bangkok"}),
    ("วิลล่าภูเกต", VILLA | {"city": "Phuket"}),
    ("วิลล่าที่ภูเก็ดครับ", VILLA | {"city": "Phuket"}),
    ("อยากได้คอนโดแถวเชียงไหม่ครับ", CONDO | {"city": "Chiang Mai"}),
    ("คอนโดกุงเทพ", CONDO | {"city": "Bangkok"}),
    ("คอนโดเชียงราย", CONDO | {"q": "chiang-rai"}),
    ("บ้านบางเบา", HOUSE),
    ("วิลล่าภูเขา", VILLA),
    ("вилла с короной", VILLA | {"q": "короной"}),
    ("lookin for a vila on koh phangn", VILLA | {"city": "Koh Phangan"}),
    ("villa in phuke", VILLA | {"city": "Phuket"}),
    ("house in samut", HOUSE | {"q": "samut"}),
    ("villa in phukett and samui", VILLA | {"city": "Koh Samui", "q": "phukett"}),
    ("villa with a chain", VILLA | {"q": "chain"}),
    # nothing is refused, nor looked for
    ("no idea, a villa in Phuket", VILLA | {"city": "Phuket"}),
    ("I have no idea where to go, maybe a villa", VILLA),
    ("no rush, a villa in Phuket", VILLA | {"city": "Phuket"}),
    ("понятия не имею, где жить на Пхукете", {"city": "Phuket"}),
    ("ไม่รู้จะพักที่ไหนดี ภูเก็ต", {"city": "Phuket"}),
    ("I don't know Phuket", {"city": "Phuket", "q": "don't"}),
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
    # of all that come the adults and the children are some
    ("ไปกัน 4 คน ผู้ใหญ่ 2 เด็ก 2 อยากได้บ้านติดทะเล",
     HOUSE | {"guests": 4, "amenities": ("beachfront",)}),
    ("нас четверо, 2 взрослых и 2 детей, дом на Самуи", HOUSE | {"guests": 4, "city": "Koh Samui"}),
    ("villa for 6 people, 4 adults and 2 kids", VILLA | {"guests": 6}),
    ("วิลล่าภูเก็ต ผู้ใหญ่ 4 คน เด็ก 2 คน", VILLA | {"guests": 6, "city": "Phuket"}),
    # a Russian number behind what it counts is about as many, and one before it another
    ("дом на Самуи тысяч за 60", HOUSE | {"city": "Koh Samui"} | money(high=60_000)),
    ("вилла миллионов за 20", VILLA | money(high=20_000_000)),
    ("вилла до конца месяца на троих", VILLA | {"guests": 3, "q": "конца месяца"}),
    ("вилла до ста тысяч на двоих", VILLA | {"guests": 2, "q": "ста тысяч"}),
    ("нас много человек 3 спальни", {"bedrooms": 3, "q": "много"}),
    ("арендуем виллу на Самуи", VILLA | RENT | {"city": "Koh Samui"}),
    ("дом недели на две вчетвером", HOUSE | {"guests": 4}),
    ("вилла тысяч до десяти в сутки", VILLA | RENT | money(high=10_000)),
    ("вилла миллионов за двадцать", VILLA | money(high=20_000_000)),
    ("дом на десять дней", HOUSE),
    # who rents a home lives there
    ("дом с арендаторами", HOUSE | {"amenities": ("tenant in place",)}),
    ("บ้านพร้อมผู้เช่า", HOUSE | {"amenities": ("tenant in place",)}),
    ("บ้านให้เช่า", HOUSE | RENT),
    ("аренда дома", HOUSE | RENT),
    ("арендовать дом", HOUSE | RENT),
    ("вилла человек на восемь", VILLA | {"guests": 8}),
    ("вилла до 5 тысяч на 4 человека", VILLA | {"guests": 4} | money(high=5000)),
    ("вилла до шести тысяч на двоих", VILLA | {"guests": 2} | money(high=6000)),
    ("вилла на две недели на двоих", VILLA | {"guests": 2}),
    ("участок полгектара", LAND | {"min_land_area": Decimal(5000)}),
    ("участок полтора рая", LAND | {"min_land_area": Decimal(2400)}),
    ("дом за полтора миллиона бат", HOUSE | money(high=1_500_000)),
    # days with the names of months that Thais say
    ("มีห้องว่างวันที่ ๒๔-๒๗ ธันวาไหมครับ ๒ คน", {"guests": 2}),
    ("วิลล่าภูเก็ต 24-27 ธ.ค.", VILLA | {"city": "Phuket"}),
    ("вилла на Пхукете с 24 по 27", VILLA | {"city": "Phuket"}),
    ("вилла на Пхукете с 24 по 27 млн", VILLA | {"city": "Phuket"} | money(high=27_000_000)),
    # who cleans a house is none
    ("วิลล่ามีแม่บ้าน", VILLA),
    ("บ้านมีแม่บ้าน", HOUSE),
    ("วิลล่าในหมู่บ้าน", VILLA),
    ("โรงแรมขายที่สมุย", {"type": ("commercial",), "city": "Koh Samui", "q": "โรงแรม"}),
    ("ที่พักใกล้โรงแรมที่สมุย", {"city": "Koh Samui"}),
    ("วิลล่ามีเตาปิ้งย่าง", VILLA | {"amenities": ("bbq",)}),
    ("вилла с бассейном обязательно", VILLA | {"amenities": ("pool",)}),
    ("вилла, бассейн не обязательно", VILLA),
    ("вилла, с нами маленький ребёнок", VILLA | {"amenities": ("child friendly",)}),
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


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("villa 12,500 or so", "12,500"),
        ("land under 5 million per rai", "under 5 million per rai"),
        ("вилла, по 1000 бат с человека", "1000 бат с человека"),
        ("land 2 rai, 150 sqm", "150 sqm"),
        ("a place on an island", "island"),
        ("villa without dogs", "without dogs"),
        ("дом, тихо и без собак", "без собак"),
        ("villa, pets are not wanted here, no kids", "no kids"),
    ],
)
def test_what_no_filter_holds_is_named(text, left_out):
    assert read(text, MARKET).left_out == (left_out,)


@pytest.mark.parametrize("text", ["villa 8000 baht", "2 villas", "villa on Samui island", "24/7"])
def test_what_was_read_is_not(text):
    assert not read(text, MARKET).unread


@pytest.mark.parametrize("text", ["villa 300-500 mbps", "built 2015-2020", "villa for 2026-2027"])
def test_a_range_of_something_else_is_no_price(text):
    assert parse_query(text, MARKET).min_price is None


def test_not_a_studio_is_no_word_against_condos():
    assert read("villa in Phuket, not a studio", MARKET).unwanted == ()


@pytest.mark.parametrize("text", ["villa in Chaweng Noi", "вилла в Чавенг Ное", "วิลล่าเฉวงน้อย"])
def test_a_part_of_a_place_is_in_it_where_it_has_no_listings_of_its_own(text):
    market = Market((*MARKET.places, Place("Koh Samui", "Chaweng", "THB")), "THB")
    assert parse_query(text, market).district == "Chaweng"
    market = Market((*market.places, Place("Koh Samui", "Chaweng Noi", "THB")), "THB")
    assert parse_query(text, market).district == "Chaweng Noi"


def test_a_place_without_listings_can_be_refused():
    for text in ("villa not in Patong", "вилла не в Патонге", "วิลล่า ไม่เอาป่าตอง"):
        assert [part.district for part in read(text, MARKET).unwanted] == ["Patong"]


def test_every_spelling_is_its_own_places():
    spelled: dict[str, str] = {}
    for name, forms in SPELLINGS.items():
        for form in (name, *forms):
            assert spelled.setdefault(form, name) == name


def test_long_talk_is_no_search():
    text = "Alpha bravo charlie delta echoes foxtrot golfing wrote novels"
    assert parse_query(text, MARKET).q is None


def test_without_a_market_a_place_is_a_word():
    assert parse_query("villa in Phuket") == Filters(type=("villa",), q="phuket")


@pytest.mark.parametrize(
    ("text", "transaction"),
    [
        ("villa in Samui that is let as an investment", None),
        ("villa for rent in Samui as an investment", "rent"),
        ("villa to buy as an investment", "sale"),
    ],
)
def test_nobody_looks_for_a_home_to_let_where_nothing_is_sold(text, transaction):
    reading = read(text, replace(MARKET, sells=False))
    assert reading.filters.transaction == transaction and "as an investment" in reading.left_out


def test_without_a_market_a_price_has_no_currency():
    assert parse_query("under 5000").currency is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000, "1" * 5000, "1 " * 3000, "1,000" * 900, "villa, " * 2000, "for " * 3000,
        "is the free " * 500, "บ้าน" * 3000, "ห้าร้อย" * 400, "1 พัน" * 400,
    ],
)  # fmt: skip
def test_long_texts_are_read_in_reasonable_time(text):
    began = time.process_time()
    parse_query(text, MARKET)
    names_dates(text)
    assert time.process_time() - began < 1  # some milliseconds, unless a pattern tries all ways


def test_the_rest_is_not_read_where_one_character_stands_for_many():
    assert parse_query("\u3316 villa", MARKET).type == ("villa",)
    assert parse_query("villa " + "\u3316" * 200 + " under 5000 baht", MARKET).max_price is None
    assert not names_dates("\u3316" * 200 + " in May") and names_dates("\u3316 in May")


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
        ("villa, a pool is not needed", [], ["pool"]),
        ("villa, not necessarily with a pool", [], ["pool"]),
        ("it doesn't have to be a villa", [], ["villa"]),
        ("not interested in Phuket, villa", ["Phuket"], []),
        ("I don't want to stay in Phuket, villa", ["Phuket"], []),
        ("I don't want anything in Phuket", ["Phuket"], []),
        ("anywhere but Phuket, villa", ["Phuket"], []),
        ("villas aren't needed", ["villa"], []),
        ("we don't have pets, villa", [], []),
        ("not sure about Phuket, maybe a villa on Samui", [], []),
        ("I don't know Phuket", [], []),
        ("you don't have villas in Phuket?", [], []),
        ("вилла, бассейн не нужен", [], ["pool"]),
        ("вилла, вид на море не нужен", [], ["sea view"]),
        ("бассейн необязателен", [], ["pool"]),
        ("можно без бассейна", [], ["pool"]),
        ("не обязательно вилла", [], ["villa"]),
        ("виллы не нужны, дом", ["villa"], []),
        ("на Пхукет не надо, вилла", ["Phuket"], []),
        ("не надо на Пхукет, вилла", ["Phuket"], []),
        ("не интересует Пхукет", ["Phuket"], []),
        ("Пхукет не интересует", ["Phuket"], []),
        ("Бангкок не предлагать, квартира", ["Bangkok"], []),
        ("мне не нравится Пхукет", ["Phuket"], []),
        ("участок не на холме Самуи", ["hillside"], []),
        ("не только вилла, но и дом", [], []),
        ("ไม่ต้องมีสระก็ได้", [], ["pool"]),
        ("ไม่จำเป็นต้องเป็นวิลล่า", [], ["villa"]),
        ("วิลล่าสมุย สระไม่จำเป็น", [], ["pool"]),
        ("ไม่เน้นวิวทะเล วิลล่าสมุย", [], ["sea view"]),
        ("ไม่ต้องการสระ", ["pool"], []),
        ("ไม่ได้หาคอนโด หาบ้าน", ["condo"], []),
        ("ไม่แน่ใจว่าจะไปสมุยหรือภูเก็ต", [], []),
        ("ยังไม่เคยไปภูเก็ต", [], []),
        ("ไม่มีสระ", ["pool"], []),
        ("ไม่เอาสระแล้ว", ["pool"], []),
        ("ไม่สนใจภูเก็ต หาวิลล่า", ["Phuket"], []),
        ("ที่ดินไม่ติดถนน", ["road access"], []),
        ("ที่ดินไม่เอาบนเขา", ["hillside"], []),
        # a list before its "no"
        ("бассейн и парковка не нужны", [], ["pool", "parking"]),
        ("вилла с кухней, бассейн, парковка и сад не нужны", [], ["pool", "parking", "garden"]),
        ("бассейн и парковку не хочу", ["pool", "parking"], []),
        ("villa, a pool and parking are not needed", [], ["pool", "parking"]),
        ("pool or gym not necessary, villa", [], ["pool", "gym"]),
        ("วิลล่า สระว่ายน้ำกับที่จอดรถไม่ต้องการ", ["pool", "parking"], []),
        ("สระและที่จอดรถไม่จำเป็น", [], ["pool", "parking"]),
        ("вилла с бассейном и парковка не нужна", [], ["parking"]),
        ("villa with a pool and parking not needed", [], ["parking"]),
        ("villa, pool and parking is not needed", [], ["parking"]),
        ("villa, quiet and parking not needed", [], ["parking"]),
        ("วิลล่ามีสระและที่จอดรถไม่จำเป็น", [], ["parking"]),
        ("бассейн и парковка нужны", [], []),
        # of the one that it stands by
        ("ภูเก็ตไม่เอาคอนโด", ["condo"], []),
        ("วิลล่าภูเก็ต ไม่เอา สระ", ["pool"], []),
        ("สระไม่เอา วิลล่าภูเก็ต", ["pool"], []),
        ("ภูเก็ตไม่สนใจราคา", [], []),
        ("ไม่เอาสระบุรี", [], []),
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


@pytest.mark.parametrize("city", ["*", "Phan\\kanan", "-", "(", "Koh *"])
def test_a_place_may_be_written_as_its_agent_likes(city):
    """Also where it is compared with a misspelt word."""
    odd = Market((Place(city, "", "THB"),), "THB")
    assert parse_query("villa in phannkanan under 5000", odd).type == ("villa",)


@pytest.mark.parametrize(
    ("text", "guests", "amenities", "words"),
    [
        ("villa in Samui with a baby", None, ("child friendly",), None),
        ("villa in Samui with our 6 month old baby", None, ("child friendly",), None),
        ("villa in Samui, our baby is 6 months old", None, ("child friendly",), None),
        ("villa in Samui for 2 adults and a baby, 8 months old", 3, (), None),
        ("villa in Samui, kids aged 4 and 7", None, ("child friendly",), None),
        ("вилла на Самуи с ребенком 3 лет", None, ("child friendly",), None),
        ("วิลล่าสมุย มีลูก 2 ขวบ", None, ("child friendly",), None),
        ("villa in Samui for 2 adults and 2 children 5 and 7", 4, (), None),
        ("villa in Samui 5 years old", None, (), "old"),
        # as many children as ages are said: guests with the adults, or a home that is fit for them
        ("villa in Samui, 2 adults, kids aged 4 and 7", 4, (), None),
        ("villa in Samui for 2 adults and kids 4, 7 and 9", 5, (), None),
        ("villa in Samui, 2 adults, 2 kids (4 and 7)", 4, (), None),
        ("villa in Samui for a couple, our kids are 4 and 7 years old", 4, (), None),
        ("villa in Samui for 4 people, kids aged 4 and 7", 4, (), None),
        ("villa in Samui for 2 kids", None, ("child friendly",), None),
        ("villa in Samui, my son is 4 and my daughter is 7", None, ("child friendly",), None),
        ("villa in Samui, no kids aged 4 and 7", None, (), None),
        ("villa in Samui for 6, no kids under 12", 6, (), None),
        ("villa in Samui for 4, 2 kids' beds", 4, (), None),
        ("вилла на Самуи, дети 4 и 7 лет", None, ("child friendly",), None),
        ("вилла на Самуи, двое взрослых и дети 4 и 7 лет", 4, (), None),
        ("вилла на Самуи на четверых, ребенку 5 лет", 4, (), None),
        ("วิลล่าสมุย ลูกอายุ 4 และ 7 ขวบ", None, ("child friendly",), None),
        ("วิลล่าสมุย ผู้ใหญ่ 2 คน เด็กอายุ 4 และ 7 ขวบ", 4, (), None),
        ("วิลล่าสมุย ผู้ใหญ่ 2 คน เด็ก 2 คน อายุ 4 และ 7 ขวบ", 4, (), None),
        ("วิลล่าสมุย มีลูก 2 คน", None, ("child friendly",), None),
    ],
)
def test_how_old_children_are_is_no_wish(text, guests, amenities, words):
    found = parse_query(text, MARKET)
    assert (found.guests, found.amenities, found.q) == (guests, amenities, words)
    assert (found.type, found.city) == (("villa",), "Koh Samui")


@pytest.mark.parametrize(
    ("text", "sells", "price", "left_out"),
    [
        ("villa for a month, up to 60,000 baht", False, None, ("up to 60,000 baht",)),
        ("вилла на 2 месяца до 100 000 бат", False, None, ("до 100 000 бат",)),
        ("วิลล่า 2 เดือน งบ 100000", False, None, ("งบ 100000",)),
        ("villa for a month, up to 6,000 baht a night", False, 6_000, ()),
        ("villa for a month, up to 6,000 baht a day", False, 6_000, ()),
        ("villa up to 6,000 baht, we come in 2 months", False, 6_000, ()),
        ("villa up to 6,000 baht, we come in 12 months", False, 6_000, ()),
        ("villa for next month up to 6,000 baht", False, 6_000, ()),
        ("villa up to 6,000 baht, our baby is 6 months old", False, 6_000, ()),
        ("วิลล่า ไม่เกิน 6000 บาท อีก 2 เดือน", False, 6_000, ()),
        ("вилла до 6000 бат на следующий месяц", False, 6_000, ()),
        ("вилла на месяц до 6000 бат за ночь", False, 6_000, ()),
        ("villa for a week up to 6,000 baht", False, 6_000, ()),
        ("villa for us and a crib for 6 month old, up to 6,000 baht", False, 6_000, ()),
        ("villa up to 6,000 baht in about 2 months", False, 6_000, ()),
        ("villa up to 6,000 baht, 2 months from now", False, 6_000, ()),
        ("вилла до 6000 бат на май месяц", False, 6_000, ()),
        (
            "villa near nightlife for a month, up to 60,000 baht",
            False,
            None,
            ("up to 60,000 baht",),
        ),
        ("villa up to 6,000 baht", False, 6_000, ()),
        ("I am here for a month, villa up to 6,000,000 baht", True, 6_000_000, ()),
    ],
)
def test_a_price_for_months_is_not_that_of_a_night(text, sells, price, left_out):
    reading = read(text, replace(MARKET, sells=sells))
    assert reading.filters.max_price == price
    assert reading.left_out == left_out


MISSPELT_KINDS = {
    ("villa",): ["вила на Самуи", "на виле", "วิลา สมุย", "วิลาสมุย", "หาวิลาที่ภูเก็ต", "วิลล้า", "วีล่า"],
    ("condo",): [
        "кондоминум", "кандоминиум", "condominuim", "คอนโดมีเนียม", "คอนโดมิเนี่ยม กรุงเทพ",
    ],
    ("condo", "apartment"): [
        "апартоменты", "аппартамент на Самуи", "в аппартаментах", "квортира", "кваритра", "квартру",
        "สตูดีโอ", "пентхауз", "เพนเฮาส์",
    ],
    ("apartment",): ["apartement", "apartmnet", "อพาร์ทเม้น", "อพาท์เมนต์", "อะพาร์ตเมนต์"],
    ("bungalow",): ["бангало", "бонгало", "бунголо", "bunglow", "บังกาโล", "บังกาโลว์", "บังกะโลว์"],
    ("house",): ["котедж на Самуи", "котеджи", "cottege"],
    ("townhouse",): ["таунхауз", "таун хаус", "townhose", "ทาวเฮ้าส์", "ทาวน์เฮ้าท์"],
    ("land",): ["участок на Самуи", "5 участков"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "text"), [(kinds, text) for kinds, texts in MISSPELT_KINDS.items() for text in texts]
)
def test_a_kind_with_a_mistake_in_it(kinds, text):
    reading = read(text, MARKET)
    assert reading.filters.type == kinds
    assert leaves_nothing(SPECIFIC_WORDS.sub(" ", reading.rest))


@pytest.mark.parametrize(
    "text",
    ["вилка и нож", "вилы", "вулкан", "вилять", "квартал в Бангкоке", "квартет", "квартплата",
     "департамент", "апартеид", "кондитерская", "кондиционер", "колледж", "коллеж", "кортеж",
     "участие в туре", "участник", "комета", "бумеранг", "домой с Самуи", "пентагон",
     "horse riding in Samui", "village", "vanilla", "appointment", "department", "compartment",
     "cotton", "officer", "plant", "the lobby", "condolence", "condor",
     "วิลาวัณย์", "วิลาส", "แผ่นวิลาด", "เวลาเปิด", "กาวิละ", "คอนเสิร์ต กรุงเทพ", "คอนเฟิร์ม", "ทาวเวอร์",
     "สตูว์", "อพาร์", "เพนกวิน"],
)  # fmt: skip
def test_an_ordinary_word_is_no_misspelt_kind(text):
    assert parse_query(text, MARKET).type == ()


def test_no_thai_word_is_a_misspelt_kind():
    """But another spelling of one."""
    kinds = re.compile("อพาร์[ทต]|บังกาโล|ทาวน์เฮ้าส์")
    words = [word for word in map(normalise, thai_words()) if not kinds.search(word)]
    assert len(words) > 50_000
    assert [word for word in words if with_kinds_respelled(word) != word] == []
