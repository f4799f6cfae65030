"""Lists that are edited in place, between the page that was shown and its saving."""

import re
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import BaseModelFormSet
from django.utils.datastructures import MultiValueDict


class StandingRows(BaseModelFormSet):
    """The rows of a posted list that are still there; the form tells of those that are not.

    Django would take these for new rows.
    """

    model: type[Model]

    def __init__(
        self, data: Any = None, files: Any = None, *, queryset: Any, **kwargs: Any
    ) -> None:
        self.gone = 0
        if data is not None:
            data = self.standing(data, {str(row.pk) for row in queryset})
        super().__init__(data, files, queryset=queryset, **kwargs)

    def standing(self, data: Any, there: Collection[str]) -> MultiValueDict[str, Any]:
        """`data` of the rows that are `there`, numbered anew."""
        prefix, key = self.get_default_prefix(), self.model._meta.pk.name
        rows: dict[int, dict[str, Any]] = {}
        for name, values in data.lists():
            if found := re.fullmatch(rf"{prefix}-([0-9]{{1,4}})-(.+)", name):
                rows.setdefault(int(found[1]), {})[found[2]] = values
        kept = [row for _, row in sorted(rows.items()) if row.get(key, [""])[0] in there]
        self.gone = len(rows) - len(kept)
        counts = {f"{prefix}-{name}": [len(kept)] for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        return MultiValueDict(
            counts
            | {
                f"{prefix}-{number}-{name}": values
                for number, row in enumerate(kept)
                for name, values in row.items()
            }
        )

    def add_fields(self, form: Any, index: int | None) -> None:
        """The head of a column is no label of the fields below it."""
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {form.instance}"
        super().add_fields(form, index)

    def clean(self) -> None:
        super().clean()
        if self.gone:
            raise ValidationError(
                f"Deleted meanwhile: {self.gone} of these rows. Nothing was saved yet; save again "
                "for the others."
            )


def show_what_was_posted(changelist: Any) -> None:
    """Django pairs a form that comes back with the row that stands in its place by now."""
    if changelist.formset is not None and changelist.formset.is_bound:
        rows = {row.pk: row for row in changelist.result_list}
        posted = [form.instance for form in changelist.formset.forms]
        changelist.result_list = [rows.get(row.pk, row) for row in posted]
