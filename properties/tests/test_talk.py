import json
from itertools import chain

import pytest
from django.conf import settings

from core.search.text import normalise
from properties.tests.test_parse_query import MARKET
from properties.wishes.parsing import parse_query
from properties.wishes.talk import EVIDENCE_MIN, evidence

pytestmark = pytest.mark.any_databases

SEEDS = settings.SEED_DIR.parent
QUESTIONS = [
    document["question"]
    for document in chain.from_iterable(
        json.loads(path.read_text())["documents"] for path in sorted(SEEDS.glob("*/faqs.json"))
    )
]
SEARCHES = [
    "do you have a list of villas?",
    "do you have a piece of land for sale?",
    "looking for a place with breakfast included",
    "предлагаете ли вы виллы на Самуи",
    "дом в безопасном районе Пхукета",
    "вилла с обслуживанием на Пхукете",
    "квартира без комиссии на Пхукете",
    "บ้านสมุย ไม่ผ่านนายหน้า",
    "บ้านไม่เคยน้ำท่วม กรุงเทพ",
    "วิลล่าสำหรับตายาย ภูเก็ต",
    "villas",
    "A quiet villa with a pool for six under 8,000 baht a night",
    "land near the beach under 10 million",
    "a quiet apartment in Stockholm for 4",
    "Which villas have a pool?",
    "What villas do you have in Phuket?",
    "Is there a pet-friendly house in Chiang Mai for 2 guests?",
    "How much is a villa for six in Phuket?",
    "Can you recommend a bungalow on Koh Phangan?",
    "I want to book a villa in Samui for 4 people under 6000",
    "villa in Krabi",
    "cheapest condo in Bangkok",
    "Is Hin Kong Sunset Villa free on 24 December?",
    "Is the Palm Grove Pool Villa available in December?",
    "do you have villas with a pool?",
    "how many villas do you have?",
    "do you have villas?",
    "something with a hot tub",
    "do you sell villas in Phuket?",
    "what do you sell in Phuket under 10m",
    "buy a condo in Bangkok to rent out",
    "куплю квартиру в Бангкоке, чтобы сдать",
    "вы продаёте виллы на Пхукете?",
    "ขายที่ดินสมุย",
    "หาคอนโดให้เช่ากรุงเทพ",
    "บ้านของเจ้าของขายเอง ภูเก็ต",
    "Thanks! Are there any condos in Bangkok?",
    "Ищу виллу с бассейном",
    "Есть ли у вас дома на Самуи?",
    "หาวิลล่าที่ภูเก็ตสำหรับ 6 คน",
    "ที่ดินใกล้ทะเล ไม่เกิน 5 ล้าน",
    "I have no idea where to stay in Samui",
    "не знаю, где остановиться на Самуи",
    "где лучше жить на Пхукете?",
    "where should I stay in Phuket?",
    "sell me a villa in Phuket under 20 million",
    "We want to rent our holiday villa in Phuket for 2 nights",
    "what condos do you have? list our options in phuket",
    "must have AC in Phuket",
    "I land in Phuket at 10pm, need a villa for 2",
    "something for a weekend for 4 people",
    "что-нибудь на выходные для четверых",
    "где-нибудь на Самуи",
    "ที่พักเสาร์อาทิตย์นี้ 4 คน",
    "do you have availability 20-27 december for 4",
    "is anything free in May for four",
    "do you have anything in Samui",
    "is there a gym",
    "are there any pools?",
    "есть ли бассейн?",
    "do the villas have a gym",
    "villa with a view",
    "off plan condos",
    "commercial building for a hotel",
    "what is the cheapest place for 8",
    "which is the cheapest home for a family of 5",
    "домик для большой компании на Самуи",
    "вилла с видом на море, можно с собакой",
    "is there land with road access?",
    "есть ли дом на Самуи?",
    "есть ли свободные виллы",
    "свободна ли вилла на Пхукете",
    "วิลล่าราคารวมอาหารเช้า ภูเก็ต",
    "บ้านในหมู่บ้านกรุงเทพ",
    "วิลล่าสมุยมีแม่บ้าน",
    "ออฟฟิศสำหรับบริษัท กรุงเทพ",
    "вилла на Самуи с трансфером",
    "продается ли земля рядом с морем",
    "сдаются ли виллы на Самуи",
    "квартира на Пхукете с гарантированным доходом",
]
OTHER_QUESTIONS = [
    *QUESTIONS,
    "hello",
    "",
    "What is the cancellation policy?",
    "How do I book a villa?",
    "How do I pay for a villa?",
    "I land in Phuket at 10pm",
    "we land at 2am, is someone there?",
    "Must I have a visa for Phuket?",
    "Can I cancel 30 or more days before check-in?",
    "What are the property taxes in Thailand?",
    "how to evaluate ROI",
    "The villa was dirty and the key broken",
    "Can I smoke in the villa?",
    "Why is the villa so expensive?",
    "I don't know when to visit Samui",
    "no idea how to get to Phuket",
    "не знаю, когда ехать на Самуи",
    "where to eat in Samui",
    "I have no idea",
    "property tax on a 4 million condo per year",
    "my wife is thai, can the land be in her name?",
    "сколько стоит построить дом?",
    "I want to sell my condo in Bangkok",
    "I'm selling my villa in Phuket",
    "I want to rent out my house in Samui for 50000",
    "can you sell my villa in Samui?",
    "хочу продать свою квартиру",
    "хочу сдать виллу на Самуи",
    "продам виллу на Пхукете, 20 млн",
    "อยากขายคอนโดของผม",
    "ฝากขายบ้านที่ภูเก็ต",
    "ขายบ้านของเราที่สมุย",
    "คอนโดกรุงเทพ อยากปล่อยเช่า",
    "Is parking available in December?",
    "How do I see whether the villa is free in December?",
    "นโยบายการยกเลิกคืออะไร",
    "Как отменить бронирование виллы?",
    "is anything open in Samui in May",
    "is there something to see in Phuket",
    "is there anything I should know about Phuket",
    "is there a free transfer from Phuket airport for 4 people",
    "do you have free cancellation for 4 guests",
    "is something available to eat for 4",
    "are there dogs",
    "do you have pets",
    "are any dogs allowed in the villas",
    "is there a quiet place to work",
    "is anything cheaper than a villa",
    "what is the cheapest place for 4 tickets to the ferry",
    "cheapest place for tennis",
    "cheapest place for a family dinner",
    "курить можно на балконе",
    "электричество включено в цену",
    "завтрак включён",
    "дадут ли внж если куплю квартиру",
    "жена тайка может купить землю",
    "я россиянин могу купить дом",
    "оформить землю на тайскую компанию",
    "есть ли доступ к участку",
    "is there access to the land?",
    "в доме грязно, верните деньги",
    "сколько стоит обслуживание кондо",
    "ถ้าผมตายคอนโดจะเป็นของใคร",
    "ที่ดินตาบอดทำไง",
    "ที่ดินน้ำท่วมไหม",
    "ตอนนี้ดอกเบี้ยบ้านเท่าไหร่",
    "ตรวจรับบ้านต้องดูอะไร",
    "เอาเพื่อนมานอนเพิ่มอีก 2 คนได้ป่าว",
    "มีแม่บ้านทำความสะอาดให้ไหม",
]


def points(text):
    return evidence(parse_query(text, MARKET), normalise(text))


@pytest.mark.parametrize("text", SEARCHES)
def test_a_search_is_seen(text):
    assert points(text) >= EVIDENCE_MIN


@pytest.mark.parametrize("text", OTHER_QUESTIONS)
def test_another_question_is_left_to_others(text):
    assert points(text) < EVIDENCE_MIN
