"""What `make run` prints when everything is up."""

import json
from pathlib import Path

from core.local import environment
from core.local.prepare import SEEDS
from core.local.stack import Stack
from core.product import Product

QUESTION = "What is the cancellation policy?"


def card(stack: Stack) -> str:
    products = list(stack.products.values())
    blocks = [block(product, stack.env_file(product.id)) for product in products]
    return "\n".join(["", *blocks, first_question(products[0]), "", "Ctrl-C stops everything.", ""])


def block(product: Product, env_file: Path) -> str:
    site = f"http://localhost:{product.port}"
    nobody = f"   an admin is made by: make manage p={product.id} c=createsuperuser"
    return (
        f"  {product.name}: {product.tagline}\n"
        f"    site    {site}/\n"
        f"    API     {site}/api/v1/\n"
        f"    docs    {site}/docs\n"
        f"    admin   {site}/admin/{sample_admin(product.id, env_file) or nobody}\n"
    )


def sample_admin(product: str, env_file: Path) -> str:
    """Address and password, where the sample data, which a product may do without, has an admin."""
    people = SEEDS / product / "people.json"
    for person in json.loads(people.read_text()) if people.exists() else []:
        if person["role"] == "admin":
            password = environment.read(env_file)["SEED_ADMIN_PASSWORD"]
            return f"   {person['email']}   {password}"
    return ""


def first_question(product: Product) -> str:
    body = json.dumps({"content": QUESTION})
    return (
        "  Ask the assistant:\n"
        f"    curl -H 'Content-Type: application/json' "
        f"localhost:{product.port}/api/v1/llm/chat -d '{body}'"
    )
