"""Forms for a new row that are sent twice: "Save" clicked again, or a page that is sent anew."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, UUIDField
from django.forms import HiddenInput, ModelForm
from django.utils.safestring import SafeString

NEW_ID = "new_id"


class SentOnce(ModelForm):
    """Carries the key of the row that it makes, and makes no second one. A form whose rows need
    other words for that has them in `made_already`."""

    @property
    def new_id(self) -> SafeString:
        name = self.add_prefix(NEW_ID)
        shown = self.data.get(name, "") if self.is_bound else self.instance.pk
        return HiddenInput().render(name, shown)

    def clean(self) -> Any:
        cleaned = super().clean()
        if given := self.data.get(self.add_prefix(NEW_ID)):
            self.instance.pk = self.instance._meta.pk.to_python(given)
            if type(self.instance)._base_manager.filter(pk=self.instance.pk).exists():
                told = f"This {self.instance._meta.verbose_name} was saved already: see the list."
                raise ValidationError(getattr(self, "made_already", told))
        return cleaned


def sent_once(form: type[ModelForm], key: Field) -> type[ModelForm]:
    """`key` is the row's: one that the database counts is not known before it is saved."""
    if not isinstance(key, UUIDField):
        return form
    return type(form.__name__, (SentOnce, form), {})
