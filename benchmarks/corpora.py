"""Retrieval collections read from files: documents, questions, and which documents answer them."""

import ast
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.local.processes import LocalError

STACKFAQ, THAI_QA = "stackfaq-dev", "thai-qa"
VECTORS = "minilm.npz"


@dataclass(frozen=True)
class Item:
    """One document. `question` is empty in collections that have articles only."""

    id: str
    question: str
    answer: str

    @property
    def text(self) -> str:
        return f"{self.question}\n{self.answer}" if self.question else self.answer


@dataclass(frozen=True)
class Collection:
    """`relevant`: id of a question -> ids of the documents that answer it."""

    name: str
    language: str
    items: Sequence[Item]
    questions: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]
    vectors: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)


def read(folder: Path, name: str, language: str) -> Collection:
    """Raises LocalError when the files are not there."""
    place = folder / name
    if not place.is_dir():
        raise LocalError(f"{place} is not there: say where the data is by --data FOLDER.")
    items = [
        Item(row["id"], row.get("question", ""), row.get("answer") or row["text"])
        for row in lines(place / "corpus.jsonl")
    ]
    questions = {row["id"]: row["text"] for row in lines(place / "queries.jsonl")}
    vectors = read_vectors(place / VECTORS, items, questions)
    return Collection(name, language, items, questions, relevance(place / "qrels.tsv"), vectors)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def relevance(path: Path) -> dict[str, frozenset[str]]:
    pairs = [line.split("\t") for line in path.read_text().splitlines()[1:] if line]
    found: dict[str, set[str]] = {}
    for question, document in pairs:
        found.setdefault(question, set()).add(document)
    return {question: frozenset(documents) for question, documents in found.items()}


def read_vectors(
    path: Path, items: Sequence[Item], questions: Mapping[str, str]
) -> dict[str, list[float]]:
    """Text -> vector, of documents (question and answer together) and questions; {} if none."""
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archive:
        documents = dict(
            zip(array(archive, "doc_ids"), array(archive, "question_answer"), strict=True)
        )
        asked = dict(zip(array(archive, "query_ids"), array(archive, "query"), strict=True))
    found = {item.text: documents[item.id] for item in items}
    return found | {text: asked[id] for id, text in questions.items()}


def array(archive: zipfile.ZipFile, name: str) -> list[Any]:
    """A NumPy array of half floats (two dimensions) or of strings (one), without NumPy.

    The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.
    """
    raw = archive.read(f"{name}.npy")
    start = 10 + struct.unpack_from("<H", raw, 8)[0]
    header = ast.literal_eval(raw[10:start].decode())
    kind, shape, body = header["descr"], header["shape"], raw[start:]
    if kind.startswith("<U"):
        size = 4 * int(kind[2:])
        texts = (body[at : at + size].decode("utf-32-le") for at in range(0, len(body), size))
        return [text.rstrip("\0") for text in texts]
    rows, columns = shape
    values = struct.unpack(f"<{rows * columns}e", body)
    return [list(values[row * columns : (row + 1) * columns]) for row in range(rows)]
