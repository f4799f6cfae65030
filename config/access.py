"""Who may do what: every operation with the roles that may call it.

The views hold the rules; this table says what they must come to. The tests call each operation as
each role, and a route that stands in no row fails them. What depends on whose row it is (an agent's
own listings, a person's own conversations) is tested with the app.
"""

from accounts.models import Role, Scope

GUEST = "guest"
USER, AGENT, ADMIN = Role.USER, Role.AGENT, Role.ADMIN
KEY = f"key with {Scope.USERS_READ}"
BARE_KEY = "key without a scope"
CALLERS = (GUEST, USER, AGENT, ADMIN, KEY, BARE_KEY)

PEOPLE = frozenset({USER, AGENT, ADMIN})
ANYBODY = PEOPLE | {GUEST}
STAFF = frozenset({AGENT, ADMIN})
ADMINS = frozenset({ADMIN})
USERS_READERS = ADMINS | {KEY}
# Asks nobody who they are: a key or token sent along is not looked at.
OPEN = frozenset(CALLERS)

# Whoever calls has to sign the body; who they are besides does not matter.
SIGNED: frozenset[str] = frozenset()

Access = dict[str, frozenset[str]]

READ_BY_ALL: Access = {"GET": ANYBODY}
WRITTEN_BY_STAFF: Access = {"PUT": STAFF, "PATCH": STAFF, "DELETE": STAFF}

# Path below the host, as in config.urls -> method -> who.
API: dict[str, Access] = {
    "/api/health": {"GET": OPEN},
    "/api/health/db": {"GET": OPEN},
    "/api/v1/": READ_BY_ALL,
    "/api/v1/users/me": {"GET": PEOPLE, "PATCH": PEOPLE, "DELETE": PEOPLE},
    "/api/v1/users/me/export": {"GET": PEOPLE},
    "/api/v1/erasures/<id:id>": {"GET": OPEN},
    "/api/v1/users": {"GET": USERS_READERS},
    "/api/v1/users/<id:id>": {"GET": USERS_READERS},
    "/api/v1/properties": READ_BY_ALL | {"POST": STAFF},
    "/api/v1/properties/<id:id>": READ_BY_ALL | WRITTEN_BY_STAFF,
    "/api/v1/properties/<id:id>/enquiries": {"POST": ANYBODY},
    "/api/v1/enquiries": {"GET": PEOPLE},
    "/api/v1/enquiries/<id:id>": {"GET": PEOPLE, "PATCH": STAFF},
    "/api/v1/properties/<id:id>/similar": READ_BY_ALL,
    "/api/v1/faq/search": READ_BY_ALL | {"POST": ANYBODY},
    "/api/v1/faq/documents": READ_BY_ALL | {"POST": STAFF},
    "/api/v1/faq/documents/<id:id>": READ_BY_ALL | WRITTEN_BY_STAFF,
    "/api/v1/faq/documents/<id:id>/versions": {"GET": STAFF},
    "/api/v1/faq/documents/<id:id>/versions/<int:number>/restore": {"POST": STAFF},
    "/api/v1/faq/categories": READ_BY_ALL | {"POST": STAFF},
    "/api/v1/faq/categories/<id:id>": READ_BY_ALL | WRITTEN_BY_STAFF,
    "/api/v1/llm/chat": {"POST": ANYBODY},
    "/api/v1/llm/conversations": READ_BY_ALL,
    "/api/v1/llm/conversations/<id:id>": READ_BY_ALL,
    "/api/v1/admin/chat/prompts": {"GET": ADMINS, "POST": ADMINS},
    "/api/v1/admin/chat/prompts/<id:id>": {"GET": ADMINS},
    "/api/v1/admin/chat/prompts/<id:id>/activate": {"POST": ADMINS},
    "/api/v1/admin/chat/tools": {"GET": ADMINS},
    "/api/v1/admin/chat/tools/<str:name>": {"GET": ADMINS, "PUT": ADMINS, "PATCH": ADMINS},
    "/api/v1/webhooks/clerk": {"POST": SIGNED},
    "/openapi.json": {"GET": OPEN},
    "/docs": {"GET": OPEN},
    "/redoc": {"GET": OPEN},
}

# Pages that are no part of the API, for everybody.
PAGES = frozenset({"/", "/favicon.ico"})

# The admin: others are sent to sign in, or refused (403).
NOBODY: frozenset[str] = frozenset()


def edited_by(who: frozenset[str]) -> dict[str, frozenset[str]]:
    """`view` is the page of one row, `change` to save it."""
    return dict.fromkeys(("changelist", "add", "view", "change", "delete", "history"), who)


def seen_by(who: frozenset[str]) -> dict[str, frozenset[str]]:
    return edited_by(who) | dict.fromkeys(("add", "change", "delete"), NOBODY)


# Model -> page, or action on chosen rows -> who.
ADMIN_MODELS: dict[str, dict[str, frozenset[str]]] = {
    "accounts.user": edited_by(ADMINS) | {"password": ADMINS},
    "accounts.apikey": seen_by(ADMINS) | {"add": ADMINS, "action: revoke": ADMINS},
    "accounts.emailconflict": seen_by(ADMINS),
    "accounts.erasurereceipt": seen_by(ADMINS),
    "chat.chatprompt": seen_by(ADMINS) | {"add": ADMINS, "action: make_live": ADMINS},
    "chat.chattool": edited_by(ADMINS),
    "chat.conversation": seen_by(ADMINS),
    "chat.usage": {"changelist": ADMINS},
    "core.auditentry": seen_by(ADMINS),
    "core.outbox": seen_by(ADMINS),
    "core.unembedded": seen_by(STAFF)
    | dict.fromkeys(("change", "action: try_again", "action: dismiss"), STAFF),
    "faq.category": edited_by(STAFF),
    "faq.document": edited_by(STAFF)
    | {"import": STAFF, "versions": STAFF}
    | dict.fromkeys((f"action: export_{kind}" for kind in ("csv", "json", "markdown")), STAFF),
    "faq.goldenquestion": edited_by(STAFF) | {"evaluate": STAFF},
    "faq.unansweredquestion": seen_by(STAFF)
    | {"delete": STAFF, "draft": STAFF}
    | {"action: dismiss": STAFF, "action: open_again": STAFF},
    "procrastinate.procrastinatejob": seen_by(ADMINS),
    "properties.enquiry": seen_by(STAFF) | {"change": STAFF, "delete": ADMINS},
    "properties.property": edited_by(STAFF),
}

# Pages that are about no model, by the name of their pattern.
ADMIN_SITE: dict[str, frozenset[str]] = {
    "index": STAFF,
    "app_list": STAFF,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "autocomplete": STAFF,
    "jsi18n": STAFF,
    "view_on_site": STAFF,
    "login": ANYBODY,
    "admin-clerk": ANYBODY,
    "logout": ANYBODY,
}
