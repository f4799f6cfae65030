import orjson
import pytest

from core.search.text import language_of
from core.tools import ToolContext
from properties.tools import property_search

pytestmark = [pytest.mark.django_db, pytest.mark.any_product, pytest.mark.any_databases]


@pytest.fixture
def named(make):
    home = {"type": "villa", "city": "Koh Phangan", "district": "Hin Kong", "price": 9000}
    make(title="Hin Kong Sunset Villa", description="Above the bay.", **home)
    make(title="Palm Grove Pool Villa, Srithanu", description="Among old palms.", **home)
    make(title="Palm Hills Pool Villa", description="On a hill.", amenities=["wifi"], **home)
    make(title="Villa", description="Plain.", **home)
    make(title="Вилла Белый Лотос", description="У моря.", **home)
    make(title="Bay Villa, Thong Nai Pan Noi", description="By the bay.", **home)
    make(title="วิลล่าแหลมพันวา วิวทะเลอันดามัน", description="Over the cape.", **home)


def ask(text, *earlier):
    return property_search.offline(text, ToolContext(language_of(text), earlier=earlier))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("what is the nightly rate of Hin Kong Sunset Villa?", "Above the bay."),
        ("Is Hin Kong Sunset Villa free on 24 December?", "Above the bay."),
        ("tell me about hin kong sunset villa", "Above the bay."),
        ("how far is the beach from Palm Grove villa", "Among old palms."),
        ("Is the palm grove pool villa negotiable", "Among old palms."),
        ("Palm Grove villa ไกลสนามบินไหม", "Among old palms."),
        ("расскажите про виллу Белый Лотос", "У моря."),
    ],
)
def test_a_listing_is_known_by_its_name(named, text, told):
    found = ask(text)
    assert told in found.answer and len(found.sources) == 1 and found.found
    assert ("The calendar cannot be seen" in found.answer) == ("December" in text)


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("tell me about Palm Grove Pool Villa", ""),
        ("Palm Grove Pool Villa, Srithanu", ""),
        ("is there a pool in Palm Grove Pool Villa?", "does not mention: pool."),
        ("does the Palm Grove villa have a pool", "does not mention: pool."),
        ("does Palm Hills Pool Villa have wifi", "The listing mentions: wifi."),
        ("Palm Hills Pool Villa with a sauna", "does not mention: sauna."),
        ("วิลล่าแหลมพันวา วิวทะเลอันดามัน", ""),
        ("วิลล่าแหลมพันวา วิวทะเลอันดามัน มีสระไหม", "ไม่ได้ระบุ: สระว่ายน้ำ"),
    ],
)
def test_an_amenity_in_its_name_is_not_asked_for(named, text, mentioned):
    answer = ask(text).answer
    assert mentioned in answer.splitlines()[0]
    assert bool(mentioned) == ("mention" in answer or "ระบุ" in answer)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("is Palm Hills villa nice", True),
        ("how do I book Palm Hills villa", False),
        ("are pets allowed in Palm Hills villa", False),
    ],
)
def test_the_rules_may_tell_more_of_it(named, text, whole):
    found = ask(text)
    assert "On a hill." in found.answer and found.whole == whole


@pytest.mark.parametrize(
    "text",
    ["villa in Hin Kong", "a villa with palm trees", "pool villa", "sunset", "is the villa nice",
     "palm villa", "where is the grove", "is there a doctor near palm grove",
     "how do I get from palm grove pier to the airport", "what about the hills",
     "'; :A | & ! ( \\ <->", "villa " * 400],
)  # fmt: skip
def test_a_wish_is_no_name(named, text):
    found = ask(text)
    assert found is None or "Above the bay." not in found.answer
    assert found is None or "old palms" not in found.answer


@pytest.mark.parametrize(
    ("text", "named_there"),
    [
        ("compare hin kong sunset villa and palm grove pool villa", ["Hin Kong", "Palm Grove"]),
        ("Palm Grove Pool Villa vs Hin Kong Sunset Villa?", ["Palm Grove", "Hin Kong"]),
        ("ระหว่าง Hin Kong Sunset Villa กับ Palm Grove Pool Villa อันไหนถูกกว่า",
         ["Hin Kong", "Palm Grove"]),
        ("что лучше: Hin Kong Sunset Villa или Bay Villa?", ["Hin Kong", "Bay Villa"]),
        ("is Hin Kong Sunset Villa or Palm Hills Pool Villa free on 24 December",
         ["Hin Kong", "Palm Hills"]),
    ],
)  # fmt: skip
def test_several_are_told_of_together(named, text, named_there):
    found = ask(text)
    told = [source.title for source in found.sources]
    assert len(told) == 2 and all(map(str.startswith, told, named_there)), told
    assert found.answer.count("9,000") == 2 and found.whole
    assert ("The calendar cannot be seen" in found.answer) == ("December" in text)
    assert ask("does it have a pool?", text) is None


@pytest.mark.parametrize(
    "text", ["villa in hin kong or a pool villa", "bay villa", "a pool villa by the bay",
             "Palm Grove Pool Villa or another pool villa"],
)  # fmt: skip
def test_one_name_alone_is_no_comparison(named, text):
    found = ask(text)
    assert found is None or isinstance(orjson.loads(found.content), dict)


@pytest.mark.parametrize(
    ("text", "told"),
    [("วิลล่าแหลมพันวา มีอ่างอาบน้ำไหม", "ไม่ได้ระบุ: อ่างอาบน้ำ"),
     ("วิลล่าแหลมพันวาราคาเท่าไหร่", "9,000"), ("วิลล่าแหลมพันวา", "9,000")],
)  # fmt: skip
def test_the_beginning_of_a_thai_title(named, text, told):
    found = ask(text)
    assert "Over the cape." in found.answer and told in found.answer


@pytest.mark.parametrize("text", ["วิลล่าแหลมพันวา ไม่เกิน 5000", "วิลล่าวิวทะเล", "วิลล่าแหลมทอง มีสระ"])
def test_no_beginning_of_a_thai_title(named, text):
    found = ask(text)
    assert found is None or "Over the cape." not in found.answer


def test_a_draft_is_not_told(make):
    make(title="Hidden Cove House", description="Soon.", status="draft")
    found = ask("Hidden Cove House") or ask("what does Hidden Cove House cost?")
    assert found is None or not found.sources


@pytest.mark.parametrize(
    ("text", "earlier", "told"),
    [
        ("does it have a pool?", ["Palm Hills villa"], "does not mention: pool.\n\nPalm Hills"),
        ("is there wifi there?", ["Palm Hills villa", "is it quiet"], "mentions: wifi."),
        ("how much is it per night?", ["villas in Hin Kong", "the first one"], "9,000 per night"),
        ("is the first one quiet?", ["villas in Hin Kong"], "does not mention: quiet."),
        ("в ней есть бассейн?", ["Белый Лотос вилла"], "не указано: бассейн."),
        ("does the Palm Hills villa have wifi", [], "mentions: wifi."),
        ("is there wifi there?", ["villa with wifi in Hin Kong"], "mentions: wifi."),
    ],
)
def test_what_is_asked_about_one(named, text, earlier, told):
    found = ask(text, *earlier)
    assert told in found.answer and len(found.sources) == 1


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("does it have a pool?", []),
        ("is it furnished?", ["villas in Hin Kong"]),
        ("can I cancel it?", ["Palm Hills villa"]),
        ("how do I buy it", ["Palm Hills villa"]),
        ("is it legal to rent short term?", ["Palm Hills villa"]),
        ("can you arrange an airport pickup from there", ["Palm Hills villa"]),
        ("do you speak Russian there?", ["Palm Hills villa"]),
        ("is it allowed to smoke?", ["Palm Hills villa"]),
        ("is there a wifi café nearby", ["Palm Hills villa"]),
        ("what is the weather?", ["Palm Hills villa"]),
        ("does the first month need a deposit?", ["villas in Hin Kong"]),
        ("does the second guest pay extra", ["villas in Hin Kong"]),
        ("is it far?", ["Palm Hills villa", "how do I cancel?"]),
        ("what is your address?", ["Palm Hills villa"]),
        ("what is the weather there?", ["Palm Hills villa"]),
        ("how old must children be?", ["Palm Hills villa"]),
        ("how big is Thailand?", ["Palm Hills villa"]),
        ("it " * 60, ["Palm Hills villa"]),
    ],
)
def test_nothing_was_told_that_it_could_be(named, text, earlier):
    assert ask(text, *earlier) is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [("how far from the beach?", 1.0), ("does it have a dishwasher?", 0.8), ("how big is it?", 1.0),
     ("how many people can sleep there?", 1.0), ("how many bathrooms does it have?", 1.0),
     ("is it furnished?", 1.0), ("what's the rent income?", 1.0), ("is there a gym?", 1.0),
     ("how much?", 1.0), ("can I bring my dog?", 0.8), ("цена?", 1.0), ("сколько до пляжа?", 1.0),
     ("есть мебель?", 1.0), ("ห่างจากทะเลกี่เมตร", 1.0), ("ราคาเท่าไหร่", 1.0), ("มีฟิตเนสไหม", 1.0)],
)  # fmt: skip
def test_one_in_view_tells_all_it_knows_and_that_it_is_all(named, text, sure):
    said = ["Palm Hills villa", "is it quiet?", "who is the developer?", *[text] * 5]
    for earlier in (said[:1], said):
        found = ask(text, *earlier)
        assert [source.title for source in found.sources] == ["Palm Hills Pool Villa"]
        end = {"ru": "отправив по нему запрос.", "th": "เกี่ยวกับประกาศนี้ได้"}
        assert found.answer.endswith(end.get(language_of(text), "with an enquiry about it."))
        assert (found.whole, found.confidence) == (False, sure)


@pytest.mark.parametrize(
    ("description", "whole"),
    [
        ("It is let at 21,000 baht a month.", True),
        ("Gross income of 1.62 million baht for 2023.", True),
        ("Programme: the net yield was 6%.", True),
        ("Сдаётся, доход 20 000 бат в месяц.", True),
        ("The rent is paid up. The fee is 300 baht.", False),
        ("In the rental pool from 2021 to 2024.", False),
    ],
)
def test_what_a_home_earns_is_told_by_a_listing_that_says_so(make, description, whole):
    make(title="Palm Hills", type="villa", city="Phuket", description=description)
    found = ask("what's the rental income?", "villas in Phuket", "1")
    assert description in found.answer and found.whole is whole
    assert not ask("is it furnished?", "villas in Phuket", "1").whole


@pytest.mark.parametrize("text", ["with a gym", "villas in Hin Kong", "something with wifi?"])
def test_a_wish_with_one_in_view_stays_a_wish(named, text):
    found = ask(text, "villas in Hin Kong", "the first one")
    assert "says no more" not in found.answer and "in" in found.answer


def test_another_one_is_not_it(named):
    assert len(ask("is there one with wifi?", "villas in Hin Kong", "the first one").sources) == 1
    assert ask("are there more?", "Palm Hills villa") is None
