"""The talk around a search: words that say nothing of a listing, and signs of another question."""

import re
from collections.abc import Collection

from core.search.expressions import expression
from core.search.text import THAI_RUN, normalise
from properties.filters import Filters
from properties.wishes.dates import asks_if_free
from properties.words import AMENITY_PATTERNS, TOLD_OF_GUESTS, TYPES, Extreme, pattern

# More words than this left over are talk, not a search.
WORDS_MAX = 6

FILLERS = frozenset(
    normalise(
        """
        a about accommodation afternoon allow allows between families fine ppl
        all also am an and another any anyone anything anywhere
        apart are area around as ask at available away baht be been best better bit book booking
        both bring but buy by can cheap cheaper cheapest check close cost could day days dear
        distance do does dont each either else evening every fee few find for from get girlfriend
        give go going good got great group guest guests had has have having hello help her here hey
        hi him his holiday holidays home homes hope how husband i if ideal ideally im in including
        interested into is it its ive just keep kind know large least let like list listed listing
        listings little live located location long look looking lot love made make many max maybe
        me month months more morning most much must my near nearby need needs next nice night
        nights no not now of off offer offers ok on one only open options or other our ours out
        over own park people per person place places please plus possible prefer preferably
        preferred price priced prices properties property purchase really recommend recommended
        recommendation rent rental rentals rentings right room rooms search searching see sell
        send several she should show side size small so some somebody someone something somewhere
        soon stay staying stays still such suggest suggestions sure take tell than thank thanks
        that the their them then there these they thing think this those to together too total
        town towards trip try two under until up us use vacation very visit walk walking want was
        way we week weeks well were what when where which who wife will with within without work
        would year years yes yet you your yours bed beds bath baths bedroom bedrooms bathroom
        big bigger city cities island islands village province thailand country region somewhere
        far nice family kid kids child children teenager teenagers parents grandparents everything
        needed exactly space required necessary what's where's that's there's it's i'm we're i'd
        whats smth plz pls thx wanna gonna lookin
        am pm he me my no of oh or so to us ok hi hm um ah eh ya yo ye go do be st nd rd th etc vs
        budget actually basically honestly literally guys folks everyone everybody team mate dude
        arrive arrives arriving arrival nr pp ta hubby we'd we'll i'll we've i've you'd
        ones instead availability vacant vacancy vacancies calendar date dates currently
        today tonight tomorrow weekend weekends may reserve reserved reserving reservation

        а без более больше бы быть в ваш вас ваши ведь весь во вот все всё вы где да дайте для до
        другой другие другую другом
        добрый день дня ещё если есть жена жены жить за здесь здравствуйте и из или имеется иметь
        интересует интересуют искать ищем ищу к как какая какие какой какую когда кто лучше
        мая меня минут мне могу может можно мой моя мы на надо найди найдите найти нам нас не
        него нет ним них но ну нужен нужна нужно нужны ночь ночи о об обе около он она они от очень
        пару плюс по подберите подобрать подойдет подскажите пожалуйста покажите показать помогите
        посоветуйте посмотреть привет при примерно про рядом с самый сам себя семьи семьей семья
        сейчас сколько скажите со спасибо так такой там тебя то только тоже тут ты у уже хотел
        хотела хотели хотелось хочу хотим цена ценой цены человек что чтобы это этот я жилье жильё
        вариант варианты недвижимость объект объекты дешевый дешевая недорого недорогой близко
        остановиться поселиться пожить
        завтра послезавтра сегодня выходные выходных неделя неделю неделе месяц месяце следующий
        следующую следующей следующем
        стоит стоят бюджет дешевое дешевые дешевую дешевых самое самая самые самую
        дата даты календарь бронь забронируй забронируйте забронировать свободен свободна свободно
        просто нас родители родителями детьми
        что-нибудь чего-нибудь вместо свободны свободный свободная свободное свободные свободную
        едем поедем приедем приезжаем летим будет будем всего посоветуете посоветуй подскажете
        сутки суток
        ее её ей ею им их ему он мной той те та эти эта эту этой кому ой ну эй уж ли же бы со ко во
        женой жену муж мужа мужем ребята ребят друзья народ товарищи господа короче значит
        собственно вообще честно бюджетно
        было была были обязательно желательно нибудь либо дорого дороговато нами маленький
        маленькая маленькие
        маленьким маленькой
        какое какого какому каком каких какими который которая которое которые которую
        возле недалеко город городе остров острове район районе таиланде таиланд спальня спальни
        """
    ).split()
)

# The same of Thai, which writes its words together: they are cut out of what no filter took, the
# longest first. None that is a place as well ("เลย"), and not "ไม่", which turns a wish round.
THAI_FILLERS = expression(
    pattern(
        *normalise(
            """
            ๆ กรุณา กว่า กับ กำลัง กี่ ก็ ขนาด ขอ ของ ขอดู ขอบคุณ ขอสอบถาม ข้อมูล คน
            ครอบครัว ครับ คับ คะ คืน คือ คุณ ค่ะ ค่า ค้นหา งบ งบประมาณ จอง จะ จังหวัด จาก
            จำนวน จ้า ฉัน ช่วง ช่วย ซัก ซึ่ง ด้วย ดิฉัน ดี ดู ดูหน่อย ตอนนี้ ตั้งแต่
            ตากอากาศ ติดกับ ตาม ต้องการ ต้อง ต่อ ต่อเดือน ถึง ถูก ถูกๆ ทรัพย์ ทาง ทำเล ที่
            ที่นี่ ที่พัก ที่มี ที่สุด ที่ไหน ทุก ท่องเที่ยว ท่าน นะ นะคะ นะครับ นี้ นั้น
            น่าอยู่ บน บริเวณ บ้าง บาท ประกาศ ประมาณ ประเทศ ประเทศไทย ประเภท ปี ผม ผู้ใหญ่
            พร้อม พร้อมกับ พวกเรา พัก พักผ่อน พักร้อน พื้นที่ พอ เพื่อ เพื่อน มอง มองหา มั้ย
            มา มาก มี มีที่ ไม่แพง ไม่แพงมาก ย่าน ยังไง ยูนิต รบกวน รวม ราคา ราคาถูก
            ราคาประหยัด ราคาไม่แพง รายการ ละ วัน วันหยุด ว่า ว่าง ว่างอยู่ สนใจ สวย สวัสดี
            สวัสดีครับ สอบถาม สัก สักหลัง สัปดาห์ สามารถ สำหรับ หน่อย หรือ หรือเปล่า หรือไม่
            หรือยัง หลัง หลาย หวัดดี หา ห้อง ห้องว่าง ห้องพัก อยาก อยากได้ อยู่ อยู่อาศัย
            อย่างไร อย่างน้อย อสังหา อสังหาริมทรัพย์ อะไร อะไรบ้าง อาทิตย์ อำเภอ อีก เกาะ
            เขต เข้าพัก เจอ เดือน เดี่ยว เท่าไร เท่าไหร่ เที่ยว เป็น เมือง เรา เล็ก เอา แขก
            เลี้ยง แถว แนะนำ แบบ แปลง แฟน แล้ว และ แสดง แห่ง โดย โปรด ใกล้ ใกล้กับ ใกล้เคียง
            ใคร ใน ใหญ่ ให้ ไทย ได้ ไป ไม๊ ไหน ไหม พรุ่งนี้ มะรืนนี้ วันนี้ คืนนี้
            สุดสัปดาห์ สุดสัปดาห์นี้ วันเสาร์ เสาร์ วันอาทิตย์ หน้า ปีใหม่ สงกรานต์ มกราคม
            แพงไป แพงไปหน่อย แพงเกินไป แพงจัง รายเดือน ไปกัน มากัน นึง
            ล่ะ หล่ะ ขึ้นไป ถ้า อัน แค่ เฉพาะ แต่ นอน กัน คู่รัก
            กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม
            พฤศจิกายน ธันวาคม มกรา กุมภา มีนา เมษา พฤษภา มิถุนา กรกฎา สิงหา กันยา ตุลา
            พฤศจิกา ธันวา
            """
        ).split()
    )
)

KIND = f"(?:{'|'.join(pattern(*said) for said in TYPES.values())})"
# "Do you have ...": asked like a question, and wanted.
REQUEST = expression(
    r"^\W*(?:(?:so|and|but|hi|hello|hey|ok|okay|thanks|thank you)\W+)*"
    rf"(?:do you have|have you got|do you (?:offer|sell)|are there|is there|how many {KIND}"
    rf"|is (?:any|some)thing (?:(?:else|still) )?(?:available|free|left|vacant)"
    rf"|what (?:[\w-]+ ){{0,3}}?{KIND} (?:do you have|are there)"
    rf"|do(?:es)? (?:all |any |some )?(?:of )?(?:the |your )?{KIND} (?:have|come with)"
    rf"|where can (?:i|we) (?:find|get) (?:[\w-]+ ){{0,3}}?{KIND}"
    r"|у вас есть|есть ли|есть у вас|что у вас есть)(?!\w)"
)
# Said before what somebody asks or wishes: "I have no idea where to stay".
UNSURE = (
    r"(?:(?<!\w)(?:(?:(?:i|we) )?(?:(?:have|got|really|still) )*(?:no (?:idea|clue)|don'?t know"
    r"|not sure)|(?:(?:я|мы|еще|пока) )*(?:понятия не име\w+|не (?:знаю|знаем|представля\w+"
    r"|уверен\w*)))(?=\W*(?:$|[,.;:!?]|(?:where|which|what|how|when|who|if|whether|где|куда|как\w*"
    r"|что|когда)(?!\w)))|ไม่(?:รู้|แน่ใจ|มีไอเดีย)(?:ว่า)?(?:จะ)?)"
)
WHERE_TO_STAY = (
    r"(?:where (?:to|should (?:i|we)|can (?:i|we)|could (?:i|we)) stay"
    r"|где (?:(?:мне|нам|можно|лучше) )*(?:остановиться|поселиться|жить|пожить))(?!\w)"
)
# "Show me ...": a listing is wanted, whatever else the sentence looks like.
WANTED = expression(
    pattern(
        "show me", "show", "find me", "find", "looking for", "look for", "searching for", "i want",
        "we want", "i need", "we need", "i would like", "we would like", "i'd like", "we'd like",
        "do you have", "have you got", "you have", "got any", "any", "recommend", "suggest",
        "what about", "how about", "а на", "а в", "list", "are there", "is there", "available",
        "cheapest", "search",
        "ищу", "ищем", "покажи*", "найди*", "подбери*", "нужен", "нужна", "нужно", "нужны", "хочу",
        "хотим", "есть ли", "у вас есть", "посоветуй*", "интересует", "интересуют", "снять",
        "сниму", "купить", "куплю",
        "อยากได้", "อยากเช่า", "อยากซื้อ", "ต้องการ", "แนะนำ", "มีไหม", "ขอดู", "สนใจ", "มองหา",
    )
    + rf"|(?<!\w){WHERE_TO_STAY}"
    # neither of food, a problem nor a beach
    + r"|(?<!อา)(?<!ปัญ)หา(?![ดย])"
)  # fmt: skip
# A home of any kind, and that it is wished for.
THAI_WISH = expression("พัก|ห้อง|อสังหา|อยากได้|ต้องการ|(?<!อา)(?<!ปัญ)หา(?![ดย])")
# Whoever sells or lets does not look for a home, unless to sell or to let it later.
SELLING = expression(
    r"(?<!\w)(?:(?<!you )(?<!they )sell(?:ing)?(?! price| me| us)"
    r"|(?:rent|let|leas)(?:e|ing|ting)? out"
    rf"|(?:let|leas|list)(?:e|ing|ting)? (?:my|our) (?:own )?{KIND}"
    r"|(?:про|с)да(?:ть|вать|м|дим|ю|ем))(?!\w)"
    r"|(?:อยาก|ต้องการ|ฝาก|ช่วย)(?:จะ)?(?:ขาย|ปล่อย|ให้เช่า|เช่าออก)|ฝากเช่า|ลงประกาศ|ลงขาย"
    r"|ขาย\S{0,30}ของ(?:ผม|ฉัน|ดิฉัน|เรา|หนู|ตัวเอง)"
)
BUYING = expression(
    r"(?<!\w)(?:buy|buying|purchase|looking for|куп(?:ить|лю|им)|покуп\w+|снять|сниму|ищу|ищем)"
    r"(?!\w)|ซื้อ"
)
# How, why, may I ...: something is to be explained, most likely not by a listing.
QUESTION = expression(
    rf"^\W*(?:so |and |but |hi |hello )*(?:{UNSURE}\W*)?(?!(?:what|how) about|{WHERE_TO_STAY})"
    r"(?:how|why|when|where|who|what(?:'s| is| are| does| do| if|"
    r" should| happens)?|can|could|may|must(?! have(?!\w))|should|shall|is|are|am|do|does|did"
    r"|will|would|как|почему|зачем|когда|кто|что|можно|можно ли|могу|может|нужно ли|какие|какой"
    r"|каковы|сколько|где)(?!\w|-нибудь)"
    r"|(?<!\w)(?!(?:есть|нет|имеется|имеются|найдется|найдутся|остал\w+|свобод\w+"
    r"|прода\w+|сда\w+|доступ\w+|предлага\w+|быва\w+|то|вряд|едва) ли)\w+ ли(?!\w)"
    r"|อย่างไร|ยังไง|ทำไม|ทำไง|เป็นไง|คืออะไร|อะไรบ้าง|(?:ดู|ทำ|ใช้)อะไร|ของใคร"
    r"|ได้(?:ไหม|มั้ย|หรือไม่|ป่าว|ป่ะ)|หรือไม่|เท่าไร|เท่าไหร่|กี่|เมื่อไร|เมื่อไหร่|หรือเปล่า"
)
# A plane does, and who is in it: no land is wanted.
LANDING = (
    r"(?<!\w)(?:(?:i|we|they|he|she|flight|plane)(?:'ll| will| would| should| shall| do)? lands?"
    r"|lands?(?= (?:(?:in|on) (?:[^\W\d]+ ){1,2})?(?:at|around|about|by) "
    r"(?:\d{1,2}(?:[:.]\d\d)? ?(?:[ap]m|o'clock)|\d{1,2}:\d\d|noon|midnight|night)(?!\w)))(?!\w)"
)
# What is asked of the house and its rules, not of the listings.
OTHER_MATTERS = expression(
    pattern(
        "policy", "policies", "cancel*", "refund*", "visa", "passport", "tax", "taxes", "taxed",
        "taxation", "deposit", "check in", "check out", "checkout", "book", "booking", "pay",
        "payment", "invoice", "receipt", "mortgage", "loan", "permit", "owner*", "ownership",
        "licen*", "insurance", "lawyer", "contract", "fee", "rule", "charge*", "charged", "get to",
        "transfer", "due diligence", "roi", "yield", "return on", "title deed", "company", "spouse",
        "inherit*", "cleaned", "cleaning", "broken", "storm", "ferry", "safe", "steps", "process",
        "build", "clean", "строи*", "постро*", "สร้าง",
        "building permit", "connect*", "noisy", "power cut", "evaluate", "calculate", "difference",
        "lease work", "usufruct", "die", "my home", "change the date", "late",
        "lost", "left something", "guarantee*", "allowed to", "foreigner*", "height",
        "отмен*", "возврат*", "виз*", "налог*", "депозит*", "залог*", "заброниров*", "бронир*",
        "оплат*", "ипотек*", "иностран*", "паспорт*", "страхов*", "правил*",
        "услови*", "договор*", "заезд*", "выезд*", "доходност*", "чек", "чека", "квитанци*",
        "кредит*", "разрешени*", "юрист*", "адвокат*", "переоформ*", "оформить",
        "оформлени*", "через компанию", "на компанию", "тайск* компани*", "номинал*", "наслед*",
        "завещани*", "доверенност*", "внж", "вид* на жительство", "убира*", "слома*", "разби*",
        "грязн*", "верните", "вернут", "шторм*", "безопасно", "отключ*", "подключ*", "посчит*",
        "рассчит*", "разниц*", "узуфрукт*", "умр*", "забыл*", "затоп*", "процент*", "приемк*",
        "содержани*",
        "นโยบาย", "ยกเลิก", "คืนเงิน", "วีซ่า", "ภาษี", "มัดจำ", "ประกัน", "จอง", "ชำระ", "จ่าย",
        "เช็กอิน", "เช็คอิน", "เช็กเอาต์", "สินเชื่อ", "ต่างชาติ", "ค่าธรรมเนียม", "ขั้นตอน", "เดินทาง",
        "โอน", "ผลตอบแทน", "คำนวณ", "สัญญา", "เท่ากับ", "ต่างกัน", "กฎ", "ใบเสร็จ", "ใบกำกับ",
        "กู้เงิน", "กู้ซื้อ", "ดอกเบี้ย", "ใบอนุญาต", "ขออนุญาต", "ทนาย", "ค่าส่วนกลาง", "กองทุน", "นอมินี",
        "ตั้งบริษัท", "ผ่านบริษัท", "นามบริษัท", "บริษัทไทย", "คู่สมรส", "มรดก", "พินัยกรรม",
        "เสียชีวิต", "ชำรุด", "พายุ", "ตรวจรับ", "ตรวจสอบ", "ทะเบียนบ้าน", "ไฟดับ",
        "ลืมของ", "มอบอำนาจ", "สิทธิเก็บกิน", "สกปรก",
    )
    # not "вилла в собственность", "без комиссии" or land that was never flooded
    + rf"|(?<!\w)(?<!в )собственност\w*|(?<!\w)(?<!без )комисси\w*|(?<!с )обслуживани\w*|{LANDING}"
    + r"|ตาย(?!าย|ตัว)|(?<!ไม่ผ่าน)นายหน้า|(?<!ไม่)ตาบอด|(?<!ไม่)(?<!ไม่เคย)น้ำท่วม"
)  # fmt: skip
# Whether one may buy or own something at all, which the law tells, and no listing.
MAY_OWN = expression(
    r"(?<!\w)(?:can|could|may|am|are) (?:i|we|one|anyone|(?:an? )?[^\W\d]+)"
    r"(?: (?:even|also|still|legally|allowed to))* (?:buy|own|purchase)(?!\w)"
    r"|(?<!\w)(?:можно|могу|можем|может)(?: ли)?(?: [^\W\d]+){0,2}?"
    r" (?:куп\w+|приобре\w+|владеть|оформить)(?!\w)"
    r"|(?:ซื้อ|ถือครอง|เป็นเจ้าของ)\S*?ได้(?:ไหม|มั้ย|หรือไม่|หรือเปล่า)"
)
# How one gets to a place that was named.
THE_WAY = expression(
    r"(?<!\w)(?:get|travel|come) (?:over |up |out |down )?(?:there|here)(?!\w)"
    r"|(?<!\w)(?:туда|сюда)(?!\w)|(?<!\w)(?:добра|доеха|добира)\w+|ไป(?:ที่นั่น)?(?:ยังไง|อย่างไร)"
)
# What listings cost, which the listings tell: "how much is a villa", "villa prices in Samui".
PRICE_OF = expression(
    rf"(?:how much (?:is|are|does|do|for|to (?:rent|buy))|what (?:is|are) the prices? (?:of|for)"
    rf"|prices? (?:of|for)|cost of|сколько стоит|сколько стоят|почем|цен[аы] на)"
    rf"\W+(?:(?!build|строи|постро|обслуж|содерж|убор|ремонт)[\w-]+\W+){{0,3}}?{KIND}"
    rf"|{KIND} prices?(?!\w)|ราคา{KIND}"
    rf"|what do(?:es)? (?:(?!build)[\w-]+ ){{0,3}}{KIND}[\w ]* cost(?!\w)"
    rf"|{KIND}[\w\s]{{0,30}}(?:ราคา|เท่าไร|เท่าไหร่)"
)
A_HOME_WITH = expression(
    r"(?<!\w)(?:something|anything|place|home|что-нибудь|что-то|жилье)s? (?:with|having|с|со)(?!\w)"
    r"|ที่พัก(?:ที่)?มี"
)
# A kind and how it should be, and nothing else: "luxury villa", "villa with a view".
JUST_A_KIND = expression(
    rf"\W*(?:(?:a |an )?(?:(?:brand|newly|off) )?[\w-]+ )?{KIND}(?: (?:for|with|having|для|с|со)"
    rf" (?:[\w-]+ ?){{1,4}})?\W*"
)
# What is asked for, and nothing else: "a gym", "a washing machine".
A_THING = expression(r"\W*(?:an? |any |free )?(?:[\w-]+ ?){1,2}\W*")
# What is asked for is any home that is free.
FREE = expression(
    r"(?<!\w)(?:availability|vacanc\w+"
    r"|(?:any|some)thing (?:(?:else|still) )?(?:available|free|left|vacant)"
    r"(?! to (?:do|drink|eat|see))"
    r"|(?:do you have|have you got) (?:any|some)thing (?:for|in|near|on|under)"
    r"|(?:у вас есть|есть у вас|есть ли) (?:что-нибудь|что-то)|свободн\w+)(?!\w)|ว่าง"
)
# A place that the product may have nothing in, and so does not know.
SOMEWHERE = expression(
    r"(?<!\w)(?:in|near|around|в|на)\s+(?!(?:my|his|her|our|your|their|which|what|собственность)(?!\w))"
    r"\w|ที่|ใน|แถว"
)
# Of all homes the one that ..., and that a home is meant: of a kind, or of any.
NOT_BEFORE = r"(?<!\w)(?<!not )(?<!not the )"
# "The largest pool" is in no order that there is.
OF_A_PART = f"(?! (?:{'|'.join(AMENITY_PATTERNS.values())}))"
SAID = {
    Extreme.CHEAPEST: (
        rf"{NOT_BEFORE}(?:cheapest|least expensive|lowest priced?"
        r"|сам(?:ое|ая|ый|ые|ую|ого) (?:дешев|недорог)\w*)(?!\w)|ถูกที่สุด|ถูกสุด|ราคาต่ำสุด"
    ),
    Extreme.DEAREST: (
        rf"{NOT_BEFORE}(?:most expensive|highest priced?|priciest|dearest"
        r"|сам(?:ое|ая|ый|ые|ую|ого) дорог\w*)(?!\w)|แพงที่สุด|แพงสุด|ราคาสูงสุด"
    ),
    Extreme.LARGEST: (
        rf"{NOT_BEFORE}(?:biggest|largest|сам(?:ое|ая|ый|ые|ую|ого) (?:больш|крупн|просторн)\w*)"
        rf"(?!\w){OF_A_PART}|ใหญ่ที่สุด|ใหญ่สุด"
    ),
    Extreme.SMALLEST: (
        rf"{NOT_BEFORE}(?:smallest|tiniest|сам(?:ое|ая|ый|ые|ую|ого) маленьк\w*)"
        rf"(?!\w){OF_A_PART}|เล็กที่สุด|เล็กสุด"
    ),
}
EXTREMES = {extreme: expression(said) for extreme, said in SAID.items()}
EXTREME = "|".join(f"(?:{said})" for said in SAID.values())
# Who is to sleep there: "the cheapest place for dinner" is no home.
WHO = (
    r"(?:up to |about |a |the |my |our )*"
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|couple|family|group|us|me)"
    r"(?= of \d| (?:adults?|friends|from|guests?|in|near|nights?|on|people|persons?|with)(?!\w)"
    r"|\W*$)"
)
EXTREME_HOME = expression(
    rf"(?:{EXTREME})"
    r"(?: (?!way|time|month|season|flight|ferry|route|train|bus)[\w-]+){0,2}?"
    rf" (?:{KIND}|(?:places?|homes?|accommodation|propert(?:y|ies)|listings?|ones?|жилье"
    rf"|вариант\w*|недвижимость)(?! for (?!rent|sale|{WHO})| to (?!stay|rent|buy|sleep|live))"
    rf"(?!\w))"
    rf"|(?:ที่พัก|อสังหา|{KIND})\S{{0,20}}?(?:ถูก|แพง|ใหญ่|เล็ก|ราคาต่ำ|ราคาสูง)(?:ที่)?สุด"
)
# What is done with a thing, or paid for it, and not that it is wished for: "курить можно на
# балконе", "электричество включено в цену".
OF_RULES = expression(
    r"(?<!\w)(?:можно|нельзя|разреш\w+|включен\w*|входит|входят|платн\w+|included)(?!\w)"
    r"|รวม\S*(?:แล้ว|ไหม|มั้ย|หรือยัง)"
)
# What is at a home, or goes to it: "is there access to the land?" asks for none.
AT_A_HOME = expression(
    rf"(?! ?(?:an? |any )?(?:list|lots?|piece|range|selection|kind|sort|type|couple)s? of)"
    rf"(?:(?!{KIND}).)*?(?<!\w)(?:to|of|on|at|к|ко|на|до|от) (?:(?:a|the|your) )?{KIND}"
)
# Below this, a sentence is taken for another kind of question.
EVIDENCE_MIN = 2
# What a filter says for a search; two of the same sentence add up.
WEIGHTS = {
    "type": 1,
    "city": 2,
    "district": 2,
    "places": 2,
    "min_price": 3,
    "max_price": 3,
    "bedrooms": 3,
    "bathrooms": 2,
    "guests": 2,
    "min_area": 1,
    "max_area": 1,
    "min_land_area": 1,
    "max_land_area": 1,
}


def evidence(filters: Filters, text: str, *, absent: bool = False) -> float:
    """How much speaks for a search, from the filters read and the normalised text around them, and
    whether a place was named that has no listings.

    A type alone is little, what bounds money or people is much; a question how or why, or a word
    of another matter (refunds, visas), speaks against it, unless listings are asked for.
    """
    if sells(text):
        return 0
    named = filters.given()
    if "district" in named:
        named.pop("city", None)  # it comes with its district, said or not
    points = sum(weight for name, weight in WEIGHTS.items() if name in named)
    points += min(len(filters.amenities), 2)
    if absent and not {"city", "district", "places"} & named.keys():
        points += WEIGHTS["city"]
    if EXTREME_HOME.search(text):
        return points + EVIDENCE_MIN - 2 * len(OTHER_MATTERS.findall(text))
    if not points:
        return 0
    if PRICE_OF.search(text):
        return points + 2 - 2 * len(OTHER_MATTERS.findall(text))
    if WANTED.search(text):
        points += 2
    elif (
        named.keys() <= {"type", "transaction"}
        or SOMEWHERE.search(text)
        or JUST_A_KIND.fullmatch(text)
    ):
        points += 1  # "villas" and nothing else, or "villa in Krabi" where there are none
    if named.keys() == {"amenities"} and A_HOME_WITH.search(text):
        points += 1
    if asks_of_rules(named.keys(), text) or (
        QUESTION.search(text) and not asks_for_homes(filters, text, absent=absent)
    ):
        points -= 3
    return points - (2 if WANTED.search(text) else 3) * len(OTHER_MATTERS.findall(text))


def asks_of_rules(named: Collection[str], text: str) -> bool:
    """Whether the buying of a kind of home, what is at one, or a thing is spoken of without a wish
    for it."""
    parts = set(named) - {"q"}
    if MAY_OWN.search(text):
        return parts <= {"type", "transaction"}
    if (request := REQUEST.match(text)) and parts <= {"type", "transaction"}:
        return AT_A_HOME.match(text, request.end()) is not None
    wished = WANTED.search(text) or A_HOME_WITH.search(text)
    return parts == {"amenities"} and not wished and OF_RULES.search(text) is not None


def asks_for_homes(filters: Filters, text: str, *, absent: bool) -> bool:
    """ "Do you have villas with a gym?", "is anything free in May for four?": what is asked is
    answered by homes that are shown."""
    if filters.type and asks_if_free(text):
        return True
    request = REQUEST.match(text)
    if not request:
        return False
    named = filters.given()
    if filters.type or absent or (named and FREE.search(text)):
        return True
    # whether dogs or children may come, the rules tell
    of_homes = named.keys() == {"amenities"} and TOLD_OF_GUESTS.isdisjoint(filters.amenities)
    return of_homes and A_THING.fullmatch(text, request.end()) is not None


def sells(text: str) -> bool:
    return SELLING.search(text) is not None and not BUYING.search(text)


def asks_of_a_place(rest: str) -> bool:
    """Whether what is left besides a place is no wish for a home: "อากาศที่ภูเก็ตเป็นไง"."""
    return (thai_left(rest) or "เที่ยว" in rest) and not THAI_WISH.search(rest)


def words_left(rest: str) -> str | None:
    words = telling_words(rest)
    return " ".join(words) if 0 < len(words) <= WORDS_MAX else None


def telling_words(rest: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", rest) if is_telling(word)]


def thai_left(rest: str) -> bool:
    """Whether there are Thai words that no filter took, and that are more than talk."""
    return THAI_RUN.search(THAI_FILLERS.sub("", rest)) is not None


def leaves_nothing(rest: str) -> bool:
    """Whether all but talk was read."""
    return not telling_words(rest) and not thai_left(rest)


def is_telling(word: str) -> bool:
    """Thai is left out: with no spaces, where a word ends is not certain (`thai_left`)."""
    if THAI_RUN.search(word) or len(word) < 2 or word[0].isdigit() and len(word) == 2:
        return False
    if word.isdigit():
        return False
    return word not in FILLERS and f"{word}g" not in FILLERS  # "lookin"
