"""Environment variables -> settings values. Pure functions; nothing here starts or opens anything,
and a wrong or missing variable never raises: it is noted (`config.environment`)."""

import re
from base64 import b64decode
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import environ

from accounts.clerk.conf import ClerkConfig, frontend_api_host
from accounts.conf import AccountsApi
from chat.conf import Price, Prices
from config.environment import Environment, Problem, is_production, is_public, is_url
from core.postgresql.connection import Connection
from core.product import Product
from core.providers import Endpoint
from core.search.dimensions import SUPPORTED_DIMENSIONS

POSTGRES_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss")
HTTP_SCHEMES = ("http", "https")
# A name, with a dot in front of it those below it too, or an IPv6 address. Django compares without
# the port, so that what has one would match nothing.
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]")
# As browsers write it (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin), which it is
# compared with to the letter: any other spelling would match nothing.
ORIGIN = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(:\d+)?", re.ASCII)
USUAL_PORT = re.compile(r"http:.*:80|https:.*:443")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# A model's name, and what a million tokens of prompts and of completions cost. As many digits as
# any provider's list has, and so few that no sum is rounded.
CURRENCY = re.compile(r"[A-Z]{3}")
AMOUNT = r"\d{1,6}(?:\.\d{1,6})?"
PRICED = re.compile(rf"(\S+)=({AMOUNT})/({AMOUNT})", re.ASCII)
# Shorter keys can be searched for; Django's own W009 uses the same bound.
SECRET_KEY_MIN_LENGTH = 50
# So many connections for each thread of a web server leave enough for whoever else borrows some
# (what runs beside a request), while all threads keep theirs.
CONNECTIONS_TO_KEEP_ONE = 2
# Seconds. Browsers' own lists of hosts that speak HTTPS alone take nobody who promises less.
YEAR = 31_536_000
# Seconds. Who tries longer waits twice as long each time: after an outage of 40 seconds the last
# pause went on for 20 more. The next request tries at once.
TRIES_AGAIN_FOR = 2.0


def secret_keys(env: Environment) -> list[str]:
    """The one that signs, and those it replaced, with which what they signed is still read."""
    key, former = env.required("SECRET_KEY"), env.listed("SECRET_KEY_FALLBACKS")
    for name, values in (("SECRET_KEY", [key] if key else []), ("SECRET_KEY_FALLBACKS", former)):
        if any(map(is_weak, values)):
            message = f"{name} is weak: use at least {SECRET_KEY_MIN_LENGTH} random characters."
            env.problems.append(Problem("weak", name, message))
    # Django refuses to import settings with an empty key; the start-up check says why instead.
    return [key or "-", *former]


def is_weak(key: str) -> bool:
    return len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < 5


def allowed_hosts(env: Environment) -> list[str]:
    hosts = env.listed("ALLOWED_HOSTS")
    if is_public(env) and env.required("ALLOWED_HOSTS") and not hosts:
        env.malformed("ALLOWED_HOSTS", "at least one bare host name")
    if not all(HOST.fullmatch(host) or host == "*" and not is_production(env) for host in hosts):
        env.malformed("ALLOWED_HOSTS", "bare host names such as api.example.com, comma-separated")
    return hosts


def frontend_urls(env: Environment, product: Product) -> list[str]:
    """Origins of the product's own front ends: exactly these may call the API from a browser."""
    urls = env.listed("FRONTEND_URLS")
    if not urls and not is_public(env):
        return [f"http://localhost:{product.frontend_port}"]
    return origins(env, "FRONTEND_URLS", urls)


def origins(env: Environment, name: str, urls: list[str]) -> list[str]:
    """What a browser sends as Origin: scheme, host and port, with nothing behind them."""
    found = [url.removesuffix("/") for url in urls]
    if not all(map(is_origin, found)):
        expected = "origins such as https://www.example.com, in small letters, comma-separated"
        env.malformed(name, expected)
    return found


def is_origin(url: str) -> bool:
    """Without the port that goes without saying."""
    is_written_so = ORIGIN.fullmatch(url) and not USUAL_PORT.fullmatch(url)
    return bool(is_written_so) and is_url(url, HTTP_SCHEMES)


def databases(env: Environment) -> dict[str, dict[str, Any]]:
    """DATABASES: one for everything, or two of which "auth" holds people (core/routers.py).

    Both URLs of the second form may name one database; then that is all there is, and the roles
    are those of APP_DATABASE_URL.
    """
    names = ("DATABASE_URL", "DATABASE_OWNER_URL")
    of_two = [f"{part}_{name}" for part in ("APP", "AUTH") for name in names]
    given = list(filter(env.text, of_two))
    if not given:
        return {"default": database(env, "")}
    for name in filter(env.text, names):
        env.malformed(name, f"left out beside {', '.join(given)}")
    app, auth = database(env, "APP_"), database(env, "AUTH_")
    same = all(app.get(key) == auth.get(key) for key in ("HOST", "PORT", "NAME"))
    if before := database_url(env, "SPLIT_FROM_DATABASE_OWNER_URL"):
        auth["SPLIT_FROM"] = connection(before)  # for `split_auth` alone
    return {"default": app} if same else {"default": app, "auth": auth}


def database(env: Environment, prefix: str) -> dict[str, Any]:
    """One database, from the variables with this prefix.

    `OWNER` holds what `migrate` and `flush` connect with; absent at run time.
    """
    name, owner_name = f"{prefix}DATABASE_URL", f"{prefix}DATABASE_OWNER_URL"
    url = database_url(env, name, required=True)
    owner_url = database_url(env, owner_name)
    pool = connection_pool(env, prefix)
    if not url:
        return {"ENGINE": "django.db.backends.dummy", "VARIABLE": name}
    settings = connection(url)
    if owner_url:
        owner = connection(owner_url)
        if owner["NAME"] != settings["NAME"]:
            env.malformed(owner_name, f"a URL of the database that {name} names")
        settings["OWNER"] = owner
    return settings | {
        "ENGINE": "core.postgresql",
        "VARIABLE": name,
        "KEPT_BY_THREADS": pool is not None
        and pool["max_size"] >= CONNECTIONS_TO_KEEP_ONE * threads(env),
        "OPTIONS": settings["OPTIONS"] | ({"pool": pool} if pool else {}),
        # Behind PgBouncer (no pool of our own) a server-side cursor would outlive its server.
        "DISABLE_SERVER_SIDE_CURSORS": not pool,
    }


def database_url(env: Environment, name: str, *, required: bool = False) -> str:
    url = env.url(name, POSTGRES_SCHEMES, required=required)
    if url and not urlsplit(url).path.strip("/"):
        env.malformed(name, "a URL that names a database")
        return ""
    return url


def connection(url: str) -> dict[str, Any]:
    """HOST, PORT, NAME, USER and PASSWORD of a PostgreSQL URL, and as OPTIONS what libpq is to
    be told besides, such as `?sslmode=verify-full`.

    A host that begins with %2F is the folder of a Unix socket, as libpq has it.
    """
    parsed = environ.Env.db_url_config(url)
    named = {key: parsed[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
    host, _, _ = urlsplit(url).netloc.rpartition("@")[2].partition(":")
    if host[:3].upper() == "%2F":  # what parses URLs takes it for a name, in small letters
        named["HOST"] = unquote(host)
    return named | {"OPTIONS": parsed.get("OPTIONS", {})}


def connection_pool(env: Environment, prefix: str = "") -> dict[str, Any] | None:
    """psycopg_pool arguments; None with DB_POOL_MAX=0, for a deployment behind PgBouncer.

    With two databases each may have sizes of its own, such as AUTH_DB_POOL_MAX.
    """
    most = own_or_shared(env, prefix, "DB_POOL_MAX")
    least = own_or_shared(env, prefix, "DB_POOL_MIN")
    high = env.number(most, 16, low=0, high=1000)
    low = env.number(least, min(2, high), low=0, high=1000)
    timeout = env.number("DB_POOL_TIMEOUT", 3, low=0.1, high=3, whole=False)
    if high == 0:
        return None
    if low > high:
        env.malformed(least, f"no larger than {most}")
        low = high
    if 0 < high < threads(env):
        env.malformed(most, "0 or at least WEB_THREADS")
    sizes = {"min_size": low, "max_size": high, "timeout": timeout}
    return {**sizes, "reconnect_timeout": TRIES_AGAIN_FOR, "connection_class": Connection}


def threads(env: Environment) -> int:
    return env.number("WEB_THREADS", 8, low=1, high=1000)


def worker_database(env: Environment) -> dict[str, Any] | None:
    """Where the worker listens for jobs, if the URL of everybody else leads through PgBouncer."""
    url = database_url(env, "WORKER_DATABASE_URL")
    return connection(url) if url else None


def own_or_shared(env: Environment, prefix: str, name: str) -> str:
    return prefix + name if env.text(prefix + name) else name


def caches(env: Environment, product: Product) -> dict[str, dict[str, Any]]:
    """CACHES in the product's own Redis database under the product's own prefix.

    Timeouts are short, few wait for one, and errors are misses: without Redis everything works,
    uncached.
    """
    url = env.url("REDIS_URL", REDIS_SCHEMES, required=True)
    if url and not re.fullmatch(r"/?\d*/?", urlsplit(url).path):
        # The client would take it for database 0.
        env.malformed("REDIS_URL", "a URL that ends in the number of a database")
        url = ""
    if not url:
        return {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    return {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": url,
            "VERSION": 2,  # 1 was pickled
            "KEY_PREFIX": ":".join(filter(None, [product.id, env.text("CACHE_NAMESPACE")])),
            "OPTIONS": {
                "SOCKET_CONNECT_TIMEOUT": 0.3,
                "SOCKET_TIMEOUT": 0.3,
                "IGNORE_EXCEPTIONS": True,
                "REDIS_CLIENT_CLASS": "core.cache.Redis",
                "CLIENT_CLASS": "core.cache.Client",
                "SERIALIZER": "core.cache.Json",
            },
        }
    }


def clerk(env: Environment) -> ClerkConfig:
    key = env.prefixed("CLERK_PUBLISHABLE_KEY", ("pk_test_", "pk_live_"), required=True)
    host = frontend_api_host(key)
    if key.startswith("pk_") and not host:
        env.malformed("CLERK_PUBLISHABLE_KEY", "a publishable key copied whole from Clerk")
    elif key.startswith("pk_test_") and is_production(env):
        # Anybody can sign up to a development instance, with an address that is nobody's.
        env.malformed("CLERK_PUBLISHABLE_KEY", "a key of a production instance (pk_live_)")
    return ClerkConfig(
        publishable_key=key,
        secret_key=env.prefixed("CLERK_SECRET_KEY", ("sk_test_", "sk_live_")),
        api_url=clerk_api_url(env),
        webhook_secrets=webhook_secrets(env),
        jwt_key=env.text("CLERK_JWT_KEY").replace("\\n", "\n"),
        jwks_url=jwks_url(env) or f"https://{host}/.well-known/jwks.json",
        issuer=f"https://{host}",
        authorized_parties=tuple(authorized_parties(env)),
    )


def clerk_api_url(env: Environment) -> str:
    """Only with https: the secret key goes along with each request."""
    schemes = ("https",) if is_public(env) else HTTP_SCHEMES
    return env.url("CLERK_API_URL", schemes).rstrip("/") or ClerkConfig.api_url


def webhook_secrets(env: Environment) -> tuple[str, ...]:
    """Several, comma-separated, while one takes the place of another."""
    secrets = env.listed("CLERK_WEBHOOK_SECRET")
    expected = ""
    if not all(secret.startswith("whsec_") for secret in secrets):
        expected = "a value that starts with whsec_, or several, comma-separated"
    elif not all(is_signing_key(secret.removeprefix("whsec_")) for secret in secrets):
        expected = "a signing secret copied whole from Clerk"
    if expected:
        env.malformed("CLERK_WEBHOOK_SECRET", expected)
    return tuple(secrets)


def accounts_api(env: Environment) -> AccountsApi | None:
    """The deployment that keeps the people; None when this one does."""
    url, key = env.url("ACCOUNTS_API_URL", HTTP_SCHEMES), env.text("ACCOUNTS_API_KEY")
    if not (url or key):
        return None
    if not url or not key or not (key.isascii() and key.isprintable()):
        env.malformed("ACCOUNTS_API_URL and ACCOUNTS_API_KEY", "set together (or neither)")
        return None
    refuse_plain(env, "ACCOUNTS_API_URL", url)
    return AccountsApi(url.rstrip("/"), key)


def jwks_url(env: Environment) -> str:
    url = env.url("CLERK_JWKS_URL", HTTP_SCHEMES)
    refuse_plain(env, "CLERK_JWKS_URL", url)
    return url


def refuse_plain(env: Environment, name: str, url: str) -> None:
    """Over plain HTTP anybody on the way could put in keys, people and roles of their own."""
    is_plain = url.startswith("http:") and urlsplit(url).hostname not in ("127.0.0.1", "localhost")
    if is_public(env) and is_plain:
        env.malformed(name, "a URL that starts with https://")


def authorized_parties(env: Environment) -> list[str]:
    """Origins whose tokens are accepted; any outside of production when none is named."""
    name, urls = "CLERK_AUTHORIZED_PARTIES", env.listed("CLERK_AUTHORIZED_PARTIES")
    if is_production(env) and env.required(name) and not urls:
        env.malformed(name, "at least one origin")
    return origins(env, name, urls)


SIGNING_KEY_BYTES = 24


def is_signing_key(text: str) -> bool:
    """A shorter one could be guessed, and is one that was cut: https://www.standardwebhooks.com"""
    try:
        return len(b64decode(text, validate=True)) >= SIGNING_KEY_BYTES
    except ValueError:
        return False


def llm(env: Environment) -> Endpoint | None:
    """The chat model's server; None when there is none and the assistant answers offline."""
    base_url = env.url("LLM_BASE_URL", HTTP_SCHEMES)
    key, model = env.text("LLM_API_KEY"), env.text("LLM_MODEL")
    if not (base_url or key or model):
        return None
    if not base_url or not model:
        env.malformed("LLM_BASE_URL and LLM_MODEL", "set together (or none of LLM_*)")
        return None
    return Endpoint(base_url=base_url, api_key=key, model=model)


def embedding(env: Environment) -> Endpoint | None:
    """The embedding model's server; None stands for the local hashed n-gram embedder."""
    return embedding_endpoint(
        env,
        names="EMBEDDING_BASE_URL and EMBEDDING_MODEL",
        base_url=env.url("EMBEDDING_BASE_URL", HTTP_SCHEMES),
        key=env.text("EMBEDDING_API_KEY"),
        model=env.text("EMBEDDING_MODEL"),
        dimensions=dimensions_of(env, "EMBEDDING_DIMENSIONS"),
    )


def embedding_previous(env: Environment) -> Endpoint | None:
    """The model that was in use before, whose vectors serve until the new one has made its own."""
    return embedding_endpoint(
        env,
        names="EMBEDDING_PREVIOUS_BASE_URL and EMBEDDING_PREVIOUS_MODEL",
        base_url=env.url("EMBEDDING_PREVIOUS_BASE_URL", HTTP_SCHEMES),
        key=env.text("EMBEDDING_PREVIOUS_API_KEY"),
        model=env.text("EMBEDDING_PREVIOUS_MODEL"),
        dimensions=dimensions_of(env, "EMBEDDING_PREVIOUS_DIMENSIONS"),
    )


def dimensions_of(env: Environment, name: str) -> int:
    dimensions: int = env.number(name, 1536, low=1, high=16000)
    if dimensions not in SUPPORTED_DIMENSIONS:
        supported = ", ".join(map(str, SUPPORTED_DIMENSIONS))
        env.malformed(name, f"one of {supported}: only these have an index")
    return dimensions


def embedding_endpoint(
    env: Environment, *, names: str, base_url: str, key: str, model: str, dimensions: int
) -> Endpoint | None:
    if not (base_url or key or model):
        return None
    if not base_url or not model:
        env.malformed(names, "set together (or none)")
        return None
    return Endpoint(base_url=base_url, api_key=key, model=model, dimensions=dimensions)


def chat_models(env: Environment) -> dict[str, str]:
    """Role -> model name; the search and fallback roles are optional."""
    named = {
        "chat": env.text("LLM_MODEL"),
        "search": env.text("LLM_SEARCH_MODEL", env.text("LLM_MODEL")),
        "fallback": env.text("LLM_FALLBACK_MODEL"),
    }
    return {role: model for role, model in named.items() if model}


def chat_prices(env: Environment) -> Prices:
    """LLM_PRICES: a currency, then model=prompt/completion for each model whose price is known."""
    currency, *listed = env.listed("LLM_PRICES") or [""]
    if not currency:
        return Prices()
    matches = [PRICED.fullmatch(text) for text in listed]
    prices = {match[1]: Price(Decimal(match[2]), Decimal(match[3])) for match in matches if match}
    if not (CURRENCY.fullmatch(currency) and prices and len(prices) == len(listed)):
        expected = "a currency, then each model once, such as USD, small=0.15/0.60, large=2.50/10"
        env.malformed("LLM_PRICES", expected)
        return Prices()
    return Prices(currency, prices)


def chat_rate(env: Environment) -> str | None:
    """Turns one visitor may take."""
    return rate_of(env, "CHAT_RATE", "30/min")


def search_rate(env: Environment) -> str | None:
    """Searches one visitor may make: more than a person has made who types and sees results."""
    return rate_of(env, "SEARCH_RATE", "120/min")


def rate_of(env: Environment, name: str, default: str) -> str | None:
    """For DRF's throttle; None ("off") for as many as they like."""
    asked = env.text(name, default)
    if asked != "off" and not re.fullmatch(r"[1-9]\d*/(sec|min|hour|day)", asked):
        env.malformed(name, f"such as {default} (sec, min, hour, day) or off")
        return default
    return None if asked == "off" else asked


def log_level(env: Environment) -> str:
    level = env.text("LOG_LEVEL", "INFO").upper()
    if level not in LOG_LEVELS:
        env.malformed("LOG_LEVEL", f"one of {', '.join(LOG_LEVELS)}")
        return "INFO"
    return level


def enabled_tools(*tools: tuple[str, bool]) -> tuple[str, ...]:
    return tuple(path for path, enabled in tools if enabled)


def transport_security(env: Environment, product: Product) -> dict[str, Any]:
    """HTTPS settings, with cookies named after the product: two products may share localhost.

    `__Host-` has browsers refuse a cookie of this name from a neighbouring subdomain (RFC 6265bis,
    4.1.3.2); it takes HTTPS.
    """
    public = is_public(env)
    own = f"__Host-{product.id}" if public else product.id
    hsts = env.number("SECURE_HSTS_SECONDS", YEAR, low=0, high=2 * YEAR)
    subdomains = public and env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
    return {
        "SESSION_COOKIE_NAME": f"{own}_session",
        "CSRF_COOKIE_NAME": f"{own}_csrf",
        "SESSION_COOKIE_SECURE": public,
        "CSRF_COOKIE_SECURE": public,
        "CSRF_TRUSTED_ORIGINS": [f"https://{host}" for host in allowed_hosts_exact(env)],
        "SECURE_SSL_REDIRECT": public and env.flag("SECURE_SSL_REDIRECT", True),
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if public else None,
        "SECURE_HSTS_SECONDS": hsts if public else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": subdomains,
        "SECURE_HSTS_PRELOAD": subdomains and hsts >= YEAR,
        "SECURE_REDIRECT_EXEMPT": [r"^api/health"],
        "WHITENOISE_USE_FINDERS": not public,
        "WHITENOISE_AUTOREFRESH": not public,
    }


def allowed_hosts_exact(env: Environment) -> list[str]:
    return [host for host in env.listed("ALLOWED_HOSTS") if "*" not in host and host[0] != "."]
