"""Wires the rooms together. One settings module per product; imported by nothing."""

import ast
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


def declared_products() -> dict[str, Product]:
    """As their modules say, without running them: one product does not read another's settings."""
    texts = {name: (FOLDER / f"{name}.py").read_text() for name in product_ids()}
    return {name: declared(text) for name, text in texts.items()}


def declared(module: str) -> Product:
    """The literals of `PRODUCT = Product(...)`."""
    calls = (node.value for node in ast.parse(module).body if isinstance(node, ast.Assign))
    [call] = [
        call
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func) == Product.__name__
    ]
    return Product(**{each.arg or "": ast.literal_eval(each.value) for each in call.keywords})


def missing_product_sentence() -> str:
    """What to say when DJANGO_SETTINGS_MODULE is not set: nothing is chosen quietly."""
    choices = "\n".join(f"  DJANGO_SETTINGS_MODULE=config.{name}" for name in product_ids())
    return f"No product chosen. Set DJANGO_SETTINGS_MODULE to one of:\n{choices}"
