from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from core import api, health, pages, reference

api_v1: list[URLPattern | URLResolver] = [
    path("", api.ApiRoot.as_view(), name="api-root"),
    path("", include("accounts.urls")),
    path("", include("properties.urls")),
]
if settings.FAQ_ENABLED:
    api_v1.append(path("", include("faq.urls")))
if settings.CHAT_ENABLED:
    api_v1.append(path("", include("chat.urls")))

admin.site.site_header = admin.site.site_title = settings.PRODUCT.name
admin.site.index_title = settings.PRODUCT.tagline

urlpatterns = [
    path("", pages.home, name="home"),
    path("admin/", admin.site.urls),
    path("api/health", health.HealthView.as_view(), name="health"),
    path("api/health/db", health.DatabaseHealthView.as_view(), name="health-db"),
    path("api/v1/", include(api_v1)),
    path("openapi.json", reference.OpenAPIView.as_view(), name="openapi"),
    path("docs", reference.SwaggerView.as_view(), name="docs"),
    path("redoc", reference.RedocView.as_view(), name="redoc"),
    re_path(r"^api/.*$", api.UnknownPath.as_view()),
]

handler400 = "core.pages.bad_request"
handler403 = "core.pages.forbidden"
handler404 = "core.pages.not_found"
handler500 = "core.pages.server_error"
