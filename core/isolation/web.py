"""The browser's side of the wall: origins, host names and cookies, and the folder of media."""

from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from core.isolation import REFUSED, Finding, allowed, compared
from core.isolation.site import ROOT, Site, site
from core.product import Product

LOGIN = "/admin/login/"  # sets a cookie for whoever comes, and stores nothing
EVIL = "evil.example"


def web(url: str) -> Iterator[Finding]:
    live = site(url)
    yield from origins(live)
    yield from hosts(live)
    yield from cookies(live)
    yield media()


def others() -> list[Product]:
    return [each for each in settings.PRODUCTS.values() if each.id != settings.PRODUCT.id]


def origins(live: Site) -> Iterator[Finding]:
    """That our own pages may read what is asked shows that the others were refused for a reason."""
    own = settings.FRONTEND_URLS
    for origin in own:
        yield compared("origins", origin, "allowed", what_a_page_gets(live, origin))
    for origin in dict.fromkeys(each for page in own or [live.origin] for each in tricks(page)):
        if origin not in own:
            yield compared("origins", origin, REFUSED, what_a_page_gets(live, origin))


def what_a_page_gets(live: Site, origin: str) -> str:
    """ "allowed" if it could read an answer, or send what takes a preflight."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answers = (live.ask(method, ROOT, headers) for method in ("GET", "OPTIONS"))
    granted = {answer.headers.get("Access-Control-Allow-Origin") for answer in answers}
    return "allowed" if granted & {origin, "*"} else REFUSED


def tricks(own: str) -> list[str]:
    """Origins that a comparison by prefix, suffix or pattern would take for `own`."""
    parts = urlsplit(own)
    other_scheme = "http" if parts.scheme == "https" else "https"
    found = [
        "null",
        f"{own}.{EVIL}",
        f"{parts.scheme}://evil{parts.netloc}",
        f"{parts.scheme}://evil.{parts.netloc}",
        f"{parts.scheme}://{parts.netloc.replace('.', 'x')}",
        f"{other_scheme}://{parts.netloc}",
        f"{parts.scheme}://{parts.hostname}:444",
    ]
    for product in others():
        found += [f"https://{product.domain}", f"https://www.{product.domain}"]
    return [origin for origin in found if origin != own]


def hosts(live: Site) -> Iterator[Finding]:
    named = {
        "ALLOWED_HOSTS": settings.ALLOWED_HOSTS,
        "FRONTEND_URLS": [urlsplit(url).hostname or "" for url in settings.FRONTEND_URLS],
    }
    for setting, names in named.items():
        yield compared("hosts", setting, "its own", ", ".join(filter(foreign, names)) or "its own")
    for host in [EVIL, *(product.domain for product in others())]:
        status = live.ask("GET", ROOT, {"Host": host}).status
        seen = REFUSED if status >= 400 else f"status {status}"
        yield compared("hosts", f"a request for {host}", REFUSED, seen)


def foreign(host: str) -> bool:
    """Whether it is another product's, as far as this code knows them, or anybody's."""
    if host.strip(".") in ("", "*"):
        return True
    labels, own = host.split("."), settings.PRODUCT
    if host.startswith(".") and own.id not in labels and not f".{host}".endswith(f".{own.domain}"):
        return True  # every host of a domain that may be more than this product's
    return any(
        product.id in labels or f".{host}".endswith(f".{product.domain}") for product in others()
    )


def cookies(live: Site) -> Iterator[Finding]:
    """Hosts that differ in the port alone share cookies, and so do subdomains given a domain."""
    names = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    shared = {name for name in names if not is_own(name)}
    wide = {settings.SESSION_COOKIE_DOMAIN, settings.CSRF_COOKIE_DOMAIN} - {None, ""}
    for morsel in set_at_login(live):
        shared |= set() if is_own(morsel.key) else {morsel.key}
        wide |= {morsel["domain"]} - {""}
    yield allowed("cookies", "names that another product has too", sorted(shared))
    yield allowed("cookies", "a domain that other hosts are in", sorted(map(str, wide)))


def set_at_login(live: Site) -> list[Morsel[str]]:
    headers = live.ask("GET", LOGIN, {}).headers.get_all("Set-Cookie") or []
    return [morsel for header in headers for morsel in SimpleCookie(header).values()]


def is_own(name: str) -> bool:
    """`__Host-` in front has the browser itself refuse a cookie with a domain."""
    return name.removeprefix("__Host-").startswith(f"{settings.PRODUCT.id}_")


def media() -> Finding:
    folder, own = settings.MEDIA_ROOT, settings.PRODUCT.id
    parts = set(Path(folder).parts)
    if not folder:
        return compared("media", "MEDIA_ROOT", "no media", "no media")
    is_ours = own in parts and not parts & {product.id for product in others()}
    return compared("media", "MEDIA_ROOT", own, own if is_ours else str(folder))
