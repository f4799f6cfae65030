"""What every product shares. A product's module imports this, then names its own resources."""

from pathlib import Path

from corsheaders.defaults import default_headers

from config import declared_products
from core import __version__

BASE_DIR = Path(__file__).parent.parent
VERSION = __version__

INSTALLED_APPS = [
    "procrastinate.contrib.django",  # before core, whose admin shows jobs in its own way
    "core",
    "accounts",
    "properties",
    "faq",
    "chat",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "core.middleware.request_id",
    "core.middleware.error_envelope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.CorsMiddleware",
    "core.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.middleware.AuthenticationMiddleware",
    "core.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # the API's paths have no trailing slash, and the admin redirects by itself

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.pages.product",
            ]
        },
    }
]

DATABASE_ROUTERS = ["core.routers.ByApp"]
MIGRATION_MODULES = {"procrastinate": "core.jobs.migrations"}

# Kept with the session, because Django's other place is a cookie that two products would share.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

AUTH_USER_MODEL = "accounts.User"
LOGIN_REDIRECT_URL = "admin:index"  # after a sign-in that was to lead to another host
# The email is unique by Lower(email), which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "Asia/Bangkok"
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site needs our style sheets

DEFAULT_EXCEPTION_REPORTER_FILTER = "core.debug_page.Filter"

# A listing or a chat message is far smaller; a larger body is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "core.pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CORS_URLS_REGEX = r"^/(api/|openapi\.json$)"
CORS_ALLOW_HEADERS = (*default_headers, "idempotency-key")
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "Content-Disposition"]

# What `manage.py verify_isolation` tries, and whose neighbour each product is.
ISOLATION = [
    "core.isolation.databases.databases",
    "core.isolation.cache.redis_server",
    "accounts.isolation.tokens",
    "core.isolation.web.web",
]
PRODUCTS = declared_products()

# What has vectors (core.search.collections).
EMBEDDED = ["faq.indexing.documents", "properties.indexing.listings"]

SEEDS = ["accounts.seed.seed", "properties.seed.seed", "faq.seed.seed"]

# What each app does when a person goes, in a transaction of its own database: (id) -> counts.
ERASURES = ["chat.erasure.erase", "properties.erasure.erase", "faq.erasure.erase"]
# What each app keeps of a person: (id) -> lists by name, in pages.
EXPORTS = [
    "accounts.export.kept",
    "chat.export.kept",
    "properties.export.kept",
    "faq.export.kept",
]
# Who is told of an assistant's turn whose tools found nothing: (the visitor's words) -> None.
UNANSWERED = ["faq.unanswered.turn"]
# Where apps name people; what stands there must be somebody.
PERSON_COLUMNS = [
    "chat.Conversation.user_id",
    "chat.ChatPrompt.created_by",
    "properties.Property.agent_id",
    "properties.Enquiry.user_id",
    "faq.Version.made_by",
    "faq.ImportFile.sent_by",
]
OUTBOX = {"erasure": "accounts.erasure.carry_out"}


def authentication_backends(password_login: bool) -> list[str]:
    """AUTHENTICATION_BACKENDS. A session that was opened by one that is left out ends."""
    passwords = ["accounts.backends.PasswordBackend"] if password_login else []
    return [*passwords, "accounts.backends.ClerkBackend"]


def session_engine(keeps_people: bool) -> str:
    """SESSION_ENGINE. The table of sessions is where the people are; elsewhere nobody opens a
    session, and the cookie that a visitor brings along must not be looked up."""
    return f"django.contrib.sessions.backends.{'db' if keeps_people else 'signed_cookies'}"


def rest_framework(
    chat_rate: str | None, search_rate: str | None, proxies: int, *, keeps_people: bool = True
) -> dict[str, object]:
    """REST_FRAMEWORK; the rates are how often one visitor may ask and search, such as "30/min".

    `proxies` stand in front and add to X-Forwarded-For; what came before theirs may be forged.
    API keys and the admin's sessions are known only where `keeps_people`.
    """
    kept_with_people = [
        "accounts.keys_authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ]
    return {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "accounts.authentication.ClerkAuthentication",
            *(kept_with_people if keeps_people else []),
        ],
        "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsAnybody"],
        "DEFAULT_RENDERER_CLASSES": [
            "core.formats.JSONRenderer",
            "core.formats.BrowsableRenderer",
        ],
        "DEFAULT_PARSER_CLASSES": [
            "core.formats.JSONParser",
            "core.formats.FormParser",
            "core.formats.MultiPartParser",
        ],
        "DEFAULT_SCHEMA_CLASS": "core.schema.EnvelopeSchema",
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.formats.Negotiation",
        "DEFAULT_METADATA_CLASS": "core.formats.Metadata",
        "EXCEPTION_HANDLER": "core.errors.exception_handler",
        "URL_FORMAT_OVERRIDE": "format",
        "DEFAULT_THROTTLE_RATES": {
            "chat": chat_rate,
            "search": search_rate,
            "export": "6/hour",
            "enquiry": "200/hour",
            "new_enquiry": "20/hour",
        },
        "NUM_PROXIES": proxies,
    }


def logging(level: str) -> dict[str, object]:
    """Structured JSON lines on standard error, one for each event."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "traceback": {"()": "core.logs.HasTraceback"},
            "clients": {"()": "core.logs.OfClients"},
        },
        "formatters": {"json": {"()": "core.logs.formatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["clients"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # request lines are our own; Django's tell of each failure a second time
            "django.request": {"level": "ERROR", "filters": ["traceback"]},
            "httpx2": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},  # repeats itself for as long as it cannot connect
            "openai": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},  # two lines for each job
        },
    }


SPECTACULAR_SETTINGS = {
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ErrorCode": "core.errors.ErrorCode",
        "UserRole": "accounts.models.Role",
        "MessageRole": "chat.models.MessageRole",
        "MessageStatus": "chat.models.MessageStatus",
        "PublicationStatus": "properties.models.Status",
        "EnquiryStatus": "properties.enquiries.model.EnquiryStatus",
    },
}
