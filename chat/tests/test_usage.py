import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import offline
from chat.conf import Price, Prices
from chat.models import Conversation, Message
from chat.period import today
from chat.usage import COLUMNS, cost

PAGE = "/admin/chat/usage/"
SMALL = Price(Decimal("0.15"), Decimal("0.60"))
MAY = {"since": "2026-05-01", "until": "2026-05-31"}
PRICES = Prices("USD", {"small": SMALL, "large": Price(Decimal("2.50"), Decimal("10"))})


@pytest.fixture
def staff(users):
    client = Client()
    client.force_login(users.admin)
    return client


@pytest.fixture
def answered(db, users):
    conversation = Conversation.objects.create(user_id=users.user.id, title="Hello")

    def create(model, at, prompt=0, completion=0, role="assistant", **fields):
        return Message.objects.create(
            conversation=conversation, role=role, content="x", model=model, created_at=at,
            prompt_tokens=prompt, completion_tokens=completion, **fields,
        )  # fmt: skip

    return create


@pytest.fixture
def priced(settings):
    settings.CHAT = replace(settings.CHAT, prices=PRICES)


def shown(staff, **query):
    response = staff.get(PAGE, query)
    assert response.status_code == 200
    return response.content.decode()


def tables(text):
    """Those of sums, by model and by day: rows of what is read in their cells, the heads first."""
    return [
        [
            [cell.strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
        ]
        for table in re.findall(r'class="module sums".*?<table>(.*?)</table>', text, re.S)
    ]


def may(day, hour=5):
    return datetime(2026, 5, day, hour, tzinfo=UTC)


@pytest.fixture
def month(answered):
    """Of May 2026, beside what is not of it or no answer."""
    answered("large", may(2), 1_000_000, 2_000)
    answered("large", may(2), 500_000, 0)
    answered("large", may(3), 10, 5, status="partial")
    answered("small", may(3), 100, 50)
    answered(offline.MODEL, may(3))
    answered("", may(3), status="failed")
    answered("small", may(3), 7, 7, role="user")
    answered("large", datetime(2026, 4, 20, tzinfo=UTC), 1, 1)
    answered("large", datetime(2026, 6, 20, tzinfo=UTC), 1, 1)


def test_answers_and_tokens_by_day_and_model(staff, month, priced):
    by_model, by_day = tables(shown(staff, **MAY))
    assert by_model[1:] == [
        ["not noted", "0.0000", "1", "0", "1", "0", "0", "0", "0"],
        ["large", "3.7701", "3", "0", "0", "1", "1,500,010", "2,005", "1,502,015"],
        [offline.MODEL, "0.0000", "1", "1", "0", "0", "0", "0", "0"],
        ["small", "0.0000", "1", "0", "0", "0", "100", "50", "150"],
        ["Total", "3.7701", "6", "1", "1", "1", "1,500,110", "2,055", "1,502,165"],
    ]
    assert [[*row[:2], row[3]] for row in by_day[1:]] == [
        ["2026-05-03", "not noted", "1"],
        ["2026-05-03", "large", "1"],
        ["2026-05-03", offline.MODEL, "1"],
        ["2026-05-03", "small", "1"],
        ["2026-05-02", "large", "2"],
    ]


def test_days_are_those_of_the_product_s_time_zone(staff, answered, settings):
    """Midnight in Bangkok is 17:00 UTC, also where a period begins and ends."""
    assert settings.TIME_ZONE == "Asia/Bangkok"
    for at, tokens in (
        ("2026-04-30T16:59:59.999999", 1),
        ("2026-04-30T17:00:00", 10),
        ("2026-05-01T16:59:59.999999", 100),
        ("2026-05-01T17:00:00", 1000),
        ("2026-05-02T17:00:00", 10_000),
    ):
        answered("m", datetime.fromisoformat(f"{at}+00:00"), tokens)
    text = shown(staff, since="2026-05-01", until="2026-05-02")
    _, by_day = tables(text)
    assert [(row[0], row[6]) for row in by_day[1:]] == [
        ("2026-05-02", "1,000"),
        ("2026-05-01", "110"),
    ]
    assert "Days are those of Asia/Bangkok" in text


@pytest.mark.parametrize(
    ("query", "days"), [({}, 30), ({"days": "7"}, 7), ({"days": "90"}, 90), ({"days": ""}, 30)]
)
def test_a_period_ends_with_today(staff, answered, query, days):
    last = today()
    first = last - timedelta(days=days - 1)
    for day in (first - timedelta(days=1), first, last):
        answered("m", datetime(day.year, day.month, day.day, 5, tzinfo=UTC), 1)
    text = shown(staff, **query)
    by_model, _ = tables(text)
    assert by_model[1][:2] == ["m", "2"]
    assert f"By model, {first} to {last}" in text
    assert re.findall(r'days=(\d+)" aria-current="page"', text) == [str(days)]


def test_a_month_is_one_of_the_last_two_years(staff, answered):
    this = today().replace(day=1)
    text = shown(staff, month=f"{this:%Y-%m}", days="7")
    assert f"{this} to " in text and f"{this:%B %Y}</option>" in text
    assert len(re.findall("<option", text)) == 24
    assert "aria-current" not in re.search(r'id="periods".*?</nav>', text, re.S)[0]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"since": "yesterday", "until": "2026-05-01"}, "From: give a day such as 2026-05-31."),
        ({"since": "2026-02-30", "until": "2026-05-01"}, "From: give a day such as 2026-05-31."),
        ({"since": "2026-05-01\0", "until": "2026-05-01"}, "From: give a day such as 2026-05-31."),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "The day in To is before the one"),
        ({"since": "2026-05-02"}, "Give both days, From and To."),
        ({"until": "2026-05-02"}, "Give both days, From and To."),
        ({"since": "2025-01-01", "until": "2026-01-02"}, "These are 367 days; at most 366"),
        ({"since": "0001-01-01", "until": "0001-01-01"}, "To: give a day such as 2026-05-31."),
        ({"since": "9999-12-31", "until": "9999-12-31"}, "To: give a day such as 2026-05-31."),
        ({"days": "31"}, "31 is not one of the available choices"),
        ({"days": "-1"}, "-1 is not one of the available choices"),
        ({"month": "2026-13"}, "2026-13 is not one of the available choices"),
        ({"month": "<script>"}, "&lt;script&gt; is not one of the available choices"),
    ],
)
def test_what_is_no_period_is_said_on_the_page(staff, query, told):
    for format in ({}, {"format": "csv"}):
        text = shown(staff, **query, **format)
        assert told in text and "<title>Error: " in text
        assert not tables(text)


def test_a_year_that_has_a_leap_day_is_one_period(staff):
    assert "2024-01-01 to 2024-12-31" in shown(staff, since="2024-01-01", until="2024-12-31")


def test_a_period_without_an_answer_says_so(staff):
    text = shown(staff, since="2026-05-01", until="2026-05-02")
    assert "The assistant gave no answer, 2026-05-01 to 2026-05-02." in text
    assert not tables(text)


@pytest.mark.parametrize(
    ("model", "prompt", "completion", "money"),
    [
        ("small", 1_000_000, 1_000_000, "0.75"),
        ("small", 1, 0, "0.00000015"),
        ("large", 123_456_789, 987_654_321, "10185.1851825"),
        ("small", 0, 0, "0"),
        ("unheard of", 0, 0, "0"),
        ("unheard of", 0, 1, None),
    ],
)
def test_what_tokens_cost(model, prompt, completion, money):
    assert cost(model, prompt, completion, PRICES) == (money and Decimal(money))


def test_small_costs_add_up_without_an_error(staff, answered, priced):
    for _ in range(3):
        answered("small", may(2), 1, 1)
    total = rows_of(staff, **MAY)[0]
    assert total["cost"] == "0.00000225"


def test_a_model_without_a_price_leaves_the_sum_open(staff, month, answered, priced):
    answered("local", may(4), 30, 40)
    text = shown(staff, **MAY)
    by_model, by_day = tables(text)
    costs = {row[0]: row[1] for row in by_model}
    assert (costs["local"], costs["large"]) == ("no price", "3.7701")
    assert costs["Total"] == "at least 3.7701"
    assert by_day[1][1:3] == ["local", "no price"]
    assert "is not all:</strong> no price is set for local." in text
    assert "at the prices that are set now" in text


def test_without_prices_there_is_no_word_of_money(staff, month):
    text = shown(staff, **MAY)
    assert tables(text)[0][0][:2] == ["Model", "Answers"]
    assert "this product's settings name no prices" in text
    assert "is not all" not in text and "no price<" not in text


def rows_of(staff, **query):
    response = staff.get(PAGE, {**query, "format": "csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_same_figures_as_a_file(staff, month, answered, priced, settings):
    answered("=1+1", may(4), 30, 40)
    (link,) = re.findall(r'href="(\?[^"]*format=csv)"', shown(staff, **MAY))
    assert link == "?since=2026-05-01&amp;until=2026-05-31&amp;format=csv"
    response = staff.get(PAGE + link.replace("&amp;", "&"))
    name = f"{settings.PRODUCT.id}-usage-2026-05-01-2026-05-31.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    rows = rows_of(staff, **MAY)
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["model"], rows[0]["cost"], rows[0]["currency"]) == ("'=1+1", "", "")
    assert list(rows[-1].values()) == [
        "2026-05-02", "large", "2", "0", "0", "0", "1500000", "2000", "1502000", "3.77", "USD",
    ]  # fmt: skip


@pytest.mark.parametrize("query", [{}, {"format": "csv"}])
def test_admins_alone_see_it(users, month, query):
    client = Client()
    assert client.get(PAGE, query).url.startswith(f"/admin/login/?next={PAGE}")
    client.force_login(users.agent)
    assert client.get(PAGE, query).status_code == 403
    assert PAGE not in client.get("/admin/").content.decode()
    client.force_login(users.user)
    assert client.get(PAGE, query).url.startswith(f"/admin/login/?next={PAGE}")


def test_the_index_and_the_section_lead_to_it(staff):
    for path in ("/admin/", "/admin/chat/"):
        assert f'href="{PAGE}"' in staff.get(path).content.decode()
    assert reverse("admin:chat_usage_changelist") == PAGE
    assert staff.get(f"{PAGE}add/").status_code == 404


def test_one_query_whatever_there_is_to_sum(staff, answered):
    for day in range(1, 29):
        for model in ("large", "small", "local"):
            answered(model, may(day), 10, 1)
    with CaptureQueriesContext(connection) as context:
        assert len(tables(shown(staff, **MAY))[1]) == 1 + 28 * 3
    assert sum("chat_message" in query["sql"] for query in context) == 1
    assert len(context) <= 3  # the session and the person besides


FILL = """
    INSERT INTO chat_message (id, conversation_id, role, content, sources, model, prompt_tokens,
                              completion_tokens, status, created_at)
    SELECT gen_random_uuid(), %s, (ARRAY['user', 'assistant'])[1 + n %% 2], repeat('word ', 40),
        '[]', 'large', 1000, 100, 'complete', '2026-01-01'::timestamptz + n * interval '5 minutes'
    FROM generate_series(1, 20000) AS n"""


def test_an_index_answers_it(answered):
    conversation = answered("large", may(2)).conversation_id
    with connection.cursor() as cursor:
        cursor.execute(FILL, [conversation])
    plan = Message.objects.usage(date(2026, 2, 1), date(2026, 2, 28)).explain()
    assert "chat_message_usage" in plan
