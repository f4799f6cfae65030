"""Import, export and versions in the admin."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier
from time import process_time

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from faq import imports, indexing
from faq.models import Document, ImportFile, Version

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
]
URL = "/admin/faq/document/"
CSV = (
    "slug,category,question,answer\n"
    "pets,staying,Can I bring my dog?,Ask us.\n"
    "pay,staying,How do I pay?,By card.\n"
    "bad slug,staying,<b>What?</b>,Yes.\n"
)


def signed_in(person):
    client = Client()
    client.force_login(person, "accounts.backends.PasswordBackend")
    return client


@pytest.fixture
def agent(users):
    return signed_in(users.agent)


def send(client, text=CSV, name="faqs.csv"):
    file = BytesIO(text if isinstance(text, bytes) else text.encode())
    file.name = name
    return client.post(f"{URL}import/", {"file": file})


def told(client):
    return [str(message) for message in client.get(URL).context["messages"]]


def test_a_question_of_a_file_is_read_aloud_in_its_language(agent, make):
    make("Где парковка?", slug="parking", language="ru")
    rows = "like,staying,Где тут парковка?,Там.\nthai,staying,มีที่จอดรถหรือไม่,มี\n"
    page = agent.get(send(agent, CSV.splitlines()[0] + "\n" + rows).url).content.decode()
    assert '<th scope="row" lang="ru">Где тут парковка?</th>' in page
    assert '<th scope="row" lang="th">มีที่จอดรถหรือไม่</th>' in page


def test_a_file_is_looked_at_and_then_imported(agent, users, make):
    make("Can I bring a dog?", slug="dogs")
    sent = send(agent)
    assert sent.status_code == 302
    page = agent.get(sent.url).content.decode()
    for shown in ("2 new", "1 rejected", "Likely duplicates", "67%", "holds other than letters"):
        assert shown in page, shown
    assert Document.objects.count() == 1
    done = agent.post(sent.url, {"skip_duplicates": "on"}).content.decode()
    assert "1 new" in done and "1 left out" in done
    assert Version.objects.get(slug="pay").made_by == users.agent.id
    assert AuditEntry.objects.order_by("id").last().actor == users.agent.id
    assert not ImportFile.objects.exists()
    again = agent.post(sent.url)
    assert (again.status_code, again.url) == (302, f"{URL}import/")
    assert Document.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_cut_off_can_be_begun_again(agent, category, monkeypatch):
    carried_out, runs = imports.carried_out, []

    def cut_off(*args):
        runs.append(args)
        if len(runs) == 2:
            connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return carried_out(*args)

    monkeypatch.setattr(imports, "BATCH", 1)
    monkeypatch.setattr(imports, "carried_out", cut_off)
    url = send(agent).url
    stopped = agent.post(url)
    assert (stopped.status_code, stopped.url) == (302, url)
    page = agent.get(url).content.decode()
    assert "stopped after 2 of 3 rows" in page and "1 new" in page and "1 unchanged" in page
    assert Document.objects.count() == 1
    assert "1 new" in agent.post(url).content.decode()
    assert Document.objects.count() == Version.objects.count() == 2
    assert not ImportFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_twice_imports_once(users, category, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 1)
    clients = [signed_in(users.agent) for _ in range(2)]
    url, together = send(clients[0]).url, Barrier(2)
    run = imports.run

    def at_once(*args):
        together.wait(10)
        run(*args)

    def press(client):
        try:
            return client.post(url).status_code
        finally:
            connections.close_all()

    monkeypatch.setattr(imports, "run", at_once)
    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(press, clients)) == [200, 302]
    assert Document.objects.count() == Version.objects.count() == 2
    assert not ImportFile.objects.exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"slug,category,question,answer\ncaf\xe9,staying,What?,Yes.\n", "faqs.csv"),
        (r'[{"slug": "\ud800", "question": "What?", "answer": "Yes."}]', "faqs.json"),
        (r'[{"\ud800": 1, "question": "What?", "answer": "Yes."}]', "faqs.json"),
    ],
)
def test_what_no_page_can_show_is_rejected(agent, text, name):
    page = agent.get(send(agent, text, name).url).content.decode()
    assert "1 rejected" in page and "There is nothing to import." in page


def test_what_is_unchanged_is_listed_after_the_rest(agent, make):
    make("Can I bring my dog?", "Ask us.", slug="pets", status="draft")
    page = agent.get(send(agent).url).content.decode()
    assert page.index("<td>pay</td><td>new</td>") < page.index("<td>pets</td><td>unchanged</td>")


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        (CSV, "faqs.xlsx", "ends in none of"),
        ("", "faqs.csv", "empty"),
        ("question\n", "faqs.csv", "lacks these columns: answer"),
        (b"PK\x03\x04" + b"x" * 100, "faqs.csv", "is a ZIP archive"),
        ("x" * 1_000_001, "faqs.csv", "too large"),
        ("question,answer\n" + "a,b\n" * 501, "faqs.csv", "has more than 500 rows"),
        ("[[[[", "faqs.json", "is not JSON"),
        (gzip.compress(b"a" * 1_000_001), "faqs.md", "is longer than 1000000 characters"),
        (gzip.compress(b"[" + b"[]," * 6_600_000), "faqs.json", "is longer than 1000000"),
        ("[" + "[]," * 501 + "never read", "faqs.json", "has more than 500 rows"),
        ('{"documents": [' + "{}," * 333_000, "faqs.json", "has more than 500 rows"),
        ("a\n\n" * 333_000, "faqs.md", "has more than 10000 lines"),
        ("a\r" * 10_001, "faqs.md", "has more than 10000 lines"),
    ],
)
def test_what_cannot_be_read_is_told_beside_the_field(agent, text, name, sentence):
    answer = send(agent, text, name)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert sentence in page and "<title>Error: Import FAQs |" in page
    assert not ImportFile.objects.exists()


@pytest.mark.parametrize(
    "text", ["> >\nb\n" * 4_999, "## a\n<!-- slug: b" + " " * 30_000 + "c -->\n"]
)
def test_no_file_holds_up_the_others(agent, text):
    began = process_time()
    assert send(agent, text, "faqs.md").status_code == 302
    assert process_time() - began < 2  # some tenths, unless it takes its length squared


def test_a_file_as_large_as_may_be_is_taken(agent):
    faq = "## What is {}?\n\n> It\n> is\n\n" + "- this\n" * 10 + "\n```\n## no\n```\n"
    text = "".join(map(faq.format, range(500)))
    assert send(agent, gzip.compress(text.encode()), "faqs.md.gz").status_code == 302


def test_a_file_is_its_senders_alone_and_for_an_hour(agent, users, category):
    url = send(agent).url
    assert signed_in(users.admin).get(url).status_code == 302
    ImportFile.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    assert agent.post(url).status_code == 302
    assert not Document.objects.exists()
    send(agent)
    assert ImportFile.objects.count() == 1


@pytest.mark.parametrize("path", ["import/", "export/csv/"])
def test_others_than_staff_are_sent_away(users, path):
    assert signed_in(users.user).get(URL + path).status_code == 302
    assert Client().get(URL + path).status_code == 302


def test_exports(agent, make):
    make("Pets?")
    make("Parking?")
    answer = agent.get(f"{URL}export/markdown/")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"].endswith('.md"')
    assert "## Pets?" in answer.content.decode()
    chosen = [str(Document.objects.get(slug="parking").pk)]
    answer = agent.post(URL, {"action": "export_csv", "_selected_action": chosen})
    assert "Parking?" in answer.content.decode() and "Pets?" not in answer.content.decode()
    assert agent.get(f"{URL}export/pdf/").status_code == 404
    page = agent.get(URL).content.decode()
    assert f"{URL}import/" in page and f"{URL}export/json/" in page


def test_versions_and_one_that_is_restored(agent, users, make, django_assert_max_num_queries):
    document = make("Pets?", "Small <dogs> only.")
    document.answer = "Small <cats> only."
    indexing.save(document, actor=users.agent.id)
    url = f"{URL}{document.pk}/versions/"
    assert url in agent.get(f"{URL}{document.pk}/change/").content.decode()
    with django_assert_max_num_queries(8):
        page = agent.get(url).content.decode()
    assert "<del>dogs</del><ins>cats</ins>" in page and "&lt;" in page
    assert "Agent Example" in page and "the system" in page
    assert "Restore version 1" in page and "Restore version 2" not in page
    assert agent.post(url, {"number": "1"}).status_code == 302
    document.refresh_from_db()
    assert document.answer == "Small <dogs> only."
    assert "Version 1 is back" in told(agent)[0]
    newest = Version.objects.of(document.pk)[0]
    assert (newest.number, newest.made_by) == (3, users.agent.id)
    assert AuditEntry.objects.get(action="document.changed").actor == users.agent.id
    for wrong in ("", "x", "9" * 30):
        assert agent.post(url, {"number": wrong}).status_code == 404
    agent.post(url, {"number": "7"})
    assert Version.objects.of(document.pk).count() == 3


def test_pages_of_versions(agent, make):
    document = make("Q0?")
    for number in range(1, 23):
        Document.objects.filter(pk=document.pk).update(question=f"Q{number}?")
    url = f"{URL}{document.pk}/versions/"
    page = agent.get(url).content.decode()
    assert page.count("<section") == 20 and "?before=4" in page
    page = agent.get(url, {"before": 4}).content.decode()
    assert page.count("<section") == 3 and "?before" not in page
    assert agent.get(url, {"before": "x"}).content.decode().count("<section") == 20


def test_versions_of_nothing_and_for_nobody(agent, users, make):
    document = make("Pets?")
    url = f"{URL}{document.pk}/versions/"
    assert signed_in(users.user).get(url).status_code == 302
    document.delete()
    assert agent.get(url).status_code == 404


def form(document, **changes):
    fields = ("slug", "language", "question", "answer", "status", "position")
    known = {name: getattr(document, name) for name in fields}
    return known | {"category": str(document.category_id)} | changes


def test_an_edit_is_a_version_of_its_editors(agent, users, make):
    document = make("Pets?")
    agent.post(f"{URL}{document.pk}/change/", form(document, question="Dogs?"))
    newest = Version.objects.of(document.pk)[0]
    assert (newest.question, newest.made_by) == ("Dogs?", users.agent.id)


def test_a_status_that_cannot_follow_is_told_beside_the_field(agent, make):
    document = make("Pets?", status="archived")
    answer = agent.post(f"{URL}{document.pk}/change/", form(document, status="published"))
    assert answer.status_code == 200 and "make it draft first" in answer.content.decode()
    posted = {
        "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "_save": "Save",
        "form-0-id": str(document.id), "form-0-status": "published", "form-0-position": 0,
    }  # fmt: skip
    assert "make it draft first" in agent.post(URL, posted).content.decode()
    document.refresh_from_db()
    assert document.status == "archived"
    answer = agent.post(f"{URL}add/", form(document, slug="new", status="archived"))
    assert answer.status_code == 302
