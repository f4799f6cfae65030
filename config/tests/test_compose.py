"""What compose.yaml and docker/nginx.conf tell each product, without and with two databases."""

import re
from typing import Any

import pytest
import yaml

import config
from config import resources
from config.environment import Environment
from core.product import Product

VARIABLE = re.compile(r"\$\{(\w+)(?::([-+?])([^${}]*))?\}")
SERVICES = (config.FOLDER.parent / "compose.yaml").read_text()
NGINX = (config.FOLDER.parent / "docker" / "nginx.conf").read_text()
PASSWORDS = {
    name: name.lower() for name in re.findall(r"\w+_PASSWORD", SERVICES) if "AUTH" not in name
}
AUTH_PASSWORDS = {name: name.lower() for name in re.findall(r"\w+_AUTH_\w+_PASSWORD", SERVICES)}
PORTS = {name: name.lower() for name in re.findall(r"(\w+_PORT):-", SERVICES)}
SPLIT = {"COMPOSE_PROFILES": "split"}
FRONT = ["web", "chat"]
SERVERS = [*FRONT, "worker"]
OF_A_PRODUCT = ["provision", "auth-provision", "migrate", *SERVERS]


def interpolated(text: str, values: dict[str, str]) -> str:
    """As compose reads ${NAME}, ${NAME:-without}, ${NAME:+with} and ${NAME:?}, one in another."""

    def value(found: re.Match[str]) -> str:
        name, sign, other = found.groups()
        own = values.get(name, "")
        return {"+": other if own else "", "-": own or other}.get(sign, own)

    while VARIABLE.search(text):
        text = VARIABLE.sub(value, text)
    return text


class Named(dict[str, Any]):
    """Services or networks, of which one that a new product still lacks is called by its name."""

    def __missing__(self, name: str) -> None:
        pytest.fail(f"compose.yaml has no {name} (docs/operations.md, A third product)")


def read(values: dict[str, str]) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load(interpolated(SERVICES, values))
    return found | {part: Named(found[part]) for part in ("services", "networks")}


def compose(**values: str) -> dict[str, dict[str, Any]]:
    """The whole file, with a value for every password and port, and these."""
    return read(PASSWORDS | AUTH_PASSWORDS | PORTS | values)


def databases(product: str, service: str, values: dict[str, str]) -> dict[str, dict[str, object]]:
    told = read(values)["services"][f"{product}-{service}"]
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
    values = PASSWORDS | AUTH_PASSWORDS | SPLIT
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
    services = read(values)["services"]
    provisioned = {
        told["environment"]["ROLES"]: told["environment"]["USER_PASSWORD"]
        for name, told in services.items()
        if name in (f"{product}-provision", f"{product}-auth-provision")
        and set(told.get("profiles", [profiles])) == {profiles}
    }
    used = accounts(databases(product, "web", values)).values()
    assert {f"{roles}_user": word for roles, word in provisioned.items()} == {
        user: word for _, user, word in used
    }


each_product = pytest.mark.parametrize("product", config.products().values(), ids=lambda it: it.id)


def test_every_product_is_served_and_nothing_else():
    ours = {f"{name}-{service}" for name in config.product_ids() for service in OF_A_PRODUCT}
    assert set(compose()["services"]) == {"postgres", "redis", "nginx"} | ours


@each_product
@pytest.mark.parametrize("service", ["migrate", *SERVERS])
def test_its_settings_are_its_own(product: Product, service: str):
    told = compose()["services"][f"{product.id}-{service}"]
    assert told["env_file"] == f".env.{product.id}"
    assert told["environment"]["DJANGO_SETTINGS_MODULE"] == f"config.{product.id}"


@pytest.mark.parametrize("service", OF_A_PRODUCT)
def test_each_service_is_the_same_but_for_whose_it_is(service: str):
    services, known = compose(**SPLIT)["services"], config.products().values()
    first, *others = [nobodys(services[f"{product.id}-{service}"], product) for product in known]
    for other in others:
        assert other == first


def nobodys(told: dict[str, Any], product: Product) -> dict[str, Any]:
    """What a service is told, without the product's name and number, and without how much of the
    machine it may use, which may differ."""
    text = yaml.safe_dump({name: value for name, value in told.items() if name != "deploy"})
    text = text.replace(f":6379/{product.redis_database}\n", ":6379/0\n")
    found: dict[str, Any] = yaml.safe_load(text.replace(product.id, "nobody"))
    return found


@each_product
def test_redis_knows_it_by_its_password_and_its_number(product: Product):
    services = compose()["services"]
    redis = services["redis"]["environment"]
    variable = f"REDIS_PASSWORD_{product.id.upper()}"
    assert f"{product.id}={product.redis_database}" in redis["REDIS_PRODUCTS"].split()
    for service in SERVERS:
        assert services[f"{product.id}-{service}"]["environment"]["REDIS_URL"] == (
            f"redis://{product.id}:{redis[variable]}@redis:6379/{product.redis_database}"
        )


def test_redis_knows_no_other():
    redis = compose()["services"]["redis"]["environment"]
    named = {pair.partition("=")[0] for pair in redis["REDIS_PRODUCTS"].split()}
    passwords = [value for name, value in redis.items() if name.startswith("REDIS_PASSWORD_")]
    assert named == set(config.product_ids())
    assert len(set(passwords)) == len(passwords) == len(named)


def test_postgresql_has_room_for_every_pool():
    services = compose(**SPLIT)["services"]
    pools = [
        int(told["environment"]["WEB_WORKERS"]) * int(told["environment"]["DB_POOL_MAX"])
        for told in services.values()
        if "WEB_WORKERS" in told.get("environment", {})
    ]
    [most] = re.findall(r"max_connections=(\d+)", " ".join(services["postgres"]["command"]))
    assert len(pools) == 2 * len(config.product_ids())
    assert 2 * sum(pools) < int(most)  # of two databases each


@each_product
def test_it_is_in_its_own_networks(product: Product):
    found = compose()
    data, edge = f"{product.id}-data", f"{product.id}-edge"
    among = {
        name: set(told["networks"]) & {data, edge}
        for name, told in found["services"].items()
        if set(told["networks"]) & {data, edge}
    }
    assert among == {
        "postgres": {data},
        "redis": {data},
        "nginx": {edge},
        f"{product.id}-migrate": {data},
        **{f"{product.id}-{service}": {data, edge} for service in SERVERS},
    }
    for service in ["migrate", *SERVERS]:
        assert set(found["services"][f"{product.id}-{service}"]["networks"]) <= {data, edge}
    assert found["networks"][data] == {"internal": True}
    assert found["networks"][edge] is None  # it may ask the model and Clerk


def test_there_are_no_other_networks():
    found = compose()
    ours = {f"{name}-{kind}" for name in config.product_ids() for kind in ("data", "edge")}
    assert set(found["networks"]) == ours | {"provisioning"}
    joined = {name for told in found["services"].values() for name in told["networks"]}
    assert joined <= set(found["networks"])


@each_product
def test_it_waits_for_what_it_needs(product: Product):
    services = compose(**SPLIT)["services"]

    def waits_for(service: str) -> dict[str, str]:
        return {name: it["condition"] for name, it in services[service]["depends_on"].items()}

    done, up = "service_completed_successfully", "service_healthy"
    assert waits_for(f"{product.id}-migrate") == {
        f"{product.id}-provision": done,
        f"{product.id}-auth-provision": done,
    }
    for service in SERVERS:
        assert waits_for(f"{product.id}-{service}") == {f"{product.id}-migrate": done, "redis": up}
    front = {f"{name}-{service}": up for name in config.product_ids() for service in FRONT}
    assert waits_for("nginx") == front


@each_product
def test_nginx_serves_it_on_a_port_of_its_own(product: Product):
    listed = compose()["services"]["nginx"]["ports"]
    own = [port.rpartition(":")[2] for port in listed if f":{product.id}_port:" in port]
    assert own, f"{product.id} has no line in the `ports` of nginx"
    assert f"127.0.0.1:{product.id}_port:{own[0]}" in listed, "not on this host alone"
    assert re.findall(rf"^    (\d+) {re.escape(product.id)};", NGINX, re.M) == own
    assert re.findall(rf"^    listen {own[0]};", NGINX, re.M)


def test_nginx_writes_no_query_of_an_address():
    """The log of errors has them, so it is for what is wrong with nginx itself."""
    assert re.findall(r"\berror_log (.*);", NGINX) == ["/var/log/nginx/error.log crit"]
    [form] = re.findall(r"log_format (\w+) ([^;]*);", NGINX)
    assert re.findall(r"\baccess_log (.*);", NGINX) == [f"/var/log/nginx/access.log {form[0]}"]
    assert {"$request_method", "$uri"} <= (told := set(re.findall(r"\$\w+", form[1])))
    assert not told & {"$request", "$request_uri", "$args", "$query_string", "$http_referer"}


def test_nginx_serves_nothing_else():
    ports = sorted(port.rpartition(":")[2] for port in compose()["services"]["nginx"]["ports"])
    assert len(set(ports)) == len(ports) == len(config.product_ids())
    assert sorted(re.findall(r"^    (\d+) \w+;", NGINX, re.M)) == ports
    assert sorted(re.findall(r"^    listen (\d+);", NGINX, re.M)) == ports
