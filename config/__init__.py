"""Wires the rooms together. One settings module per product; imported by nothing."""

from importlib import import_module
from pathlib import Path

from core.product import Product

FOLDER = Path(__file__).parent


def product_ids() -> list[str]:
    """Names of the settings modules in this folder that define a product, sorted."""
    return sorted(
        path.stem for path in FOLDER.glob("*.py") if "\nPRODUCT = Product(" in path.read_text()
    )


def products() -> dict[str, Product]:
    return {name: import_module(f"config.{name}").PRODUCT for name in product_ids()}


def missing_product_sentence() -> str:
    """What to say when DJANGO_SETTINGS_MODULE is not set: nothing is chosen quietly."""
    choices = "\n".join(f"  DJANGO_SETTINGS_MODULE=config.{name}" for name in product_ids())
    return f"No product chosen. Set DJANGO_SETTINGS_MODULE to one of:\n{choices}"
