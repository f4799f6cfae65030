"""What a person sees, in headless Chromium, against a live server."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, Page, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role, User
from chat.conf import Price, Prices
from chat.models import Conversation, Message
from core.testing.clerk import session_token
from faq import indexing, unanswered
from faq.models import Category, Document, GoldenQuestion

CHROMIUM = shutil.which("chromium")
# How many lines an element's text takes.
LINES = """element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set(Array.from(range.getClientRects(), box => box.top)).size;
}"""
# What a screen reader says of a field besides its label.
DESCRIPTION = """field => document.getElementById(field.getAttribute("aria-describedby"))
    .innerText.trim()"""
WIDTH = "document.documentElement.scrollWidth"
PASSWORD_OF_STAFF = "correct horse battery staple"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright keeps an event loop in this thread, where Django then refuses the ORM."""
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


class Visit:
    """A page, what it asked other hosts for, and what its console complained of."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", lambda line: line.type == "error" and self.complaints.append(line.text))
        page.on("response", self.heard)

    def heard(self, response: Response) -> None:
        if not response.url.startswith((self.origin, "data:", "blob:")):
            self.strangers.append(response.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path, wait_until="networkidle")
        return self.page


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    yield Visit(page, live_server.url)
    page.close()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return User.objects.create(email="staff@example.com", role=Role.ADMIN)


@pytest.fixture
def admin_with_password(admin: User) -> User:
    admin.set_password(PASSWORD_OF_STAFF)
    admin.save()
    return admin


def sign_in(visit: Visit, person: User, path: str) -> Page:
    """As if by the form, which one of these tests fills in."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    visit.page.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": visit.origin}]
    )
    return visit.open(path)


def shown(page: Page, name: str) -> None:
    """A picture of the page, for somebody who asks for it: SCREENSHOTS=folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.any_databases
def test_the_home_page_names_the_product_and_leads_everywhere(visit: Visit) -> None:
    page = visit.open("/")
    assert page.get_by_role("heading", level=1).inner_text() == settings.PRODUCT.name
    paths = page.eval_on_selector_all("main a", "links => links.map(a => a.pathname)")
    assert {"/api/v1/", "/docs", "/redoc", "/openapi.json", "/admin/"} <= set(paths)
    assert not visit.complaints and not visit.strangers


@pytest.mark.any_databases
def test_the_home_page_is_read_by_keyboard(visit: Visit) -> None:
    page = visit.open("/")
    focused = []
    for _ in range(4):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.textContent"))
    assert focused == ["Skip to content", settings.PRODUCT.name, "API", "API reference"]


@pytest.mark.any_product
@pytest.mark.any_databases
def test_the_home_page_is_dark_where_the_system_is(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    page = visit.open("/")
    shown(page, "home-dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(20, 24, 26)"


@pytest.mark.any_databases
def test_the_home_page_fits_a_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 640})
    page = visit.open("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize(
    ("path", "shown"), [("/docs", ".opblock"), ("/redoc", "[data-section-id] h2")]
)
def test_the_api_reference_needs_no_other_host(visit: Visit, path: str, shown: str) -> None:
    page = visit.open(path)
    page.wait_for_selector(shown)
    assert page.locator(shown).count() > 10
    assert not visit.strangers


@pytest.mark.any_databases
def test_an_unknown_page_is_a_page(visit: Visit) -> None:
    page = visit.open("/nowhere")
    assert page.get_by_role("heading", level=1).inner_text() == "Not found"
    assert page.get_by_role("link", name="Back to the start page").is_visible()


@pytest.mark.usefixtures("admin_with_password")
def test_staff_sign_in_to_the_admin_with_email_and_password(visit: Visit) -> None:
    page = visit.open("/admin/login/?next=/admin/")
    page.get_by_label("Email").fill("STAFF@example.com")
    page.get_by_label("Password").fill(PASSWORD_OF_STAFF)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    assert settings.PRODUCT.name in page.locator("#site-name").inner_text()
    for section in (
        "Users",
        "Listings",
        "Documents",
        "Categories",
        "Conversations",
        "Chat prompts",
    ):
        assert page.get_by_role("link", name=section, exact=True).count() == 1, section


def test_staff_sign_in_to_the_admin_with_clerk(
    visit: Visit, clerk_key: RSAPrivateKey, transactional_db: None
) -> None:
    """The cookie that Clerk's pages leave is put there by hand."""
    User.objects.create(clerk_user_id="user_staff", role=Role.AGENT)
    page = visit.open("/admin/login/?next=/admin/faq/")
    token = session_token(clerk_key, settings.CLERK.issuer, "user_staff")
    page.context.add_cookies(
        [{"name": settings.CLERK.session_cookie, "value": token, "url": visit.origin}]
    )
    page = visit.open("/admin/login/?next=/admin/faq/")
    page.get_by_role("button", name="Sign in with Clerk").click()
    page.wait_for_url("**/admin/faq/")
    assert page.get_by_role("link", name="Documents", exact=True).count() >= 1
    assert not visit.complaints and not visit.strangers


@pytest.mark.any_databases
def test_a_form_of_the_browsable_api_writes(visit: Visit, admin: User) -> None:
    page = sign_in(visit, admin, "/api/v1/faq/categories")
    page.get_by_label("Slug").fill("arrival")
    page.get_by_role("button", name="POST").click()
    page.get_by_text("HTTP 400").wait_for()
    assert page.title().startswith("Error: ")
    name = page.get_by_role("textbox", name="Name")
    page.wait_for_function("document.activeElement.name === 'name'")
    assert name.evaluate(DESCRIPTION) == "This field may not be blank."
    name.fill("Arrival")
    page.get_by_role("button", name="POST").click()
    page.get_by_text("HTTP 201").wait_for()
    assert Category.objects.get().slug == "arrival"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_the_browsable_api_asks_before_it_deletes(visit: Visit, admin: User) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    page = sign_in(visit, admin, f"/api/v1/faq/categories/{booking.pk}")
    page.get_by_role("button", name="DELETE").press("Enter")
    asked = page.get_by_role("dialog", name="Are you sure you want to delete")
    asked.get_by_role("button", name="Delete", exact=True).press("Enter")
    page.get_by_text("HTTP 204").wait_for()
    assert not Category.objects.exists()


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize(
    "path", ["properties", "faq/documents", "faq/search", "llm/chat", "admin/chat/prompts"]
)
def test_each_control_of_a_form_has_its_label(visit: Visit, admin: User, path: str) -> None:
    page = sign_in(visit, admin, f"/api/v1/{path}")
    controls = page.locator("#post-object-form :is(input, select, textarea):not([type=hidden])")
    assert controls.count() > 1
    assert controls.evaluate_all("all => all.filter(control => !control.labels.length)") == []
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text().strip()
    assert page.get_by_role("main").count() == 1
    assert page.locator("pre").evaluate_all("all => all.map(text => text.tabIndex)") == [0, 0]
    shown(page, f"form-{path.replace('/', '-')}")


@pytest.mark.any_product
@pytest.mark.any_databases
def test_each_control_of_the_admin_has_its_name(visit: Visit, admin: User) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    Document.objects.create(slug="book", category=booking, question="How do I book?")
    page = sign_in(visit, admin, "/admin/faq/document/")
    assert page.get_by_label("Status: How do I book?").input_value() == "draft"
    page = visit.open("/admin/faq/category/")
    assert page.get_by_label("Position: Booking").input_value() == "0"
    page = visit.open("/admin/accounts/apikey/add/")
    page.get_by_label("Expires at: date").fill("2099-01-31")
    page.get_by_label("Expires at: time").fill("12:00")


def sign_in_again(page: Page) -> None:
    """In the tab that the page offers, after it said that the session has ended."""
    told = page.get_by_role("alert")
    told.get_by_text("You are signed out: nothing was saved yet.").wait_for()
    shown(page, "signed-out")
    assert told.evaluate("told => told === document.activeElement")
    with page.expect_popup() as opened:
        told.get_by_role("link", name="Sign in in a new tab").click()
    tab = opened.value
    tab.get_by_label("Email").fill("staff@example.com")
    tab.get_by_label("Password").fill(PASSWORD_OF_STAFF)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url("**/admin/")
    tab.close()


@pytest.mark.any_product
def test_what_was_typed_outlives_the_session(visit: Visit, admin_with_password: User) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    page = sign_in(visit, admin_with_password, "/admin/faq/category/add/")
    page.get_by_label("Name").fill("Arrival")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save", exact=True).click()
    sign_in_again(page)
    page.get_by_role("button", name="Save and continue editing").click()
    page.wait_for_url("**/change/")
    assert Category.objects.exclude(pk=booking.pk).get().name == "Arrival"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_edits_in_a_list_outlive_the_session(visit: Visit, admin_with_password: User) -> None:
    Category.objects.create(slug="booking", name="Booking")
    page = sign_in(visit, admin_with_password, "/admin/faq/category/?q=book")
    page.get_by_label("Position: Booking").fill("7")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save", exact=True).click()
    sign_in_again(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("1 category was changed successfully.").wait_for()
    assert Category.objects.get().position == 7
    assert not visit.complaints


@pytest.mark.any_product
@pytest.mark.any_databases
def test_an_action_of_a_list_sends_its_file(visit: Visit, admin: User) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    Document.objects.create(slug="book", category=booking, question="How do I book?")
    page = sign_in(visit, admin, "/admin/faq/document/")
    for _ in range(2):  # the page stays, and so does what is chosen
        page.locator("input.action-select").check()
        page.get_by_label("Action:").select_option("export_csv")
        with page.expect_download() as sent:
            page.get_by_role("button", name="Go").click()
        assert "How do I book?" in sent.value.path().read_text()
    assert not visit.complaints


@pytest.mark.any_product
@pytest.mark.parametrize(
    ("path", "button"), [("{}/change/", "Save and continue editing"), ("", "Save")]
)
def test_an_edit_that_waits_for_its_confirmation_outlives_the_session(
    visit: Visit, admin_with_password: User, path: str, button: str
) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    dog = Document(
        slug="dog",
        category=booking,
        question="Can I bring my dog?",
        answer="All are welcome.",
        status="published",
    )
    indexing.save(dog)
    GoldenQuestion.objects.create(question="is a dog ok", document=dog)
    page = sign_in(visit, admin_with_password, "/admin/faq/document/" + path.format(dog.pk))
    page.get_by_label("Status").last.select_option("draft")
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("heading", name="This edit makes search worse").wait_for()
    Session.objects.all().delete()
    page.get_by_role("button", name="Do it anyway").click()
    sign_in_again(page)
    page.get_by_role("button", name="Do it anyway").click()
    page.get_by_text("changed successfully").wait_for()
    dog.refresh_from_db()
    assert dog.status == "draft"
    assert not visit.complaints


@pytest.mark.any_product
@pytest.mark.any_databases
def test_nothing_is_sent_to_a_server_that_gives_no_answer(visit: Visit, admin: User) -> None:
    page = sign_in(visit, admin, "/admin/faq/category/add/")
    page.get_by_label("Name").fill("Arrival")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("alert").get_by_text("The server gives no answer").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.wait_for_url("**/admin/faq/category/")
    assert Category.objects.get().name == "Arrival"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_field_that_suggests_rows_has_its_label_and_tells_its_error(
    visit: Visit, admin: User
) -> None:
    page = sign_in(visit, admin, "/admin/faq/document/add/")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_function("document.title.startsWith('Error')")
    field = page.get_by_role("combobox", name="Category")
    assert field.evaluate(DESCRIPTION) == "This field is required."
    assert field.get_attribute("aria-invalid") == "true"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_pages_of_the_admin_fit_a_phone(visit: Visit, admin: User) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    book = Document.objects.create(
        slug="how-to-book-in-every-season-of-the-year",
        category=booking,
        question="How do I book?",
        answer="Write to us.",
        status="published",
    )
    GoldenQuestion.objects.create(question="parking for motorbikes", document=book)
    unanswered.record("is there a helipad", unanswered.Surface.SEARCH)
    visit.page.set_viewport_size({"width": 360, "height": 640})
    page = sign_in(visit, admin, "/admin/accounts/apikey/add/")
    page.get_by_label("Name").fill("reports")
    page.get_by_label("users:read").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("API key").wait_for()
    assert page.evaluate(WIDTH) <= 360
    page = visit.open("/admin/faq/goldenquestion/evaluate/")
    page.get_by_role("button", name="Evaluate now").click()
    page.get_by_role("table", name="Where another FAQ came first").wait_for()
    assert page.evaluate(WIDTH) <= 360
    page = visit.open("/admin/faq/unansweredquestion/")
    assert page.locator("select[name=action]").evaluate("field => field.offsetWidth") > 120


@pytest.mark.any_product
def test_a_file_of_faqs_is_imported_by_labels_and_a_version_restored(
    visit: Visit, admin: User, tmp_path: Path
) -> None:
    booking = Category.objects.create(slug="booking", name="Booking")
    Document.objects.create(
        slug="book", category=booking, question="How do I book a villa?", answer="Write to us."
    )
    file = tmp_path / "faqs.md"
    file.write_text(
        "# Booking\n\n## How do I book a villa?\n<!-- slug: book -->\n\nWrite, or call us.\n\n"
        "## How do I book the villa?\n\nCall.\n\n## And boats?\n<!-- status: live -->\n\nNo.\n"
    )
    page = sign_in(visit, admin, "/admin/faq/document/import/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    page.wait_for_url("**/import/*-*/")
    for table in ("Rejected", "Likely duplicates", "New, changed and unchanged"):
        named = re.compile(f"^{table}")
        assert page.get_by_role("table", name=named).count() == 1, table
    shown(page, "import-preview")
    page.get_by_label("Leave the likely duplicates out").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Imported").wait_for()
    page = visit.open(f"/admin/faq/document/{Document.objects.get().pk}/change/")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("region", name="Version 2").wait_for()
    shown(page, "versions")
    page.get_by_role("button", name="Restore version 1").click()
    page.get_by_text("Version 1 is back").wait_for()
    assert Document.objects.get().answer == "Write to us."
    assert not visit.complaints and not visit.strangers


@pytest.mark.any_product
def test_one_click_makes_a_draft_of_an_unanswered_question(visit: Visit, admin: User) -> None:
    Category.objects.create(slug="staying", name="During your stay")
    unanswered.record(
        "can the driver who brings us from the airport wait an hour while we buy food for the week",
        unanswered.Surface.ASSISTANT,
    )
    unanswered.record("is there a helipad", unanswered.Surface.SEARCH)
    page = sign_in(visit, admin, "/admin/faq/unansweredquestion/")
    shown(page, "unanswered")
    buttons = page.get_by_role("button", name="Make a draft FAQ")
    assert page.get_by_role("button", name="Make a draft FAQ: is there a helipad").count() == 1
    assert page.get_by_role("columnheader").filter(has_text="Next step").count() == 1
    assert buttons.evaluate_all(f"buttons => buttons.map({LINES})") == [1, 1]
    page.get_by_role("row", name="is there a helipad").get_by_role("button").click()
    page.wait_for_url("**/admin/faq/document/*/change/")
    assert page.get_by_label("Question:").input_value() == "is there a helipad"
    assert Document.objects.get().status == "draft"
    assert not visit.complaints and not visit.strangers


@pytest.fixture
def answers(settings: Any, transactional_db: None) -> None:
    """On two days, by a model with a price, by one without, and by none."""
    price = Price(Decimal("2.50"), Decimal(10))
    prices = Prices("USD", {"openai/gpt-4o": price})
    settings.CHAT = replace(settings.CHAT, prices=prices)
    conversation = Conversation.objects.create(session_id=uuid4())
    for day in (2, 3):
        for model in (
            "openai/gpt-4o",
            "a-model-whose-name-is-longer-than-a-phone-is-wide",
            "offline",
        ):
            tokens = 0 if model == "offline" else 1_234_567
            Message.objects.create(
                conversation=conversation,
                role="assistant",
                content="Yes.",
                model=model,
                prompt_tokens=tokens,
                completion_tokens=tokens // 100,
                created_at=f"2026-05-0{day}T05:00:00Z",
            )


USAGE = "/admin/chat/usage/?since=2026-05-01&until=2026-05-31"


@pytest.mark.any_product
@pytest.mark.any_databases
def test_what_the_assistant_costs_is_read_by_keyboard(
    visit: Visit, admin: User, answers: None
) -> None:
    page = sign_in(visit, admin, "/admin/")
    page.get_by_role("table", name="Chat").get_by_role("link", name="Usage").click()
    page.get_by_text("The assistant gave no answer").wait_for()
    assert page.get_by_role("link", name="Last 30 days").get_attribute("aria-current") == "page"
    page.get_by_label("From").fill("2026-05-01")
    page.get_by_label("To", exact=True).fill("2026-05-31")
    page.keyboard.press("Enter")
    by_model = page.get_by_role("table", name="By model, 2026-05-01 to 2026-05-31")
    by_model.wait_for()
    shown(page, "usage")
    total = by_model.get_by_role("row", name="Total")
    assert total.get_by_role("rowheader").inner_text() == "Total"
    assert total.get_by_role("cell").all_inner_texts()[0].startswith("at least 6.4")
    numbers = by_model.get_by_role("cell")
    assert {numbers.nth(n).evaluate("e => getComputedStyle(e).textAlign") for n in range(8)} == {
        "right"
    }
    page.get_by_role("region", name="By day and model").focus()
    page.keyboard.press("Tab")
    with page.expect_download() as file:
        page.keyboard.press("Enter")
    assert file.value.suggested_filename.endswith("-usage-2026-05-01-2026-05-31.csv")
    assert not visit.complaints and not visit.strangers


@pytest.mark.any_product
@pytest.mark.any_databases
def test_what_is_no_period_is_told_at_its_field(visit: Visit, admin: User) -> None:
    page = sign_in(visit, admin, USAGE.replace("2026-05-31", "soon"))
    field = page.get_by_label("To", exact=True)
    assert field.evaluate(DESCRIPTION) == "To: give a day such as 2026-05-31."
    assert field.get_attribute("aria-invalid") == "true"
    assert "To: give a day" in page.get_by_role("alert").inner_text()
    shown(page, "usage-error")


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_assistant_costs_fits_a_phone(
    visit: Visit, admin: User, answers: None, scheme: Literal["light", "dark"]
) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.set_viewport_size({"width": 360, "height": 640})
    page = sign_in(visit, admin, USAGE)
    page.get_by_role("region", name="By day and model").wait_for()
    shown(page, f"usage-phone-{scheme}")
    assert page.evaluate(WIDTH) <= 360
