"""The OpenAPI document and its two readers, all served by the product itself (no CDN)."""

from django.conf import settings
from drf_spectacular.views import (
    SpectacularJSONAPIView,
    SpectacularRedocView,
    SpectacularSwaggerView,
)

from core.formats import PageRenderer


class OpenAPIView(SpectacularJSONAPIView):
    authentication_classes = ()
    custom_settings = {
        "TITLE": f"{settings.PRODUCT.name} API",
        "DESCRIPTION": settings.PRODUCT.tagline,
        "VERSION": settings.VERSION,
    }


# OPTIONS too would be answered by the template of the page.
READ = ["get", "head"]


class SwaggerView(SpectacularSwaggerView):
    renderer_classes = [PageRenderer]
    title = f"{settings.PRODUCT.name} API"
    http_method_names = READ
    authentication_classes = ()
    url_name = "openapi"


class RedocView(SpectacularRedocView):
    renderer_classes = [PageRenderer]
    http_method_names = READ
    template_name = "core/redoc.html"
    authentication_classes = ()
    url_name = "openapi"
