import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import RETRY_AFTER_SECONDS, is_outage


def product(request: HttpRequest) -> dict[str, object]:
    """Template context: which product this page belongs to."""
    return {"product": settings.PRODUCT, "version": settings.VERSION}


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "core/home.html")


ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<rect width='16' height='16' rx='3' fill='{accent}'/><text x='8' y='12.5' font-size='12' "
    "text-anchor='middle' fill='white' font-family='sans-serif'>{letter}</text></svg>"
)


def icon(request: HttpRequest) -> HttpResponse:
    """What browsers ask for beside any page, the admin's too: the product's letter."""
    product = settings.PRODUCT
    svg = ICON.format(accent=product.accent, letter=product.name[0])
    return HttpResponse(svg, "image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def error_page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "core/error.html", {"title": title, "text": text}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400, "Bad request", "The request could not be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, "Not allowed", "You may not see this page.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly somebody with two tabs, who has signed in by the other one."""
    text = (
        "This form was opened before you last signed in, or your browser keeps no cookies. Nothing "
        "was saved. Go back, copy what you typed, and open the page anew."
    )
    return error_page(request, 403, "Not saved", text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404, "Not found", "There is no page at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    if is_outage(sys.exc_info()[1]):
        text = "The database gives no answer. What you sent was not saved: try again in a moment."
        response = error_page(request, 503, "Not available just now", text)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    text = "The error has been recorded. Please try again in a moment."
    return error_page(request, 500, "Something went wrong", text)
