import time

import pytest

from chat.small_talk import (
    MAX_LENGTH,
    REPLIES,
    apology,
    kind_of,
    language_said,
    reply,
    way_to_a_person,
)

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]

CASES = [
    ("hi", "greeting"), ("Hello there!", "greeting"), ("hey 👋", "greeting"),
    ("Hi, how are you?", "greeting"), ("Good morning", "greeting"),
    ("thanks!", "thanks"), ("Thank you so much", "thanks"), ("ok thanks", "thanks"),
    ("bye", "goodbye"), ("See you later!", "goodbye"),
    ("สวัสดี", "greeting"), ("สวัสดีครับ", "greeting"), ("หวัดดีค่ะ", "greeting"),
    ("ขอบคุณ", "thanks"), ("ขอบคุณมากค่ะ", "thanks"), ("ลาก่อน", "goodbye"),
    ("привет", "greeting"), ("Здравствуйте!", "greeting"), ("Добрый день", "greeting"),
    ("спасибо", "thanks"), ("Спасибо большое!", "thanks"), ("до свидания", "goodbye"),
    ("hi, do you have villas?", None), ("thanks for nothing, where is my refund", None),
    ("hill", None), ("high season", None), ("Какие виллы есть?", None), ("ok", "agreement"),
    ("", None), ("ок, подумаю", "agreement"), ("спасибо, свяжусь позже", "thanks"),
    ("โอเคค่ะ เดี๋ยวคิดดูก่อนนะคะ", "agreement"), ("ขอบคุณครับ ไว้จะติดต่อไป", "thanks"),
    ("ok, let me think", "agreement"), ("подумаю о вилле", None), ("ติดต่อยังไง", None),
    ("как с вами связаться", None), ("think of a villa", None), ("คิดเงินยังไง", None),
    ("ขอบคุณมากๆเลยนะคะ", "thanks"), ("ขอบคุณค่า", "thanks"), ("ขอบคุณครับผม", "thanks"),
    ("สวัสดีค่า", "greeting"), ("ดีครับ", "agreement"), ("สุดยอดเลยครับ", "agreement"),
    ("ดีค่ะ สอบถามหน่อยค่ะ", "greeting"), ("แล้วพบกันใหม่นะ บายค่ะ", "goodbye"),
    ("555", "agreement"), ("yo whats up", "greeting"), ("thx m8", "thanks"),
    ("good nite", "goodbye"), ("спасибо большое, очень помогли", "thanks"),
    ("ок, спасибо за информацию", "thanks"), ("до связи", "goodbye"),
    ("ดีไหม", None), ("55", None), ("thx, 2 villas", None), ("สอบถามราคาวิลล่า", None),
    ("можно с собакой", None), ("нужен дом", None), ("a villa", None), ("2 คน", None),
    ("สวัสดีครับ มีวิลล่าไหม", None), ("there", None), ("!!!", None), ("hi " * 100, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), CASES, ids=[text[:30] for text, _ in CASES])
def test_small_talk_is_told_from_questions(text, kind):
    assert kind_of(text) == kind


@pytest.mark.parametrize("language", REPLIES)
@pytest.mark.parametrize("kind", ["hi", "thanks", "bye"])
def test_a_reply_names_the_product_and_its_topics(language, kind):
    said = reply(kind, language, "Bestays", "homes")
    assert "Bestays" in said and "homes" in said


def test_another_language_is_answered_in_english():
    assert reply("hi", "de", "P", "t") == reply("hi", "en", "P", "t")
    assert reply("villas", "en", "P", "t") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ok thanks, bye", "goodbye"),
        ("👍", "agreement"),
        ("Are you a bot?", "who"),
        ("ты бот?", "who"),
        ("r u a robot", "who"),
        ("ты бот или человек", "who"),
        ("человек на шесть", None),
        ("คุณชื่ออะไรคะ", "who"),
        ("เธอเป็นบอทหรือคน", "who"),
        ("can I talk to a human please", "person"),
        ("can i talk 2 a real person plz", "person"),
        ("I'd like to speak with the manager", "person"),
        ("позовите живого человека", "person"),
        ("пожалуйста позовите менеджера", "person"),
        ("хочу поговорить с оператором", "person"),
        ("ขอคุยกับคนจริงๆหน่อยค่ะ", "person"),
        ("ขอคุยกับแอดมินหน่อยค่ะ", "person"),
        ("can I talk to the owner of the villa", None),
        ("real estate agent", None),
        ("ขอวิลล่าหน่อยค่ะ", None),
        ("вы говорите по-русски?", "language"),
        ("help me cancel", None),
    ],
)
def test_what_is_asked_of_the_assistant_itself(text, kind):
    assert kind_of(text) == kind


@pytest.mark.parametrize("said", ["มากๆ", "ๆมาก", "bye bye ", "bye ", "ok okay ", "thank you "])
def test_words_said_over_and_over_are_read_soon(said):
    """The longest text that is looked at; each of "มากๆ" may be read in two ways."""
    began = time.process_time()
    assert kind_of((said * 80)[: MAX_LENGTH - 1] + "x") is None
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    ("text", "language", "begins"),
    [
        ("the room was filthy i want a refund now", "en", "I am sorry"),
        ("в номере воняет, верните деньги!", "ru", "Мне очень жаль"),
        ("ห้องแย่มาก สกปรกมาก จะขอเงินคืน", "th", "ขออภัยเป็นอย่างยิ่ง"),
    ],
)
def test_a_complaint_is_met_by_an_apology_and_whom_to_write_to(text, language, begins):
    said = apology(text, language, "Bestays")
    assert said.startswith(begins) and "Bestays" in said


@pytest.mark.parametrize(
    "text",
    [
        "is the beach dirty?",
        "น้ำสกปรกไหม",
        "refund",
        "a clean villa",
        "вилла с хамамом",
        "хамам",
        "ป่าโกงกาง",
        "โชห่วย",
        "แย่งชิง",
    ],
)
def test_a_question_is_no_complaint(text):
    assert apology(text, "en", "P") is None


@pytest.mark.parametrize(
    "text",
    [
        "What is your phone number?",
        "send me the agent's phone",
        "дайте телефон агента",
        "ขอเบอร์โทรหน่อยค่ะ",
        "ไลน์ไอดีอะไรคะ",
        "как с вами связаться",
        "how can I reach you?",
        "can I speak to someone about this villa",
        "how do I get in touch",
        "how can I get in touch with your team?",
        "can I get in touch with someone",
        "how do I get in touch with the owner",
        "how do I contact the owner?",
        "can I contact the seller",
        "contact the team",
        "phone number of the villa",
        "как связаться с владельцем",
        "how do I contact the estate agent?",
        "contact the company",
        "a phone number for a viewing, please",
        "можете связаться со мной?",
        "как связаться с риелтором",
        "ติดต่อเจ้าหน้าที่ยังไง",
        "can you call me?",
        "please call me back",
        "Call me tomorrow, please!",
        "позвонить вам можно?",
        "как вам написать",
    ],
)
def test_who_asks_how_to_reach_someone_is_told(text):
    assert "write to the team of P" in way_to_a_person(text, "en", "P", "t")


@pytest.mark.parametrize(
    "text",
    [
        "the best phone to buy",
        "how do I reach the island",
        "what do you call it",
        "can someone call me a taxi?",
        "call me when the villa is free",
        "how do I get in touch with the ferry company?",
        "how can I be in touch with a taxi driver",
        "how do I contact the ferry company?",
        "how to contact an airline",
        "phone number of the ferry company",
        "как связаться с авиакомпанией",
        "ติดต่อสายการบินยังไง",
        "จองออนไลน์",
        "ร้านเบอร์เกอร์",
        "x" * 99,
    ],
)
def test_who_does_not_ask_for_someone_is_not(text):
    assert way_to_a_person(text, "en", "P", "t") is None


def test_only_thais_laugh_in_digits():
    assert [language_said(text, "en") for text in ("555", "5555+", "haha 555", "55")] == [
        "th", "th", "en", "en"
    ]  # fmt: skip
