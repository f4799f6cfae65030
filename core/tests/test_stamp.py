import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, connections, transaction
from psycopg.errors import CheckViolation

from core.databases import APP, url_variables
from core.models import ProductStamp
from core.stamp import foreign_stamp_sentence, read_stamp, write_stamp


@pytest.mark.parametrize("stamp", [None, settings.PRODUCT.id])
def test_a_product_may_go_into_its_own_and_an_empty_database(stamp):
    assert foreign_stamp_sentence(settings.PRODUCT, stamp) is None


@pytest.mark.parametrize("stamp", ["north", "", f"{settings.PRODUCT.id}2"])
def test_a_foreign_stamp_is_refused_by_both_names(stamp):
    sentence = foreign_stamp_sentence(settings.PRODUCT, stamp)
    assert settings.PRODUCT.id in sentence
    assert f"belongs to {stamp}" in sentence
    assert "DATABASE_URL" in sentence


@pytest.mark.parametrize("alias", list(connections))
def test_the_sentence_names_what_to_look_at(alias):
    sentence = foreign_stamp_sentence(settings.PRODUCT, "north", alias)
    assert f"Check {' and '.join(url_variables(alias))}." in sentence


@pytest.mark.django_db
@pytest.mark.parametrize("alias", list(connections))
def test_migrating_left_the_product_s_stamp(alias):
    assert read_stamp(alias) == settings.PRODUCT.id
    assert str(ProductStamp.objects.using(alias).get()) == settings.PRODUCT.id


@pytest.mark.django_db
def test_a_stamp_is_written_once(stamp):
    stamp("north")
    write_stamp(settings.PRODUCT)
    assert read_stamp() == "north"


@pytest.mark.django_db
def test_there_is_one_stamp_at_most(as_owner):
    with pytest.raises(CheckViolation):
        as_owner.execute("INSERT INTO core_productstamp VALUES (2, 'north', now())")


@pytest.mark.django_db
def test_a_database_without_a_stamp(stamp):
    stamp(None)
    assert read_stamp() is None


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO core_productstamp VALUES (1, 'north', now())",
        "UPDATE core_productstamp SET product_id = 'north'",
        "DELETE FROM core_productstamp",
    ],
)
@pytest.mark.django_db
def test_the_runtime_role_does_not_write_it(services, statement):
    refused(statement)
    services.provision()
    refused(statement)
    assert read_stamp() == settings.PRODUCT.id


def refused(statement):
    with (
        pytest.raises(ProgrammingError, match="permission denied for table"),
        transaction.atomic(using=APP),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
