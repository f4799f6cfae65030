"""The days that a report is about, as an address names them: `?days=30`, `?month=2026-05`, or
`?since=2026-05-01&until=2026-05-12`."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

LENGTHS = (7, 30, 90)
LENGTH = 30
LONGEST = 366
MONTHS = 24
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)


def today() -> date:
    """Of settings.TIME_ZONE, whatever the zone of who asks."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def months(count: int = MONTHS) -> list[tuple[str, str]]:
    """Choices: ("2026-05", "May 2026"), the present one first."""
    first, found = today().replace(day=1), []
    for _ in range(count):
        found.append((f"{first:%Y-%m}", f"{first:%B %Y}"))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


class Day(forms.DateField):
    """As every browser sends it, whatever it shows."""

    def __init__(self, label: str) -> None:
        told = f"{label}: give a day such as 2026-05-31."
        super().__init__(
            label=label,
            required=False,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d"],
            validators=[MinValueValidator(FIRST, told), MaxValueValidator(LAST, told)],
            error_messages={"invalid": told},
        )


class PeriodForm(forms.Form):
    """`first` and `last` are the days that were chosen, once the form is valid."""

    days = forms.TypedChoiceField(
        required=False, coerce=int, choices=[(days, f"Last {days} days") for days in LENGTHS]
    )
    month = forms.ChoiceField(required=False, choices=months)
    since = Day("From")
    until = Day("To")

    first: date
    last: date

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        if given["since"] or given["until"]:
            if reason := refusal(given["since"], given["until"]):
                raise forms.ValidationError(reason)
            self.first, self.last = given["since"], given["until"]
            given["days"] = None
        elif given["month"]:
            given["days"] = None
            self.first = date.fromisoformat(f"{given['month']}-01")
            self.last = last_of_month(self.first)
        else:
            self.last = today()
            given["days"] = given["days"] or LENGTH
            self.first = self.last - timedelta(days=given["days"] - 1)
        return given


def refusal(first: date | None, last: date | None) -> str:
    """Why these are the bounds of no report; "" if they are."""
    if first is None or last is None:
        return "Give both days, From and To."
    if last < first:
        return "The day in To is before the one in From."
    if (days := (last - first).days + 1) > LONGEST:
        return f"These are {days} days; at most {LONGEST} are summed up at once."
    return ""


def last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
