"""Every failure under /api/ has one shape, whoever raised it."""

import json
import logging
import re
from io import BytesIO

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.dateparse import parse_datetime
from rest_framework import exceptions

from core.errors import CODE_OF_STATUS, MESSAGES, STATUS, ApiError, ErrorCode, as_api_error

pytestmark = [pytest.mark.urls("core.tests.routes"), pytest.mark.django_db]


@pytest.fixture
def web() -> Client:
    """A browser without cookies; an exception becomes the answer that a visitor would see."""
    return Client(raise_request_exception=False)


def failure(response, status: int, code: str) -> dict:
    """The error in an answer, after checking everything that each envelope has."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    error = body["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["product"] == settings.PRODUCT.id
    assert error["path"] == response.request["PATH_INFO"]
    assert error["request_id"] == response["X-Request-ID"]
    assert error["timestamp"].endswith("Z")
    assert parse_datetime(error["timestamp"]) is not None
    return error


def test_every_code_has_a_status_and_a_message():
    assert set(STATUS) == set(MESSAGES) == set(ErrorCode)
    assert set(CODE_OF_STATUS) == set(STATUS.values())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.ValidationError("no"), ErrorCode.VALIDATION_ERROR),
        (exceptions.ParseError("no"), ErrorCode.MALFORMED_REQUEST),
        (exceptions.NotAuthenticated(), ErrorCode.UNAUTHORIZED),
        (exceptions.AuthenticationFailed(), ErrorCode.UNAUTHORIZED),
        (exceptions.PermissionDenied(), ErrorCode.FORBIDDEN),
        (exceptions.NotFound(), ErrorCode.NOT_FOUND),
        (exceptions.MethodNotAllowed("PUT"), ErrorCode.METHOD_NOT_ALLOWED),
        (exceptions.NotAcceptable(), ErrorCode.NOT_ACCEPTABLE),
        (exceptions.UnsupportedMediaType("text/csv"), ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        (exceptions.Throttled(3), ErrorCode.RATE_LIMITED),
        (exceptions.APIException(), ErrorCode.INTERNAL_ERROR),
        (RequestDataTooBig(), ErrorCode.PAYLOAD_TOO_LARGE),
        (KeyError("city"), ErrorCode.INTERNAL_ERROR),
        (ApiError(ErrorCode.INVALID_CURSOR), ErrorCode.INVALID_CURSOR),
    ],
)
def test_what_a_view_raises_has_a_code(error, code):
    assert as_api_error(error).code == code


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/api/", "/api/v2/properties"])
def test_an_unknown_path(web, method, path):
    error = failure(getattr(web, method)(path), 404, "NOT_FOUND")
    assert "details" not in error


def test_an_unknown_path_is_the_same_error_to_a_browser(web):
    response = web.get("/api/v1/nothing", headers={"accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 404
    assert b"NOT_FOUND" in response.content


@pytest.mark.parametrize(("path", "above"), [("/api/v1/", []), ("/api/v1/properties", ["API"])])
def test_the_way_to_a_page_of_the_api_leads_past_places_alone(web, path, above):
    page = web.get(path, headers={"accept": "text/html"}).content.decode()
    crumbs = re.search(r'<ul class="breadcrumb">(.*?)</ul>', page, re.DOTALL)[1]
    assert re.findall(r">([^<]+)</a>", crumbs)[:-1] == above
    assert 'name="viewport"' in page


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_method_that_is_not_offered(web, method):
    response = getattr(web, method)("/api/v1/")
    failure(response, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "text/csv"])
def test_a_body_that_is_not_json_by_its_name(web, media_type):
    response = web.post("/api/notes", "title=a", content_type=media_type)
    failure(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("accept", ["application/xml", "image/png, text/csv"])
def test_a_format_that_is_not_offered(web, accept):
    failure(web.get("/api/notes", headers={"accept": accept}), 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_a_format_by_parameter_that_is_not_offered(web, method):
    failure(getattr(web, method)("/api/notes?format=xml"), 406, "NOT_ACCEPTABLE")


def test_a_format_by_parameter(web):
    assert web.get("/api/notes?format=json").json()["limit"] == 20
    page = web.get("/api/notes?format=api", headers={"accept": "text/html"})
    assert page["Content-Type"].startswith("text/html")
    failure(web.get("/api/v1/nothing?format=xml"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"title": }',
        "{'title': 1}",
        " ",
        "\x00",
        '{"title": NaN}',
        b"\xff\xfe",
        "[" * 100_000,
        *(f'{{"title": {"[" * deep}1{"]" * deep}}}' for deep in (64, 900, 1020)),
        '{"title":' * 65 + "1" + "}" * 65,
    ],
)
def test_malformed_json(web, body):
    response = web.post("/api/notes", body, content_type="application/json")
    failure(response, 400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "", "stars": 1}, "title"),
        ({"title": "x" * 21, "stars": 1}, "title"),
        ({"title": "a\x00b", "stars": 1}, "title"),
        ({"title": "a", "stars": 6}, "stars"),
        ({"title": "a", "stars": "many"}, "stars"),
        ({"title": "a", "stars": 1, "colour": "red"}, "colour"),
        ({"title": [[] for _ in range(100)]}, "title"),
        ([], "non_field_errors"),
        ("text", "non_field_errors"),
        (7, "non_field_errors"),
    ],
)
def test_fields_that_are_not_valid_are_named(web, body, field):
    response = web.post("/api/notes", json.dumps(body), content_type="application/json")
    details = failure(response, 400, "VALIDATION_ERROR")["details"]
    assert all(isinstance(message, str) for message in details[field])


def test_what_is_valid_is_taken(web):
    body = {"title": "Sea view", "stars": 5}
    response = web.post("/api/notes", json.dumps(body), content_type="application/json")
    assert (response.status_code, response.json()) == (201, body)
    form = "title=Sea+view&stars=5&csrfmiddlewaretoken=x"
    response = web.post("/api/notes", form, content_type=FORM)
    assert (response.status_code, response.json()) == (201, body)
    response = web.post("/api/notes", body | {"csrfmiddlewaretoken": "x"})
    assert (response.status_code, response.json()) == (201, body)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1e1", "limit"),
        ("limit=٣", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=0000010000", "limit"),
        ("limit=000001" + "0" * 5000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("town=Samui", "town"),
        ("city=a%00b", "city"),
    ],
)
def test_query_parameters_that_are_not_valid_are_named(web, query, parameter):
    error = failure(web.get(f"/api/notes?{query}"), 400, "VALIDATION_ERROR")
    assert list(error["details"]) == [parameter]


@pytest.mark.parametrize(("query", "limit"), [("", 20), ("limit=1", 1), ("limit=100&city=a", 100)])
def test_query_parameters_that_are_valid(web, query, limit):
    assert web.get(f"/api/notes?{query}").json()["limit"] == limit


JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize("media_type", [JSON, FORM, MULTIPART_CONTENT])
def test_a_body_of_a_megabyte(web, media_type):
    response = web.generic("POST", "/api/notes", b"x" * 2**20, content_type=media_type)
    failure(response, 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (FORM, b"title=%FF&stars=1"),
        (FORM, b"title=%CA%D0%C2&stars=1"),  # Thai in Windows-874
        (FORM, b"title=\xff&stars=1"),
        (FORM, b"title=%ED%A0%80&stars=1"),
        (MULTIPART_CONTENT, b'{"title": "Sea view"}'),
        (MULTIPART_CONTENT, b"title=Sea+view&stars=1"),
        (MULTIPART_CONTENT, b"--BoUnDaRyStRiNg--\r\n"),
        (MULTIPART_CONTENT, b"--another\r\n"),
        (MULTIPART_CONTENT, encode_multipart(BOUNDARY, {"title": "?"}).replace(b"?", b"\xff")),
    ],
)
def test_a_malformed_form(web, media_type, body):
    response = web.generic("POST", "/api/notes", body, content_type=media_type)
    failure(response, 400, "MALFORMED_REQUEST")


def test_a_form_in_utf_8(web):
    for form in (
        {"data": "title=%E0%B9%80+%ef%bf%bd&stars=1", "content_type": FORM},
        {"data": {"title": "เ \ufffd", "stars": 1}},
    ):
        response = web.post("/api/notes", **form)
        assert (response.status_code, response.json()["title"]) == (201, "เ \ufffd")


def test_json_that_is_sent_as_a_form(web):
    """As curl does, unless it is told."""
    body = b'{"title": "a", "stars": 1}'
    error = failure(
        web.generic("POST", "/api/notes", body, content_type=FORM), 415, "UNSUPPORTED_MEDIA_TYPE"
    )
    assert "application/json" in error["message"]


def test_a_file_in_place_of_a_text(web):
    form = {"title": SimpleUploadedFile("a.txt", b"a"), "stars": 1, "more": BytesIO(b"b")}
    details = failure(web.post("/api/notes", form), 400, "VALIDATION_ERROR")["details"]
    assert "more" in details


def test_a_body_of_a_megabyte_that_nobody_reads(web):
    response = web.post("/api/v1/nothing", b"x" * 2**20, content_type="application/json")
    failure(response, 404, "NOT_FOUND")


def test_too_many_requests(web):
    assert web.get("/api/throttled").json() == {"seen": True}
    response = web.get("/api/throttled")
    failure(response, 429, "RATE_LIMITED")
    assert 86_000 < int(response["Retry-After"]) <= 86_401


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("kind", ["failing", "plainly"])
def test_an_exception_that_nobody_foresaw(web, settings, caplog, kind, debug):
    settings.DEBUG = debug
    response = web.get(f"/api/{kind}/exception")
    failure(response, 500, "INTERNAL_ERROR")
    assert b"swordfish" not in response.content
    assert b"Traceback" not in response.content


def test_an_exception_is_logged_with_its_traceback(web, caplog):
    web.get("/api/failing/exception")
    (record,) = [record for record in caplog.records if record.name == "core.errors"]
    assert record.levelno == logging.ERROR
    assert "swordfish" in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "NOT_FOUND"),
        ("denied", 403, "FORBIDDEN"),
        ("suspicious", 400, "MALFORMED_REQUEST"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("kind", ["failing", "plainly"])
def test_django_s_own_exceptions(web, settings, kind, debug, name, status, code):
    settings.DEBUG = debug
    response = web.get(f"/api/{kind}/{name}")
    error = failure(response, status, code)
    assert error["message"] == MESSAGES[ErrorCode(code)]


@pytest.mark.parametrize("path", ["failing/database", "failing/busy", "plainly/database"])
def test_what_will_be_back_soon(web, path):
    response = web.get(f"/api/{path}")
    error = failure(response, 503, "SERVICE_UNAVAILABLE")
    assert int(response["Retry-After"]) in (5, 7)
    assert "10.0.0.1" not in error["message"]


def test_an_error_that_a_view_chose(web):
    error = failure(web.get("/api/failing/conflict"), 409, "CONFLICT")
    assert error["message"] == "The slug is taken."
    assert error["details"] == {"slug": ["Taken."]}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unauthorized", MESSAGES[ErrorCode.UNAUTHORIZED]),
        ("expired", "The token has expired."),
    ],
)
def test_nobody_is_signed_in(web, name, message):
    response = web.get(f"/api/failing/{name}")
    assert failure(response, 401, "UNAUTHORIZED")["message"] == message
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_form_without_a_csrf_token():
    web = Client(enforce_csrf_checks=True, raise_request_exception=False)
    failure(web.post("/api/form", {"a": 1}), 403, "FORBIDDEN")


@pytest.mark.parametrize("debug", [False, True])
def test_a_host_that_is_not_ours(web, settings, debug):
    settings.DEBUG = debug
    settings.ALLOWED_HOSTS = ["testserver"]
    response = web.get("/api/v1/", headers={"host": "evil.example"})
    failure(response, 400, "MALFORMED_REQUEST")
    assert b"evil" not in response.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/pages/denied", 403),
        ("/pages/suspicious", 400),
        ("/pages/exception", 500),
        ("/pages/database", 503),
    ],
)
def test_outside_of_the_api_an_error_is_a_page_of_the_product(web, path, status):
    response = web.get(path)
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert settings.PRODUCT.name in response.content.decode()
    assert b"swordfish" not in response.content and b"10.0.0.1" not in response.content
    assert response.get("Retry-After") == ("5" if status == 503 else None)
