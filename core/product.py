import re
from dataclasses import dataclass

ID = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True)
class Product:
    """One deployment's identity: what differs between two products besides their data.

    `id` names the settings module, the databases, the roles and the Redis key prefix;
    `port` and `frontend_port` are used in development only, `redis_database` is the number
    that the product's Redis user may select, `accent` the CSS colour of its pages; `currency` is
    what a visitor means who names a price and neither its money nor a place, `languages` those
    of en, th and ru that its samples and topics are in. Neither has a default: a product that
    says nothing would be a Thai one.
    """

    id: str
    name: str
    tagline: str
    domain: str
    port: int
    frontend_port: int
    redis_database: int
    accent: str
    languages: tuple[str, ...]
    currency: str


def misnamed_sentence(module: str, product: Product) -> str | None:
    """What to say of a settings module that was renamed, or copied, without its id, or whose name
    could not be a host's, a database role's and a Redis user's alike."""
    if module != product.id:
        return f"config/{module}.py says id={product.id!r}: the id has to be the module's name."
    if not ID.fullmatch(module):
        return f"config/{module}.py: the name has to be of small letters and digits, as in a host."
    return None
