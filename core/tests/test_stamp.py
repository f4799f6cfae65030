import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

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


@pytest.mark.django_db
def test_migrating_left_the_product_s_stamp():
    assert read_stamp() == settings.PRODUCT.id
    assert str(ProductStamp.objects.get()) == settings.PRODUCT.id


@pytest.mark.django_db
def test_a_stamp_is_written_once():
    ProductStamp.objects.update(product_id="north")
    write_stamp(settings.PRODUCT)
    assert read_stamp() == "north"


@pytest.mark.django_db
def test_there_is_one_stamp_at_most():
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductStamp.objects.create(id=2, product_id="north")


@pytest.mark.django_db
def test_a_database_without_a_stamp():
    ProductStamp.objects.all().delete()
    assert read_stamp() is None
