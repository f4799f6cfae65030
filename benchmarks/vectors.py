"""An OpenAI-compatible server of vectors that were made before: text -> vector."""

import threading
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


class Server(ThreadingHTTPServer):
    daemon_threads = True
    vectors: Mapping[str, Sequence[float]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def do_POST(self) -> None:
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [" ".join(text.split()) for text in asked["input"]]
        if unknown := [text for text in texts if text not in self.server.vectors]:
            return self.reply(404, {"error": {"message": f"no vector of {unknown[0]!r}"}})
        data = [
            {"object": "embedding", "index": place, "embedding": self.encoded(text)}
            for place, text in enumerate(texts)
        ]
        self.reply(200, {"object": "list", "model": asked["model"], "data": data})

    def encoded(self, text: str) -> str:
        return b64encode(array("f", self.server.vectors[text]).tobytes()).decode()

    def reply(self, status: int, body: dict[str, Any]) -> None:
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def vector_server(vectors: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Yields its base URL. Texts are the same if their words are, whatever stands between."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.vectors = {" ".join(text.split()): vector for text, vector in vectors.items()}
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
