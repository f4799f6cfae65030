import logging
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import orjson
import redis
from django_redis.client import DefaultClient
from django_redis.exceptions import ConnectionInterrupted
from django_redis.serializers.base import BaseSerializer
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from core.breaker import Breaker
from core.reasons import reason_of

logger = logging.getLogger("core.cache")
PAUSE = 3.0  # seconds
silence = Breaker(60.0)  # of the log, after each line


class Client(DefaultClient):
    def get(self, key: Any, default: Any = None, *args: Any, **options: Any) -> Any:
        """What is not JSON (`Json`) is a miss as well."""
        value = super().get(key, default, *args, **options)
        return default if value is None else value

    def count(self, key: str, seconds: int) -> int | None:
        """Which call this is of those in a time of `seconds` that began with the first; None
        without Redis. The commands go in one message, which takes half the time of `add` and `incr`
        one after the other."""
        client = cast(Redis, self.get_client(write=True))
        name = self.make_key(key)
        together = client.pipeline(transaction=False)
        together.set(name, 0, ex=seconds, nx=True)
        together.incr(name)
        together.ttl(name)
        try:
            _, number, left = client.watched(together.execute)
            if left < 0:  # it ran out between the first two, and would stay for ever
                client.expire(name, seconds)
        except RedisError:
            return None
        return cast(int, number)

    def _incr(
        self, key: Any, delta: int = 1, version: int | None = None, client: Any = None,
        ignore_key_check: bool = False,
    ) -> int:  # fmt: skip
        """By Redis' own command. django-redis has a script for it, and a product may run none: one
        without end would hold the server, which others use too."""
        client = client or self.get_client(write=True)
        name = self.make_key(key, version=version)
        try:
            if not client.exists(name):
                raise ValueError(f"Key {key!r} not found")
            value: int = client.incrby(name, delta)
            if value == delta and client.ttl(name) < 0:  # it ran out between the two
                client.delete(name)
                raise ValueError(f"Key {key!r} not found")
        except RedisError as error:
            raise ConnectionInterrupted(connection=client) from error
        return value


class Json(BaseSerializer):
    """What stands in Redis is data, whoever wrote it; a pickle would be code that we run."""

    def dumps(self, value: Any) -> bytes:
        return orjson.dumps(value)

    def loads(self, value: bytes) -> Any:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return None


class Redis(redis.Redis):
    """The cache's client (settings: REDIS_CLIENT_CLASS), for a server that may fall silent.

    A request uses the cache several times. The first waits out the timeout, which django-redis
    counts as a miss; the others are misses at once.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        where = self.connection_pool.connection_kwargs
        self.breaker = breaker_of(where.get("host", ""), where.get("port", 0))

    def execute_command(self, *args: Any, **options: Any) -> Any:
        return self.watched(super().execute_command, *args, **options)

    def watched(self, command: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if self.breaker.refuses():
            raise ConnectionError("Redis gave no answer a moment ago")
        try:
            answer = command(*args, **options)
        except RedisError as error:
            if isinstance(error, ConnectionError | TimeoutError):
                self.breaker.failed()
            warn(error)
            raise
        self.breaker.succeeded()
        return answer


def warn(error: RedisError) -> None:
    """django-redis takes a failure for a miss, and says nothing. A refused password is one."""
    if not silence.refuses():
        silence.failed()
        logger.warning("Redis fails, and the cache is without it: %s", reason_of(error))


@cache
def breaker_of(host: str, port: int) -> Breaker:
    """One in a process for each server: django-redis makes a client for each thread."""
    return Breaker(PAUSE)
