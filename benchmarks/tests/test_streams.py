import asyncio

import pytest

from benchmarks.stream_client import Stream
from benchmarks.streams import Wave, better
from benchmarks.stub import APART, TOKENS, Provider

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"


async def stream_from_stub(tokens):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", 0)
    ended = loop.create_future()
    stream = Stream(REQUEST, b'"content"', b"data: [DONE]", tokens, ended)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await loop.create_connection(lambda: stream, "127.0.0.1", port)
        await asyncio.wait_for(ended, 10)
    return stream


def test_the_client_reads_the_whole_stream_of_the_stub():
    stream = asyncio.run(stream_from_stub(TOKENS))
    assert stream.succeeded
    assert stream.seen == TOKENS
    assert 0 < stream.first_token < TOKENS * APART * 1000


def test_a_stream_with_too_few_tokens_has_not_succeeded():
    assert not asyncio.run(stream_from_stub(TOKENS + 1)).succeeded


@pytest.mark.parametrize(
    ("pieces", "seen"),
    [
        ([b"HTTP/1.1 200 OK\r\n\r\n", b'xx"cont', b'ent"yy'], 1),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b'"content"', b'"content""content"'], 3),
        ([b'HTTP/1.1 200 OK\r\n\r\n"content"', b"yy", b"zz"], 1),
    ],
)
def test_a_token_in_two_pieces_counts_once(pieces, seen):
    stream = Stream(b"", b'"content"', b"[DONE]", 1, ended=None)
    for piece in pieces:
        stream.data_received(piece)
    assert stream.seen == seen


def test_the_better_wave_is_first_the_more_complete_one():
    whole, quick = Wave(3, [5, 6, 7], 3, 1), Wave(3, [1, 2], 2, 1)
    assert better(whole, quick) is whole
    assert better(whole, Wave(3, [4, 4, 4], 3, 1)).p95 == 4
