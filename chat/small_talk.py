"""What is said without a question about the product: a greeting, thanks, "who are you". Pure.

No tool knows an answer to them, and "I could not find anything" is none.
"""

import re

from core.search.text import normalise

SAID = {
    "greeting": (
        "hi", "hello", "hey", "hiya", "howdy", "greetings", "good morning", "good afternoon",
        "good evening", "good day", "yo", "i have a question", "quick question", "anyone there",
        "anybody there", "how's it going", "how is it going", "what's up", "how are you",
        "nice to meet you", "sawasdee", "sawadee",
        "สวัสดี", "หวัดดี", "ดีจ้า", "ฮัลโหล", "สอบถาม", "ขอสอบถาม", "ขอถาม",
        "привет", "приветствую", "здравствуйте", "здравствуй", "добрый день", "добрый вечер",
        "доброе утро", "доброго дня", "как дела", "есть вопрос", "у меня вопрос",
    ),
    "thanks": (
        "thanks", "thank you", "thx", "ty", "cheers", "much appreciated", "many thanks",
        "khob khun", "ขอบคุณ", "ขอบใจ",
        "спасибо", "благодарю", "спс",
    ),
    "goodbye": (
        "bye", "bye bye", "goodbye", "good bye", "see you", "see you later", "good night",
        "have a nice day", "take care", "ลาก่อน", "บ๊ายบาย", "บาย", "แล้วเจอกัน", "แล้วพบกันใหม่",
        "พบกันใหม่", "เจอกันใหม่", "ฝันดี", "ราตรีสวัสดิ์",
        "пока", "до свидания", "до встречи", "до связи", "спокойной ночи",
        "всего доброго", "всего хорошего",
    ),
    "agreement": (
        "ok", "okay", "great", "perfect", "cool", "nice", "good", "fine", "got it", "i see",
        "alright", "understood", "sounds good", "i'll think about it", "let me think",
        "i'll get back to you", "подумаю", "подумаем", "надо подумать", "свяжусь позже",
        "свяжусь", "напишу позже", "позже напишу", "คิดดูก่อน", "คิดก่อน", "จะติดต่อไป", "จะติดต่อกลับ",
        "ไว้ติดต่อกลับ", "ติดต่อไปใหม่", "ทักมาใหม่", "ทักใหม่", "👍", "👌", "🙏", "😊", "🙂",
        "ок", "окей", "хорошо", "ладно", "понятно", "ясно", "отлично", "супер",
        "โอเค", "เข้าใจแล้ว", "รับทราบ", "ดีมาก", "ดี", "เยี่ยม", "สุดยอด", "ฮ่า",
    ),
    "who": (
        "who are you", "what are you", "are you a bot", "are you a robot", "are you human",
        "are you a human", "are you real", "are you a real person", "are you an ai",
        "is this a bot", "what is your name", "what's your name",
        "what can you do", "what do you do", "what can i ask", "what can i ask you",
        "how can you help", "how can you help me", "help", "help me", "can you help",
        "can you help me", "i need help", "how does this work", "start", "menu",
        "кто ты", "кто вы", "ты кто", "вы кто", "ты бот", "вы бот", "это бот",
        "ты бот или человек", "вы бот или человек", "это бот или человек", "ты человек",
        "вы человек", "ты робот",
        "вы робот", "как тебя зовут", "как вас зовут", "что ты умеешь", "что вы умеете",
        "что ты можешь", "чем ты можешь помочь", "чем вы можете помочь", "помощь",
        "помоги", "помогите", "помогите мне",
        "เป็นใคร", "คือใคร", "ชื่ออะไร", "เป็นบอทไหม", "เป็นบอทหรือเปล่า", "เป็นบอทหรือคน", "เป็นคนหรือบอท",
        "ทำอะไรได้บ้าง", "ช่วยอะไรได้บ้าง",
        "ช่วยด้วย", "ช่วยหน่อย",
    ),
    "person": (
        "human", "person", "agent", "operator", "manager", "admin", "someone", "somebody",
        "customer service", "customer support", "support",
        "человек", "человека", "человеком", "оператор", "оператора", "оператором", "менеджер",
        "менеджера", "менеджером", "администратор", "администратора", "администратором",
        "คน", "เจ้าหน้าที่", "แอดมิน", "พนักงาน", "ผู้จัดการ", "ทีมงาน",
    ),
    "language": (
        "do you speak english", "do you speak thai", "do you speak russian", "can you speak thai",
        "can you speak russian", "can you speak english", "speak russian", "speak thai",
        "вы говорите по-русски", "ты говоришь по-русски", "по-русски можно", "можно по-русски",
        "พูดไทยได้ไหม", "พูดภาษาไทยได้ไหม",
    ),
}  # fmt: skip
# Said along with them, and nothing by themselves.
ALONG = (
    "there", "again", "all", "everyone", "team", "so much", "very much", "a lot", "for your help",
    "for the help", "for your time", "please", "and", "you too",
    "sir", "madam", "guys", "mate", "can i", "could i", "may i", "i want to", "i would like to",
    "i'd like to", "i need to", "let me", "talk to", "talk with", "speak to", "speak with",
    "connect me to", "connect me with", "call", "a", "an", "the", "real", "live",
    "มากๆ", "มาก", "ครับ", "ครับผม", "คับ", "ค่ะ", "คะ", "ค่า", "จ้า", "จ้ะ", "นะ", "ๆ", "เลย", "หน่อย",
    "จริง", "ได้ไหม", "คุณ", "เธอ", "น้อง", "พี่", "ขอ", "อยาก", "คุยกับ", "พูดกับ",
    "ติดต่อ", "เรียก", "เดี๋ยว", "ไว้", "จะ",
    "большое", "огромное", "вам", "тебе", "за помощь", "за информацию", "за ответ", "вы", "очень",
    "помогли", "я", "мы", "еще", "с вами", "ты", "тогда", "и", "всем", "все", "пожалуйста",
    "позовите", "позови", "соедините с", "свяжите с",
    "переключите на", "можно", "хочу", "поговорить с", "нужен", "живой", "живого", "живым",
)  # fmt: skip
REPLIES = {
    "en": {
        "greeting": "Hello! I am the assistant of {product}. You can ask me about {topics}.",
        "thanks": "You are welcome! Ask {product} any time about {topics}.",
        "goodbye": "Goodbye, and come back to {product} any time you want to know about {topics}.",
        "agreement": "Glad to hear it. You can go on asking me about {topics}.",
        "who": "I am the assistant of {product}, a program and not a person. I answer from our "
        "FAQs and listings. You can ask me about {topics}.",
        "person": "I am a program and cannot put you through to a person from here. Please write "
        "to the team of {product}: an enquiry about any listing, with your name and an email "
        "address or phone number, reaches them. You can ask me about {topics}.",
        "language": "Yes: write to me in English, Thai or Russian. You can ask me about {topics}.",
    },
    "th": {
        "greeting": "สวัสดีค่ะ ที่นี่ผู้ช่วยของ {product} สอบถามเกี่ยวกับ{topics}ได้เลยค่ะ",
        "thanks": "ด้วยความยินดีค่ะ สอบถาม {product} เกี่ยวกับ{topics}ได้ทุกเมื่อค่ะ",
        "goodbye": "ลาก่อนค่ะ กลับมาสอบถาม {product} เกี่ยวกับ{topics}ได้ทุกเมื่อค่ะ",
        "agreement": "ยินดีค่ะ สอบถามต่อเกี่ยวกับ{topics}ได้เลยค่ะ",
        "who": "ที่นี่ผู้ช่วยของ {product} เป็นโปรแกรม ไม่ใช่คนจริง ตอบจากคำถามที่พบบ่อยและรายการประกาศของเรา "
        "สอบถามเกี่ยวกับ{topics}ได้เลยค่ะ",
        "person": "ที่นี่เป็นโปรแกรม ไม่สามารถต่อสายถึงเจ้าหน้าที่ได้ กรุณาเขียนถึงทีมงานของ {product} "
        "โดยส่งคำถามเกี่ยวกับประกาศใดก็ได้ พร้อมชื่อและอีเมลหรือเบอร์โทรศัพท์ของคุณค่ะ "
        "สอบถามเกี่ยวกับ{topics}ได้เลยค่ะ",
        "language": "ได้ค่ะ พิมพ์เป็นภาษาไทย อังกฤษ หรือรัสเซียได้ สอบถามเกี่ยวกับ{topics}ได้เลยค่ะ",
    },
    "ru": {
        "greeting": "Здравствуйте! Это ассистент {product}. Спросите меня, например, про {topics}.",
        "thanks": "Пожалуйста! Спрашивайте {product} в любое время, например про {topics}.",
        "goodbye": "До свидания! Возвращайтесь в {product} с вопросами, например про {topics}.",
        "agreement": "Отлично! Спрашивайте дальше, например про {topics}.",
        "who": "Я ассистент {product}, программа, а не человек. Отвечаю по нашим частым вопросам и "
        "объявлениям. Меня можно спросить, например, про {topics}.",
        "person": "Я программа и не могу соединить вас с человеком. Напишите, пожалуйста, команде "
        "{product}: отправьте запрос по любому объявлению, указав имя и почту или "
        "телефон. Меня можно спросить, например, про {topics}.",
        "language": "Да: пишите мне по-русски, по-английски или по-тайски. Меня можно спросить, "
        "например, про {topics}.",
    },
}


# How words are written in haste; of digits, Thais laugh in fives.
SHORT = {
    "2": "to", "gud": "good", "m8": "mate", "nite": "night", "pls": "please", "plz": "please",
    "r": "are", "u": "you", "ur": "your", "wat": "what", "wats": "whats", "ya": "you",
}  # fmt: skip
WORD = re.compile(r"(?<!\w)[a-z0-9]+(?!\w)")
LAUGH = re.compile(r"(?<!\w)5{3,}(?!\d)")


def spelt_out(text: str) -> str:
    """Normalised, in full what is written in haste, without apostrophes, which many leave out."""
    text = LAUGH.sub("ฮ่า", normalise(text).replace("'", ""))
    return WORD.sub(lambda word: SHORT.get(word[0], word[0]), text)


# What went wrong, and how to reach someone: a FAQ may know more, so the tools are asked first.
COMPLAINT = re.compile(
    r"\b(?:filthy|disgusting|terrible|awful|horrible|dirty|stinks?|smells|stank|cockroach(?:es)?"
    r"|bed ?bugs|complain(?:t|ts|ing)?|unacceptable|scam|rude|грязн\w*|воня\w*|ужас\w*|отвратит\w*"
    r"|кошмар\w*|таракан\w*|клоп(?:ы|ов|ами|ах)?|жалоб\w*|пожаловаться|безобраз\w*|обман\w*|хам(?:ы|ит|ят|ил\w*|ство\w*|ски)?)\b"
    r"|สกปรก|แย่(?![งแ])|เหม็น|แมลงสาบ|ร้องเรียน|โกง(?!ก)|(?<!โช)ห่วย|ผิดหวัง"
)
US = (
    r"(?:you|your team|the team"
    r"|(?:a|an|the|your|any) (?:real |live )?(?:person|human|agents?|manager|operator)"
    r"|some(?:one|body))"
)
# Of these nobody here has a number: "contact the ferry company", "связаться с авиакомпанией".
OTHERS = (
    r"(?:(?:the|an?|my|any) )?(?:\w+ )?(?:ferry|boat|airline|airport|taxi|bus|bank|embassy"
    r"|consulate|police|hospital|clinic|doctor)s?\b"
)
OTHERS_RU = (
    r"со? (?:\w+ )?(?:авиакомпани|аэропорт|паром|такси|автобус|банк|посольств|консульств|полици"
    r"|больниц|клиник|врач)"
)
OTHERS_TH = r"(?:กับ)?(?:บริษัท(?:เรือ|รถ|ทัวร์)|สายการบิน|เรือ|ท่าเรือ|โรงพยาบาล|ตำรวจ|สถานทูต|ธนาคาร)"
# "Call me a taxi" and "call me when it is free" ask for something else.
CONTACT = re.compile(
    rf"\b(?:phone number(?! (?:of|for) {OTHERS})|contact(?! {OTHERS})"
    r"|(?:your|(?:the|an) agent(?:'?s)?) (?:number|phone)"
    r"|whatsapp|e-?mail|номер\w* телефон\w*"
    rf"|(?:reach|call|phone|ring|write to|(?:speak|talk) (?:to|with)) {US}"
    rf"|(?:get|be) in touch(?! with (?!{US}\b|the (?:owner|host)\b))"
    r"|call me(?:,? (?:back|please|now|today|tomorrow))*(?=\W*$)"
    r"|ваш\w* (?:номер|телефон)|(?:номер|телефон)\w* (?:агента|менеджера)"
    rf"|связаться(?! {OTHERS_RU})|ватсап\w*|позвонить|дозвониться"
    r"|(?:написать|обратиться) (?:к )?вам|вам написать)\b"
    rf"|เบอร์โทร|เบอร์ติดต่อ|ขอเบอร์|(?<!ออน)ไลน์|อีเมล|ติดต่อ(?!{OTHERS_TH})"
)
QUESTION = re.compile(r"\?|ไหม|มั้ย|หรือเปล่า")
SORRY = {
    "en": "I am sorry to hear that. I am a program and cannot put it right myself: please write to "
    "the team of {product}, and a person will see to it.",
    "th": "ขออภัยเป็นอย่างยิ่งค่ะ ที่นี่เป็นโปรแกรม ไม่สามารถแก้ไขให้ได้เอง กรุณาเขียนถึงทีมงานของ {product} "
    "เพื่อให้เจ้าหน้าที่ดูแลค่ะ",
    "ru": "Мне очень жаль. Я программа и сам ничего исправить не могу: напишите, пожалуйста, "
    "команде {product}, и этим займётся человек.",
}


def phrases(said: tuple[str, ...]) -> str:
    return "|".join(re.escape(spelt_out(phrase)) for phrase in sorted(said, key=len, reverse=True))


KINDS = {spelt_out(phrase): kind for kind, said in SAID.items() for phrase in said}
# The longest phrase at a place, so that a text is read in one pass whatever stands in it.
PHRASE = re.compile(f"(?:{phrases((*ALONG, *KINDS))})(?![a-zа-я])")
BETWEEN = re.compile(r"[^\w👍👌🙏😊🙂]*")
# Of several things said at once, what is answered: "ok thanks, bye" is a goodbye.
FIRST = ("person", "who", "language", "goodbye", "thanks", "greeting", "agreement")
# Longer than this is more than a greeting.
MAX_LENGTH = 80


def kind_of(text: str) -> str | None:
    """One of SAID when a text is nothing else; "hello, any villas?" is."""
    if len(text) > MAX_LENGTH:
        return None
    said = kinds_in(spelt_out(text))
    return next((kind for kind in FIRST if kind in said), None)


def kinds_in(text: str) -> set[str]:
    """Of all that is said in a normalised text; empty when something in it is none of it."""
    said: set[str] = set()
    place = after(text, 0)
    while place < len(text):
        phrase = PHRASE.match(text, place)
        if not phrase:
            return set()
        said |= {KINDS[phrase[0]]} if phrase[0] in KINDS else set()
        place = after(text, phrase.end())
    return said


def after(text: str, place: int) -> int:
    """Where the next phrase may begin."""
    between = BETWEEN.match(text, place)
    return between.end() if between else place


def reply(text: str, language: str, product: str, topics: str) -> str | None:
    """A friendly word back in `language`; None: something is asked or wished."""
    kind = kind_of(text)
    if kind is None:
        return None
    return REPLIES.get(language, REPLIES["en"])[kind].format(product=product, topics=topics)


def language_said(text: str, language: str) -> str:
    """Only Thais laugh in digits; of what else is said the language is known by its letters."""
    laughs = LAUGH.search(normalise(text)) and not any(map(str.isalpha, text))
    return "th" if laughs else language


def apology(text: str, language: str, product: str) -> str | None:
    """To a complaint, with whom to tell; None: something else is said or asked."""
    said = normalise(text)
    if not COMPLAINT.search(said) or QUESTION.search(said):
        return None
    return SORRY.get(language, SORRY["en"]).format(product=product)


def way_to_a_person(text: str, language: str, product: str, topics: str) -> str | None:
    """For who asks how to reach somebody."""
    if len(text) > MAX_LENGTH or not CONTACT.search(normalise(text)):
        return None
    return REPLIES.get(language, REPLIES["en"])["person"].format(product=product, topics=topics)
