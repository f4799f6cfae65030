import time
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.providers import Endpoint
from core.search.degraded import degraded_today
from core.search.hybrid import LEG_ROWS
from faq import indexing
from faq.conf import FaqConfig
from faq.models import Category, Document, Embedding
from faq.search import search
from faq.tests.conftest import vector

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
    pytest.mark.any_databases,
]
URL = "/api/v1/faq/search"


def ask(api, query, **parameters):
    answer = api.get(URL, {"query": query, **parameters})
    assert answer.status_code == 200, answer.content
    return answer.json()


def slugs(body):
    return [result["slug"] for result in body["results"]]


@pytest.fixture
def agent(sign_in, users):
    return sign_in(users.agent)


@pytest.fixture
def faqs(make):
    make("What is the cancellation policy?", "Full refund 30 or more days before.", slug="cancel")
    make("How do I book a villa?", "Choose the villa and pay 30%.", slug="book")
    make("How fast is the wifi?", "Fast enough for a café's guests.", slug="wifi")
    make("จองวิลล่าอย่างไร", "เลือกวิลล่าที่ต้องการ", slug="book-th", language="th")
    make("นโยบายการยกเลิกการจองเป็นอย่างไร", "คืนเงินเต็มจำนวน", slug="cancel-th", language="th")
    make("Как забронировать виллу?", "Выберите виллу.", slug="book-ru", language="ru")
    make("Ещё вопрос о виллах?", "Ответ.", slug="more-ru", language="ru")


def test_a_result(api, faqs):
    body = ask(api, "What is the cancellation policy?")
    (first, *_) = body["results"]
    document = Document.objects.get(slug="cancel")
    url = f"/api/v1/faq/documents/{document.id}"
    assert first == {
        "id": str(document.id),
        "slug": "cancel",
        "question": document.question,
        "answer": document.answer,
        "category": "staying",
        "language": "en",
        "score": 1.0,
        "confidence": 1.0,
        "source": {"kind": "faq", "id": str(document.id), "title": document.question, "url": url},
    }
    assert api.get(url).json()["slug"] == "cancel"
    assert body["query"] == "What is the cancellation policy?"
    assert (body["degraded"], body["embedding_model"]) == (False, "hashed-ngrams-v1")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("what are your cancellation policies", "cancel"),
        ("CANCELLING!!!", "cancel"),
        ("refunds", "cancel"),
        ("wifi", "wifi"),
        ("cafe", "wifi"),
        ("CAFÉ 😀", "wifi"),
        ("booking villas", "book"),
        ("ยกเลิกได้ไหม", "cancel-th"),
        ("อยากจองวิลล่าครับ", "book-th"),
        ("wifi ในบ้าน", "wifi"),
        ("забронировать", "book-ru"),
        ("еще вопрос", "more-ru"),
        ("cancellation ยกเลิกการจอง นโยบาย", "cancel-th"),
        ("cancelation", "cancel"),
        ("x" * 3000 + " wifi", "wifi"),
        ("tell me about the wifi " * 130, "wifi"),
        ("wifi' | !(a & b):* <-> \\ \"", "wifi"),
        ("%s %(name)s wifi %", "wifi"),
        ("¿Wifi?!... (fast)", "wifi"),
        ("«Cancellation» — policy…", "cancel"),
        ("CANCÉLLATION PÓLICIES", "cancel"),
        ("ｗｉｆｉ", "wifi"),
        ("ЗАБРОНИРОВАТЬ ВИЛЛУ!!!", "book-ru"),
        ("ЕЩЁ ВОПРОС", "more-ru"),
        ("wifi 😀😀", "wifi"),
        ("Wi-Fi", "wifi"),
        ("is there wi fi?", "wifi"),
        ("Wi\u2011Fi", "wifi"),
        ("can\u200ecellation pol\u2060icy", "cancel"),
        ("นโยบายการยกเลิกการจอง".replace("โย", "\u2060โย"), "cancel-th"),
        ("how does one go about booking of a villa here, please? " * 55, "book"),
    ],
)
def test_the_best_document_comes_first(api, faqs, query, expected):
    assert slugs(ask(api, query))[0] == expected


@pytest.mark.parametrize(
    ("language", "question", "query"),
    [
        ("th", "จ่ายค่า bookings ที่ไหน", "booking"),
        ("en", "Is this list of виллы complete?", "вилла"),
        ("ru", "Где хранят suitcases?", "suitcase"),
    ],
)
def test_a_word_in_another_script_than_its_document(api, local, make, language, question, query):
    make(question, "-", language=language)
    [found] = ask(api, query)["results"]
    assert found["confidence"] == 1  # by the word itself, not by letters alike


@pytest.mark.parametrize("query", ["the of and", "what is it?", "😀", "!!!", "日本語", "zzzz qqqq"])
def test_a_question_without_a_word_of_ours_is_no_failure(api, faqs, query):
    assert all(result["confidence"] < 0.1 for result in ask(api, query)["results"])


@pytest.mark.parametrize("query", ["the of and", "what is it?", "как это", "😀", "!!!"])
def test_a_model_is_asked_where_there_is_no_word_to_look_up(api, faqs, model, query):
    """Nothing but stop words or signs is a question all the same: the nearest are shown."""
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    assert len(ask(api, query)["results"]) == 5


def test_no_documents_at_all(api, db):
    assert ask(api, "wifi")["results"] == []


def test_scores_fall_from_one_to_zero(api, faqs):
    scores = [result["score"] for result in ask(api, "book a villa", limit=20)["results"]]
    assert scores[0] > 0.9
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_only_published_documents_are_found(api, make):
    for status in ("draft", "archived"):
        make("Secret wifi?", slug=status, status=status)
    assert ask(api, "secret wifi")["results"] == []
    document = make("Open wifi?", slug="open")
    assert slugs(ask(api, "wifi")) == ["open"]
    document.status = "archived"
    indexing.save(document)
    assert ask(api, "wifi")["results"] == []


def test_the_visitor_s_language_comes_first_unless_another_says_more(api, make):
    make("Which cards do you take, visa or mastercard?", "-", slug="pay")
    make("Visa, mastercard, amex?", "Да.", slug="pay-ru", language="ru")
    make("Is there a visa run?", "-", slug="run")
    assert slugs(ask(api, "visa or mastercard?")) == ["pay", "pay-ru", "run"]
    assert slugs(ask(api, "visa or mastercard?", limit=1)) == ["pay"]
    assert slugs(ask(api, "а visa или mastercard?")) == ["pay-ru", "pay", "run"]
    results = ask(api, "is amex or mastercard fine?")["results"]
    assert [result["slug"] for result in results] == ["pay-ru", "pay"]
    assert results[0]["score"] == 0.6
    own = search("visa or mastercard?", own="ru").results
    assert [result["slug"] for result in own] == ["pay-ru", "pay", "run"]


def test_a_language_keeps_the_others_out(api, faqs):
    assert set(slugs(ask(api, "villa", language="en"))) == {"book"}
    assert slugs(ask(api, "villa виллу วิลล่า", language="ru"))[0].endswith("-ru")
    found = ask(api, "จองวิลล่า", language="th")["results"]
    assert {result["language"] for result in found} == {"th"}


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_limit_holds(api, make, limit):
    for number in range(25):
        make(f"Villa question {number}?")
    assert len(ask(api, "villa", limit=limit)["results"]) == limit


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "   "}, "query"),
        ({"query": "\u200b\u2060 \ufeff"}, "query"),
        ({"query": "x" * 4001}, "query"),
        ({"query": "a\x00b"}, "query"),
        ({"query": "a", "limit": "0"}, "limit"),
        ({"query": "a", "limit": "-1"}, "limit"),
        ({"query": "a", "limit": "21"}, "limit"),
        ({"query": "a", "limit": "9" * 5000}, "limit"),
        ({"query": "a", "limit": "٣"}, "limit"),
        ({"query": "a", "limit": "x"}, "limit"),
        ({"query": "a", "language": "xx"}, "language"),
        ({"query": "a", "language": ""}, "language"),
        ({"query": "a", "lang": "en"}, "lang"),
        ({"query": ["a", "b"]}, "query"),
    ],
)
def test_what_is_not_understood_is_refused(api, db, parameters, field):
    answer = api.get(URL, parameters)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert field in answer.json()["error"]["details"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ([], "non_field_errors"),
        ({"query": None}, "query"),
        ({"query": 7}, "query"),
        ({"query": ["a"]}, "query"),
        ({"query": "\u200b"}, "query"),
        ({"query": "x" * 4001}, "query"),
        ({"query": "a\x00b"}, "query"),
        ({"query": "a", "limit": 0}, "limit"),
        ({"query": "a", "limit": 21}, "limit"),
        ({"query": "a", "limit": True}, "limit"),
        ({"query": "a", "limit": 1.0}, "limit"),
        ({"query": "a", "limit": None}, "limit"),
        ({"query": "a", "limit": 10**300}, "limit"),
        ({"query": "a", "language": "xx"}, "language"),
        ({"query": "a", "language": None}, "language"),
        ({"query": "a", "lang": "en"}, "lang"),
    ],
)
def test_what_is_not_understood_in_a_body_is_refused(api, db, body, field):
    answer = api.post(URL, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert field in answer.json()["error"]["details"]


def test_a_body_asks_the_same(api, faqs):
    asked = {"query": "wifi", "limit": 1, "language": "en"}
    by_address, by_body = api.get(URL, asked).json(), api.post(URL, asked, format="json").json()
    assert slugs(by_body) == ["wifi"]
    assert by_body == by_address | {"cached": True}
    form = "query=wifi&limit=&language="
    answer = api.post(URL, form, content_type="application/x-www-form-urlencoded")
    assert slugs(answer.json())[0] == "wifi"


def test_a_body_asks_as_much_as_is_allowed(api, faqs):
    query = ("จองวิลล่าอย่างไร " * 300)[:4000]
    answer = api.post(URL, {"query": query}, format="json")
    assert answer.status_code == 200, answer.content
    assert slugs(answer.json())[0] == "book-th"


def test_the_browsable_page_has_a_form(api, faqs):
    page = api.get(URL, {"query": "wifi"}, HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert b'name="query"' in page.content


@pytest.mark.parametrize("query", ["วิลล่า\u200bจอง", "wifi 👨\u200d👩\u200d👧"])
def test_zero_width_characters_within_a_question_are_kept(api, faqs, query):
    body = ask(api, query)
    assert body["query"] == query
    assert body["results"]


# Weights


def test_changing_a_weight_changes_the_order(api, make, model, settings):
    model.embeddings.vectors = {
        "pool rules": vector(1, 0),
        "Pool rules?\nAn answer.": vector(0, 1),
        "Swimming?\nAn answer.": vector(1, 0),
    }
    make("Pool rules?", slug="words")
    make("Swimming?", slug="meaning")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    settings.FAQ = replace(settings.FAQ, vector_weight=0.9, keyword_weight=0.1)
    assert slugs(ask(api, "pool rules")) == ["meaning", "words"]
    settings.FAQ = replace(settings.FAQ, vector_weight=0.1, keyword_weight=0.9)
    assert slugs(ask(api, "pool rules")) == ["words", "meaning"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"vector_weight": -0.1}, "a weight is below 0"),
        ({"vector_weight": 0.0, "keyword_weight": 0.0}, "both weights of a pair are 0"),
        ({"embedding_timeout": 0.0}, "embedding_timeout is no time at all"),
        ({"cosine_unrelated": 0.8}, "cosine_certain is not the greater"),
        ({"local_keyword_weight": -1.0}, "a weight is below 0"),
        ({"local_vector_weight": 0.0, "local_keyword_weight": 0.0}, "both weights of a pair are 0"),
        ({"top_k": 0}, "top_k is not within 1 and 20"),
        ({"top_k": 21}, "top_k is not within 1 and 20"),
        ({"cache_ttl": 0}, "cache_ttl is below 1 second"),
        ({"confidence_floor": 1.1}, "a floor is not within 0 and 1"),
        ({"grounds_floor": -0.1}, "a floor is not within 0 and 1"),
        ({"golden_hit_at_5": 90}, "a floor is not within 0 and 1"),
        ({"golden_mrr": -0.1}, "a floor is not within 0 and 1"),
    ],
)
def test_a_configuration_that_could_not_act_is_refused(changed, problem):
    with pytest.raises(ValueError, match=f"^FaqConfig: {problem}.$"):
        FaqConfig(**changed)


def test_a_configuration_at_its_bounds_may_act():
    assert FaqConfig(golden_hit_at_5=1.0, golden_mrr=0.0).golden_floor == (1.0, 0.0)
    assert FaqConfig(vector_weight=0.0, top_k=20, cache_ttl=1, grounds_floor=1.0).top_k == 20


def test_as_many_results_as_configured(api, faqs, settings):
    for top_k in (1, 3):
        settings.FAQ = replace(settings.FAQ, top_k=top_k)
        assert len(ask(api, "villa виллу วิลล่า wifi")["results"]) == top_k


def test_how_long_an_answer_is_kept_and_a_vector_waited_for(api, faqs, model, settings):
    settings.FAQ = replace(settings.FAQ, cache_ttl=1)
    ask(api, "wifi")
    assert ask(api, "wifi")["cached"]
    time.sleep(1.1)
    assert not ask(api, "wifi")["cached"]
    model.embeddings.delay = 0.2
    assert not ask(api, "villa")["degraded"]
    settings.FAQ = replace(settings.FAQ, embedding_timeout=0.05)
    assert ask(api, "villa")["degraded"]


def test_how_sure_a_cosine_is_belongs_to_the_model(api, make, model, settings):
    model.embeddings.vectors = {"hound": vector(1), "Pets?\nAn answer.": vector(0.6, 0.8)}
    make("Pets?")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    for bounds, sure in (((0.4, 0.8), 0.5), ((0.6, 0.8), 0.0), ((0.2, 0.6), 1.0)):
        settings.FAQ = replace(settings.FAQ, cosine_unrelated=bounds[0], cosine_certain=bounds[1])
        assert ask(api, "hound")["results"][0]["confidence"] == pytest.approx(sure, abs=0.001)


def test_the_local_embedder_has_weights_of_its_own(settings):
    assert settings.FAQ.weights(semantic=False) != settings.FAQ.weights(semantic=True)
    assert settings.FAQ.weights(semantic=True).vector == settings.FAQ.vector_weight


def test_letters_count_for_what_no_faq_holds(api, make, settings):
    make("Pool rules?", "Many rules about towels.", slug="words")
    make("Swimming lessons?", "Swimming lessons.", slug="letters")
    settings.FAQ = replace(settings.FAQ, local_vector_weight=0.1, local_keyword_weight=0.9)
    assert slugs(ask(api, "pool swimmming lesssons"))[0] == "words"
    settings.FAQ = replace(settings.FAQ, local_vector_weight=0.9, local_keyword_weight=0.1)
    assert slugs(ask(api, "pool swimmming lesssons"))[0] == "letters"


def test_letters_count_for_nothing_where_every_word_is_known(faqs, agent):
    explanation = ask(agent, "wifi", explain="1")["explanation"]
    assert explanation["weights"]["vector"] == 0
    explanation = ask(agent, "wifi spede", explain="1")["explanation"]
    assert explanation["weights"]["vector"] > 0


def test_a_model_finds_what_shares_no_word_and_says_how_sure_it_is(api, make, model):
    model.embeddings.vectors = {
        "can my hound come": vector(1, 0),
        "Pets?\nAn answer.": vector(0.9, 0.43589),
        "Parking?\nAn answer.": vector(0, 1),
    }
    make("Pets?")
    make("Parking?")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    pets, parking = ask(api, "can my hound come")["results"]
    assert (pets["slug"], pets["score"], pets["confidence"]) == ("pets", 1.0, 1.0)
    assert (parking["score"], parking["confidence"]) == (0.0, 0.0)


# Degraded


@pytest.mark.parametrize(
    "behaviour",
    [{"delay": 1.0}, {"status": 429}, {"status": 500}, {"nan": True}, {"dimensions": 3}],
)
def test_without_a_vector_in_time_keywords_answer_and_nothing_is_cached(
    api, faqs, model, behaviour
):
    for name, value in behaviour.items():
        setattr(model.embeddings, name, value)
    began = time.monotonic()
    before = degraded_today("faq.document")
    body = ask(api, "cancellation policy")
    assert time.monotonic() - began < 0.9
    assert degraded_today("faq.document") == before + 1
    assert body["degraded"] and body["results"][0]["slug"] == "cancel"
    assert body["results"][0]["score"] == 1.0
    model.embeddings = type(model.embeddings)()
    again = ask(api, "cancellation policy")
    assert (again["degraded"], again["cached"]) == (False, False)


def test_degraded_and_nothing_to_look_up(api, faqs, model):
    model.embeddings.status = 500
    body = ask(api, "the of")
    assert (body["degraded"], body["results"]) == (True, [])


def test_a_document_without_a_vector_is_found_by_its_words(api, make):
    make("Parking?")
    make("Pets?")
    Embedding.objects.filter(document__slug="pets").delete()
    assert slugs(ask(api, "pets"))[0] == "pets"


def test_until_a_model_has_made_its_vector_a_document_is_ranked_by_its_words(api, make, model):
    """However near others are; there would be no place for it among the best five."""
    model.embeddings.vectors = {"where are pets allowed": vector(1, 0)}
    for number in range(6):
        make(f"Parking {number}?")
        model.embeddings.vectors[f"Parking {number}?\nAn answer."] = vector(1, 0.1 * number)
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    make("Pets?", "Allowed.")
    body = ask(api, "where are pets allowed")
    assert not body["degraded"]
    assert (body["results"][0]["slug"], body["results"][0]["score"]) == ("pets", 1.0)


def test_a_vector_of_a_text_that_changed_is_never_used(api, make):
    document = make("Parking places?", "There is a garage.")
    Document.objects.filter(pk=document.pk).update(
        question="Pets?", question_text="pets", content_hash="of another text"
    )
    assert ask(api, "prkng plces grage")["results"] == []


def test_vectors_of_another_model_are_not_compared(api, make, model, settings):
    settings.EMBEDDING = None
    make("Parking?")
    settings.EMBEDDING = Endpoint(model.url, "another-model", dimensions=768)
    model.embeddings.dimensions = 768
    body = ask(api, "zzz")
    assert (body["results"], body["degraded"]) == ([], False)


# The cache


def test_the_second_answer_comes_from_the_cache_and_is_the_same(api, faqs):
    first, second = ask(api, "wifi"), ask(api, "wifi")
    assert (first.pop("cached"), second.pop("cached")) == (False, True)
    assert first == second


@pytest.mark.parametrize("other", [{"query": "wifis"}, {"limit": 6}, {"language": "en"}])
def test_another_search_is_not_answered_from_the_cache(api, faqs, other):
    ask(api, "wifi")
    assert not ask(api, **{"query": "wifi"} | other)["cached"]


def test_fewer_than_are_judged_come_out_of_the_same_entry(api, faqs):
    whole = ask(api, "cancellation wifi", limit=5)
    fewer = ask(api, "cancellation wifi", limit=1)
    assert len(whole["results"]) > 1
    assert (fewer["cached"], fewer["results"]) == (True, whole["results"][:1])


def test_a_page_of_many_is_not_kept(api, faqs):
    """Somebody could fill Redis with searches nobody asks twice."""
    words = " ".join(Document.objects.values_list("question", flat=True))[:900]
    assert len(ask(api, words, limit=20)["results"]) > 5
    assert not ask(api, words, limit=20)["cached"]


def edit_answer():
    document = Document.objects.get(slug="wifi")
    document.answer = "Changed."
    indexing.save(document)


@pytest.mark.parametrize(
    "write",
    [
        edit_answer,
        lambda: Document.objects.filter(slug="wifi").update(answer="Changed."),
        lambda: Document.objects.filter(slug="wifi").delete(),
        lambda: Category.objects.update(slug="renamed"),
        lambda: Embedding.objects.all().delete(),
        lambda: connection.cursor().execute("UPDATE faq_document SET status = 'draft'"),
    ],
)
def test_the_search_after_a_write_sees_it(api, faqs, write):
    before = ask(api, "wifi")
    write()
    after = ask(api, "wifi")
    assert not after["cached"]
    if write is edit_answer:
        assert before["results"][0]["answer"] != after["results"][0]["answer"] == "Changed."


def test_queries_of_a_search(api, faqs):
    with CaptureQueriesContext(connection) as missed:
        ask(api, "wifi in the villa")
    with CaptureQueriesContext(connection) as hit:
        ask(api, "wifi in the villa")
    assert (len(missed), len(hit)) == (2, 1)


def test_without_redis_everything_is_found_uncached(api, faqs, settings):
    nowhere = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    assert cache.get("anything") is None
    assert slugs(ask(api, "wifi"))[0] == "wifi"
    assert not ask(api, "wifi")["cached"]


def test_without_redis_a_slow_model_is_waited_for_no_longer(api, faqs, model, settings):
    nowhere = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    model.embeddings.delay = 1.0
    began = time.monotonic()
    body = ask(api, "cancellation policy")
    assert time.monotonic() - began < 0.9
    assert (body["degraded"], body["results"][0]["slug"]) == (True, "cancel")


# Scale, in small


def test_a_filter_never_leaves_the_vector_leg_short(api, make, monkeypatch):
    """More documents of another language are nearer than the index hands out at once."""
    monkeypatch.setattr("faq.ranking.EXACT_NUMBERS", 0)
    monkeypatch.setattr("faq.ranking.IN_VIEW", ((0, LEG_ROWS),))
    for number in range(LEG_ROWS * 4):
        make(f"pooool gardeeen terraaace {number}", language="th", slug=f"th{number}")
    make("poooool gardeeeen terraaaace", slug="far")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert slugs(ask(api, "poool gardeen terraace", language="en")) == ["far"]


# The floor


@pytest.mark.parametrize(
    ("query", "matched"),
    [
        ("What is the cancellation policy?", True),
        ("wifi", True),
        ("ยกเลิกได้ไหม", True),
        ("забронировать виллу", True),
        ("How do I feed a submarine in winter?", False),
        ("the of and", False),
        ("1", False),  # a number is no subject
        ("how much does it cost", False),  # of what?
        ("I need one", False),
        ("😀", False),
    ],
)
def test_the_api_says_whether_anything_matched(api, faqs, query, matched):
    assert ask(api, query)["matched"] is matched
    assert ask(api, query)["matched"] is matched  # from the cache


def test_another_word_for_it_counts_as_it_does(api, make):
    make("Can I bring my dog?", "Of any size.", slug="dog")
    make("Towels?", "Kids and pets: bring your own.", slug="towels")
    for asked in ("bring pets", "bring puppies"):  # none holds the latter
        sure = {each["slug"]: each["confidence"] for each in ask(api, asked)["results"]}
        assert sure == {"dog": 1.0, "towels": 0.4}


def test_another_word_finds_what_none_holds(api, make):
    make("Can children stay?", "Free up to two years.", slug="children")
    make("How do I book?", "Write to us.", slug="book")
    make("Is the house register a book?", "Yes.", slug="register")
    for asked, expected in [("kids", "children"), ("reservation", "book")]:
        body = ask(api, asked)
        assert body["matched"] and body["results"][0]["slug"] == expected
    make("How do I make a reservation?", "Pay.", slug="reserve")
    assert slugs(ask(api, "reservation")) == ["reserve"]  # now one holds it


def test_it_is_said_by_the_best_few_however_many_are_asked_for(api, make, model):
    model.embeddings.vectors = {
        "annual land tax": vector(1, 0),
        "Parking?\nAn answer.": vector(0.3, 1),
        "Annual land tax?\nAn answer.": vector(0.1, 1),
    }
    make("Parking?")
    make("Annual land tax?")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    for limit in (1, 5, 20):
        body = ask(api, "annual land tax", limit=limit)
        assert body["matched"] and body["results"][0]["confidence"] == 0
        assert len(body["results"]) == min(limit, 2)


def test_the_floor_is_the_products(api, faqs, settings):
    asked = "the villa submarine"
    sure = ask(api, asked)["results"][0]["confidence"]
    assert 0 < sure < 1
    for floor, matched in ((sure - 0.01, True), (sure + 0.01, False)):
        settings.FAQ = replace(settings.FAQ, confidence_floor=floor)
        assert ask(api, asked)["matched"] is matched


def test_nothing_matches_where_there_is_nothing(api, db, settings):
    settings.FAQ = replace(settings.FAQ, confidence_floor=0.0)
    assert ask(api, "wifi")["matched"] is False


# Explained


def test_staff_see_how_each_result_came_by_its_place(make, model, agent, settings):
    settings.FAQ = replace(settings.FAQ, vector_weight=0.6, keyword_weight=0.4)
    model.embeddings.vectors = {
        "pool rules": vector(1, 0),
        "Pool rules?\nAn answer.": vector(0.6, 0.8),
        "Swimming?\nThe pool is deep.": vector(1, 0),
    }
    make("Pool rules?", slug="words")
    make("Swimming?", "The pool is deep.", slug="meaning")
    indexing.embed(list(Document.objects.all()), indexing.embedder())
    body = ask(agent, "pool rules", explain="1")
    explanation = body["explanation"]
    assert explanation["weights"] == {"keyword": 0.4, "vector": 0.6}
    assert explanation["confidence_floor"] == settings.FAQ.confidence_floor
    assert [(term["lexeme"], term["documents"]) for term in explanation["terms"]] == [
        ("rule", 1),
        ("pool", 2),
    ]
    first, second = explanation["results"]
    assert [first["slug"], second["slug"]] == slugs(body) == ["meaning", "words"]
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["vector"] == {"raw": 1.0, "normalised": 1.0}
    assert second["vector"] == {"raw": 0.6, "normalised": 0.0}
    assert (first["keyword"]["in_question"], first["keyword"]["in_answer"]) == ([], ["pool"])
    assert second["keyword"]["in_question"] == ["rule", "pool"]
    assert 0 < first["keyword"]["raw"] < second["keyword"]["raw"]
    assert second["keyword"]["normalised"] == 1.0
    for reasons in (first, second):
        by_hand = 0.4 * reasons["keyword"]["normalised"] + 0.6 * reasons["vector"]["normalised"]
        assert reasons["score"] == pytest.approx(by_hand, abs=0.001)


def test_an_explanation_is_never_cached(faqs, agent):
    ask(agent, "wifi")
    assert not ask(agent, "wifi", explain="true")["cached"]
    assert "explanation" not in ask(agent, "wifi")


def test_an_explanation_of_keywords_alone(faqs, model, agent):
    model.embeddings.status = 500
    explanation = ask(agent, "wifi", explain="1")["explanation"]
    assert explanation["weights"]["vector"] == 0
    assert explanation["results"][0]["vector"] == {"raw": None, "normalised": 0.0}


def test_others_see_no_explanation(api, faqs, sign_in, users):
    assert api.get(URL, {"query": "wifi", "explain": "1"}).status_code == 401
    assert api.get(URL, {"query": "wifi", "explain": "0"}).status_code == 200
    user = sign_in(users.user)
    assert user.get(URL, {"query": "wifi", "explain": "1"}).status_code == 403
    assert api.get(URL, {"query": "wifi", "explain": "maybe"}).status_code == 400
