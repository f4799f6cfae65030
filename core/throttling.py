"""How often somebody may ask: settings.REST_FRAMEWORK, DEFAULT_THROTTLE_RATES."""

from contextlib import suppress
from typing import Any, cast

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView


class CountedThrottle(SimpleRateThrottle):
    """Redis counts, so that of many requests at once no more are let through: DRF's own reads a
    list, adds to it and writes it back, and let 130 of 200 questions pass a limit of 30.

    The time begins with the first request. Without Redis nobody is refused.
    """

    duration: int  # seconds
    num_requests: int
    key: str

    def allow_request(self, request: Request, view: APIView) -> bool:
        redis = cast(Any, cache)
        self.key = cast(str, self.get_cache_key(request, view))
        redis.add(self.key, 0, self.duration)
        with suppress(ValueError):  # it ran out just now
            return (redis.incr(self.key) or 0) <= self.num_requests
        return True

    def wait(self) -> float | None:
        seconds: float | None = cast(Any, cache).ttl(self.key)
        return seconds


class ScopedThrottle(ScopedRateThrottle, CountedThrottle):
    """By the view's `throttle_scope`."""
