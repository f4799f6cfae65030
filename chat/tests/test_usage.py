import csv
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import offline
from chat.assistant import Draft
from chat.conf import Price, Prices
from chat.events import Usage
from chat.models import Conversation, Message, MessageStatus
from chat.period import today
from chat.usage import COLUMNS, cost
from core.testing.model_server import Reply, ToolCall

PAGE = "/admin/chat/usage/"
SMALL = Price(Decimal("0.15"), Decimal("0.60"))
MAY = {"since": "2026-05-01", "until": "2026-05-31"}
PRICES = Prices("USD", {"small": SMALL, "large": Price(Decimal("2.50"), Decimal("10"))})

pytestmark = pytest.mark.any_product


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


def test_tokens_are_put_down_to_the_model_that_used_them(staff, answered, priced):
    """Answers to the one that wrote them. Nobody wrote an offline one, nor one that broke off; the
    tokens of an offline one are without those that were used before it."""
    answered("large", may(2), 3_000_000, 70, other_usage={"small": [2_000_000, 50]})
    answered("large", may(2), 40, 5, other_usage={"small": [20, 2], "local": [10, 1]})
    answered("large", may(3), 100, 10)
    answered("small", may(3), 1_000, 100, other_usage={"large": [300, 30]})
    answered("", may(3), 8, 4, status="partial", other_usage={"small": [8, 4]})
    answered(offline.MODEL, may(4), other_usage={"small": [6, 3]})
    for day in (datetime(2026, 4, 20, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)):
        answered("large", day, 9, 9, other_usage={"small": [9, 9]})
    by_model, by_day = tables(shown(staff, **MAY))
    assert by_model[1:] == [
        ["not noted", "0.0000", "1", "0", "0", "1", "0", "0", "0"],
        ["large", "2.5016", "3", "0", "0", "0", "1,000,410", "62", "1,000,472"],
        ["local", "no price", "0", "0", "0", "0", "10", "1", "11"],
        [offline.MODEL, "0.0000", "1", "1", "0", "0", "0", "0", "0"],
        ["small", "0.3002", "1", "0", "0", "0", "2,000,734", "129", "2,000,863"],
        ["Total", "at least 2.8018", "6", "1", "0", "1", "3,001,154", "192", "3,001,346"],
    ]
    assert [[*row[:2], row[3], *row[7:9]] for row in by_day[1:]] == [
        ["2026-05-04", offline.MODEL, "1", "0", "0"],
        ["2026-05-04", "small", "0", "6", "3"],
        ["2026-05-03", "not noted", "1", "0", "0"],
        ["2026-05-03", "large", "1", "400", "40"],
        ["2026-05-03", "small", "1", "708", "74"],
        ["2026-05-02", "large", "2", "1,000,010", "22"],
        ["2026-05-02", "local", "0", "10", "1"],
        ["2026-05-02", "small", "0", "2,000,020", "52"],
    ]
    assert [
        [row["model"], row["answers"], row["prompt_tokens"], row["completion_tokens"], row["cost"]]
        for row in rows_of(staff, **MAY)[-3:]
    ] == [
        ["large", "2", "1000010", "22", "2.500245"],
        ["local", "0", "10", "1", ""],
        ["small", "0", "2000020", "52", "0.3000342"],
    ]


OLD = """
    INSERT INTO chat_message (id, conversation_id, role, content, sources, model, prompt_tokens,
                              completion_tokens, status, created_at)
    VALUES (gen_random_uuid(), %(conversation)s, 'assistant', 'x', '[]', 'large', 400000, 50,
            'complete', '2026-05-02T05:00:00Z'),
           (gen_random_uuid(), %(conversation)s, 'assistant', 'x', '[]', '', 7, 3,
            'partial', '2026-05-02T05:00:00Z')"""


def test_of_answers_from_before_the_models_were_told_apart_the_writer_has_all(
    staff, answered, priced
):
    conversation = answered("small", may(3), 10, 1).conversation_id
    with connection.cursor() as cursor:
        cursor.execute(OLD, {"conversation": conversation})
    text = shown(staff, **MAY)
    assert [[row[0], row[1], row[2], row[-1]] for row in tables(text)[0][1:]] == [
        ["not noted", "no price", "1", "10"],
        ["large", "1.0005", "1", "400,050"],
        ["small", "0.0000", "1", "11"],
        ["Total", "at least 1.0005", "3", "400,071"],
    ]
    assert "no price is set for what has no model noted." in text


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
            answered(model, may(day), 10, 1, other_usage={"cheap": [1, 1]})
    with CaptureQueriesContext(connection) as context:
        assert len(tables(shown(staff, **MAY))[1]) == 1 + 28 * 4
    assert sum("chat_message" in query["sql"] for query in context) == 1
    assert len(context) <= 3  # the session and the person besides


FILL = """
    INSERT INTO chat_message (id, conversation_id, role, content, sources, model, prompt_tokens,
                              completion_tokens, status, created_at, other_usage)
    SELECT gen_random_uuid(), %s, (ARRAY['user', 'assistant'])[1 + n %% 2], repeat('word ', 40),
        '[]', 'large', 1000, 100, 'complete', '2026-01-01'::timestamptz + n * interval '5 minutes',
        CASE WHEN n %% 4 = 1 THEN '{"small": [500, 20]}'::jsonb ELSE '{}' END
    FROM generate_series(1, 20000) AS n"""


def test_indexes_answer_it(staff, answered):
    conversation = answered("large", may(2)).conversation_id
    with connection.cursor() as cursor:
        cursor.execute(FILL, [conversation])
        with CaptureQueriesContext(connection) as context:
            shown(staff, since="2026-02-01", until="2026-02-28")
        [asked] = [query["sql"] for query in context if "chat_message" in query["sql"]]
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    for index in ("chat_message_usage", "chat_message_other_usage"):
        assert f"Index Only Scan using {index} on" in plan, plan


LOOK_UP = Reply(tool_calls=(ToolCall("house_rules", {"about": "check-out"}),))
TURN_PRICES = Prices(
    "USD",
    {
        "main": Price(Decimal(100_000), Decimal(200_000)),
        "cheap": Price(Decimal(10_000), Decimal(20_000)),
        "second": Price(Decimal(1_000), Decimal(2_000)),
    },
)


@pytest.fixture
def turns(model, settings):
    """Of models with prices; the server of the models."""
    models = {"chat": "main", "search": "main", "fallback": "second"}
    settings.CHAT = replace(settings.CHAT, models=models, prices=TURN_PRICES)
    return model


def stored():
    """(model, status, tokens of the answer, what others used of them)"""
    answer = Message.objects.get(role="assistant")
    tokens = (answer.prompt_tokens, answer.completion_tokens)
    return answer.model, answer.status, tokens, answer.other_usage


def spent(staff):
    """{model: (cost, answers, partial, prompt tokens, completion tokens)}"""
    by_model, _ = tables(shown(staff))
    return {row[0]: (*row[1:3], *row[5:8]) for row in by_model[1:]}


@pytest.mark.django_db(transaction=True)
def test_a_cheap_model_that_calls_the_tools_is_paid_its_own_price(turns, ask, staff, settings):
    models = {"chat": "main", "search": "cheap"}
    settings.CHAT = replace(settings.CHAT, models=models)
    turns.script(LOOK_UP, "What I found.", model="cheap")
    turns.script("By eleven.", model="main")
    usage = ask().json()["usage"]
    assert usage == {"prompt_tokens": 33, "completion_tokens": 9, "total_tokens": 42}
    assert stored() == ("main", "complete", (33, 9), {"cheap": [22, 7]})
    assert spent(staff) == {
        "main": ("1.5000", "1", "0", "11", "2"),
        "cheap": ("0.3600", "0", "0", "22", "7"),
        "Total": ("1.8600", "1", "0", "33", "9"),
    }


@pytest.mark.django_db(transaction=True)
def test_one_model_for_all_has_all(turns, ask, staff):
    turns.script(LOOK_UP, "By eleven.", model="main")
    ask()
    assert stored() == ("main", "complete", (22, 6), {})
    assert spent(staff)["main"] == ("3.4000", "1", "0", "22", "6")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("replies", "others"),
    [
        ([Reply(status=500)], {}),
        ([LOOK_UP, Reply(status=500)], {"main": [11, 4]}),
    ],
)
def test_a_model_that_goes_on_for_another_has_no_more_than_its_own(
    turns, ask, staff, replies, others
):
    turns.script(*replies, model="main")
    turns.script("I am the second.", model="second")
    ask()
    prompt, completion = others.get("main", (0, 0))
    assert stored() == ("second", "complete", (11 + prompt, 4 + completion), others)
    figures = spent(staff)
    assert figures["second"] == ("0.0190", "1", "0", "11", "4")
    assert figures.get("main") == (("1.9000", "0", "0", "11", "4") if others else None)


@pytest.mark.django_db(transaction=True)
def test_what_was_used_before_an_answer_broke_off_is_counted(turns, ask, staff):
    broken = Reply("one two three four", token_delay=0.1, cut_after=2)
    turns.script(LOOK_UP, broken, model="main")
    assert ask().status_code == 503
    assert stored() == ("", "partial", (11, 4), {"main": [11, 4]})
    assert spent(staff) == {
        "not noted": ("0.0000", "1", "1", "0", "0"),
        "main": ("1.9000", "0", "0", "11", "4"),
        "Total": ("1.9000", "1", "1", "11", "4"),
    }


@pytest.mark.django_db(transaction=True)
def test_what_was_used_before_an_offline_answer_is_counted(turns, ask, staff):
    turns.script(LOOK_UP, Reply(status=500), model="main")
    turns.always["second"] = Reply(status=500)
    body = ask("When is check-out?").json()
    assert (body["model"], body["usage"]["total_tokens"]) == (offline.MODEL, 0)
    assert stored() == (offline.MODEL, "complete", (0, 0), {"main": [11, 4]})
    assert spent(staff) == {
        offline.MODEL: ("0.0000", "1", "0", "0", "0"),
        "main": ("1.9000", "0", "0", "11", "4"),
        "Total": ("1.9000", "1", "0", "11", "4"),
    }


def test_a_model_that_did_not_say_what_it_used_is_not_stored():
    draft = Draft(["Yes."], model="main", used={"cheap": Usage(), "main": Usage(3, 1)})
    assert draft.as_message(MessageStatus.COMPLETE)["other_usage"] == {}
