"""System checks that a product must pass before it serves, migrates, seeds or imports.

core.E001  a setting is missing          core.E003  a secret is too weak
core.E002  a setting is malformed        core.E004  a database is another product's
core.E008  two databases are one, each   core.E007  the Redis user is another product's,
           has the other's tables, or               or is refused
           one was split and dropped
core.E009  a file of settings is unreadable
                                         core.E010  the product is called otherwise
                                                    than its settings module, or as
                                                    no host could be
(E005 and E006, of the databases while serving, are in core.startup.)
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.cache import cache
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError, connections
from django_redis import get_redis_connection
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from core.placement import misplaced_sentence
from core.product import misnamed_sentence
from core.stamp import foreign_stamp_sentence, read_stamp

STARTUP = "startup"
IDS = {
    "missing": "core.E001",
    "malformed": "core.E002",
    "weak": "core.E003",
    "unreadable": "core.E009",
}


@register(STARTUP)
def settings_are_complete(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    package, _, module = os.environ["DJANGO_SETTINGS_MODULE"].rpartition(".")
    if package == "config" and (sentence := misnamed_sentence(module, settings.PRODUCT)):
        return [Error(sentence, id="core.E010")]  # it has looked for another's settings
    problems = settings.PROBLEMS
    # What stands in a file that is unreadable would be said to be missing.
    unreadable = [problem for problem in problems if problem.kind == "unreadable"]
    return [
        Error(problem.message, hint=problem.hint or None, id=IDS[problem.kind])
        for problem in unreadable or problems
    ]


@register(STARTUP, Tags.database)
def database_is_ours(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    sentences = [
        foreign_database_sentence(alias)
        for alias in databases or ()
        if connections[alias].vendor == "postgresql"
    ]
    return [Error(sentence, id="core.E004") for sentence in sentences if sentence]


def foreign_database_sentence(alias: str) -> str | None:
    """A database that cannot be reached is no error here: the command that needs it says so."""
    try:
        return foreign_stamp_sentence(settings.PRODUCT, read_stamp(alias), alias)
    except DatabaseError:
        return None


@register(STARTUP, Tags.database)
def databases_are_in_place(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    sentence = misplaced_sentence()
    return [Error(sentence, id="core.E008")] if sentence else []


@register(STARTUP)
def cache_is_ours(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Redis lets a user touch its own product's keys and database number only, so another's shows
    at the first touch; left alone, each would count as a miss and nobody would know why.

    A Redis that cannot be reached is no error: without it everything works, uncached.
    """
    url = settings.CACHES["default"].get("LOCATION")
    if not url:
        return []
    try:
        get_redis_connection("default").get(cache.make_key("check"))
    except NoPermissionError:
        product, user = settings.PRODUCT.id, urlsplit(url).username or "default"
        sentence = (
            f"This is {product}, but REDIS_URL signs in as {user}, who may not use the keys of "
            f"{product} in that database. Check REDIS_URL."
        )
        return [Error(sentence, id="core.E007")]
    except AuthenticationError:
        sentence = "The user or the password of REDIS_URL is refused."
        return [Error(sentence, id="core.E007")]
    except RedisError:
        return []
    return []
