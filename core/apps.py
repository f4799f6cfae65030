from django.apps import AppConfig
from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.urls import register_converter

from core.converters import IdConverter


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        # These register the start-up checks.
        from core import checks  # noqa: F401
        from core.search import checks as search_checks  # noqa: F401

        register_converter(IdConverter, "id")

        # At each request they would look for what is not there: django-redis keeps its connections
        # (DJANGO_REDIS_CLOSE_CONNECTION), queries are noted for DEBUG alone, and old connections
        # are closed at its end, and found out at its first use (core/postgresql/base.py).
        request_finished.disconnect(close_caches)
        request_started.disconnect(close_old_connections)
        if not settings.DEBUG:
            request_started.disconnect(reset_queries)
