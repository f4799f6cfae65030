import time

import pytest

from chat.small_talk import MAX_LENGTH, REPLIES, kind_of, reply

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
    ("", None),
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
        ("can I talk to a human please", "person"),
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
