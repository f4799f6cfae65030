"""Products are found from their settings modules, which differ in data and in nothing else."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import MISSING, fields, replace
from itertools import combinations

import pytest
from django.conf import settings

import config
from config.environment import ROOT, Problem
from config.resources import HOST
from core.checks import settings_are_complete
from core.product import Product, misnamed_sentence
from faq.models import Language
from properties.currencies import CODES

PAIRS = list(combinations(config.product_ids(), 2))


def module_tree(name: str) -> ast.Module:
    return ast.parse((config.FOLDER / f"{name}.py").read_text())


class WithoutData(ast.NodeTransformer):
    """A module's code with every literal taken out: of a tuple or dict of data its length too,
    since products differ in how many languages they speak."""

    def visit(self, node: ast.AST) -> ast.AST:
        try:
            data = ast.literal_eval(node)
        except ValueError:
            return self.generic_visit(node)
        return ast.copy_location(ast.Constant(type(data).__name__), node)


def test_products_are_found_by_their_modules():
    assert config.products()[settings.PRODUCT.id] == settings.PRODUCT


def test_a_product_is_called_as_its_module():
    for name, product in config.products().items():
        assert misnamed_sentence(name, product) is None


@pytest.mark.any_product
@pytest.mark.parametrize("name", ["homes24", "north_homes", "northHomes", "24homes"])
def test_a_product_is_called_as_a_host_may_be(name):
    said = misnamed_sentence(name, replace(settings.PRODUCT, id=name))
    assert (said is None) == (name == "homes24")


@pytest.mark.any_product
def test_a_module_with_another_id_does_not_start_and_says_that_alone(settings):
    module = settings.PRODUCT.id
    assert settings_are_complete(None) == []
    settings.PRODUCT = replace(settings.PRODUCT, id="lodgy")
    settings.PROBLEMS = (Problem("missing", "SECRET_KEY", "It is not set."),)
    [error] = settings_are_complete(None)
    sentence = f"config/{module}.py says id='lodgy': the id has to be the module's name."
    assert (error.id, error.msg) == ("core.E010", sentence)


@pytest.mark.parametrize(
    "field",
    ["id", "name", "domain", "port", "frontend_port", "redis_database", "accent", "tagline"],
)
def test_no_two_products_share(field):
    values = [getattr(product, field) for product in config.products().values()]
    assert len(set(values)) == len(values)
    assert field in {each.name for each in fields(settings.PRODUCT)}


@pytest.mark.parametrize("product", config.products().values(), ids=lambda product: product.id)
def test_a_product_says_what_the_code_knows(product):
    assert product.currency in CODES
    assert product.languages and set(product.languages) <= set(Language.values)
    assert HOST.fullmatch(product.domain)
    assert 0 <= product.redis_database < 16  # as many as Redis has unless told otherwise


def test_no_product_is_served_where_a_front_end_is():
    products = config.products().values()
    ports = [port for each in products for port in (each.port, each.frontend_port)]
    assert len(set(ports)) == len(ports)


def test_topics_are_said_in_every_language():
    assert set(settings.CHAT.topics) == set(settings.PRODUCT.languages)


def test_the_assistant_says_whose_it_is():
    assert settings.PRODUCT.name in settings.CHAT.system_prompt


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_text_is_left_of_the_module_that_was_copied(one, other):
    assert texts(one) & texts(other) == set()
    for own, its in ((one, other), (other, one)):
        own_name, name = (config.products()[each].name for each in (own, its))
        said = " ".join(texts(own)).replace(own_name, "")
        assert not re.search(rf"\b{re.escape(name)}\b", said), f"{own} says {name}"


def texts(name: str) -> set[str]:
    """What a module says in more than one word."""
    nodes = ast.walk(module_tree(name))
    literals = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return {text for text in literals if isinstance(text, str) and " " in text}


def test_what_the_modules_declare_is_known_without_running_them():
    assert config.declared_products() == config.products() == settings.PRODUCTS


@pytest.mark.any_product
def test_nothing_of_a_product_is_taken_for_granted():
    assert {field.name for field in fields(Product) if field.default is not MISSING} == set()


def test_the_sentence_that_lists_the_products():
    sentence = config.missing_product_sentence()
    for name in config.product_ids():
        assert f"DJANGO_SETTINGS_MODULE=config.{name}" in sentence


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_products_differ_in_data_only(one, other):
    assert code_of(module_tree(one)) == code_of(module_tree(other))


def code_of(tree: ast.Module) -> str:
    return ast.unparse(WithoutData().visit(tree))


@pytest.mark.any_product
@pytest.mark.parametrize(
    ("one", "other", "is_data"),
    [
        ('f(("en", "th", "ru"))', 'f(("en",))', True),
        ('f({"en": "homes", "ru": "дома"})', 'f({"en": "lodges"})', True),
        ("f([1, 2])", "f([])", True),
        ("f(-1)", "f(2)", True),
        ('f(("a", ON), ("b", OFF))', 'f(("a", ON))', False),
        ('f({"en": MORE})', 'f({"en": "homes"})', False),
        ('f(languages=("en",))', "f()", False),
        ('f(("en",))', 'f(["en"])', False),
    ],
)
def test_what_is_data(one, other, is_data):
    assert (code_of(ast.parse(one)) == code_of(ast.parse(other))) == is_data


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_products_diff_line_for_line(one, other):
    """The same names are defined in the same order; only the prompt may have more lines."""
    assert defined_names(one) == defined_names(other)


def defined_names(name: str) -> list[str]:
    return [
        target.id
        for statement in module_tree(name).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


THIRD = """
import config, django
from django.conf import settings
django.setup()
print(*config.product_ids())
print(settings.PRODUCT.id, settings.SESSION_COOKIE_NAME, settings.CACHES["default"]["KEY_PREFIX"])
"""


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_third_product_is_one_settings_module(tmp_path):
    """A copy of the code with one module more: nothing else has to be told of it."""
    for folder in ("accounts", "chat", "config", "core", "faq", "properties"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "config").unlink()
    (tmp_path / "config").mkdir()
    for module in (ROOT / "config").glob("*.py"):
        (tmp_path / "config" / module.name).write_text(module.read_text())
    own = settings.PRODUCT.id
    text = (ROOT / "config" / f"{own}.py").read_text()
    (tmp_path / "config" / "northhomes.py").write_text(text.replace(f'"{own}"', '"northhomes"'))
    done = subprocess.run(
        [sys.executable, "-c", THIRD],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.northhomes", "CACHE_NAMESPACE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    listed, made = done.stdout.splitlines()
    assert listed.split() == sorted({*config.product_ids(), "northhomes"})
    assert made.split() == ["northhomes", "northhomes_session", "northhomes"]


def test_every_variable_is_documented_in_one_place():
    documented = re.findall(
        r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M
    )
    assert len(set(documented)) == len(documented)
    read = variables_read()
    assert read - set(documented) == set()
    compose = set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "compose.yaml").read_text()))
    assert compose - set(documented) == {"ROLES"}  # of the container that it is expanded in
    assert set(documented) - read - compose == set()


def variables_read() -> set[str]:
    """Names that config/ reads: of an Environment, of os.environ, or of the mapping before it."""
    reading = re.compile(
        r"(?:env\.\w+\(|os\.environ\.get\(|process\.get\(|_(?:of|url)\(env, )\s*\"([A-Z][A-Z_]+)\"",
        re.MULTILINE,
    )
    of_each_database = re.compile(r"(?:f\"\{prefix\}|prefix, \")([A-Z_]+)\"")
    sources = "".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
    each = of_each_database.findall(sources)
    own = {prefix + name for name in each for prefix in ("", "APP_", "AUTH_")}
    return own | set(reading.findall(sources))


def test_no_example_holds_a_secret():
    for line in (ROOT / ".env.example").read_text().splitlines():
        name, _, value = line.lstrip("# ").partition("=")
        if re.search(r"(_KEY|_SECRET|_PASSWORD)$", name) and name.isupper():
            assert value == "", name
