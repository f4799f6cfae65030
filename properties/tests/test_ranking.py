"""`q` of the list: what matches, in which order, and that no page hides or repeats a match."""

import random
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from core.providers import Endpoint
from core.search.collections import Vector
from core.search.degraded import degraded_today
from core.search.embeddings import embedder
from core.search.hybrid import rarest_terms
from properties import meaning, ranking
from properties.conf import ListingsConfig
from properties.filters import Filters
from properties.indexing import listings as collection
from properties.matching import best_match
from properties.models import Embedding, Lexeme, Property
from properties.tests.test_api import URL, error, titles
from properties.vocabulary import TRANSLATED, indexed

pytestmark = [pytest.mark.django_db, pytest.mark.any_product, pytest.mark.any_databases]


@pytest.fixture
def homes(make):
    make(title="Reef", amenities=["pool", "wifi", "pet friendly"], city="Phuket")
    make(title="Lagoon", description="Вилла с бассейном, тихая улица.", city="Koh Samui")
    make(title="Palms", description="บ้านพร้อมสระว่ายน้ำ ใกล้หาด", type="house")
    make(title="Plot", type="land", transaction="sale", city="Hua Hin", amenities=["sea view"])
    make(title="Loft", type="condo", description="Café crème, high ceilings.", city="Bangkok")
    make(title="Hidden pool", status="draft")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("pool", {"Reef", "Lagoon", "Palms"}),
        ("бассейн", {"Reef", "Lagoon", "Palms"}),
        ("бассейном", {"Reef", "Lagoon", "Palms"}),
        ("สระว่ายน้ำ", {"Reef", "Lagoon", "Palms"}),
        ("POOLS!!!", {"Reef", "Lagoon", "Palms"}),
        ("swimming pool", {"Reef", "Lagoon", "Palms"}),
        ("beach", {"Palms"}),
        ("пляж", {"Palms"}),
        ("วิวทะเล", {"Plot"}),
        ("вид на море", {"Plot"}),
        ("land", {"Plot"}),
        ("участок", {"Plot"}),
        ("ที่ดิน", {"Plot"}),
        ("หัวหิน", {"Plot"}),
        ("ขาย", {"Plot"}),
        ("купить", {"Plot"}),
        ("Пхукет", {"Reef"}),
        ("ภูเก็ต", {"Reef"}),
        ("dog", {"Reef"}),
        ("собака", {"Reef"}),
        ("internet", {"Reef"}),
        ("квартира", set()),
        ("condominium", {"Loft"}),
        ("คอนโด", {"Loft"}),
        ("cafe creme", {"Loft"}),
        ("CRÈME", {"Loft"}),
        ("тихая", {"Lagoon"}),
        ("quiet", {"Lagoon"}),
        ("the of и", set()),
        ("🏝️", set()),
        ("helipad", set()),
        ("helipad pool moat", set()),
        ("helipad pool", {"Reef", "Lagoon", "Palms"}),
        ("' | ! & :* \\", set()),
    ],
)
def test_words_in_three_languages(api, homes, q, expected):
    assert set(titles(api.get(URL, {"q": q}))) == expected


def test_the_words_that_the_vocabulary_has_are_its_lexemes_in_every_form(db):
    for english, listed in TRANSLATED.items():
        for form in listed.replace("*", "").split(","):
            form = form.strip()
            joined = form.replace(" ", "") if re.search("[\u0e00-\u0e7f]", form) else form
            if form not in ("อ่างอาบน้ำ",):  # in one word where the segmenter leaves it so
                assert indexed(joined) == english, form


def test_all_the_words_come_before_some_and_a_title_before_a_description(api, make):
    make(title="Garden with a pool")
    make(title="Both", description="A pool in the garden.")
    make(title="Pool")
    make(title="Wet", description="A pool.")
    make(title="Neither")
    found = titles(api.get(URL, {"q": "pool garden"}))
    assert found == ["Garden with a pool", "Both", "Pool", "Wet"]


def test_the_rarer_word_weighs_more_and_amenities_more_than_a_description(api, make):
    for number in range(6):
        make(title=f"Pool {number}")
    make(title="Sauna")
    make(title="Has", amenities=["fireplace"])
    make(title="Tells", description="A fireplace.")
    assert titles(api.get(URL, {"q": "pool sauna"}))[0] == "Sauna"
    assert titles(api.get(URL, {"q": "fireplace"})) == ["Has", "Tells"]


def test_a_long_question_is_found_by_half_of_its_words(api, make):
    make(title="Lagoon terrace", description="Orchids, hammocks and a library.")
    q = "I dream of a lagoon terrace with orchids and with hammocks in the moonlight somewhere far"
    assert titles(api.get(URL, {"q": q})) == ["Lagoon terrace"]


WORDS = ["lagoon", "orchid", "terrace", "hammock", "library", "veranda", "atrium"]
TYPES, CITIES = ["villa", "condo"], ["Phuket", "Krabi", ""]
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def many(db):
    """200 listings, with so few creation times that most of them share one."""
    rng = random.Random(5)
    made = []
    for number in range(200):
        listing = Property(
            title=" ".join(rng.choices(WORDS, weights=range(7, 0, -1), k=rng.randint(1, 3))),
            description=" ".join(rng.choices([*WORDS, "palm"], k=rng.randint(0, 4))),
            type=rng.choice(TYPES), city=rng.choice(CITIES), transaction="rent", currency="THB",
            price=rng.choice([None, 1000, 2000, 3000]), bedrooms=rng.choice([None, 1, 2, 3]),
            status=rng.choice(["published"] * 9 + ["draft"]),
            created_at=NEWEST - timedelta(days=number // 10),
        )  # fmt: skip
        listing.derive()
        made.append(listing)
    return Property.objects.bulk_create(made)


FILTERS = [
    {},
    {"type": "villa"},
    {"city": "krabi", "max_price": "2000"},
    {"bedrooms": "2", "min_price": "1000"},
    {"type": "condo", "city": "phuket", "bedrooms": "3"},
]


def passes(listing, filters):
    rules = {
        "type": lambda value: listing.type == value,
        "city": lambda value: listing.city.lower() == value,
        "max_price": lambda value: listing.price is not None and listing.price <= int(value),
        "min_price": lambda value: listing.price is not None and listing.price >= int(value),
        "bedrooms": lambda value: (listing.bedrooms or 0) >= int(value),
    }
    return listing.status == "published" and all(rules[k](v) for k, v in filters.items())


def held(listing, asked):
    told = f"{listing.title} {listing.description}".split()
    return sum(word in told for word in asked)


def in_blocks(listings, asked, needs, block):
    """The rule of `ranking`, naively: (words held, block of the newest) in the order of pages."""
    newest = sorted(listings, key=lambda each: (each.created_at, each.id), reverse=True)
    for count in range(len(asked), needs - 1, -1):
        alike = [each for each in newest if held(each, asked) == count]
        for start in range(0, len(alike), block):
            yield {str(each.id) for each in alike[start : start + block]}


def all_pages(api, filters, limit):
    seen, cursor = [], {}
    while cursor is not None:
        body = api.get(URL, {"limit": limit} | filters | cursor).json()
        rows = [row["id"] for row in body["results"]]
        seen.append(rows)
        cursor = {"cursor": body["next"]} if body["next"] else None
    return seen


@pytest.mark.parametrize("block", [7, 100])
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("q", ["lagoon", "orchid terrace", "lagoon atrium hammock veranda"])
def test_every_page_is_full_and_every_match_comes_once(api, many, monkeypatch, q, filters, block):
    monkeypatch.setattr(ranking, "BLOCK", block)
    asked = q.split()
    needs = -(-len(asked) // 2)
    passing = [each for each in many if passes(each, filters)]
    matches = {str(each.id) for each in passing if held(each, asked) >= needs}
    pages = all_pages(api, {"q": q} | filters, limit=9)
    assert all(len(page) == 9 for page in pages[:-1])
    order = [id for page in pages for id in page]
    assert len(order) == len(set(order))
    assert set(order) == matches
    place = 0
    for together in in_blocks(passing, asked, needs, block):
        assert set(order[place : place + len(together)]) == together
        place += len(together)
    count = api.get(URL, {"q": q, "count": "true"} | filters).json()["count"]
    assert count == len(matches)


def test_within_a_block_the_score_decides(many):
    parts = [ranking.Condition("true")]
    places, _ = ranking.ranked(parts, ranking.beginning("terrace lagoon"))
    assert places == sorted(places, reverse=True)
    assert 3 > places[0][0] > places[-1][0] >= 2


def test_pages_stay_the_same_while_listings_come_and_go(api, many, make):
    before = [id for page in all_pages(api, {"q": "lagoon orchid"}, 10) for id in page]
    body = api.get(URL, {"q": "lagoon orchid", "limit": 10}).json()
    for _ in range(60):  # newer ones, which also make one of the words common
        make(title="Orchid orchid")
    gone = before[15]
    Property.objects.filter(id=gone).delete()
    seen = [row["id"] for row in body["results"]]
    while body["next"]:
        asked = {"q": "lagoon orchid", "limit": 10, "cursor": body["next"]}
        body = api.get(URL, asked).json()
        seen += [row["id"] for row in body["results"]]
    assert [id for id in seen if id in before] == [id for id in before if id != gone]
    assert len(seen) == len(set(seen))


def test_a_cursor_is_good_for_its_question_alone(api, many):
    cursor = api.get(URL, {"q": "lagoon", "limit": 2}).json()["next"]
    assert api.get(URL, {"q": "lagoon", "limit": 9, "cursor": cursor}).status_code == 200
    plain = api.get(URL, {"limit": 2}).json()["next"]
    for asked in (
        {"q": "orchid", "cursor": cursor},
        {"cursor": cursor},
        {"q": "lagoon", "type": "villa", "cursor": cursor},
        {"q": "lagoon", "cursor": plain},
        {"q": "lagoon", "cursor": cursor[:-3] + "abc"},
        {"q": "lagoon", "cursor": cursor[9:]},
        {"q": "lagoon", "cursor": "x" * 5000},
    ):
        error(api.get(URL, asked), 400, "INVALID_CURSOR")


def test_the_longest_cursor_is_taken_back(api, make):
    words = [f"{letter * 60}" for letter in "ышщчжф"]
    for number in range(3):
        make(title=f"{number}", description=" ".join(words))
    q = " ".join(words)[:200]
    make(title="more", description=q)
    body = api.get(URL, {"q": q, "limit": 1}).json()
    assert api.get(URL, {"q": q, "limit": 1, "cursor": body["next"]}).status_code == 200


def test_a_question_costs_three_queries(api, many, django_assert_num_queries):
    with django_assert_num_queries(3):
        api.get(URL, {"q": "lagoon"})
    with django_assert_num_queries(1):
        assert titles(api.get(URL, {"q": "helipad"})) == []
    cursor = api.get(URL, {"q": "lagoon", "limit": 2}).json()["next"]
    with django_assert_num_queries(2):  # its words are in the cursor
        api.get(URL, {"q": "lagoon", "limit": 2, "cursor": cursor})


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("pool not in Phuket", ["Palms", "Lagoon"]),
        ("бассейн, только не на Пхукете", ["Palms", "Lagoon"]),
        ("มีสระว่ายน้ำ ไม่เอาภูเก็ต", ["Palms", "Lagoon"]),
        ("land or a condo, no sea view", ["Loft"]),
        ("вилла без интернета", ["Dry", "Lagoon"]),
        ("วิลล่า ไม่เอาภูเก็ต", ["Lagoon"]),
        ("anything but a villa", ["Loft", "Plot", "Palms"]),
        ("not in Phuket, not on Samui, no condo", ["Plot", "Palms"]),
        ("not in Phuket or Samui", ["Loft", "Plot", "Palms"]),
        ("wifi, no pets", ["Reef"]),  # who has none may stay where they are allowed
        ("pool, no helipad", ["Palms", "Lagoon", "Reef"]),
    ],
)
def test_what_is_refused_is_in_none(api, homes, make, q, expected):
    make(title="Dry", city="Phuket")
    found = titles(api.get(URL, {"q": q}))
    assert sorted(found) == sorted(expected)


def test_every_page_of_what_is_refused(api, make, django_assert_num_queries):
    for city in ("Phuket", "Koh Samui", "Phuket", "Bangkok", "Koh Samui"):
        make(title=city, city=city)
    for q, queries in (("villa not in Phuket", 5), ("not in Phuket", 2)):  # the market is cached
        with django_assert_num_queries(queries):
            body = api.get(URL, {"q": q, "limit": 2, "count": "true"}).json()
        rest = api.get(URL, {"q": q, "limit": 2, "cursor": body["next"]}).json()
        assert body["count"] == 3
        found = [listing["title"] for listing in body["results"] + rest["results"]]
        assert sorted(found) == ["Bangkok", "Koh Samui", "Koh Samui"]


def test_an_agent_finds_words_that_only_their_draft_holds(make, sign_in, users):
    make(title="Belvedere", status="draft", agent_id=users.agent.id)
    asked = {"q": "belvedere", "mine": "true"}
    assert titles(sign_in(users.agent).get(URL, asked)) == ["Belvedere"]
    assert titles(sign_in(users.agent).get(URL, {"q": "belvedere"})) == []


@pytest.mark.parametrize(
    ("counts", "share", "lexemes", "needs"),
    [
        ([("a", 5)], 0.5, ("a",), 1),
        ([("a", 5), ("b", 2)], 0.5, ("b", "a"), 1),
        ([("a", 5), ("b", 0)], 0.5, ("a",), 1),
        ([("a", 5), ("b", 0), ("c", 0)], 0.5, ("a",), 2),
        ([("a", 5), ("b", 0)], 1.0, ("a",), 2),
        ([("a", 5), ("กขค", 0), ("ขคง", 0)], 0.5, ("a",), 1),
        ([(letter, n + 1) for n, letter in enumerate("abcdefgh")], 0.5, tuple("abcdef"), 3),
        ([], 0.5, (), 1),
    ],
)
def test_how_many_words_a_match_needs(counts, share, lexemes, needs):
    words = ranking.words_of(rarest_terms(counts, 10), share)
    assert (words.lexemes, words.needs) == (lexemes, needs)
    assert words.may_match == (needs <= len(lexemes))
    assert not words.shares or sum(words.shares) == pytest.approx(1, abs=1e-4)


# How many listings hold a word


def counted():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lexeme, count(*) FROM properties_property,"
            " unnest(array_append(tsvector_to_array(search_vector), '')) lexeme GROUP BY lexeme"
        )
        return dict(cursor.fetchall())


def kept():
    totals = {}
    for lexeme, documents in Lexeme.objects.values_list("lexeme", "documents"):
        totals[lexeme] = totals.get(lexeme, 0) + documents
    return {lexeme: total for lexeme, total in totals.items() if total}


def test_counts_of_words_follow_every_write(make, many):
    assert kept() == counted()
    home = make(title="Veranda", amenities=["pool"])
    home.title = "Atrium"
    home.save()
    home.price = 7
    home.save(update_fields={"price"})
    assert kept() == counted()
    Property.objects.filter(type="villa").update(search_text="x\ny\nz")
    assert kept() == counted()
    Property.objects.filter(type="condo").delete()
    assert kept() == counted()
    Property.objects.all().delete()
    assert kept() == {}
    assert Lexeme.objects.count() == 0  # folded, not only adding up to nothing


# With a model


def vector(*values):
    return [*map(float, values), *[0.0] * (384 - len(values))]


@pytest.fixture
def model(settings, model_server):
    settings.EMBEDDING = Endpoint(model_server.url, "test-model", dimensions=384)
    return model_server


def embed_all():
    ids = collection.missing("test-model", None, 1000)
    texts = collection.texts(ids)
    vectors = embedder().embed([text.text for text in texts], 5)
    made = zip(texts, vectors, strict=True)
    collection.store("test-model", 384, [Vector(text.id, text.content_hash, v) for text, v in made])


@pytest.fixture
def near(make, model):
    texts = {"Dune": (0.95, 0.3122), "Cliff": (0.7, 0.714), "Forest": (0, 1), "Surf": (0, 0, 1)}
    for title, values in texts.items():
        listing = make(title=title, description="A hideaway." if title == "Surf" else "")
        model.embeddings.vectors[listing.embedded_text] = vector(*values)
    model.embeddings.vectors["hideaway sand"] = vector(1, 0)
    model.embeddings.vectors["sand"] = vector(1, 0)
    embed_all()
    return model


def test_a_model_finds_what_shares_no_word(api, near):
    assert titles(api.get(URL, {"q": "sand"})) == ["Dune", "Cliff"]
    body = api.get(URL, {"q": "hideaway sand", "count": "true", "limit": 2}).json()
    assert [row["title"] for row in body["results"]] == ["Dune", "Cliff"]
    assert body["count"] == 3
    asked = {"q": "hideaway sand", "cursor": body["next"], "limit": 2}
    requests = len(near.requests)
    assert titles(api.get(URL, asked)) == ["Surf"]
    assert len(near.requests) == requests  # the cursor knows what is near


def test_until_a_model_has_made_its_vector_a_listing_is_ranked_by_its_words(api, near, make):
    make(title="Hideaway in the sand")
    assert titles(api.get(URL, {"q": "hideaway sand"}))[0] == "Hideaway in the sand"


def test_weights_decide_and_filters_come_first(api, near, settings):
    settings.LISTINGS = replace(settings.LISTINGS, vector_weight=0.1, keyword_weight=0.9)
    assert titles(api.get(URL, {"q": "hideaway sand"})) == ["Surf", "Dune", "Cliff"]
    Property.objects.filter(title="Dune").update(type="land")
    assert titles(api.get(URL, {"q": "sand", "type": "land"})) == ["Dune"]
    assert titles(api.get(URL, {"q": "sand", "type": "villa"})) == ["Cliff"]
    Property.objects.filter(title="Cliff").update(status="draft")
    assert titles(api.get(URL, {"q": "sand", "type": "villa"})) == []


def test_the_index_is_walked_as_far_as_filters_need(api, near, make, monkeypatch):
    monkeypatch.setattr("properties.catalogue.COUNT_CAP", 0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert titles(api.get(URL, {"q": "sand", "type": "villa"})) == ["Dune", "Cliff"]


def test_a_changed_text_has_no_vector(api, near):
    dune = Property.objects.get(title="Dune")
    dune.title = "Dunes"
    dune.save()
    assert titles(api.get(URL, {"q": "sand"})) == ["Cliff"]
    assert collection.missing("test-model", None, 10) == [dune.id]
    assert collection.count_missing("test-model") == 1


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 500}, {"nan": True}, {"dimensions": 3}, {"delay": 1.0}]
)
def test_without_its_vector_the_words_decide_which_is_said_and_counted(api, near, fault):
    if "dimensions" in fault:
        near.embeddings.vectors.clear()
    for name, value in fault.items():
        setattr(near.embeddings, name, value)
    before, before_of_faqs = degraded_today(collection.name), degraded_today("faq.document")
    began = time.monotonic()
    answer = api.get(URL, {"q": "hideaway sand"})
    assert time.monotonic() - began < 0.9
    assert (titles(answer), answer.json()["degraded"]) == (["Surf"], True)
    assert degraded_today(collection.name) == before + 1
    assert degraded_today("faq.document") == before_of_faqs


def test_what_has_its_vector_or_asks_for_none_is_not_degraded(api, near, settings):
    before = degraded_today(collection.name)
    answer = api.get(URL, {"q": "sand"})
    assert (titles(answer), answer.json()["degraded"]) == (["Dune", "Cliff"], False)
    near.embeddings.status = 500
    asked = len(near.requests)
    assert api.get(URL).json()["degraded"] is False
    assert len(near.requests) == asked
    settings.EMBEDDING = None
    answer = api.get(URL, {"q": "hideaway sand"})
    assert (titles(answer), answer.json()["degraded"]) == (["Surf"], False)
    assert degraded_today(collection.name) == before


def test_all_pages_of_a_degraded_list_say_so_and_it_is_counted_once(api, make, near):
    make(title="Cave", description="A hideaway.")
    near.embeddings.status = 500
    before = degraded_today(collection.name)
    asked = {"q": "hideaway", "limit": 1}
    first = api.get(URL, asked).json()
    near.embeddings.status = 200
    second = api.get(URL, {**asked, "cursor": first["next"]}).json()
    found = [row["title"] for page in (first, second) for row in page["results"]]
    assert (sorted(found), second["next"]) == (["Cave", "Surf"], None)
    assert (first["degraded"], second["degraded"]) == (True, True)
    assert degraded_today(collection.name) == before + 1
    assert api.get(URL, asked).json()["degraded"] is False  # begun again


def test_a_vector_is_waited_for_as_long_as_configured(api, near, settings):
    near.embeddings.delay = 0.2
    assert api.get(URL, {"q": "sand"}).json()["degraded"] is False
    settings.LISTINGS = replace(settings.LISTINGS, embedding_timeout=0.05)
    assert api.get(URL, {"q": "sand"}).json()["degraded"] is True


def test_without_redis_a_degraded_list_is_answered_uncounted(api, near, settings):
    nowhere = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    near.embeddings.status = 500
    answer = api.get(URL, {"q": "hideaway sand"})
    assert (titles(answer), answer.json()["degraded"]) == (["Surf"], True)
    assert degraded_today(collection.name) == 0


def test_the_assistant_finds_by_words_and_asks_no_model(near):
    near.embeddings.status = 500
    before, asked = degraded_today(collection.name), len(near.requests)
    (listing,) = best_match(Filters(q="hideaway")).listings
    assert (listing["title"], len(near.requests)) == ("Surf", asked)
    assert degraded_today(collection.name) == before


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"vector_weight": -0.1}, "a weight is below 0"),
        ({"keyword_weight": -0.1}, "a weight is below 0"),
        ({"keyword_weight": float("nan")}, "a weight is below 0"),
        ({"vector_weight": 0.0, "keyword_weight": 0.0}, "both weights of a pair are 0"),
        ({"embedding_timeout": 0.0}, "embedding_timeout is no time at all"),
        ({"embedding_timeout": -1.0}, "embedding_timeout is no time at all"),
        ({"cosine_unrelated": 0.8}, "cosine_certain is not the greater"),
        ({"cosine_certain": 0.3}, "cosine_certain is not the greater"),
    ],
)
def test_a_configuration_that_could_not_act_is_refused(changed, problem):
    with pytest.raises(ValueError, match=f"^ListingsConfig: {problem}.$"):
        ListingsConfig(**changed)


def test_one_weight_of_a_pair_may_be_0():
    assert ListingsConfig(vector_weight=0.0).keyword_weight > 0
    assert ListingsConfig(keyword_weight=0.0).vector_weight > 0


def test_pages_of_both_legs_reach_each_once(api, many, model):
    embed_all()
    model.embeddings.vectors["lagoon terrace"] = vector(1, 0)
    wanted = {id for page in all_pages(api, {"q": "terrace lagoon"}, 9) for id in page}
    some = list(Property.objects.published().exclude(title__contains="o")[:12])
    for listing in some:
        model.embeddings.vectors[listing.embedded_text] = vector(0.9, 0.43589)
    Embedding.objects.all().delete()
    embed_all()
    pages = all_pages(api, {"q": "lagoon terrace"}, 9)
    order = [id for page in pages for id in page]
    assert len(order) == len(set(order))
    assert wanted | {str(each.id) for each in some} == set(order)
    assert all(len(page) == 9 for page in pages[:-1])


def test_what_no_leg_says_anything_for_is_left_out():
    assert meaning.combined({1: 2.0, 2: 0.0, 3: 1.5}, {2: 0.0, 4: 0.9}, most=3) == [4, 1, 3]


def test_a_listing_without_a_vector_counts_by_its_words(settings):
    assert meaning.combined({1: 2.0, 2: 0.0}, {2: 0.6}, most=3) == [1, 2]
    settings.LISTINGS = replace(settings.LISTINGS, vector_weight=1.0, keyword_weight=0.0)
    assert meaning.combined({1: 2.0, 2: 0.0}, {2: 0.6}, most=3) == [2, 1]


# The collection


def test_a_vector_of_a_text_that_changed_meanwhile_is_not_stored(make, model):
    home = make(title="Dune")
    collection.store("test-model", 384, [Vector(home.id, "0" * 32, vector(1))])
    assert collection.missing("test-model", None, 5) == [home.id]
    (text,) = collection.texts([home.id])
    assert text.text.startswith("Dune\nvilla")
    for values in (vector(1), vector(0, 1)):
        collection.store("test-model", 384, [Vector(home.id, text.content_hash, values)])
    assert collection.missing("test-model", None, 5) == []
    assert list(home.embeddings.get().v)[:2] == [0, 1]


def test_what_is_missing_comes_in_the_order_of_ids(make):
    ids = sorted(make().id for _ in range(5))
    assert collection.missing("m", None, 2) == ids[:2]
    assert collection.missing("m", ids[1], 9) == ids[2:]
