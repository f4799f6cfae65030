import pytest

from core.testing.selection import first_with_samples, left_out


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
