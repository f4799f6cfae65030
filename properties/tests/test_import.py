import csv
import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from core.files import Rejection
from core.models import AuditEntry
from core.tools import ToolContext
from properties import feeds, imports
from properties.feeds import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from properties.imports import Feed, Progress
from properties.models import Property
from properties.tests.test_feeds import ROW
from properties.tools import property_search

pytestmark = pytest.mark.django_db
SAID = {"source": "feed", "currency": "SEK", "city": "Ekhamn"}
COLUMNS = [*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS]
SAMPLE = settings.BASE_DIR / "docs" / "samples" / "listings.csv"
STOCKHOLM = settings.BASE_DIR.parent / "shared" / "data" / "stockholm-listings.csv.gz"


def text_of(*rows, columns=COLUMNS):
    file = StringIO()
    writer = csv.DictWriter(file, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return file.getvalue()


@pytest.fixture
def bring(tmp_path):
    """Import a text; returns what the command said and the rows of its report."""

    def bring(content, name="feed.csv", **options):
        path, report = tmp_path / name, tmp_path / "report.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report.unlink(missing_ok=True)
        out = StringIO()
        call_command(
            "import_listings", str(path), currency="SEK", report=report, stdout=out, **options
        )
        rejected = list(csv.reader(report.read_text().splitlines())) if report.exists() else []
        return out.getvalue(), rejected[1:]

    return bring


def test_a_file_can_be_imported_again(bring):
    content = text_of({"id": "1"}, {"id": "2"})
    assert "2 created, 0 updated, 0 unchanged, 0 rejected" in bring(content)[0]
    before = list(Property.objects.order_by("id").values())
    assert "0 created, 0 updated, 2 unchanged, 0 rejected" in bring(content)[0]
    assert list(Property.objects.order_by("id").values()) == before


def test_a_changed_row_updates_its_listing(bring):
    bring(text_of({"id": "1"}, {"id": "2"}))
    out, _ = bring(text_of({"id": "1", "price": "$7.00"}, {"id": "2"}))
    assert "0 created, 1 updated, 1 unchanged" in out
    assert Property.objects.get(external_id="1").price == 7


def test_what_staff_changed_stays_until_the_row_changes(bring):
    bring(text_of({"id": "1"}))
    Property.objects.update(title="Staff's title", status="archived")
    bring(text_of({"id": "1"}))
    assert Property.objects.get().title == "Staff's title"
    bring(text_of({"id": "1", "name": "New name"}))
    listing = Property.objects.get()
    assert (listing.title, listing.status) == ("New name", "archived")


def test_a_report_overwrites_no_source_and_has_a_place_before_anything_is_imported(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text(text_of({"id": "1"}, {"id": ""}))
    before = path.read_text()
    for report, said in (
        (path, "would overwrite"),
        (tmp_path / ".." / tmp_path.name / "feed.csv", "would overwrite"),
        (tmp_path, "it is a folder"),
        (tmp_path / "nowhere" / "report.csv", "no such folder"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("import_listings", str(path), currency="SEK", report=report)
    assert path.read_text() == before and not Property.objects.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["feed.csv"]


def test_rejected_rows_are_reported(bring):
    bad = [{"id": "2", "price": "cheap"}, {"id": "1"}, {"id": ""}, {"id": "=2+3", "latitude": "x"},
           {"id": "3", "price": "$99,999,999,999,999.00"}]  # fmt: skip
    out, rejected = bring(text_of({"id": "1"}, *bad))
    assert "1 created, 0 updated, 0 unchanged, 5 rejected" in out
    assert rejected == [
        ["2", "2", "price", "'cheap' is not a price"],
        ["3", "1", "id", "is the id of an earlier row of this file"],
        ["4", "", "id", "is empty"],
        ["5", "'=2+3", "latitude", "'x' is not between -90 and 90"],
        ["6", "3", "price", "'$99,999,999,999,999.00' is not below 1,000,000,000,000"],
    ]


def test_what_looks_like_a_formula_is_told_and_taken_as_text(bring):
    cells = ["=cmd", "=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"]
    rows = [{"id": str(n), "name": cell} for n, cell in enumerate(cells, 1)]
    plain = {"id": "9", "name": "- Quiet (5 min)", "description": "+46 8 123 (office)"}
    out, report = bring(text_of(*rows, plain))
    assert "6 created, 0 updated, 0 unchanged, 0 rejected, 5 noted" in out
    said = "looks like a formula: taken as text"
    assert report == [[str(n), str(n), "name", said] for n in range(1, 6)]
    stored = Property.objects.filter(external_id__lt="9").order_by("external_id")
    assert [listing.title for listing in stored] == cells
    assert bring(text_of({"id": "9", "description": "=1"}))[1] == [["1", "9", "description", said]]


def test_rows_that_are_no_rows(bring):
    lines = text_of({"id": "1"}, {"id": "2"}).splitlines(keepends=True)
    broken = lines[1].replace("Loft", "L\xf6ft").encode("latin-1")
    content = b"".join(
        [lines[0].encode(), broken, b"only,three,cells\r\n", b"\r\n", lines[2].encode()]
        + [lines[2].replace("Loft", "Lo\x00ft").encode()]
    )
    out, rejected = bring(content)
    assert "1 created" in out
    reasons = [row[2:] for row in rejected]
    assert reasons == [
        ["name", "is not UTF-8"],
        ["", f"has 3 cells; the header has {len(COLUMNS)}"],
        ["name", "holds a null character"],
    ]


def test_a_quote_that_never_closes_does_not_pass(bring):
    content = text_of({"id": "1"}) + '2,"open' + "x" * 300_000
    out, rejected = bring(content)
    assert "1 created" in out
    assert "cannot be read as CSV" in rejected[0][3]


def test_a_missing_column_stops_everything(bring):
    columns = [name for name in COLUMNS if name not in ("price", "id")]
    with pytest.raises(CommandError, match=r"lacks these columns: id, price\."):
        bring(text_of({}, columns=columns))
    assert not Property.objects.exists()


FEED = text_of({"id": "1"})
# Without the time, which would name the tests differently in each worker.
WHOLE = gzip.compress(FEED.encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty."),
        (b" \r\n\n", "is empty."),
        (gzip.compress(b"", mtime=0), "is empty."),
        (b"PK\x03\x04\x14\x00\x06\x00", "is a ZIP archive or a workbook"),
        (gzip.compress(WHOLE, mtime=0), "is gzipped twice"),
        (FEED.encode("utf-16"), "is in UTF-16"),
        (FEED.encode("utf-16-be"), "is not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a text file in UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "is not a text file"),
        (b"\x01\x02" * 100_000, "is not a CSV file"),
        ("ชื่อ,".encode("cp874") + FEED.encode(), "is not a text file in UTF-8"),
        (b"\x1f\x8b", "is damaged"),
        (b"\x1f\x8bnot really", "is damaged"),
        (WHOLE[:15], "is damaged"),
        (WHOLE[:-4], "is damaged"),
        (WHOLE[:20] + b"\xff\xff\xff" + WHOLE[23:], "is damaged"),
        (b"a,b\n1,2\n", "lacks these columns: id"),
    ],
)
def test_what_is_no_feed_is_called_what_it_is(bring, tmp_path, content, sentence):
    with pytest.raises(CommandError) as refused:
        bring(content)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path / 'feed.csv'} {sentence}")
    assert said.count("\n") == 0
    assert said.endswith(".")
    assert not Property.objects.exists()


def test_a_folder_is_no_feed(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        call_command("import_listings", str(tmp_path), currency="SEK")


def test_a_gzip_that_ends_halfway_writes_nothing(bring):
    whole = gzip.compress(text_of(*[{"id": str(n)} for n in range(2000)]).encode())
    with pytest.raises(CommandError, match="damaged"):
        bring(whole[: len(whole) // 2], name="feed.csv.gz")
    assert not Property.objects.exists()


def test_a_file_that_is_not_there():
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_listings", "nowhere.csv", currency="SEK")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"currency": "kronor"}, "--currency"),
        ({"currency": "XXX"}, "--currency"),
        ({"currency": "SEK", "source": ""}, "--source"),
    ],
)
def test_wrong_options(options, named):
    """They are told, and not that there is no such file."""
    with pytest.raises(CommandError, match=f"^{named}"):
        call_command("import_listings", "feed.csv", **options)


def test_gzip_with_a_byte_order_mark(bring):
    content = gzip.compress(b"\xef\xbb\xbf" + text_of({"id": "1"}).encode())
    assert "1 created" in bring(content, name="feed.csv.gz")[0]


def test_city_by_option(bring):
    bring(text_of({"id": "1"}), city="Uppsala")
    assert Property.objects.get().city == "Uppsala"


def test_a_row_that_the_database_refuses(bring, tmp_path):
    """Another source's rule may be looser than the table's; the rest of the batch still counts."""
    path = tmp_path / "feed.csv"
    path.write_text(text_of({"id": "1"}, {"id": "2", "accommodates": "999"}))
    progress = Progress()
    imports.run(Feed(path, "feed", "nope", "Stockholm"), progress, lambda done: None)
    assert progress.stored.created == 0
    assert [rejection.row for rejection in progress.rejections] == [1, 2]
    assert "the database refuses it" in progress.rejections[0].reason


def test_an_interrupted_import_keeps_its_batches(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text(text_of(*[{"id": str(n)} for n in range(imports.BATCH + 5)]))
    progress = Progress()

    def interrupted(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.run(Feed(path, "feed", "SEK", ""), progress, interrupted)
    assert Property.objects.count() == imports.BATCH == progress.stored.created
    imports.run(Feed(path, "feed", "SEK", ""), again := Progress(), lambda done: None)
    assert (again.stored.created, again.stored.unchanged) == (5, imports.BATCH)


def test_ctrl_c_says_what_was_done(tmp_path):
    class Terminal(StringIO):
        def write(self, text):
            if "rows, city" in text:
                raise KeyboardInterrupt
            return super().write(text)

    path, out = tmp_path / "feed.csv", Terminal()
    path.write_text(text_of({"id": "1"}))
    with pytest.raises(CommandError, match="Run it again") as caught:
        call_command("import_listings", path, currency="SEK", stdout=out)
    assert caught.value.returncode == 130
    assert "0 rows: 0 created" in out.getvalue()


def test_a_database_that_gives_up_leaves_what_was_done_told(tmp_path, monkeypatch):
    def full(feed, progress, advanced):
        progress.stored.created = 500
        raise OperationalError("no space left")

    monkeypatch.setattr(imports, "run", full)
    path = tmp_path / "feed.csv"
    path.write_text(text_of({"id": "1"}))
    with pytest.raises(OperationalError):
        call_command("import_listings", path, currency="SEK", stdout=(out := StringIO()))
    assert "500 created" in out.getvalue()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_a_report_holds_no_formula(sign):
    cells = Rejection(1, f"{sign}cmd|' /C calc'!A0", "id", "is\nbad").cells()
    assert cells[1].startswith("'")
    assert cells[3] == "is bad"


def test_the_sample_of_the_tour(tmp_path):
    out = StringIO()
    report = tmp_path / "report.csv"
    call_command("import_listings", SAMPLE, currency="SEK", report=report, stdout=out)
    assert "rejected" in out.getvalue() and " 0 rejected" not in out.getvalue()
    assert Property.objects.count() >= 10
    assert Path(report).read_text().count("\n") >= 2


def test_the_assistant_knows_what_was_imported(bring):
    quiet = {"description": "A calm and quiet flat.", "bedrooms": "", "price": ""}
    bring(text_of({"id": "1"} | quiet, {"id": "2", "accommodates": "2"} | quiet))
    found = property_search.offline("a quiet apartment in Stockholm for 4", ToolContext("en"))
    assert found is not None and len(found.sources) == 1
    assert "price on request" in found.answer


@pytest.mark.any_product
@pytest.mark.any_databases
@pytest.mark.skipif(not STOCKHOLM.exists(), reason=f"{STOCKHOLM.name} is not on this machine")
def test_real_listings():
    out = StringIO()
    call_command("import_listings", STOCKHOLM, currency="SEK", stdout=out, report=Path(os.devnull))
    assert "5223 created, 0 updated, 0 unchanged, 0 rejected" in out.getvalue()
    assert not Property.objects.filter(description__contains="<br").exists()
    assert Property.objects.filter(price=None).count() == 1725


def test_an_import_is_recorded_once(bring):
    bring(text_of({"id": "1"}, {"id": "2"}))
    begun, ended = AuditEntry.objects.order_by("id")
    feed = {"file": "feed.csv", "source": "inside-airbnb"}
    assert (begun.action, begun.subject_id, begun.after) == ("listings.import_begun", "", feed)
    written = feed | {"created": 2, "updated": 0}
    assert (ended.action, ended.after) == ("listings.imported", written)


def test_an_amenity_that_cannot_be_stored_rejects_its_row_alone(bring):
    content = text_of(
        {"id": "1", "amenities": '["\\ud800"]'},
        {"id": "2", "amenities": '["\\u0000"]'},
        {"id": "3", "amenities": '["Wifi"]'},
    )
    said, rejected = bring(content)
    assert "1 created, 0 updated, 0 unchanged, 2 rejected" in said
    assert [row[:3] for row in rejected] == [["1", "1", "amenities"], ["2", "2", "amenities"]]


def test_a_column_that_is_there_twice_is_refused(bring):
    content = text_of({"id": "1"}, columns=[*COLUMNS, "price"])
    with pytest.raises(CommandError, match="has these columns twice: price"):
        bring(content)
    assert not Property.objects.exists()


def test_a_citys_long_name_is_cut_as_a_districts_is(bring):
    bring(text_of({"id": "1", "neighbourhood": "c" * 150, "neighbourhood_cleansed": "d" * 150}))
    listing = Property.objects.get()
    assert (listing.city, listing.district) == ("c" * 100, "d" * 100)


def test_a_given_citys_name_that_is_too_long_is_refused(bring):
    with pytest.raises(CommandError, match="--city takes"):
        bring(text_of({"id": "1"}), city="c" * 101)


@pytest.mark.django_db(transaction=True)
def test_two_files_of_the_same_listings_in_another_order_do_not_lock_each_other_out():
    def put(number):
        ids = range(200) if number else range(199, -1, -1)
        try:
            for run in range(10):
                rows = [
                    (id, feeds.listing_of(ROW | {"id": str(id), "name": f"{number}.{run}"}, **SAID))
                    for id in ids
                ]
                imports.store_batch(rows, Progress())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, range(2)))
    assert Property.objects.count() == 200
