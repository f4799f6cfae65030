"""The OpenAPI document, as a front-end developer's generator reads it, and its two readers."""

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from uuid import UUID

import pytest
from django.conf import settings

from core.errors import ErrorCode

METHODS = ("get", "post", "put", "patch", "delete")
ENVELOPE = "#/components/schemas/ErrorEnvelope"
HERE = re.compile(r"^(/|data:|#|\"?$)")


@pytest.fixture
def document(client) -> dict:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.fixture
def operations(document) -> list[tuple[str, dict]]:
    return list(operations_of(document))


def operations_of(document: dict) -> Iterator[tuple[str, dict]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def schemas(answer: dict) -> list[dict]:
    return [content.get("schema", {}) for content in answer.get("content", {}).values()]


def is_named(schema: dict) -> bool:
    """A reference, a list of references, or bytes and text, which need no name."""
    if schema.get("type") == "array":
        return is_named(schema["items"])
    return "$ref" in schema or schema.get("type") == "string"


def test_it_is_about_this_product(document):
    assert document["info"]["title"] == f"{settings.PRODUCT.name} API"
    assert document["info"]["version"] == settings.VERSION


def test_every_operation_has_an_id_of_its_own(operations):
    ids = sorted(operation["operationId"] for _, operation in operations)
    assert len(ids) > 3
    assert [one for one, next_one in pairwise(ids) if one == next_one] == []


def test_every_operation_is_described(operations):
    assert [name for name, operation in operations if not operation.get("description")] == []


def test_what_an_answer_always_holds_is_required(document):
    parts = document["components"]["schemas"]
    for name, sometimes in (("Property", set()), ("PropertySummary", {"agent"}), ("Tool", set())):
        optional = parts[name]["properties"].keys() - set(parts[name]["required"])
        assert optional == sometimes
    assert "status" not in parts["PropertyRequest"]["required"]
    assert parts["Enquiry"]["properties"]["email"].get("format") is None  # "" where none was given


def test_every_answer_names_the_headers_that_scripts_may_read(operations):
    for name, operation in operations:
        for status, answer in operation["responses"].items():
            named = {"X-Request-ID", *(["Retry-After"] if status == "default" else [])}
            assert (name, status, answer["headers"].keys()) == (name, status, named)
            assert all(header["schema"]["type"] for header in answer["headers"].values())


def test_the_document_says_what_a_parameter_may_be(operations):
    parameters = {
        (name, parameter["name"]): parameter
        for name, operation in operations
        for parameter in operation.get("parameters", [])
    }
    schemas = {key: parameter["schema"] for key, parameter in parameters.items()}
    limits = {key: schema for key, schema in schemas.items() if key[1] == "limit"}
    assert len(limits) > 8
    assert all(schema["minimum"] == 1 and schema["maximum"] >= 20 for schema in limits.values())
    listed = "GET /api/v1/properties"
    assert "villa" in schemas[listed, "type"]["items"]["enum"]
    assert parameters[listed, "type"]["explode"] is False  # separated by commas
    for name, value in {"transaction": "rent", "status": "draft", "include": "agent"}.items():
        assert value in schemas[listed, name]["enum"]
    for name, value in {
        "bedrooms": 9999,
        "bathrooms": 999.5,
        "min_price": 999_999_999_999.99,
    }.items():
        assert (schemas[listed, name]["minimum"], schemas[listed, name]["maximum"]) == (0, value)
    assert all(
        schema.get("minLength") or schema.keys() & {"enum", "format"}
        for key, schema in schemas.items()
        if parameters[key]["in"] == "query" and schema["type"] == "string"
    )


def test_what_is_sent_holds_what_is_described_alone(document, operations):
    """But for the messages of `useChat`, whose versions differ."""
    bodies = {
        name: document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for name, operation in operations
        for schema in schemas(operation.get("requestBody", {}))
    }
    assert len(bodies) > 10
    assert [name for name, body in bodies.items() if body.get("additionalProperties", True)] == []
    assert "additionalProperties" not in document["components"]["schemas"]["Property"]
    assert "additionalProperties" not in document["components"]["schemas"]["UIMessageRequest"]


def test_every_success_has_a_named_schema(operations):
    unnamed = [
        f"{name} -> {status}"
        for name, operation in operations
        for status, answer in operation["responses"].items()
        if status.startswith("2") and status != "204"
        if not schemas(answer) or not all(map(is_named, schemas(answer)))
    ]
    assert unnamed == []


def test_every_body_has_a_named_schema(operations):
    unnamed = [
        name
        for name, operation in operations
        if not all(map(is_named, schemas(operation.get("requestBody", {}))))
    ]
    assert unnamed == []


def test_every_write_describes_its_body(operations):
    """But for a deletion, and for an action that is all said by its path."""
    assert [
        name
        for name, operation in operations
        if name.startswith(("POST", "PUT", "PATCH"))
        and not name.endswith(("/activate", "/restore"))
        if "requestBody" not in operation
    ] == []


def test_every_operation_may_answer_with_the_envelope(operations):
    for name, operation in operations:
        assert schemas(operation["responses"]["default"])[0]["$ref"] == ENVELOPE, name


def test_the_error_codes_stand_in_the_document(document):
    properties = document["components"]["schemas"]["Error"]["properties"]
    reference = properties["code"].get("$ref") or properties["code"]["allOf"][0]["$ref"]
    codes = document["components"]["schemas"][reference.rpartition("/")[2]]["enum"]
    assert sorted(codes) == sorted(ErrorCode)


@pytest.mark.django_db
def test_every_path_says_what_it_takes(document, sign_in, users):
    client = sign_in(users.admin)
    for path in document["paths"]:
        numbered = path.replace("{number}", "7")
        response = client.options(re.sub(r"{\w+}", str(UUID(int=7)), numbered))
        assert response.status_code == 200, path
        assert "GET" in response["Allow"] or "POST" in response["Allow"], path


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/", "/api/v1/"])
def test_a_page_says_its_language_and_asks_no_other_host(client, path):
    response = client.get(path, headers={"accept": "text/html"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    page = response.content.decode()
    assert '<html lang="en">' in page
    loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"([^\"]*)\"", page)
    assert [link for link in loaded if not HERE.match(link)] == []


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_a_reader_of_the_document_is_a_page_to_read_alone(client, path):
    answer = client.options(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db  # closing a response of a file closes old connections
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_what_a_reader_of_the_document_loads_is_there(client, path):
    page = client.get(path).content.decode()
    loaded = re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", page)
    assert loaded
    for link in loaded:
        with closing(client.get(link)) as response:
            assert response.status_code == 200, link
            assert "Access-Control-Allow-Origin" not in response


def test_the_first_page_names_the_product_and_its_links(client):
    page = client.get("/").content.decode()
    for expected in (settings.PRODUCT.name, settings.PRODUCT.tagline, "/docs", "/admin/"):
        assert expected in page


@pytest.mark.django_db
def test_the_root_lists_what_this_product_offers(client):
    body = client.get("/api/v1/").json()
    assert body["product"] == settings.PRODUCT.id
    assert {"me", "properties", "openapi", "docs"} <= set(body["links"])
    assert all(link.startswith("http://testserver/") for link in body["links"].values())
