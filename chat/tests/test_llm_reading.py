"""What a provider may send, line by line; each case was seen from a real kind of server."""

import json

import pytest

from chat.events import Usage
from chat.llm import LineReader, ModelError, Reply, read_line

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]


def line(**chunk):
    return "data: " + json.dumps(chunk)


def delta(reason=None, **fields):
    return line(choices=[{"index": 0, "delta": fields, "finish_reason": reason}])


def read(*lines):
    reply = Reply("m")
    return [read_line(item.encode(), reply) for item in lines], reply


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_whole_wherever_the_pieces_end(size):
    text, reader = "data: ā\r\n\r\ndata: b\n\n".encode(), LineReader()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    lines = [line.strip() for piece in pieces for line in reader.lines(piece)]
    assert lines == ["data: ā".encode(), b"", b"data: b", b""]


@pytest.mark.parametrize(
    "silent",
    [
        "",
        ": OPENROUTER PROCESSING",
        "event: message",
        "data: [DONE]",
        line(choices=[]),
        line(choices=[{"index": 0}]),
        line(choices=[{"index": 0, "delta": None}]),
        delta(role="assistant", content=None),
        delta("stop"),
        line(choices=[], usage=None),
    ],
)
def test_lines_without_text(silent):
    texts, reply = read(silent)
    assert (texts, reply.text) == ([""], "")


def test_text_is_given_as_it_comes_and_kept_whole():
    texts, reply = read(delta(content="Good "), delta(content="day"), delta("stop"))
    assert texts == ["Good ", "day", ""]
    assert (reply.text, reply.ended) == ("Good day", True)


@pytest.mark.parametrize("end", ["data: [DONE]", "data:[DONE]", delta("length"), delta("stop")])
def test_how_an_answer_ends(end):
    assert read(delta(content="a"), end)[1].ended


def test_a_stream_that_only_stops_has_not_ended():
    assert not read(delta(content="a"))[1].ended


def test_usage_comes_last():
    _, reply = read(line(choices=[], usage={"prompt_tokens": 7, "completion_tokens": None}))
    assert reply.usage == Usage(7, 0)


def call(index, id=None, name=None, arguments=None):
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": id, "function": function}


def test_arguments_arrive_in_pieces_of_several_calls():
    _, reply = read(
        delta(tool_calls=[call(0, "a", "first", "")]),
        delta(tool_calls=[call(0, arguments='{"x"')]),
        delta(tool_calls=[call(1, "b", "second", "{}")]),
        delta(tool_calls=[call(0, arguments=": 1}")]),
    )
    assert [(c.id, c.name, c.arguments) for c in reply.calls] == [
        ("a", "first", '{"x": 1}'),
        ("b", "second", "{}"),
    ]


def test_calls_without_an_index_come_whole():
    whole = {"id": "a", "function": {"name": "first", "arguments": "{}"}}
    _, reply = read(delta(tool_calls=[whole, whole | {"id": None}]))
    assert [(c.id, c.name) for c in reply.calls] == [("a", "first"), ("call_1", "first")]


@pytest.mark.parametrize(
    "bad",
    [
        'data: {"choices": [{"del',
        "data: 7",
        "data: null",
        "data: []",
        line(choices=[7]),
        line(choices=[{"delta": {"content": 7}}]),
        line(choices=[{"delta": {"tool_calls": [{"index": "0"}]}}]),
        line(usage={"prompt_tokens": "many"}, choices=[{"delta": {"content": ["a"]}}]),
        line(usage={"prompt_tokens": "many"}, choices=[]),
        line(error={"message": "overloaded"}),
    ],
)
def test_what_is_no_chunk_is_an_error_of_the_model(bad):
    with pytest.raises(ModelError):
        read(bad)
