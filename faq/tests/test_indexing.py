import pytest
from django.db import IntegrityError, connection, transaction

from core.databases import APP
from core.search.embeddings import HASHED_MODEL, HashedEmbedder
from faq import indexing
from faq.models import Catalogue, Document, Embedding, Lexeme

pytestmark = pytest.mark.django_db


def count_of(*lexemes):
    held = dict(Lexeme.objects.values_list("lexeme", "documents"))
    return [held.get(lexeme, 0) for lexeme in lexemes]


# Vectors


def test_a_document_is_saved_with_its_vector(local, make):
    document = make("Pets?")
    (embedding,) = document.embeddings.all()
    assert (embedding.model, embedding.dims) == (HASHED_MODEL, 384)
    assert embedding.content_hash == document.content_hash
    expected = HashedEmbedder().vector("Pets?\nAn answer.")
    assert embedding.v == pytest.approx(expected, abs=1e-6)


def test_a_changed_text_gets_a_new_vector_and_an_unchanged_one_keeps_it(local, make):
    document = make("Pets?")
    before = document.embeddings.get()
    document.status = "archived"
    indexing.save(document)
    assert document.embeddings.get().created_at == before.created_at
    document.question = "Dogs?"
    indexing.save(document)
    assert document.embeddings.get().v != before.v


def test_a_failed_save_leaves_nothing(local, make):
    document = make("Pets?", slug="pets")
    with pytest.raises(IntegrityError), transaction.atomic(using=APP):
        make("Dogs?", slug="pets")
    assert [each.document_id for each in Embedding.objects.all()] == [document.id]


@pytest.mark.parametrize("update_fields", [["question"], ["status"]])
def test_saving_some_fields_keeps_what_is_derived_true(make, update_fields):
    document = make("Pets?")
    document.question = "Crème?"
    document.save(update_fields=update_fields)
    document.refresh_from_db()
    stale = update_fields == ["status"]
    assert document.question_text == "creme"
    assert document.question == ("Pets?" if stale else "Crème?")


def test_a_vector_for_a_text_that_changed_meanwhile_is_not_stored(local, make):
    document = make("Pets?")
    Embedding.objects.all().delete()
    read_before = Document.objects.get(pk=document.pk)
    document.question = "Dogs?"
    document.save()
    indexing.embed([read_before], HashedEmbedder())
    assert not Embedding.objects.exists()


@pytest.mark.parametrize(("dims", "numbers"), [(384, 383), (383, 383), (3, 3), (768, 384)])
def test_the_database_refuses_vectors_without_an_index(local, make, dims, numbers):
    document = make("Pets?")
    wrong = Embedding(document=document, model="m", dims=dims, content_hash="x", v=[1.0] * numbers)
    with pytest.raises(IntegrityError), transaction.atomic(using=APP):
        wrong.save()


@pytest.mark.parametrize("field", ["status", "language"])
def test_the_database_refuses_what_is_no_choice(make, field):
    document = make("Pets?")
    setattr(document, field, "x")
    with pytest.raises(IntegrityError), transaction.atomic(using=APP):
        document.save()


# The catalogue


def test_every_write_changes_the_version(make):
    seen = [Catalogue.objects.filter(id=1).values_list("version", flat=True).first()]

    def changed():
        seen.append(Catalogue.objects.get().version)
        return seen[-1] != seen[-2]

    document = make("Pets?")
    assert changed()
    Document.objects.update(position=1)
    assert changed()
    document.category.save()
    assert changed()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM faq_embedding")
    assert changed()
    document.delete()
    assert changed()
    assert not (Document.objects.count() or changed())


def test_words_are_counted_once_a_published_document(make):
    make("Villas and villas?", "A villa.")
    make("A villa pool?")
    draft = make("A pool villa?", slug="draft", status="draft")
    assert count_of("villa", "pool", "zzz") == [2, 1, 0]
    assert Catalogue.objects.get().documents == 2
    draft.status = "published"
    draft.save()
    assert count_of("villa", "pool") == [3, 2]
    Document.objects.filter(slug="a-villa-pool").update(status="archived")
    assert count_of("villa", "pool") == [2, 1]
    assert Catalogue.objects.get().documents == 2
    Document.objects.all().delete()
    assert count_of("villa", "pool") == [0, 0]
    assert Catalogue.objects.get().documents == 0


def test_a_bulk_write_counts_as_many_single_ones(make, category):
    rows = [
        Document(slug=f"b{n}", category=category, question="Pool?", answer="-", status="published")
        for n in range(5)
    ]
    for row in rows:
        row.segment()
    Document.objects.bulk_create(rows)
    assert count_of("pool") == [5]


@pytest.mark.parametrize(
    ("language", "question", "lexemes"),
    [
        ("en", "Cancelled bookings", {"cancel", "book"}),
        ("ru", "Отменённые бронирования", {"отменен", "бронирован"}),
        ("th", "ยกเลิก bookings", {"ยกเลิก", "book"}),
        ("en", "Villas, виллы", {"villa", "вилл"}),
    ],
)
def test_each_word_is_stemmed_by_its_script(make, language, question, lexemes):
    document = make(question, "-", language=language, slug="x")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(search) FROM faq_document WHERE id = %s", [document.id]
        )
        assert set(cursor.fetchone()[0]) == lexemes


def test_names(make):
    document = make("Pets?")
    assert str(document) == "Pets?"
    assert str(document.category) == "During your stay"
    assert str(Lexeme.objects.get(lexeme="pet")) == "pet"
    assert str(Catalogue.objects.get()) == str(Catalogue.objects.get().version)
    assert str(document.embeddings.get()) == f"{document.id} by {document.embeddings.get().model}"
