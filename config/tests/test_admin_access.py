"""The table of who may open which page of the admin, opened over HTTP row by row."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import api_keys
from accounts.models import EmailConflict, ErasureReceipt, Scope
from chat.models import ChatPrompt, ChatTool, Conversation
from config.access import ADMIN_MODELS, ADMIN_SITE, ANYBODY, GUEST, STAFF
from core import audit, jobs
from core.databases import APP, AUTH
from core.models import AuditEntry, Outbox, Unembedded
from faq.models import Category, Document, GoldenQuestion, UnansweredQuestion
from properties.enquiries import service as enquiries
from properties.models import Property

pytestmark = pytest.mark.django_db
VISITORS = sorted(ANYBODY)
ACTION = "action: "
OF_NO_ROW = ("import", "evaluate")
PAGES = [
    (model, page)
    for model, pages in ADMIN_MODELS.items()
    for page in pages
    if not page.startswith(ACTION)
]
OF_A_MODEL = re.compile(r"/admin/(\w+)/(\w+)/(.*)")
ASKED = {"name": "Ann", "email": "ann@example.com", "phone": "", "message": "Is it free?"}


def admin_patterns(
    patterns: list[URLPattern | URLResolver], before: str = "/"
) -> Iterator[tuple[str, str | None]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from admin_patterns(pattern.url_patterns, path)
        elif path.startswith("/admin/"):
            yield path, pattern.name


def test_every_page_of_the_admin_has_a_row():
    """Those of a model are told by what follows its name and a row's id; a bare id leads on."""
    models: dict[str, set[str]] = {}
    site = set()
    for path, name in admin_patterns(get_resolver().url_patterns):
        found = OF_A_MODEL.match(path)
        model = ".".join(found.groups()[:2]) if found else ""
        if model in ADMIN_MODELS:
            page = re.sub(r"<[^>]+>/", "", found[3]).strip("/")
            bare = found[3].endswith(">/")
            models.setdefault(model, set()).update([] if bare else [page or "changelist"])
        elif name:
            site.add(name)
    told = {
        model: {page for page in pages if page != "view" and not page.startswith(ACTION)}
        for model, pages in ADMIN_MODELS.items()
    }
    assert models == told
    assert site == set(ADMIN_SITE)
    assert {model._meta.label_lower for model in admin.site._registry} == set(ADMIN_MODELS)


@pytest.mark.parametrize(
    "model",
    [
        name
        for name, pages in ADMIN_MODELS.items()
        if pages.get("change") and name != "core.unembedded"
    ],
)
def test_what_is_edited_says_when_it_was_changed(model):
    """By which an older form is told from a later change; the one left out has nothing to edit."""
    assert apps.get_model(model)._meta.get_field("updated_at")


@pytest.fixture
def row_of(users):
    """A row of each model; of a listing and an enquiry the agent's own."""

    def listing():
        plain = {"title": "Home", "type": "villa", "transaction": "rent", "currency": "THB"}
        agent = users.agent.id
        return Property.objects.create(**plain, status="published", agent_id=agent)

    def audited():
        audit.record("listing.changed", Property(id=None))
        return AuditEntry.objects.using(APP).latest("id")

    def category():
        return Category.objects.create(slug="stay", name="Stay")

    def document():
        texts = {"question": "Q?", "answer": "A."}
        return Document.objects.create(slug="q", category=category(), **texts)

    def job():
        jobs.enqueue("core.tasks.look", {"timestamp": 0}, lock="look")
        return ProcrastinateJob.objects.latest("id")

    rows = {
        "accounts.user": lambda: users.outsider,
        "accounts.apikey": lambda: api_keys.create("tests", [Scope.USERS_READ])[0],
        "accounts.emailconflict": lambda: EmailConflict.objects.create(
            user=users.user, email="agent@example.com"
        ),
        "accounts.erasurereceipt": lambda: ErasureReceipt.objects.create(person_hash="0" * 64),
        "chat.chatprompt": lambda: ChatPrompt.objects.create(text="Be kind."),
        "chat.chattool": lambda: ChatTool.objects.create(name="faq_rag"),
        "chat.conversation": lambda: Conversation.objects.create(user_id=users.user.id),
        "chat.usage": lambda: None,  # one page of them all
        "core.auditentry": audited,
        "core.outbox": lambda: Outbox.objects.using(AUTH).create(topic="test", payload={}),
        "faq.category": category,
        "core.unembedded": lambda: Unembedded.objects.create(
            collection="faq.document",
            row_id=document().pk,
            content_hash="0" * 32,
            model="m",
            dims=384,
        ),
        "faq.document": document,
        "faq.goldenquestion": lambda: GoldenQuestion.objects.create(
            question="Which?", document=document()
        ),
        "faq.unansweredquestion": lambda: UnansweredQuestion.objects.create(
            text="Helipad?", language="en", lexemes=["helipad"], key="0" * 32
        ),
        "procrastinate.procrastinatejob": job,
        "properties.enquiry": lambda: enquiries.send(listing().id, None, ASKED)[0],
        "properties.property": listing,
    }
    return lambda model: rows[model]()


def open_page(client, model, page, row):
    """Saving is tried with nothing filled in: where it is allowed, the form says what is wrong."""
    name = f"admin:{model.replace('.', '_')}_{'change' if page == 'view' else page}"
    if page == "password":
        name = "admin:auth_user_password_change"
    url = reverse(name, args=[] if page in ("changelist", "add", *OF_NO_ROW) else [row.pk])
    return url, client.post(url, {}) if page in ("change", "draft") else client.get(url)


def told(response, url):
    """What the admin made of it: opened, refused, or sent to sign in."""
    if response.status_code == 302 and response.url.startswith(f"/admin/login/?next={url}"):
        return "sign in"
    return "refused" if response.status_code == 403 else "opened"


def expected(caller, who):
    return "opened" if caller in who else "refused" if caller in STAFF else "sign in"


@pytest.fixture
def signed_in(users):
    def client_of(caller):
        client = Client()
        if caller != GUEST:
            client.force_login(getattr(users, caller))
        return client

    return client_of


@pytest.mark.any_product
@pytest.mark.parametrize(("model", "page"), PAGES)
def test_who_may_open_a_page_of_a_model(signed_in, row_of, model, page):
    row, who = row_of(model), ADMIN_MODELS[model][page]
    for caller in VISITORS:
        url, response = open_page(signed_in(caller), model, page, row)
        assert told(response, url) == expected(caller, who), caller
        # A form with nothing to fill in is saved, and leads on.
        assert response.status_code in (200, 302) or caller not in who


@pytest.mark.parametrize("caller", sorted(STAFF))
def test_who_may_do_what_to_chosen_rows(users, caller):
    request = RequestFactory().get("/")
    request.user = getattr(users, caller)
    for model, pages in ADMIN_MODELS.items():
        actions = {name.removeprefix(ACTION) for name in pages if name.startswith(ACTION)}
        allowed = {name for name in actions if caller in pages[ACTION + name]}
        if caller in pages.get("delete", ()):
            allowed.add("delete_selected")
        model_admin = admin.site._registry[apps.get_model(model)]
        assert set(model_admin.get_actions(request)) == allowed, model


ARGUMENTS = {
    "app_list": {"app_label": "faq"},
    "view_on_site": {"content_type_id": 0, "object_id": 0},
}
METHODS = {"logout": "post", "admin-clerk": "post"}


@pytest.mark.parametrize("page", ADMIN_SITE)
def test_who_may_open_a_page_of_no_model(signed_in, page):
    """403 and 404 are for what was asked, by somebody who may ask: nothing, here."""
    name = page if page == "admin-clerk" else f"admin:{page}"
    url = reverse(name, kwargs=ARGUMENTS.get(page))
    for caller in VISITORS:
        response = getattr(signed_in(caller), METHODS.get(page, "get"))(url)
        is_kept_out = told(response, url) == "sign in"
        assert is_kept_out == (caller not in ADMIN_SITE[page]), caller
        assert response.status_code < 500
