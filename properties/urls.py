from django.urls import path

from properties.api import Properties, PropertyDetail

urlpatterns = [
    path("properties", Properties.as_view(), name="properties"),
    path("properties/<uuid:id>", PropertyDetail.as_view(), name="property"),
]
