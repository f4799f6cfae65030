"""How often somebody may ask: settings.REST_FRAMEWORK, DEFAULT_THROTTLE_RATES."""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView


def address_of(request: Request | HttpRequest) -> str:
    """Believed as NUM_PROXIES says. An IPv6 visitor has a whole /64; in ::ffff:0:0/96, which would
    be one, stand all IPv4 visitors of a socket that listens to both."""
    text = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads META alone
    try:
        address = ip_address(text)
    except ValueError:
        return sha256(text.encode()).hexdigest()[:32]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.exploded[:19])
    return text


class CountedThrottle(SimpleRateThrottle):
    """Redis counts, so that of many requests at once no more are let through: DRF's own reads a
    list, adds to it and writes it back, and let 130 of 200 questions pass a limit of 30.

    The time begins with the first request. Without Redis nobody is refused.
    """

    cache_format = "asked:%(scope)s:%(ident)s"
    rate: str | None
    duration: int  # seconds
    num_requests: int
    key: str

    def get_ident(self, request: Request) -> str:
        return address_of(request)

    def allow_request(self, request: Request, view: APIView) -> bool:
        if self.rate is None:  # there is no limit
            return True
        self.key = cast(str, self.get_cache_key(request, view))
        number = cast(Any, cache).client.count(self.key, self.duration)
        return (number or 0) <= self.num_requests

    def wait(self) -> float | None:
        seconds: float | None = cast(Any, cache).ttl(self.key)
        return seconds


class ScopedThrottle(ScopedRateThrottle, CountedThrottle):
    """By the view's `throttle_scope`."""
