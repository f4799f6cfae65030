"""Redis: what the user of this deployment may do beyond its own prefix and database number.

Each command is queued in a transaction that is discarded: Redis asks its ACL when it takes a
command in, and nothing is ever carried out, whatever the ACL says.
"""

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.cache import cache
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

from core.isolation import CannotTry, Finding, allowed, compared

STONE = "cache"
TIMEOUT = 2  # seconds
NUMBERS = range(16)  # Redis has so many databases unless it is told otherwise
KEPT = 10  # seconds that the one key lives that is really set, should its removal fail

# What looks at, empties or rules more than the product's own keys.
WHOLE_SERVER = {
    "SCAN, KEYS, RANDOMKEY, DBSIZE": ["SCAN 0", "KEYS *", "RANDOMKEY", "DBSIZE"],
    "FLUSHDB, FLUSHALL, SWAPDB": ["FLUSHDB", "FLUSHALL", "SWAPDB 0 1"],
    "CONFIG, INFO, SLOWLOG": ["CONFIG GET maxmemory", "INFO", "SLOWLOG GET"],
    "ACL": ["ACL LIST", "ACL GETUSER default", "ACL SETUSER isolation-probe"],
    "CLIENT LIST, CLIENT KILL": ["CLIENT LIST", "CLIENT KILL 127.0.0.1:1"],
    "CLIENT TRACKING of all keys": ["CLIENT TRACKING ON BCAST"],
    "MEMORY STATS": ["MEMORY STATS"],
    "scripts, which could hold the server": [
        "EVAL x 0",
        "EVALSHA x 0",
        "SCRIPT LOAD x",
        "FCALL x 0",
    ],
    "SCRIPT FLUSH, FUNCTION FLUSH": ["SCRIPT FLUSH", "SCRIPT KILL", "FUNCTION FLUSH"],
    "REPLICAOF, BGREWRITEAOF": ["REPLICAOF NO ONE", "BGREWRITEAOF"],
    "PUBSUB CHANNELS": ["PUBSUB CHANNELS"],
}


def redis_server(url: str) -> Iterator[Finding]:
    address = settings.CACHES["default"].get("LOCATION")
    if not address:
        raise CannotTry("REDIS_URL is not set")
    options: Any = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
    client = redis.Redis.from_url(address, retry=Retry(NoBackoff(), 0), **options)
    with client:
        try:
            connection = client.connection_pool.get_connection()
            yield from user_is_bound(connection, address)
            yield others_keep_out(client)
            yield prefix_is_ours(connection)
        except RedisError as error:
            raise CannotTry(f"Redis: {error}") from error


def user_is_bound(connection: Any, address: str) -> Iterator[Finding]:
    yield compared(STONE, "the user", settings.PRODUCT.id, who(connection, address))
    number = connection.db
    others = [f"SELECT {other}" for other in NUMBERS if other != number]
    yield let_through(connection, "SELECT of another database", others)
    by_copy = ["MOVE {key} 1", "COPY {key} {key} DB 1"]
    own = f"{settings.PRODUCT.id}:{probe()}"
    moves = [each.format(key=own) for each in by_copy]
    yield let_through(connection, "MOVE, COPY to another database", moves)
    for prefix in foreign_prefixes():
        key = prefix + probe()
        commands = [f"GET {key}", f"SET {key} x", f"DEL {key}", f"RENAME {own} {key}"]
        yield let_through(connection, f"keys of {prefix or 'no prefix'}", commands)
        commands = [f"PUBLISH {key} x", f"SUBSCRIBE {key}"]
        yield let_through(connection, f"channels of {prefix or 'no prefix'}", commands)
    yield let_through(connection, "channels by a pattern", ["PSUBSCRIBE *"])
    for tried, commands in WHOLE_SERVER.items():
        yield let_through(connection, tried, commands)


def who(connection: Any, address: str) -> str:
    """As Redis says, or, where it does not (ACL WHOAMI before 7), as it let us in."""
    try:
        name = asked(connection, "ACL", "WHOAMI")
    except ResponseError:
        return urlsplit(address).username or "default"
    return name.decode() if isinstance(name, bytes) else str(name)


def others_keep_out(client: Any) -> Finding:
    """Redis' own user, who may do everything, and the other products': one without a password takes
    any, so ours is tried."""
    names = ["default", *settings.PRODUCTS]
    opened = [name for name in names if name != settings.PRODUCT.id and signs_in(client, name)]
    return allowed(STONE, "sign in as any other user", opened)


def signs_in(client: Any, name: str) -> bool:
    """On a connection of its own, which is then another user's."""
    connection = client.connection_pool.make_connection()
    password = client.connection_pool.connection_kwargs.get("password") or ""
    try:
        asked(connection, "AUTH", name, password)
    except (AuthenticationError, ResponseError):
        return False
    finally:
        connection.disconnect()
    return True


def foreign_prefixes() -> list[str]:
    """Of the other products, of one whose name begins like ours, and none."""
    own = settings.PRODUCT.id
    others = [f"{product}:" for product in settings.PRODUCTS if product != own]
    return [*others, f"{own}2:", ""]


def probe() -> str:
    return f"isolation-{secrets.token_hex(8)}"


def let_through(connection: Any, tried: str, commands: list[str]) -> Finding:
    return allowed(STONE, tried, [each for each in commands if is_taken(connection, each)])


def is_taken(connection: Any, command: str) -> bool:
    """Whether the ACL lets it pass. A command that this server does not have is no way either."""
    asked(connection, "MULTI")
    try:
        asked(connection, *command.split())
    except NoPermissionError:
        return False
    except ResponseError as error:
        return "unknown" not in str(error).lower()
    finally:
        asked(connection, "DISCARD")
    return True


def prefix_is_ours(connection: Any) -> Finding:
    """A key set through Django's cache, as Redis has it. It is removed at once."""
    name = probe()
    key = cache.make_key(name)
    cache.set(name, 1, KEPT)
    try:
        is_there = bool(asked(connection, "EXISTS", key))
    except NoPermissionError:
        is_there = False
    cache.delete(name)
    own = f"{settings.PRODUCT.id}:"
    seen = own if is_there and key.startswith(own) else f"{key} {'set' if is_there else 'absent'}"
    return compared(STONE, "prefix of a key that the cache sets", own, seen)


def asked(connection: Any, *command: str) -> Any:
    connection.send_command(*command)
    return connection.read_response()
