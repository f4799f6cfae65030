"""What the assistant answered and used in a period, by day and by model, and what that costs."""

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from chat import offline
from chat.conf import Prices
from chat.models import Message
from core.files import disarmed

# Prices are of a million tokens: so many digits to the right.
OF_A_MILLION = -6
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for Latin-1
COLUMNS = (
    "day", "model", "answers", "offline", "failed", "partial",
    "prompt_tokens", "completion_tokens", "total_tokens", "cost", "currency",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """`cost` lacks the tokens of the models in `unpriced`, whose price nobody said."""

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
    for row in Message.objects.usage(first, last):
        model, figures = row["model"], priced(row, prices)
        found.days[row["day"], model] = figures
        found.models[model] = found.models.get(model, Figures()) + figures
        found.total += figures
    found.models = dict(sorted(found.models.items()))
    return found


def priced(row: dict[str, Any], prices: Prices) -> Figures:
    """`row` is one of `Message.objects.usage`."""
    model, prompt, completion = row["model"], row["prompt"], row["completion"]
    money = cost(model, prompt, completion, prices)
    return Figures(
        answers=row["answers"],
        offline=row["answers"] if model == offline.MODEL else 0,
        failed=row["failed"],
        partial=row["partial"],
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
