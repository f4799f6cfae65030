import pytest
from django.conf import settings

from core.databases import APP, AUTH
from core.testing.selection import OF_NO_PEOPLE, apps_left_out, first_with_samples, left_out


@pytest.mark.any_product
@pytest.mark.parametrize(("sampled", "first"), [("abc", "a"), ("bc", "b"), ("c", "c"), ("", "a")])
def test_what_is_the_same_for_all_is_run_where_there_are_samples(
    settings, tmp_path, sampled, first
):
    settings.PRODUCTS = dict.fromkeys("cab", settings.PRODUCT)
    settings.SEED_DIR = tmp_path / "b"
    for name in sampled:
        (tmp_path / name).mkdir()
    assert first_with_samples() == first
    assert left_out()["any_product"] == f"run for {first}"


def test_with_two_databases_a_further_product_tests_its_settings_and_people_alone():
    is_first = settings.PRODUCT.id == first_with_samples()
    assert apps_left_out() == (() if is_first or AUTH == APP else OF_NO_PEOPLE)
