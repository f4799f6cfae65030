"""What compose.yaml tells each product, without and with two databases."""

import re

import pytest
import yaml

import config
from config import resources
from config.environment import Environment

VARIABLE = re.compile(r"\$\{(\w+)(?::([-+?])([^${}]*))?\}")
SERVICES = (config.FOLDER.parent / "compose.yaml").read_text()
PASSWORDS = {
    name: name.lower() for name in re.findall(r"\w+_PASSWORD", SERVICES) if "AUTH" not in name
}
AUTH_PASSWORDS = {name: name.lower() for name in re.findall(r"\w+_AUTH_\w+_PASSWORD", SERVICES)}


def interpolated(text: str, values: dict[str, str]) -> str:
    """As compose reads ${NAME}, ${NAME:-without}, ${NAME:+with} and ${NAME:?}, one in another."""

    def value(found: re.Match[str]) -> str:
        name, sign, other = found.groups()
        own = values.get(name, "")
        return {"+": other if own else "", "-": own or other}.get(sign, own)

    while VARIABLE.search(text):
        text = VARIABLE.sub(value, text)
    return text


def databases(product: str, service: str, values: dict[str, str]) -> dict[str, dict[str, object]]:
    told = yaml.safe_load(interpolated(SERVICES, values))["services"][f"{product}-{service}"]
    env = Environment(product, told["environment"])
    found = resources.databases(env)
    assert env.problems == []
    return found


def accounts(found: dict[str, dict[str, object]]) -> dict[str, tuple[object, ...]]:
    return {alias: (each["NAME"], each["USER"], each["PASSWORD"]) for alias, each in found.items()}


@pytest.mark.parametrize("product", config.product_ids())
@pytest.mark.parametrize("service", ["migrate", "web", "chat", "worker"])
def test_one_database_unless_asked(product, service):
    found = databases(product, service, PASSWORDS)
    assert accounts(found) == {
        "default": (f"{product}_db", f"{product}_user", f"{product}_user_password")
    }
    owner = found["default"].get("OWNER", {"USER": None})
    assert owner["USER"] == (f"{product}_owner" if service == "migrate" else None)


@pytest.mark.parametrize("product", config.product_ids())
@pytest.mark.parametrize("service", ["migrate", "web", "chat", "worker"])
def test_two_with_the_profile(product, service):
    values = PASSWORDS | AUTH_PASSWORDS | {"COMPOSE_PROFILES": "split"}
    found = databases(product, service, values)
    app, auth = f"{product}_app", f"{product}_auth"
    assert accounts(found) == {
        "default": (f"{app}_db", f"{app}_user", f"{product}_user_password"),
        "auth": (f"{auth}_db", f"{auth}_user", f"{product}_auth_user_password"),
    }
    owners = [each["OWNER"]["USER"] for each in found.values() if "OWNER" in each]
    assert owners == ([f"{app}_owner", f"{auth}_owner"] if service == "migrate" else [])


@pytest.mark.parametrize("product", config.product_ids())
@pytest.mark.parametrize("profiles", ["", "split"])
def test_what_is_provisioned_is_what_is_used(product, profiles):
    values = PASSWORDS | AUTH_PASSWORDS | {"COMPOSE_PROFILES": profiles}
    services = yaml.safe_load(interpolated(SERVICES, values))["services"]
    provisioned = {
        told["environment"]["ROLES"]: told["environment"]["USER_PASSWORD"]
        for name, told in services.items()
        if name.startswith(product)
        and name.endswith("-provision")
        and set(told.get("profiles", [profiles])) == {profiles}
    }
    used = accounts(databases(product, "web", values)).values()
    assert {f"{roles}_user": word for roles, word in provisioned.items()} == {
        user: word for _, user, word in used
    }
