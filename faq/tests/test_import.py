import csv
import gzip
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from core.models import AuditEntry
from faq import imports, indexing
from faq.feeds import FORMATS
from faq.models import Category, Document, Version
from faq.seed import seed

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
]
TWO = (
    "slug,category,category_name,status,question,answer\n"
    "pets,staying,During your stay,published,Can I bring my dog?,Ask us.\n"
    "pay,paying,Payments,,How do I pay?,By card.\n"
)


@pytest.fixture
def bring(tmp_path):
    """Import a text; returns what the command said and the rows of its report."""

    def bring(content, name="faqs.csv", **options):
        path, report = tmp_path / name, tmp_path / "report.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report.unlink(missing_ok=True)
        out = StringIO()
        call_command("import_faqs", str(path), report=report, stdout=out, **options)
        rejected = list(csv.reader(report.read_text().splitlines())) if report.exists() else []
        return out.getvalue(), rejected[1:]

    return bring


def test_a_report_overwrites_no_source(tmp_path):
    path = tmp_path / "faqs.csv"
    path.write_text(TWO)
    with pytest.raises(CommandError, match="would overwrite"):
        call_command("import_faqs", str(path), report=path)
    assert path.read_text() == TWO and not Document.objects.exists()


def test_a_file_is_imported_once(bring, api):
    out, rejected = bring(TWO)
    assert "2 rows: 2 new, 0 changed, 0 unchanged, 0 rejected" in out and not rejected
    pets, pay = Document.objects.order_by("position")
    assert (pets.status, pay.status) == ("published", "draft")
    assert (pay.category.name, pay.position, pay.language) == ("Payments", 1, "en")
    before = list(Version.objects.values())
    assert "2 rows: 0 new, 0 changed, 2 unchanged, 0 rejected" in bring(TWO)[0]
    assert list(Version.objects.values()) == before
    (found,) = api.get("/api/v1/faq/search", {"query": "bring a dog"}).json()["results"]
    assert found["slug"] == "pets"


def test_a_dry_run_tells_and_writes_nothing(bring, make):
    make("Can I bring a dog?", slug="dogs")
    make("How do I pay?", slug="pay")
    out, _ = bring(TWO, dry_run=True)
    assert "new              line 2: pets" in out
    assert "changed          line 3: pay  category, answer" in out
    assert "likely duplicate line 2: pets  like dogs (67%)" in out
    assert "Dry run: 2 rows: 1 new, 1 changed, 0 unchanged, 0 rejected; 1 likely duplicates" in out
    assert Document.objects.count() == 2 and not AuditEntry.objects.exists()
    assert not Category.objects.filter(slug="paying").exists()


def test_likely_duplicates_may_be_left_out(bring, make):
    make("Can I bring a dog?", slug="dogs")
    assert "1 new, 0 changed, 0 unchanged, 1 left out" in bring(TWO, skip_duplicates=True)[0]
    assert not Document.objects.filter(slug="pets").exists()
    assert "1 new, 0 changed, 1 unchanged" in bring(TWO)[0]


def test_changes_are_versions(bring):
    bring(TWO)
    assert "1 changed, 1 unchanged" in bring(TWO.replace("Ask us.", "Yes."))[0]
    pets = Document.objects.get(slug="pets")
    assert list(Version.objects.of(pets.id).values_list("number", "answer")) == [
        (2, "Yes."), (1, "Ask us."),
    ]  # fmt: skip


def test_what_the_file_does_not_say_stays(bring, make):
    make("Can I bring my dog?", "Ask us.", slug="pets", position=7)
    bring("slug,question,answer\npets,Can I bring my dog?,No.\n")
    pets = Document.objects.get()
    assert (pets.answer, pets.position, pets.status) == ("No.", 7, "published")
    assert pets.category.slug == "staying"


def test_broken_rows_are_reported_and_the_others_stored(bring, make):
    make("Old?", slug="old", status="archived")
    rows = TWO + (
        "pets,staying,,,Again?,Yes.\n,,,,No category?,Yes.\n"
        "old,,,published,Old?,Yes.\n=1+1,staying,,,Formula?,Yes.\n"
    )
    out, rejected = bring(rows)
    assert "6 rows: 2 new, 0 changed, 0 unchanged, 4 rejected" in out
    assert sorted(row[:3] for row in rejected) == [
        ["4", "pets", "slug"],
        ["5", "no-category", "category"],
        ["6", "old", "status"],
        ["7", "'=1+1", "slug"],
    ]


@pytest.mark.samples
@pytest.mark.parametrize("format", FORMATS)
def test_an_export_comes_back_unchanged_and_whole(bring, tmp_path, format):
    seed()
    Document.objects.filter(status="draft").delete()
    draft = {"category": Category.objects.first(), "answer": "", "status": "draft"}
    indexing.save(Document(slug="waits", question="Not answered yet?", **draft))
    path = tmp_path / f"all{FORMATS[format].suffixes[0]}"
    call_command("export_faqs", str(path), stdout=(out := StringIO()))
    count = Document.objects.count()
    assert f"{count} FAQs" in out.getvalue()
    text = path.read_bytes()
    assert f"0 new, 0 changed, {count} unchanged, 0 rejected" in bring(text, path.name)[0]
    fields = ("slug", "question", "answer", "language", "status", "position", "category__slug")
    documents = set(Document.objects.values_list(*fields))
    categories = set(Category.objects.values_list("slug", "name", "position"))
    Document.objects.all().delete()
    Category.objects.all().delete()
    assert f"{count} new, 0 changed, 0 unchanged, 0 rejected" in bring(text, path.name)[0]
    assert set(Document.objects.values_list(*fields)) == documents
    assert set(Category.objects.values_list("slug", "name", "position")) == categories


def test_an_export_to_standard_output(make):
    make("=HYPERLINK()", "-1")
    call_command("export_faqs", stdout=(out := StringIO()))
    (row,) = csv.DictReader(StringIO(out.getvalue().removeprefix("\ufeff")))
    assert (row["question"], row["answer"]) == ("'=HYPERLINK()", "'-1")
    call_command("export_faqs", format="json", stdout=(out := StringIO()))
    assert json.loads(out.getvalue())["documents"][0]["question"] == "=HYPERLINK()"


@pytest.mark.parametrize(
    ("name", "message"),
    [("all.foo", "--format is needed: all.foo"), ("all.csv.gz", "not gzipped: all.csv")],
)
def test_an_export_that_no_import_would_take_is_refused(make, tmp_path, name, message):
    make("Is there a pool?")
    with pytest.raises(CommandError, match=message):
        call_command("export_faqs", str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []
    if not name.endswith(".gz"):
        call_command("export_faqs", str(tmp_path / name), format="json", stdout=StringIO())
        assert (tmp_path / name).exists()


def test_an_export_to_a_full_disk_leaves_nothing_behind(make, tmp_path):
    make("Is there a pool?")
    (tmp_path / "all.csv.part").symlink_to("/dev/full")
    with pytest.raises(CommandError, match="all.csv cannot be written: No space left on device"):
        call_command("export_faqs", str(tmp_path / "all.csv"))
    assert list(tmp_path.iterdir()) == []


def test_a_batch_costs_few_queries_beside_its_writes(bring, make, django_assert_max_num_queries):
    content = "slug,category,question,answer\n" + "".join(
        f"q{number},staying,Question {number * 7919}?,Yes.\n" for number in range(30)
    )
    bring(content)
    with django_assert_max_num_queries(20):
        bring(content)


def test_an_interrupted_import_keeps_its_batches(tmp_path, category):
    rows = [
        imports.Row(number, f"q{number}", f"{number * 7919} what?", "Yes.", "staying")
        for number in range(imports.BATCH + 5)
    ]

    def interrupted(done):
        if done:
            raise KeyboardInterrupt

    progress = imports.Progress()
    with pytest.raises(KeyboardInterrupt):
        imports.run(rows, imports.Order("a"), progress, interrupted)
    assert Document.objects.count() == imports.BATCH == progress.counts["new"]
    imports.run(rows, imports.Order("a"), again := imports.Progress(), lambda done: None)
    assert again.counts == {"new": 5, "changed": 0, "unchanged": imports.BATCH}


def test_a_database_that_gives_up_leaves_what_was_done_told(tmp_path, monkeypatch):
    def full(rows, order, progress, advanced):
        progress.counts["new"] = 50
        raise OperationalError("no space left")

    monkeypatch.setattr(imports, "run", full)
    path = tmp_path / "faqs.csv"
    path.write_text("slug,category,question,answer\n1,staying,Why?,So.\n")
    with pytest.raises(OperationalError):
        call_command("import_faqs", str(path), stdout=(out := StringIO()))
    assert "50 new" in out.getvalue()


def test_an_import_is_recorded(bring, users):
    bring(TWO)
    begun, *_, ended = AuditEntry.objects.order_by("id")
    assert (begun.action, begun.after) == ("faqs.import_begun", {"file": "faqs.csv"})
    written = {"file": "faqs.csv", "new": 2, "changed": 0, "unchanged": 0}
    assert (ended.action, ended.after) == ("faqs.imported", written)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.csv", "is empty"),
        (b"PK\x03\x04", "a.csv", "is a ZIP archive"),
        (gzip.compress(TWO.encode(), mtime=0)[:40], "a.csv.gz", "is damaged"),
        (b"question,answer\n", "a.csv", "holds no FAQ"),
        (b"x", "a.txt", "--format is needed"),
    ],
)
def test_what_is_no_file_of_faqs(bring, content, name, sentence):
    with pytest.raises(CommandError, match=sentence):
        bring(content, name)
    assert not Document.objects.exists()


def test_files_are_bounded(bring, monkeypatch):
    monkeypatch.setattr(imports, "CHARACTERS_MAX", 100)
    with pytest.raises(CommandError, match="is longer than 100 characters"):
        bring(gzip.compress(TWO.encode()), "a.csv.gz")


def test_gzip_and_a_format_by_option(bring):
    assert "2 new" in bring(gzip.compress(TWO.encode()), "a.txt", format="csv")[0]


def test_a_file_that_is_not_there():
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_faqs", "nowhere.csv")
