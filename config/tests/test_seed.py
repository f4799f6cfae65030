"""What is wrong with sample data is one sentence that names file and row."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from properties.models import Property

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.samples,
    pytest.mark.any_databases,
]
FILES = ["people.json", "listings.json", "faqs.json"]
GONE = object()


@pytest.fixture
def samples(settings, tmp_path) -> Path:
    """A copy of the product's own, which a test may break."""
    settings.EMBEDDING, settings.SEED_ADMIN_PASSWORD = None, ""
    shutil.copytree(settings.SEED_DIR, tmp_path / "samples")
    settings.SEED_DIR = tmp_path / "samples"
    return settings.SEED_DIR


def put(value: Any, file: Path, *path: Any) -> None:
    """Into the JSON of a file, at this place."""
    whole = part = json.loads(file.read_text())
    *way, last = path
    for step in way:
        part = part[step]
    if value is GONE:
        del part[last]
    else:
        part[last] = value
    file.write_text(json.dumps(whole))


def refused() -> str:
    with pytest.raises(CommandError) as failure:
        call_command("seed", verbosity=0)
    sentence = str(failure.value)
    assert "\n" not in sentence and not Property.objects.filter(title="").exists()
    return sentence


def test_as_they_are_they_load(samples, capsys):
    call_command("seed")
    assert capsys.readouterr().out.count("created") == 3


LISTINGS, FAQS, GOLDEN, PEOPLE = "listings.json", "faqs.json", "golden.json", "people.json"


@pytest.mark.parametrize(
    ("file", "path", "value", "sentence"),
    [
        (LISTINGS, [-1, "price"], "dear", "price: “dear” value must be a decimal number."),
        (LISTINGS, [-1, "price"], 0, "price: Ensure this value is greater than or equal to 0.01."),
        (LISTINGS, [-1, "type"], "castle", "type: Value 'castle' is not a valid choice."),
        (LISTINGS, [-1, "title"], GONE, "title: This field cannot be blank."),
        (LISTINGS, [-1, "title"], 5, "title: This is no text."),
        (LISTINGS, [-1, "city"], None, "city: This is null."),
        (LISTINGS, [-1, "amenities"], None, "amenities: This is null."),
        (LISTINGS, [-1, "amenities"], "pool", "amenities: A list of texts."),
        (LISTINGS, [-1, "colour"], "red", "unexpected keyword arguments: 'colour'."),
        (LISTINGS, [-1, "agent"], GONE, "it has no agent."),
        (LISTINGS, [-1, "agent"], "x@y.example", "its agent x@y.example is nobody here, nor in"),
        (LISTINGS, [-1, "external_id"], GONE, ": it has no external_id."),
        (FAQS, ["documents", -1, "language"], "ka", "language: Value 'ka' is not a valid choice."),
        (FAQS, ["documents", -1, "category"], "none", "there is no category none in faqs.json."),
        (FAQS, ["documents", -1, "answer"], "", "answer: This field cannot be blank."),
        (FAQS, ["documents", -1, "slug"], "a b", "slug: Enter a valid “slug”"),
        (FAQS, ["categories", -1, "name"], GONE, "name: This field cannot be blank."),
        (GOLDEN, [-1, "language"], "ka", "language: Value 'ka' is not a valid choice."),
        (GOLDEN, [-1, "document"], "none", "there is no document none in faqs.json."),
        (PEOPLE, [-1, "role"], GONE, "it has no role."),
        (PEOPLE, [-1, "role"], "king", "role: Value 'king' is not a valid choice."),
        (PEOPLE, [-1, "email"], "nobody", "email: Enter a valid email address."),
    ],
)
def test_a_row_that_is_wrong_is_named(samples, file, path, value, sentence):
    """The last one: a product may have a single row of each."""
    rows = json.loads((samples / file).read_text())
    part = f", {path[0]}" if file == FAQS else ""
    last = len(rows[path[0]] if file == FAQS else rows)
    put(value, samples / file, *path)
    said = refused()
    assert re.match(rf"{re.escape(str(samples / file))}{part}, row {last}\b", said)
    assert sentence in said


def test_a_row_that_is_there_twice_is_named(samples):
    rows = json.loads((samples / LISTINGS).read_text())
    (samples / LISTINGS).write_text(json.dumps([*rows, rows[0]]))
    assert refused().endswith(
        f"row {len(rows) + 1} ({rows[0]['external_id']}): an earlier row has the same external_id."
    )


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (Path.unlink, "{} is missing: sample data are people.json, listings.json and faqs.json."),
        (lambda file: file.write_text("[{"), "{} is no JSON: unexpected end of data: line 1"),
        (lambda file: file.write_bytes(b"\xff"), "{} is no JSON: "),
        (lambda file: file.write_text("3"), "{}"),
        (lambda file: (file.unlink(), file.mkdir()), "{} cannot be read: Is a directory."),
    ],
    ids=["missing", "cut", "bytes", "number", "folder"],
)
def test_a_file_that_is_wrong_is_named(
    samples: Path, file: str, spoil: Callable[[Path], object], sentence: str
):
    spoil(samples / file)
    assert refused().startswith(sentence.format(samples / file))


def test_an_empty_folder(samples):
    shutil.rmtree(samples)
    samples.mkdir()
    assert refused().startswith(f"{samples / PEOPLE} is missing")


def test_what_postgresql_refuses_is_one_sentence(samples):
    put("a\0b", samples / LISTINGS, -1, "description")
    assert refused().startswith(f"{samples}: properties.seed.seed was refused: ")


def test_golden_questions_may_be_missing(samples):
    (samples / GOLDEN).unlink()
    call_command("seed", verbosity=0)
    assert Property.objects.exists()
