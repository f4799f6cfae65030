"""The table of who may do what, called over HTTP row by row."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Scope
from config.access import API, BARE_KEY, CALLERS, GUEST, KEY, PAGES, SIGNED

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Any path below /api/ that is no other route's: 404 for everybody.
UNKNOWN = "/^api/.*$"
ROWS = [(path, method) for path, row in API.items() for method in row]


def routes(
    patterns: list[URLPattern | URLResolver], before: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif not path.startswith("/admin/"):
            yield path, pattern


def methods_of(pattern: URLPattern) -> set[str]:
    view = pattern.callback.cls
    return {method for method in METHODS if hasattr(view, method.lower())}


ROUTES = dict(routes(get_resolver().url_patterns))


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(ROUTES) - {UNKNOWN} == set(API) | PAGES


@pytest.mark.parametrize("path", API)
def test_every_method_of_a_route_is_in_its_row(path):
    assert methods_of(ROUTES[path]) == set(API[path])


@pytest.fixture
def call(users, api, sign_in, with_key):
    def call(caller, method, path):
        if caller in (KEY, BARE_KEY):
            client = with_key(*([Scope.USERS_READ] if caller == KEY else []))
        else:
            client = api if caller == GUEST else sign_in(getattr(users, caller))
        place = re.sub(r"<id:\w+>", str(UUID(int=7)), path)
        place = re.sub(r"<str:\w+>", "faq_rag", place)
        place = re.sub(r"<int:\w+>", "7", place)
        return getattr(client, method.lower())(place)

    return call


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("path", "method"), ROWS)
def test_who_may_call_an_operation(call, path, method, caller):
    response = call(caller, method, path)
    if caller in API[path][method]:
        assert response.status_code not in (401, 403)
        assert response.status_code < 500
        return
    is_unknown = caller == GUEST or API[path][method] == SIGNED
    expected = (401, "UNAUTHORIZED") if is_unknown else (403, "FORBIDDEN")
    assert (response.status_code, response.json()["error"]["code"]) == expected


LISTS = {
    "/api/v1/users": ["cursor", "limit", "q", "email", "role", "ids"],
    "/api/v1/properties": ["cursor", "limit", "city", "q", "count", "include", "mine", "status"],
    "/api/v1/enquiries": ["cursor", "limit", "status", "listing", "mine"],
    "/api/v1/faq/documents": ["cursor", "limit", "category", "language", "status"],
    "/api/v1/faq/categories": ["cursor", "limit"],
    "/api/v1/faq/search": ["query", "limit", "language", "explain"],
    "/api/v1/llm/conversations": ["cursor", "limit", "session_id"],
    "/api/v1/admin/chat/prompts": ["cursor", "limit"],
}


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_parameter_is_refused_everywhere(users, sign_in, path):
    answer = sign_in(users.admin).get(path, dict.fromkeys(LISTS[path], ""))
    details = answer.json()["error"]["details"]
    empty = ["Give this parameter a value, or leave it out."]
    assert (answer.status_code, details) == (400, dict.fromkeys(LISTS[path], empty))


@pytest.fixture
def operations(client):
    return {
        (path, method.upper()): operation
        for path, item in client.get("/openapi.json").json()["paths"].items()
        for method, operation in item.items()
    }


def open_to(caller):
    """The operations that somebody may call, as the document names them."""
    return {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", path), method)
        for path, method in ROWS
        if caller in API[path][method]
    }


def test_the_document_says_what_guests_may_call(operations):
    """A generator of clients reads there where a token is needed."""
    told = {name for name, operation in operations.items() if {} in operation.get("security", [{}])}
    assert told == open_to(GUEST) & set(operations)


def test_the_document_says_what_keys_open_and_by_which_scope(operations):
    asks = {name: operation.get("security", []) for name, operation in operations.items()}
    told = {name for name, ways in asks.items() if {"apiKey": []} in ways}
    assert told == {name for name in open_to(KEY) & set(operations) if asks[name]}
    assert all(f"`{Scope.USERS_READ}`" in operations[name]["description"] for name in told)
