from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts import staff
from core import api, health, pages, reference
from properties import urls as properties

# One flat list: what is included in it would be a resolver of its own, which costs more than the
# routes that are tried in it, one after another.
api_v1: list[URLPattern | URLResolver] = [*properties.urlpatterns]
# People are looked after where they are kept.
keeps_people = settings.ACCOUNTS_API is None
staff_pages: list[URLPattern | URLResolver] = []
if keeps_people:
    api_v1 += import_module("accounts.urls").urlpatterns
    staff_pages = [
        path("admin/login/", staff.sign_in),
        path("admin/login/clerk", staff.sign_in_with_clerk, name="admin-clerk"),
        path("admin/password_change/", admin.site.admin_view(staff.change_password)),
        path("admin/", admin.site.urls),
    ]
if settings.FAQ_ENABLED:
    api_v1 += import_module("faq.urls").urlpatterns
if settings.CHAT_ENABLED:
    api_v1 += import_module("chat.urls").urlpatterns
api_v1.append(path("", api.ApiRoot.as_view(), name="api-root"))

admin.site.site_header = admin.site.site_title = settings.PRODUCT.name
admin.site.index_title = settings.PRODUCT.tagline
admin.site.login_form = staff.PasswordForm
admin.site.login_template = "accounts/login.html"

urlpatterns = [
    path("api/v1/", include(api_v1)),  # first, since they are tried one after another
    path("", pages.home, name="home"),
    path("favicon.ico", pages.icon, name="icon"),
    *staff_pages,
    path("api/health", health.HealthView.as_view(), name="health"),
    path("api/health/db", health.DatabaseHealthView.as_view(), name="health-db"),
    path("openapi.json", reference.OpenAPIView.as_view(), name="openapi"),
    path("docs", reference.SwaggerView.as_view(), name="docs"),
    path("redoc", reference.RedocView.as_view(), name="redoc"),
    re_path(r"^api/.*$", api.UnknownPath.as_view()),
]

handler400 = "core.pages.bad_request"
handler403 = "core.pages.forbidden"
handler404 = "core.pages.not_found"
handler500 = "core.pages.server_error"
