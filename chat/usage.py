"""What the assistant answered and used in a period, by day and by model, and what that costs."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db import connections
from django.utils import timezone

from chat import offline
from chat.conf import Prices
from core.databases import APP
from core.files import disarmed

# Prices are of a million tokens: so many digits to the right.
OF_A_MILLION = -6
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for Latin-1
COLUMNS = (
    "day", "model", "answers", "offline", "failed", "partial",
    "prompt_tokens", "completion_tokens", "total_tokens", "cost", "currency",
)  # fmt: skip
# Answers are those of the model that wrote them, tokens those of the one that used them. So what
# others used is taken away from the writer, but for offline answers, whose tokens are without it.
# One statement, so that no answer comes or goes between its parts; an index has all of each part.
# `jsonb_each` in its FROM took twice as long: a hundred models are then expected of each answer.
COUNT = """
WITH answers AS (
    SELECT (created_at AT TIME ZONE %(zone)s)::date AS day, model, count(*) AS answers,
        count(*) FILTER (WHERE status = 'failed') AS failed,
        count(*) FILTER (WHERE status = 'partial') AS partial,
        sum(prompt_tokens) AS prompt, sum(completion_tokens) AS completion
    FROM chat_message
    WHERE role = 'assistant' AND created_at >= %(begin)s AND created_at < %(end)s
    GROUP BY 1, 2
), others AS (
    SELECT day, writer, model, sum((other_usage->model->>0)::bigint) AS prompt,
        sum((other_usage->model->>1)::bigint) AS completion
    FROM (
        SELECT (created_at AT TIME ZONE %(zone)s)::date AS day, model AS writer, other_usage,
            jsonb_object_keys(other_usage) AS model
        FROM chat_message
        WHERE role = 'assistant' AND other_usage <> '{}'
            AND created_at >= %(begin)s AND created_at < %(end)s
    ) AS used
    GROUP BY 1, 2, 3
)
SELECT day, model, sum(answers)::bigint, sum(failed)::bigint, sum(partial)::bigint,
    sum(prompt)::bigint, sum(completion)::bigint
FROM (
    SELECT * FROM answers
    UNION ALL SELECT day, model, 0, 0, 0, prompt, completion FROM others
    UNION ALL SELECT day, writer, 0, 0, 0, -prompt, -completion FROM others
        WHERE writer <> %(offline)s
) AS parts
GROUP BY day, model ORDER BY day DESC, model
"""


@dataclass(frozen=True)
class Figures:
    """`answers` were written by the model, the tokens used by it, for its own answers and for those
    of others. `cost` lacks the tokens of the models in `unpriced`, whose price nobody said."""

    answers: int = 0
    offline: int = 0
    failed: int = 0
    partial: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    unpriced: frozenset[str] = frozenset()

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.answers + other.answers,
            self.offline + other.offline,
            self.failed + other.failed,
            self.partial + other.partial,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost + other.cost,
            self.unpriced | other.unpriced,
        )


@dataclass
class Report:
    """`days` by day and model, the latest day first; a day without an answer is not in it."""

    days: dict[tuple[date, str], Figures] = field(default_factory=dict)
    models: dict[str, Figures] = field(default_factory=dict)
    total: Figures = Figures()


def report(first: date, last: date, prices: Prices) -> Report:
    """Of these days and all between, by one query; `prices` are those of today for every day."""
    found = Report()
    for day, model, *counts in counted(first, last):
        figures = priced(model, counts, prices)
        found.days[day, model] = figures
        found.models[model] = found.models.get(model, Figures()) + figures
        found.total += figures
    found.models = dict(sorted(found.models.items()))
    return found


def counted(first: date, last: date) -> list[tuple[Any, ...]]:
    """(day, model, answers, failed, partial, prompt tokens, completion tokens), the latest day
    first. Days are those of settings.TIME_ZONE."""
    zone = timezone.get_default_timezone()
    begin, end = (
        datetime.combine(day, time.min, zone) for day in (first, last + timedelta(days=1))
    )
    bounds = {"begin": begin, "end": end}
    with connections[APP].cursor() as cursor:
        cursor.execute(COUNT, {"zone": str(zone), "offline": offline.MODEL, **bounds})
        return cursor.fetchall()


def priced(model: str, counts: Sequence[int], prices: Prices) -> Figures:
    """`counts` are those of a row of `counted`."""
    answers, failed, partial, prompt, completion = counts
    money = cost(model, prompt, completion, prices)
    return Figures(
        answers=answers,
        offline=answers if model == offline.MODEL else 0,
        failed=failed,
        partial=partial,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=money or Decimal(0),
        unpriced=frozenset([model] if money is None else []),
    )


def cost(model: str, prompt: int, completion: int, prices: Prices) -> Decimal | None:
    """In `prices.currency`, exact; None where the model has no price and used tokens."""
    if not prompt + completion:
        return Decimal(0)
    price = prices.models.get(model)
    if price is None:
        return None
    return (prompt * price.prompt + completion * price.completion).scaleb(OF_A_MILLION)


def as_csv(found: Report, currency: str) -> str:
    """A row for each day and model, under `COLUMNS`. What has no price has no cost, and where no
    prices are set (`currency` is ""), nothing has."""
    file = StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for (day, model), figures in found.days.items():
        has_cost = currency and not figures.unpriced
        writer.writerow(
            (
                day, disarmed(model), figures.answers, figures.offline, figures.failed,
                figures.partial, figures.prompt_tokens, figures.completion_tokens,
                figures.total_tokens, f"{figures.cost.normalize():f}" if has_cost else "",
                currency if has_cost else "",
            )
        )  # fmt: skip
    return file.getvalue()
