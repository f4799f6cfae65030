"""Signing in with the cookie that Clerk's front end sets on a host it shares with the API."""

from dataclasses import replace

import pytest
from rest_framework.test import APIClient

from core.testing.clerk import session_token

ME = "/api/v1/users/me"
FRONT_END = "https://www.example.com"
NAME = {"first_name": "Nok"}


@pytest.fixture
def browser(users, clerk_key, settings):
    """A browser that has the cookie, and sends no Authorization header."""
    settings.FRONTEND_URLS = [FRONT_END]
    client = APIClient(enforce_csrf_checks=True)
    token = session_token(clerk_key, settings.CLERK.issuer, users.user.clerk_user_id)
    client.cookies[settings.CLERK.session_cookie] = token
    return client


def assert_refused(response, status, reason):
    error = response.json()["error"]
    assert (response.status_code, error.get("details")) == (status, {"reason": reason})


def test_the_cookie_of_this_project_signs_in(browser, users):
    for header in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        response = browser.get(ME, headers=header)
        assert (response.status_code, response.json()["id"]) == (200, str(users.user.id))
    assert "Access-Control-Allow-Origin" not in response.headers


def test_an_answer_by_the_cookie_says_so_to_a_cache(browser):
    assert "Cookie" in browser.get(ME)["Vary"]


@pytest.mark.parametrize("name", ["__session", "__session_", "__session_AAAAAAAA", "session"])
def test_another_cookie_signs_nobody_in(browser, settings, name):
    browser.cookies[name] = browser.cookies.pop(settings.CLERK.session_cookie).value
    assert browser.get(ME).status_code == 401
    assert browser.get("/api/v1/").status_code == 200


def test_the_cookie_of_another_publishable_key_is_not_looked_at(browser, settings):
    settings.CLERK = replace(settings.CLERK, publishable_key="pk_test_b3RoZXI=")
    assert browser.get(ME).status_code == 401


@pytest.mark.parametrize("origin", [FRONT_END, "http://testserver"])
def test_pages_of_our_own_may_write(browser, origin):
    response = browser.patch(ME, NAME, format="json", headers={"Origin": origin})
    assert response.json()["first_name"] == "Nok"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        FRONT_END + ".evil.example",
        "https://evilwww.example.com",
        "https://api.www.example.com",
        "http://www.example.com",
        FRONT_END + ":444",
        FRONT_END + "/",
        FRONT_END + "@evil.example",
        f"https://evil.example, {FRONT_END}",
        "https://testserver",
        "http://testserver:81",
        "http://testserver.evil.example",
    ],
)
def test_no_other_page_may_write(browser, users, origin):
    response = browser.patch(ME, NAME, format="json", headers={"Origin": origin})
    assert_refused(response, 403, "origin")
    users.user.refresh_from_db()
    assert users.user.first_name == "User"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_without_an_origin_is_refused(browser, method):
    assert_refused(getattr(browser, method)(ME), 403, "origin_missing")


def test_a_write_as_a_guest_is_not_let_through_either(browser):
    """A foreign page that could write as a guest would still write in the visitor's name."""
    response = browser.post("/api/v1/llm/chat", {"content": "Hello"}, format="json")
    assert_refused(response, 403, "origin_missing")


def test_the_header_comes_before_the_cookie(browser, users, sign_in):
    header = sign_in(users.agent)._credentials["HTTP_AUTHORIZATION"]
    assert browser.get(ME, HTTP_AUTHORIZATION=header).json()["id"] == str(users.agent.id)
    response = browser.patch(ME, NAME, format="json", HTTP_AUTHORIZATION=header)
    assert response.status_code == 200, "a header needs no Origin"
    assert_refused(browser.get(ME, HTTP_AUTHORIZATION="Bearer x"), 401, "malformed")
    assert browser.get(ME, HTTP_AUTHORIZATION="Basic YTpi").status_code == 401


@pytest.mark.parametrize("value", ["x", "a.b.c", '"', "é.é.é", "a" * 4_000])
def test_a_broken_cookie_is_refused(browser, settings, value):
    browser.cookies[settings.CLERK.session_cookie] = value
    assert_refused(browser.get(ME), 401, "malformed")


def test_an_empty_cookie_is_none(browser, settings):
    browser.cookies[settings.CLERK.session_cookie] = ""
    assert browser.get("/api/v1/").status_code == 200


def test_the_session_of_the_admin_still_takes_a_csrf_token(users):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(users.agent)
    assert client.get(ME).status_code == 200
    refused = client.patch(ME, NAME, format="json", headers={"Origin": "http://testserver"})
    assert refused.status_code == 403
    users.agent.refresh_from_db()
    assert users.agent.first_name == "Agent"


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_a_session_is_known_to_the_api_whatever_is_asked_for(client, users, accept):
    """Only who sends no cookie is not looked up."""
    client.force_login(users.admin)
    assert client.get("/api/v1/users/me", headers={"accept": accept}).status_code == 200
    client.cookies.clear()
    assert client.get("/api/v1/users/me", headers={"accept": accept}).status_code == 401
