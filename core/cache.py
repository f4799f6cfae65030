from functools import cache
from typing import Any

import orjson
import redis
from django_redis.serializers.base import BaseSerializer
from redis.exceptions import ConnectionError, TimeoutError

from core.breaker import Breaker

PAUSE = 3.0  # seconds


class Json(BaseSerializer):
    """What stands in Redis is data, whoever wrote it; a pickle would be code that we run. What is
    not JSON is a miss."""

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
        if self.breaker.refuses():
            raise ConnectionError("Redis gave no answer a moment ago")
        try:
            answer = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except (ConnectionError, TimeoutError):
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer


@cache
def breaker_of(host: str, port: int) -> Breaker:
    """One in a process for each server: django-redis makes a client for each thread."""
    return Breaker(PAUSE)
