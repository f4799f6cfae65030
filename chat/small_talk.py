"""What is said without a question: a greeting, thanks, a goodbye. Pure.

No tool knows an answer to them, and "I could not find anything" is none.
"""

import re

from core.search.text import normalise

SAID = {
    "greeting": (
        "hi", "hello", "hey", "hiya", "howdy", "greetings", "good morning", "good afternoon",
        "good evening", "good day", "how are you", "nice to meet you", "sawasdee", "sawadee",
        "สวัสดี", "หวัดดี", "ดีจ้า", "ฮัลโหล",
        "привет", "приветствую", "здравствуйте", "здравствуй", "добрый день", "добрый вечер",
        "доброе утро", "доброго дня", "как дела",
    ),
    "thanks": (
        "thanks", "thank you", "thx", "ty", "cheers", "much appreciated", "many thanks",
        "khob khun", "ขอบคุณ", "ขอบใจ",
        "спасибо", "благодарю", "спс",
    ),
    "goodbye": (
        "bye", "bye bye", "goodbye", "good bye", "see you", "see you later", "good night",
        "have a nice day", "take care", "ลาก่อน", "บ๊ายบาย", "บาย", "แล้วเจอกัน",
        "пока", "до свидания", "до встречи", "всего доброго", "всего хорошего",
    ),
}  # fmt: skip
# Said along with them, and nothing by themselves.
ALONG = (
    "there", "again", "all", "everyone", "team", "so much", "very much", "a lot", "for your help",
    "for the help", "for your time", "ok", "okay", "great", "perfect", "please", "and", "you too",
    "sir", "madam", "guys", "มากๆ", "มาก", "ครับ", "ค่ะ", "คะ", "จ้า", "จ้ะ", "นะ", "ๆ",
    "большое", "огромное", "вам", "тебе", "за помощь", "и", "всем", "хорошо", "ладно",
)  # fmt: skip
REPLIES = {
    "en": {
        "greeting": "Hello! I am the assistant of {product}. You can ask me about {topics}.",
        "thanks": "You are welcome! Ask {product} any time about {topics}.",
        "goodbye": "Goodbye, and come back to {product} any time you want to know about {topics}.",
    },
    "th": {
        "greeting": "สวัสดีค่ะ ที่นี่ผู้ช่วยของ {product} สอบถามเกี่ยวกับ{topics}ได้เลยค่ะ",
        "thanks": "ด้วยความยินดีค่ะ สอบถาม {product} เกี่ยวกับ{topics}ได้ทุกเมื่อค่ะ",
        "goodbye": "ลาก่อนค่ะ กลับมาสอบถาม {product} เกี่ยวกับ{topics}ได้ทุกเมื่อค่ะ",
    },
    "ru": {
        "greeting": "Здравствуйте! Это ассистент {product}. Спросите меня, например, про {topics}.",
        "thanks": "Пожалуйста! Спрашивайте {product} в любое время, например про {topics}.",
        "goodbye": "До свидания! Возвращайтесь в {product} с вопросами, например про {topics}.",
    },
}


def one_of(said: tuple[str, ...]) -> str:
    """The longest phrase that is there, and no other: phrases that hold each other, said over and
    over, could be divided in half a million ways, and each would be tried."""
    phrases = (normalise(phrase) for phrase in sorted(said, key=len, reverse=True))
    return rf"(?>(?:{'|'.join(map(re.escape, phrases))})(?![a-zа-я])\W*)"


WHOLE = {
    kind: re.compile(f"{one_of(said + ALONG)}*?{one_of(said)}{one_of(said + ALONG)}*")
    for kind, said in SAID.items()
}
# Longer than this is more than a greeting.
MAX_LENGTH = 80


def kind_of(text: str) -> str | None:
    """ "greeting", "thanks" or "goodbye" when a text is nothing else; "hello, any villas?" is."""
    if len(text) > MAX_LENGTH:
        return None
    words = re.sub(r"^\W+", "", normalise(text))
    return next((kind for kind, whole in WHOLE.items() if whole.fullmatch(words)), None)


def reply(text: str, language: str, product: str, topics: str) -> str | None:
    """A friendly word back in `language`; None: something is asked or wished."""
    kind = kind_of(text)
    if kind is None:
        return None
    return REPLIES.get(language, REPLIES["en"])[kind].format(product=product, topics=topics)
