from django.urls import path

from properties.api import Properties, PropertyDetail, SimilarProperties

urlpatterns = [
    path("properties", Properties.as_view(), name="properties"),
    path("properties/<uuid:id>", PropertyDetail.as_view(), name="property"),
    path("properties/<uuid:id>/similar", SimilarProperties.as_view(), name="similar-properties"),
]
