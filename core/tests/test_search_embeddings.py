import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from core.providers import Endpoint
from core.search.embeddings import HASHED_MODEL, HashedEmbedder, embedder
from core.search.remote import EmbeddingUnavailable, RemoteEmbedder
from core.testing.model_server import vector_of


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def hashed(text):
    return HashedEmbedder().embed([text])[0]


@pytest.mark.parametrize(
    "text", ["How do I book?", "ยกเลิก", "Как?", "😀", "", "the of", "a" * 9000]
)
def test_a_hashed_vector_has_unit_length(text):
    vector = hashed(text)
    assert len(vector) == 384
    assert math.hypot(*vector) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "nearer", "farther"),
    [
        ("cancellation rules", "Our cancellation policy", "Wifi and electricity"),
        ("cancelation", "Our cancellation policy", "Wifi and electricity"),
        ("What is the deposit?", "deposit", "What is the wifi?"),
        ("ยกเลิกการจอง", "นโยบายการยกเลิก", "เดินทางไปเกาะ"),
        ("отменить бронь", "отмена брони", "проезд на остров"),
        ("CRÈME", "creme", "cream"),
    ],
)
def test_hashed_vectors_are_near_when_letters_are_shared(text, nearer, farther):
    assert cosine(hashed(text), hashed(nearer)) > cosine(hashed(text), hashed(farther))


def test_repetition_counts_less_each_time():
    once = cosine(hashed("pool"), hashed("pool garden"))
    often = cosine(hashed("pool"), hashed("pool " * 20 + "garden"))
    assert once < often < 1


@pytest.mark.any_product
@pytest.mark.any_databases
def test_hashed_vectors_are_the_same_in_every_process():
    code = "from core.search.embeddings import HashedEmbedder as H; print(H().vector('villa ยกเ'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == hashed("villa ยกเ")


def test_settings_choose_the_embedder(settings):
    settings.EMBEDDING = None
    assert embedder().model == HASHED_MODEL
    settings.EMBEDDING = Endpoint("http://127.0.0.1:1/v1", "some-model", dimensions=768)
    assert (embedder().model, embedder().dimensions) == ("some-model", 768)
    assert embedder() is embedder()


def remote(model_server, **changes):
    given = {"base_url": model_server.url, "model": "m", "api_key": "key", "dimensions": 384}
    return RemoteEmbedder(Endpoint(**given | changes))


def test_remote_vectors_come_in_the_order_of_the_texts(model_server):
    vectors = remote(model_server).embed(["one", "two"], timeout=5)
    assert vectors[0] == pytest.approx(vector_of("one", 384), abs=1e-6)
    assert vectors[1] == pytest.approx(vector_of("two", 384), abs=1e-6)


def test_what_is_sent(model_server):
    remote(model_server).embed(["one"], timeout=5)
    remote(model_server, model="text-embedding-3-large").embed(["one"], timeout=5)
    remote(model_server, api_key="").embed(["one"], timeout=5)
    first, shortened, without_key = model_server.requests
    assert first.body == {"model": "m", "input": ["one"], "encoding_format": "base64"}
    assert first.headers["authorization"] == "Bearer key"
    assert shortened.body["dimensions"] == 384
    assert "authorization" not in without_key.headers


@pytest.mark.parametrize(
    "behaviour",
    [
        {"status": 429},
        {"status": 500},
        {"status": 401},
        {"nan": True},
        {"dimensions": 383},
        {"malformed": True},
        {"delay": 0.5},
        {"vectors": {"text": [0.0] * 384}},
        {"vectors": {"text": [math.inf] * 384}},
    ],
)
def test_whatever_is_wrong_is_unavailable_and_passes(model_server, behaviour):
    embedder = remote(model_server)
    for name, value in behaviour.items():
        setattr(model_server.embeddings, name, value)
    with pytest.raises(EmbeddingUnavailable) as raised:
        embedder.embed(["text"], timeout=0.2)
    assert "key" not in str(raised.value)
    model_server.embeddings = type(model_server.embeddings)()
    assert embedder.embed(["text"], timeout=5)


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    embedder = RemoteEmbedder(Endpoint(f"http://127.0.0.1:{port}/v1", "m", dimensions=384))
    with pytest.raises(EmbeddingUnavailable):
        embedder.embed(["text"], timeout=1)


@pytest.fixture
def raw_server():
    """Answers what a test sets, byte for byte; counts connections."""
    state = SimpleNamespace(body=b"", headers={}, pause=0.0, connections=0, close_after=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            state.connections += 1

        def log_message(self, *args):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(state.body)))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            half = len(state.body) // 2
            self.wfile.write(state.body[:half])
            time.sleep(state.pause)
            self.wfile.write(state.body[half:])
            self.close_connection = self.close_connection or state.close_after

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """A client that went away is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    state.embedder = RemoteEmbedder(Endpoint(state.url, "m", dimensions=2))
    yield state
    server.shutdown()
    server.server_close()


def answer_of(*embeddings, order=None):
    rows = [{"index": index, "embedding": each} for index, each in enumerate(embeddings)]
    return json.dumps({"data": [rows[index] for index in order] if order else rows}).encode()


def test_decimals_do_as_well_as_base64_in_any_order(raw_server):
    raw_server.body = answer_of([1, 0], [0, 1.5], order=(1, 0))
    assert raw_server.embedder.embed(["a", "b"], timeout=5) == [[1, 0], [0, 1.5]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": [{"index": 0}]}',
        b'{"data": [{"index": 0, "embedding": "@@@@"}]}',
        b'{"data": [{"index": 0, "embedding": "AAA="}]}',
        b'{"data": [{"index": 0, "embedding": ["x", 1]}]}',
        b'{"data": [{"index": 0, "embedding": 3}]}',
        answer_of([1, 0], [0, 1]),
    ],
)
def test_an_answer_that_is_none_is_unavailable(raw_server, body):
    raw_server.body = body
    with pytest.raises(EmbeddingUnavailable):
        raw_server.embedder.embed(["a"], timeout=5)


def test_the_connection_is_kept_and_opened_again_when_the_server_closed_it(raw_server):
    raw_server.body = answer_of([1, 0])
    for _ in range(3):
        raw_server.embedder.embed(["a"], timeout=5)
    assert raw_server.connections == 1
    raw_server.close_after = True
    raw_server.embedder.embed(["a"], timeout=5)
    time.sleep(0.05)
    assert raw_server.embedder.embed(["a"], timeout=5) == [[1, 0]]
    assert raw_server.connections == 2


def test_a_server_that_says_it_closes_is_read_to_the_end(raw_server):
    raw_server.body = answer_of([1, 0])
    raw_server.headers = {"Connection": "close"}
    assert raw_server.embedder.embed(["a"], timeout=5) == [[1, 0]]
    assert raw_server.embedder.embed(["a"], timeout=5) == [[1, 0]]


def test_the_timeout_bounds_the_whole_answer(raw_server):
    raw_server.body = answer_of([1, 0])
    raw_server.pause = 1.0
    began = time.monotonic()
    with pytest.raises(EmbeddingUnavailable):
        raw_server.embedder.embed(["a"], timeout=0.2)
    assert time.monotonic() - began < 0.6


def test_calls_at_one_time_have_a_connection_each_and_share_them_later(raw_server):
    raw_server.body = answer_of([1, 0])
    raw_server.pause = 0.2

    def ask():
        raw_server.embedder.embed(["a"], timeout=5)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask()
    assert raw_server.connections == 3
