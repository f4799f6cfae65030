"""Sample data of `seeds/{product}/`. What is wrong with it is one sentence: file, row, reason."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management import CommandError
from django.db.models import CharField, Field, Model, TextField

Made = TypeVar("Made", bound=Model)
FILES = "people.json, listings.json and faqs.json"


@dataclass
class SeedReport:
    """How many rows one app's sample data made, changed, or found as they should be."""

    name: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.created} created, {self.updated} updated, "
            f"{self.unchanged} unchanged"
        )


@dataclass(frozen=True)
class Row:
    """One row, and where it stands: its file, its number from 1 and what it is called."""

    values: Mapping[str, Any]
    where: str

    def refusal(self, reason: str) -> CommandError:
        return CommandError(" ".join(f"{self.where}: {reason}".split()))

    def text(self, name: str) -> str:
        """Raises CommandError where there is none."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.refusal(f"it has no {name}.")
        return value

    @contextmanager
    def naming(self) -> Iterator[None]:
        """What a model refuses, as CommandError."""
        try:
            yield
        except ValidationError as error:
            raise self.refusal("; ".join(reasons(error))) from error
        except TypeError as error:  # a name that the model does not know
            raise self.refusal(f"{error}.") from error

    def made(self, model: type[Made], **own: Any) -> Made:
        """Of the row's values and `own`, which win; not saved. Raises CommandError.

        The values stay as they are written: by them a listing is seen to have changed.
        """
        fields = [each for each in model._meta.concrete_fields if is_given(each)]
        with self.naming():
            instance = model(**{**self.values, **own})
            if unfit := {f.name: [why] for f in fields if (why := unfitness(f, instance))}:
                raise ValidationError(unfit)
            checked = {each.name for each in fields}
            others = {f.name for f in model._meta.fields if f.name not in checked}
            copy(instance).full_clean(others, validate_unique=False, validate_constraints=False)
        return instance


def reasons(error: ValidationError) -> list[str]:
    """With the names of fields, where they are of one."""
    if not hasattr(error, "error_dict"):
        return error.messages
    return [
        " ".join(said if name == NON_FIELD_ERRORS else [f"{name}:", *said])
        for name, said in error.message_dict.items()
    ]


def is_given(field: Field) -> bool:
    return field.editable and not field.is_relation


def unfitness(field: Field, instance: Model) -> str:
    """What cleaning passes over: null in an optional field, and a text that is none."""
    value = getattr(instance, field.attname)
    if value is None:
        return "" if field.null else "This is null."
    is_text = isinstance(field, CharField | TextField)
    return "This is no text." if is_text and not isinstance(value, str) else ""


def read(file: str) -> Any:
    """Raises CommandError where there is none, or no JSON in it."""
    path = settings.SEED_DIR / file
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise CommandError(f"{path} is missing: sample data are {FILES}.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}.") from error


def rows(file: str, *keys: str, part: str = "") -> list[Row]:
    """The rows of a file, or of a `part` of it, each called by its `keys`, which no two share.

    Raises CommandError.
    """
    given = read(file)
    if part:
        given = given.get(part) if isinstance(given, dict) else None
    where = str(settings.SEED_DIR / file) + (f", {part}" if part else "")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise CommandError(f"{where}: this is not a list of objects.")
    found: dict[tuple[str, ...], Row] = {}
    for number, values in enumerate(given, 1):
        row = Row(values, f"{where}, row {number}")
        called = tuple(map(row.text, keys))
        row = Row(values, f"{row.where} ({', '.join(called)})")
        if called in found:
            raise row.refusal(f"an earlier row has the same {' and '.join(keys)}.")
        found[called] = row
    return list(found.values())
