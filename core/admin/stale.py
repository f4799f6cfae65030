"""Edits of a row that somebody else has changed since the page with its form was shown."""

from typing import Any

from django.db import IntegrityError
from django.db.models import Model
from django.forms import HiddenInput, ModelForm
from django.utils.safestring import SafeString

from core import audit

SEEN = "seen"


def stamp(row: Model) -> str:
    """ "" where a row has no date of its change: those are not edited in the admin."""
    changed = getattr(row, "updated_at", None)
    return changed.isoformat() if changed else ""


class Watchful(ModelForm):
    """Carries the date of the row as its page showed it, and writes over no later one.

    What would change nothing is no error: whoever clicks twice has saved it once.
    """

    @property
    def seen(self) -> SafeString:
        name = self.add_prefix(SEEN)
        shown = self.data.get(name, "") if self.is_bound else stamp(self.instance)
        return HiddenInput().render(name, shown)

    def _post_clean(self) -> None:
        before = audit.values(self.instance)
        super()._post_clean()  # type: ignore[misc]  # sets the row's fields
        seen = self.data.get(self.add_prefix(SEEN))
        is_stale = bool(seen) and seen != stamp(self.instance)
        if is_stale and audit.values(self.instance) != before:
            name = self.instance._meta.verbose_name
            self.add_error(
                None,
                f"This {name} was changed meanwhile; nothing was saved. Open its page anew, and "
                "make your edit there.",
            )


def watchful(form: type[ModelForm]) -> type[ModelForm]:
    return type(form.__name__, (Watchful, form), {})


def refuse_later_change(row: Any) -> None:
    """Of a row that is locked by now. Raises IntegrityError for what was committed, or deleted,
    between its reading and its locking: the admin then begins again, and its form says so."""
    standing = type(row)._base_manager.using(row._state.db).filter(pk=row.pk)
    now = standing.first()
    if now is None or stamp(now) != stamp(row):
        raise IntegrityError(f"{row._meta.label} {row.pk} was changed meanwhile")
