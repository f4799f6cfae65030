import json
import math
import struct
import zipfile

import pytest

from benchmarks import corpora, metrics
from benchmarks.bm25 import Bm25
from core.local.processes import LocalError


@pytest.mark.parametrize(
    ("ranked", "relevant", "expected"),
    [
        ("abcde", "a", (1, 0.2, 1, 1)),
        ("abcde", "b", (0.5, 0.2, 0.5, 1 / math.log2(3))),
        ("abcde", "xyz", (0, 0, 0, 0)),
        ("ab", "ab", (1, 0.4, 1, 1)),
        ("axb", "ab", (1, 0.4, (1 + 2 / 3) / 2, 1.5 / (1 + 1 / math.log2(3)))),
        ("", "a", (0, 0, 0, 0)),
        ("xxxxxxxxxxa", "a", (0, 0, 1 / 11, 0)),  # the eleventh
    ],
)
def test_measures_of_one_question(ranked, relevant, expected):
    assert metrics.measures(list(ranked), set(relevant)) == pytest.approx(expected)


def test_an_interval_holds_its_mean_and_is_always_the_same():
    values = [(n % 2,) for n in range(100)]
    [interval] = metrics.intervals(values)
    assert interval.mean == 0.5
    assert 0.35 < interval.low < 0.5 < interval.high < 0.65
    assert metrics.intervals(values) == [interval]


def test_rank_fusion_prefers_what_both_have():
    assert metrics.fused([["a", "b", "c"], ["d", "b"]])[0] == "b"


def test_bm25_finds_rare_words_first():
    bm25 = Bm25({"a": "villa villa pool", "b": "villa kathu", "c": "villa"})
    assert bm25.ranked("a villa in Kathu?", 10)[0] == "b"
    assert bm25.ranked("the", 10) == []


def test_a_collection_is_read_with_its_vectors(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(json.dumps({"id": "d", "question": "Q?", "answer": "A."}))
    (folder / "queries.jsonl").write_text(json.dumps({"id": "q", "text": "asked"}))
    (folder / "qrels.tsv").write_text("query\tdoc\nq\td\n")
    with zipfile.ZipFile(folder / "minilm.npz", "w") as archive:
        for name, vector in (("question_answer", (0.5, 0.25)), ("query", (1.0, 0.0))):
            archive.writestr(f"{name}.npy", array("<f2", "(1, 2)", struct.pack("<2e", *vector)))
        for name, id in (("doc_ids", "d"), ("query_ids", "q")):
            archive.writestr(
                f"{name}.npy", array("<U3", "(1,)", id.ljust(3, "\0").encode("utf-32-le"))
            )
    found = corpora.read(tmp_path, "one", "en")
    assert found.vectors == {"Q?\nA.": [0.5, 0.25], "asked": [1.0, 0.0]}
    assert found.relevant == {"q": {"d"}}


def array(kind, shape, body):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def test_a_missing_collection_is_said(tmp_path):
    with pytest.raises(LocalError, match="is not there: say where the data is by --data"):
        corpora.read(tmp_path, "one", "en")
