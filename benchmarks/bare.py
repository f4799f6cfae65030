"""One Django view without a middleware, for gunicorn as it comes: how fast the machine is.

The targets are those of a machine on which such a view was asked 7,000 times a second.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


urlpatterns = [path("api/health", view)]

settings.configure(ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[], ROOT_URLCONF=__name__)
application = get_wsgi_application()
