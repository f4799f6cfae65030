from dataclasses import replace

import pytest
from django.conf import settings as product_settings

from core.search.text import language_of
from core.tools import ToolContext, ToolError, load_tools
from faq.asked import wishes
from faq.seed import seed
from faq.tools import RESULTS, confidence, faq_rag, nearly_as_good

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_databases,
]
ENGLISH = ToolContext(language="en")

# Product -> (what a visitor says, slug of the FAQ that answers or None).
VISITORS = {
    "bestays": [
        ("What is the cancellation policy?", "cancellation-policy"),
        ("ยกเลิกได้ไหม", "cancellation-policy-th"),
        ("Каковы условия отмены?", "cancellation-policy-ru"),
        ("How do I book a villa?", "how-to-book"),
        ("Как забронировать виллу?", "how-to-book-ru"),
        ("do you allow pets", "pets-policy"),
        ("is breakfast included", "what-the-price-includes"),
        ("property taxes in Thailand", None),
        ("A quiet villa with a pool for six under 8,000 baht a night", None),
        ("pet friendly villa with garden for four", None),
        ("what's the capital of France", None),
        ("write me a poem about cats", None),
        ("hello", None),
        ("the and of", None),
        ("😀", None),
        ("", None),
        ("   ", None),
    ],
    "realestate": [
        ("What are the property taxes in Thailand?", "property-taxes-in-thailand"),
        ("property taxes in Thailand", "property-taxes-in-thailand"),
        ("how to evaluate roi", "how-to-evaluate-roi"),
        ("Can foreigners own land?", "foreign-ownership-land"),
        ("ภาษี", "property-taxes-in-thailand-th"),
        ("Может ли иностранец получить ипотеку?", "bank-financing-ru"),
        ("What is the cancellation policy?", None),
        ("land near the beach under 10 million", None),
        ("condo in Bangkok 2 bedrooms", None),
        ("what's the capital of France", None),
        ("hello", None),
    ],
}
SAID = VISITORS.get(product_settings.PRODUCT.id, [])


@pytest.fixture
def sample(local):
    seed()


@pytest.mark.samples
def test_what_visitors_say_is_answered_or_left_to_others(sample):
    """One test for all of it: making the sample data for each sentence would take a minute."""
    from faq.models import Document

    slug_of = {str(document.id): document.slug for document in Document.objects.all()}
    for text, expected in SAID:
        found = faq_rag.offline(text, ToolContext(language=language_of(text)))
        named = [slug_of[source.id] for source in found.sources] if found else []
        assert named == ([expected] if expected else []), text


def test_an_offline_answer_to_a_misspelt_question(make):
    make("Do I need a lawyer?", "Yes.")
    assert faq_rag.offline("need a lawer?", ENGLISH).answer.endswith("Yes.")
    assert faq_rag.offline("need a layout?", ENGLISH) is None


def test_a_how_is_answered_by_steps_before_a_yes(make):
    make("Can foreigners buy a condominium?", "Yes.", slug="foreigners")
    steps = make("What are the steps of buying a home in Thailand?", "Sign.", slug="steps")
    for asked in ("how do I buy it", "How to buy?"):
        assert [source.id for source in faq_rag.offline(asked, ENGLISH).sources] == [str(steps.id)]
    assert faq_rag.offline("may one buy?", ENGLISH).answer.endswith("Yes.")


def test_what_is_suggested_names_some_of_it_in_its_own_question(make):
    for number in range(9):
        make(f"Is beach {number} far?", "No.", slug=f"s{number}")
    make("Should I use an agent?", "For a villa with a garden, yes.")
    assert faq_rag.offline("agent, elephants", ENGLISH) is None
    assert faq_rag.offline("agent, villa, garden, elephants", ENGLISH) is None
    assert faq_rag.offline("agent, villa, garden", ENGLISH).found


def test_a_subject_that_stands_in_the_answer_and_the_slug_alone(make):
    make("Do I need a passport?", "No: a nominee holds the shares.")
    answer = "Nominees are illegal."
    make("Should I buy through a company?", answer, slug="companies-and-nominees")
    assert faq_rag.offline("nominee", ENGLISH).answer.endswith(answer)
    assert faq_rag.offline("illegal", ENGLISH) is None


def test_another_way_to_ask_a_faq_is_answered(make):
    others = ["Is there a lifeguard?", "what does a pool cost to build", "may kids swim in Samui"]
    make("Are the pools safe?", "No lifeguards.", slug="safe", alternate_questions=others)
    make("What does a villa cost?", "See its listing.", slug="costs")
    found = faq_rag.offline("do you have a lifeguard?", ENGLISH)
    assert found.answer == "From our FAQ “Are the pools safe?”: No lifeguards."
    for asked in (
        "how much does a pool cost?",  # which is no "build"
        "is there a lifeguard in the elephant park",
        "may kids swim in Phuket?",
        "a villa with a lifeguard",  # a wish is no question
    ):
        told = faq_rag.offline(asked, ENGLISH)
        assert told is None or not told.found, asked


def test_another_way_to_ask_may_leave_out_who_asks_but_not_where(make):
    make("How do I get to Koh Samui?", "By boat.", alternate_questions=["Which ferry do I take?"])
    assert faq_rag.offline("which ferry to Samui?", ENGLISH).found
    assert faq_rag.offline("which ferry do I take?", ENGLISH) is None
    assert faq_rag.offline("which ferry to Phuket?", ENGLISH) is None


def test_what_may_be_meant_is_suggested_and_quoted_after_a_yes(make):
    make("Is smoking allowed?", "Only outside.", slug="house-rules")
    make("Is the balcony furnished?", "Yes, it is.", slug="balconies")
    asked = "May I smoke on the balcony"
    found = faq_rag.offline(asked, ENGLISH)
    suggested = "Perhaps you mean “Is smoking allowed?” Say “yes”, and I will answer that."
    assert (found.found, found.answer, found.suggestion) == (False, "", suggested)
    for said in ("yes", "Yes, please!", "да", "ใช่ครับ", " SURE "):
        context = ToolContext("en", earlier=(asked,), replied=f"Nothing. {suggested}")
        agreed = faq_rag.offline(said, context)
        assert agreed.answer.endswith("Only outside.") and agreed.found and agreed.whole, said


@pytest.mark.parametrize("said", ["yes", "yes, a villa", "y" * 4000, "yes" + "!" * 4000 + "x"])
def test_a_yes_to_what_nobody_suggested_quotes_nothing(make, said):
    make("Is smoking allowed?", "Only outside.", slug="house-rules")
    make("Is the balcony furnished?", "Yes, it is.", slug="balconies")
    context = ToolContext("en", earlier=("May I smoke on the balcony",), replied="Villas:")
    assert not faq_rag.offline(said, context)
    assert not faq_rag.offline("yes", ENGLISH)


def test_an_offline_answer_quotes_the_faq_and_names_it(make):
    document = make("What is the policy?", "Full refund.")
    found = faq_rag.offline("What is the policy?", ENGLISH)
    assert found.answer == "From our FAQ “What is the policy?”: Full refund."
    assert "FAQ: What is the policy?\nFull refund." in found.content
    (source,) = found.sources
    assert (source.kind, source.id, source.title) == ("faq", str(document.id), document.question)
    assert source.url == f"/api/v1/faq/documents/{document.id}"
    assert found.found and found.confidence == 1.0


@pytest.mark.parametrize(
    ("question", "language", "frame"),
    [
        ("นโยบายการยกเลิก", "th", "จากคำถามที่พบบ่อยของเรา"),
        ("Каковы условия отмены?", "ru", "Из наших частых вопросов"),
    ],
)
def test_the_frame_is_in_the_visitors_language(make, question, language, frame):
    make(question, language=language, slug="x")
    assert faq_rag.offline(question, ToolContext(language)).answer.startswith(frame)


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("What is the policy?", 1.0, 1.0),
        ("What is the policy?", 0.0, 0.0),
        ("policy", 1.0, 0.7),
        ("is smoking allowed", 0.5, 0.5946),
        ("villa in Phuket", 0.5, 0.35),
        ("ยกเลิกได้ไหม", 0.5, 0.5946),
        ("можно ли отменить", 0.5, 0.5946),
    ],
)
def test_a_question_is_more_surely_for_the_faqs_than_a_wish(text, found, expected):
    assert confidence(text, found) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do you have freehold land?", True),
        ("do you sell land in Phuket", True),
        ("any villas with a pool?", True),
        ("villas in Samui?", True),
        ("can you show me freehold villas?", True),
        ("which villas are freehold?", True),
        ("what freehold villas do you have?", True),
        ("looking for a house by the sea, what is there?", True),
        ("есть ли земля в собственность?", True),
        ("у вас есть на Самуи виллы?", True),
        ("มีที่ดินกรรมสิทธิ์ไหม", True),
        ("what is freehold?", False),
        ("are your condos freehold?", False),
        ("is there electricity on the land?", False),
        ("is there a shop near the villa?", False),
        ("can a foreigner own land?", False),
        ("есть ли интернет в доме?", False),
        ("is there parking?", False),
    ],
)
def test_a_home_is_wished_for_in_many_words(text, expected):
    assert wishes(text) is expected


def row(slug, language, score, sure):
    return {"slug": slug, "language": language, "score": score, "confidence": sure}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([row("a", "en", 1.0, 0.9), row("b", "th", 0.9, 0.8)], ["a", "b"]),
        ([row("a", "en", 1.0, 0.9), row("b", "en", 0.5, 0.3)], ["a"]),
        ([row("a", "th", 1.0, 0.2), row("b", "en", 0.6, 0.9)], ["b"]),
        ([row("a", "en", 1.0, 0.0)], ["a"]),
    ],
)
def test_what_is_far_less_sure_than_the_surest_is_not_named(rows, expected):
    assert [result["slug"] for result in nearly_as_good(rows)] == expected


def test_the_model_gets_the_best_few(make):
    for number in range(6):
        make("Where is the pool?", f"Answer {number}.", slug=f"s{number}")
    found = faq_rag.run({"query": "where is the pool"}, ENGLISH)
    assert len(found.sources) == RESULTS
    assert found.content.count("FAQ: ") == RESULTS


def test_the_model_may_choose_a_language(make):
    make("pool", language="en", slug="en")
    thai = make("pool", language="th", slug="th")
    found = faq_rag.run({"query": "pool", "language": "th"}, ENGLISH)
    assert [source.id for source in found.sources] == [str(thai.id)]


def test_below_the_floor_the_model_is_told_that_there_is_nothing(make, settings):
    make("Where is the pool?", "Behind the sauna.")
    nothing = faq_rag.run({"query": "price of tea in China"}, ENGLISH)
    assert not nothing.found and nothing.sources == () and "No FAQ" in nothing.content
    partly = {"query": "Where is the sauna?"}
    assert faq_rag.run(partly, ENGLISH).found
    settings.FAQ = replace(settings.FAQ, confidence_floor=1.0)
    assert not faq_rag.run(partly, ENGLISH).found


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"query": ""},
        {"query": "  "},
        {"query": 3},
        {"query": None},
        {"query": "x" * 4001},
        {"query": "pool", "language": "xx"},
        {"query": "pool", "language": []},
        {"query": "pool", "limit": 3},
        {"text": "pool"},
    ],
)
def test_arguments_that_do_not_fit_are_an_error_for_the_model(arguments):
    with pytest.raises(ToolError):
        faq_rag.run(arguments, ENGLISH)


def test_a_message_of_any_length_is_no_failure(make):
    make("Where is the pool?")
    assert faq_rag.offline("pool " * 50_000, ENGLISH) is not None


def test_the_product_lists_the_tool():
    assert load_tools(("faq.tools.faq_rag",))["faq_rag"] is faq_rag
    assert faq_rag.parameters["additionalProperties"] is False


@pytest.fixture
def law(make):
    make("Can a foreigner buy and own land?", "Land: no.", slug="land")
    make("Can a foreigner buy and own a house?", "House: the building.", slug="house")
    make("Can a foreigner buy and own a condominium?", "Condominium: yes.", slug="condo")
    make("Can a foreigner get a mortgage?", "Mortgage: hardly.", slug="mortgage")
    make("Может ли иностранец купить землю?", "Земля: нет.", slug="land-ru", language="ru")
    make("Может ли иностранец купить квартиру?", "Квартира: да.", slug="condo-ru", language="ru")
    make("ชาวต่างชาติซื้อที่ดินได้หรือไม่", "ที่ดิน: ไม่ได้", slug="land-th", language="th")
    make("ชาวต่างชาติซื้อคอนโดได้หรือไม่", "คอนโด: ได้", slug="condo-th", language="th")


@pytest.mark.parametrize(
    ("earlier", "asked", "told"),
    [
        (["land in Samui"], "can I buy it as a foreigner?", ["Land: no."]),
        (["villa in Samui", "cheaper"], "can a foreigner buy it?", ["House: the building."]),
        (["land in Samui", "condo in Phuket"], "can a foreigner buy it?", ["Condominium: yes."]),
        (["condo in Phuket"], "can a foreigner buy land?", ["Land: no."]),
        (["condo in Phuket"], "can a foreigner get a mortgage?", ["Mortgage: hardly."]),
        (["villa or land"], "can a foreigner buy it?", ["Land: no.", "House: the building."]),
        ([], "can a foreigner own a studio?", ["Condominium: yes."]),
        (
            ["cheaper"],
            "can a foreigner buy?",
            ["Land: no.", "House: the building.", "Condominium: yes."],
        ),
        (["студия в Паттайе"], "можно ли иностранцу ее купить?", ["Квартира: да."]),
        (["участок на Самуи"], "может ли иностранец это купить?", ["Земля: нет."]),
        (["ที่ดินสมุย"], "ต่างชาติซื้อได้ไหม", ["ที่ดิน: ไม่ได้"]),
        (["คอนโดพัทยา"], "ต่างชาติซื้อได้ไหม", ["คอนโด: ได้"]),
        (["วิลล่าภูเก็ต"], "ต่างชาติซื้อได้ไหม", []),  # of houses no FAQ tells in Thai
        # of nobody, or of "me"
        ([], "can I buy a villa?", ["House: the building."]),
        ([], "can we own a villa in Phuket?", ["House: the building."]),
        ([], "могу ли я купить студию?", ["Квартира: да."]),
        ([], "ซื้อที่ดินได้ไหม", ["ที่ดิน: ไม่ได้"]),
        (["condo in Phuket"], "can I buy it?", ["Condominium: yes."]),
        (["villa in Samui"], "is freehold possible?", ["House: the building."]),
        (["участок на Самуи"], "оформить в собственность как?", ["Земля: нет."]),
        ([], "can I buy freehold?", ["Land: no.", "House: the building.", "Condominium: yes."]),
        # not who may own it
        ([], "how do I buy a villa?", []),
        ([], "can I buy a villa with a pool?", []),
        ([], "can I see the villa?", []),
        ([], "can my company buy a villa?", []),
        ([], "how can I buy a villa?", []),
        ([], "where can I buy a villa?", []),
        ([], "can you buy my villa?", []),
        ([], "can you buy me a villa in Thailand?", []),
        ([], "can you own a villa?", ["House: the building."]),
        ([], "ok, can I buy land?", ["Land: no."]),
        # a Thai may own what a foreigner may not
        ([], "can I buy land as a Thai?", []),
        ([], "I'm Thai, can I buy land?", []),
        (["I am a Thai citizen"], "can I own land?", []),
        ([], "can Thais own land?", []),
        ([], "คนไทยซื้อที่ดินได้ไหม", []),
        ([], "ฉันเป็นคนไทย ซื้อที่ดินได้ไหม", []),
        ([], "ดิฉันเป็นคนไทย ซื้อคอนโดได้ไหม", []),
        ([], "я тайка, можно купить землю?", []),
        ([], "гражданин Таиланда может купить землю?", []),
        ([], "I am not Thai. Can I buy land?", ["Land: no."]),
        (["I am Thai"], "can a foreigner buy land?", ["Land: no."]),
        # of the kind that the question names, not of the one that is wished for beside it
        ([], "condo in Bangkok, can a foreigner own land?", ["Land: no."]),
        ([], "villa in Phuket and can a foreigner own land?", ["Land: no."]),
        ([], "villa in Phuket. Can foreigners own land?", ["Land: no."]),
        ([], "วิลล่าภูเก็ต ต่างชาติซื้อที่ดินได้ไหม", ["ที่ดิน: ไม่ได้"]),
        ([], "can I own a condo? And a villa in Samui please", ["Condominium: yes."]),
        ([], "квартира на Пхукете, и может ли иностранец купить землю?", ["Земля: нет."]),
        ([], "villa in Phuket, can I buy it?", ["House: the building."]),
        ([], "can a foreigner own land and a condo?", ["Land: no.", "Condominium: yes."]),
        ([], "can I buy land? Can I own a condo?", ["Land: no.", "Condominium: yes."]),
    ],
)
def test_who_may_own_what_is_told_of_the_kind_that_was_spoken_of(law, earlier, asked, told):
    context = ToolContext(language_of(asked), earlier=tuple(earlier))
    found = faq_rag.offline(asked, context)
    answers = [part.rsplit("” ")[-1] for part in found.answer.split("\n\n")] if found else []
    assert [answer.split("”: ")[-1].split("»: ")[-1] for answer in answers] == told


@pytest.mark.parametrize(
    ("asked", "told", "left"),
    [
        ("Is there a deposit? Do I need a visa?", ["Deposit", "Visa"], ()),
        ("a villa in Phuket. Is there a deposit? Do I need a visa?", ["Deposit", "Visa"], ()),
        ("Is there a deposit? Is a deposit needed?", ["Deposit"], ()),
        ("Is there a deposit? Who was Napoleon?", ["Deposit"], ("Who was Napoleon?",)),
        ("I arrive at 2 am. Is there a deposit?", ["Deposit"], ()),
        ("villas in Samui? And is there a deposit?", ["Deposit"], ()),
        ("I am married. Is there a deposit?", ["Deposit"], ()),
        ("Do you have a villa? Is there a deposit?", ["Deposit"], ()),
        ("villa in Phuket. How do I get to Samui?", ["Samui"], ()),
        ("villa in Samui, how do I get to the island?", ["Samui"], ()),
        ("villa in Phuket, how do I get to the island?", [], ()),
        ("villa in Samui, how do I get to Phangan?", [], ()),
        ("villa in Samui, who was Napoleon?", [], ()),
    ],
)
def test_each_of_several_questions_is_answered_or_left(make, asked, told, left):
    make("Is there a deposit?", "Deposit", slug="deposit")
    make("Do I need a visa?", "Visa", slug="visa")
    make("How do I get to Koh Samui?", "Samui", slug="samui")
    make("How do I book a villa?", "Book", slug="book")
    found = faq_rag.offline(asked, ENGLISH)
    answers = [part.split("”: ")[-1] for part in found.answer.split("\n\n")] if found else []
    assert (answers, found.left if found else ()) == (told, left)


def test_what_is_said_of_one_kind_alone_is_not_quoted_where_none_is_known(make):
    make("Can a foreigner buy and own land?", "Land: no.", slug="land")
    make(
        "Can foreigners own a condominium registered in freehold?",
        "Condominium: yes.",
        slug="condo",
    )
    asked = "is it registered in freehold?"
    assert not faq_rag.offline(asked, ENGLISH)
    context = ToolContext("en", earlier=("condo in Phuket",))
    assert faq_rag.offline(asked, context).answer.endswith("Condominium: yes.")
    assert faq_rag.offline("is a condo registered in freehold?", ENGLISH).found


def test_the_law_of_one_kind_is_not_quoted_of_another(make):
    make("Can a foreigner buy and own a condominium?", "Yes.", slug="condo")
    assert faq_rag.offline("can a foreigner buy and own a condo?", ENGLISH).found
    make("Can a foreigner buy and own a house?", "The building.", slug="house")
    assert faq_rag.offline("can a foreigner own a villa?", ENGLISH).found
    for other in ("can foreigners rent a villa", "foreign currency payment for villa",
                  "when can a foreigner move into a villa"):  # fmt: skip
        found = faq_rag.offline(other, ENGLISH)
        assert found is None or not (found.found or found.suggestion)
    for earlier, asked in (
        ((), "can a foreigner buy and own land?"),
        (("land in Samui",), "can a foreigner buy and own it?"),
    ):
        assert not faq_rag.offline(asked, ToolContext("en", earlier=earlier))
