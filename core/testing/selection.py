"""pytest plugin: what is left out for a product or with two databases, and the order.

any_product     a test that is the same for every product: run for the first one with sample data
any_databases   a test that is the same with one database and with two: run with one
samples         a test on the product's sample data: left out where there is none
long            a test, or a module, of many seconds: begun first, or a core would wait for it

With two databases a further product runs what tests its settings and its people alone: the other
apps know people by their ids, and a product changes nothing in that.
"""

import pytest
from django.conf import settings

from core.databases import APP, AUTH

OF_NO_PEOPLE = ("properties", "faq", "chat", "core", "benchmarks")


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "any_product: does not depend on the product; run for the first with samples",
        "any_databases: does not depend on how many databases a product has; run with one",
        "samples: reads the product's sample data; left out where there is none",
        "long: begun before the others",
    ):
        config.addinivalue_line("markers", line)


def first_with_samples() -> str:
    """Whose run has the tests that are the same for all. Some of them read sample data, which not
    every product has: of one without, these would be run for nobody."""
    names = sorted(settings.PRODUCTS)
    sampled = [name for name in names if (settings.SEED_DIR.parent / name).is_dir()]
    return [*sampled, *names][0]


def left_out() -> dict[str, str]:
    """Markers whose tests this run leaves out, with the reason."""
    first = first_with_samples()
    reasons = {}
    if settings.PRODUCT.id != first:
        reasons["any_product"] = f"run for {first}"
    if AUTH != APP:
        reasons["any_databases"] = "run with one database"
    if not settings.SEED_DIR.is_dir():
        reasons["samples"] = f"there is no {settings.SEED_DIR}"
    return reasons


def apps_left_out() -> tuple[str, ...]:
    is_further = settings.PRODUCT.id != first_with_samples()
    return OF_NO_PEOPLE if is_further and AUTH != APP else ()


def pytest_report_header() -> list[str]:
    told = [*left_out().items(), *((app, "run for the first") for app in apps_left_out())]
    return [f"left out: {what}, {reason}" for what, reason in told]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    markers = left_out()
    folders = [config.rootpath / app for app in apps_left_out()]
    out = [
        item
        for item in items
        if any(map(item.get_closest_marker, markers)) or any(map(item.path.is_relative_to, folders))
    ]
    if out and not named_alone(config):
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def named_alone(config: pytest.Config) -> bool:
    """Whoever names a test, as `file::test`, wants to see it."""
    return all("::" in argument for argument in config.args)
