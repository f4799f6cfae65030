import pytest

from core.search.text import SYNONYMS, is_blank, language_of, normalise, searchable, words

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Crème   BRÛLÉE\n", "creme brulee"),
        ("Straße Łódź Ærø", "strasse lodz aero"),
        ("ﬁne ＡＢＣ ①", "fine abc 1"),
        ("What’s", "what's"),
        ("Ёлка и Йод", "елка и йод"),
        ("ЧАЙ", "чай"),
        ("น้ำ", "น้ำ"),
        ("นํ้า", "น้ำ"),
        ("น้ํา", "น้ำ"),
        ("ที่พัก ๘,๐๐๐ บาท", "ที่พัก 8,000 บาท"),
        ("บ้าน\u200bพัก", "บ้าน พัก"),
        ("เเมว", "แมว"),
        ("ท่ีดิน", "ที่ดิน"),
        ("can\u200ecel\u2060 ไ\u2060ป", "cancel ไป"),
        ("a\x00b", "a b"),
        ("บ้าน\x00", "บ้าน"),
        ("lone \ud800 é", "lone e"),
        ("한국어", "한국어"),
        ("😀", "😀"),
        ("", ""),
    ],
)
def test_normalise_folds_what_readers_take_for_the_same(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\u3000",
        "\u200b",
        "\u200b \u2060\ufeff\u200d\u200c",
        "\u00ad\x01",
        "\u2028",
        "\u3164\ufe0f",
    ],
)
def test_what_shows_nothing_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", "?", "\ufeffa", "ห้อง\u200bว่าง", "😀", "👨\u200d👩\u200d👧", "❤\ufe0f", "한"]
)
def test_what_shows_anything_is_not_blank(text):
    assert not is_blank(text)


@pytest.mark.parametrize("text", ["Crème 15,000 น้ำ Ёж", "ﬁ น้ํา İstanbul", "plain ascii Text"])
def test_normalise_twice_is_normalise_once(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I book?", "en"),
        ("ยกเลิกได้ไหม", "th"),
        ("Bestays ยกเลิกการจองได้ไหม", "th"),
        ("a villa with a pool in ภูเก็ต please", "en"),
        ("Как забронировать виллу?", "ru"),
        ("wifi на вилле есть?", "ru"),
        ("Grand Choeng Mon Beach Villa цена?", "ru"),
        ("grand choeng mon beach villa ราคา", "th"),
        ("Village House in Hua Thanon цена?", "ru"),
        ("что лучше: Hin Kong Sunset Villa или Bay Villa?", "ru"),
        ("Is Hin Kong Sunset Villa free?", "en"),
        ("What does ไร่ mean in English", "en"),
        ("Can I Buy Land With A โฉนด", "en"),
        ("Palm Grove Pool Villa", "en"),
        ("日本語", "en"),
        ("12345 😀", "en"),
        ("", "en"),
    ],
)
def test_language_comes_from_the_script(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Check-in at 15:00?", "check in checkin at 15 00"),
        ("checked out, check out", "checked out check out checkout"),
        ("Wi-Fi, wi fi, e\u2011mail", "wifi wifi email"),
        ("15,000 baht, 8,000", "15000 baht 8000"),
        ("1,2,3", "1 2 3"),
        ("https://a.b/c_d", "https a b c d"),
        ("จองบ้าน", "จอง บ้าน"),
        ("กขฃคฅ", "กขฃ ขฃค ฃคฅ"),
        ("จองได้ไหมครับ", "จอง"),
        ("ไป", "ไป"),
        ("ราคา฿", "ราคา"),
        ("pool villa ภูเก็ต", "pool villa ภูเก็ต"),
        ("!?…", ""),
    ],
)
def test_searchable_text_has_words_and_trigrams_of_unknown_thai(text, expected):
    assert searchable(text, "en") == expected


def test_a_discount_is_no_rate_of_a_tax_or_of_electricity():
    assert SYNONYMS["discount"] == {"discount", "low"}
    assert {"rate", "low"}.isdisjoint(SYNONYMS)


def test_a_particle_alone_is_kept():
    assert searchable("ไหม", "th") != ""


def test_long_words_are_cut_but_not_thai_which_has_no_spaces():
    assert len(words("x" * 500)[0]) == 64
    assert len(words("ก" * 500)[0]) == 500
