"""How long one visitor waits on a product with its sample data and no model configured."""

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks import place, server, words
from benchmarks.place import FORWARDED, SAMPLE, variables
from benchmarks.report import Row, Table, number, percentile, progress, verdict

REPEATS = 30
ANSWER, SEARCH, CHAT = 200, 500, 2000  # milliseconds, for the 95th percentile
COLUMNS = ("call", "p50 ms", "p95 ms", "max ms", "errors", "target")
LANGUAGE = "en"


@dataclass(frozen=True)
class Ask:
    """A call; `{}` in its path or in `content` is filled anew each time, so that no cache helps."""

    name: str
    path: str
    limit: int  # milliseconds
    content: str | None = None


ASKS = (
    Ask("health", "/api/health", ANSWER),
    Ask("health of the database", "/api/health/db", ANSWER),
    Ask("root of the API", "/api/v1/", ANSWER),
    Ask("listings", "/api/v1/properties", ANSWER),
    Ask("listings, filtered", "/api/v1/properties?bedrooms=2&max_price=90000000", ANSWER),
    Ask("listings, by words", "/api/v1/properties?q={}", ANSWER),
    Ask("FAQ categories", "/api/v1/faq/categories", ANSWER),
    Ask("FAQ documents", "/api/v1/faq/documents", ANSWER),
    Ask("FAQ search", "/api/v1/faq/search?query={}", SEARCH),
    Ask("answer of the assistant", "/api/v1/llm/chat", CHAT, content="{}"),
)


def run(folder: Path) -> Table:
    place.manage(folder, SAMPLE, "seed", "--verbosity=0")
    log = folder / "logs" / "benchmark-sample.log"
    with server.gunicorn(variables(folder, SAMPLE, **server.GTHREAD), log) as site:
        rows = [measured(site, ask) for ask in progress(ASKS, "calls on sample data", len(ASKS))]
    return Table("One visitor, sample data, no model", COLUMNS, tuple(rows))


def measured(site: str, ask: Ask) -> Row:
    took, errors = [], 0
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    for text in questions():
        began = time.perf_counter()
        errors += call(connection, ask, text) != 200
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    p95 = percentile(took, 0.95)
    figures = [number(percentile(took, 0.5), 1), number(p95, 1), number(max(took), 1)]
    cells = (ask.name, *figures, str(errors), f"p95 < {ask.limit} ms")
    return Row(cells, verdict(p95 < ask.limit and not errors))


def questions() -> Sequence[str]:
    """Real ones from the sample data, each asked once, with something that makes it a new one."""
    found = json.loads((words.SEEDS / SAMPLE / "faqs.json").read_text())["documents"]
    asked = [each["question"] for each in found if each["language"] == LANGUAGE]
    return [f"{asked[place % len(asked)]} ({place})" for place in range(REPEATS)]


def call(connection: http.client.HTTPConnection, ask: Ask, text: str) -> int:
    """The status of the answer, which is read to its end."""
    headers = {"Accept": "application/json", **FORWARDED}
    path = ask.path.format(quote(text))
    if ask.content is None:
        connection.request("GET", path, headers=headers)
    else:
        body = json.dumps({"content": ask.content.format(text)})
        headers["Content-Type"] = "application/json"
        connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status
