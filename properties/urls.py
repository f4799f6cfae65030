from django.urls import path

from properties.api import Properties, PropertyDetail, SimilarProperties
from properties.enquiries_api import Enquiries, EnquiryDetail, SendEnquiry

urlpatterns = [
    path("properties", Properties.as_view(), name="properties"),
    path("properties/<uuid:id>", PropertyDetail.as_view(), name="property"),
    path("properties/<uuid:id>/enquiries", SendEnquiry.as_view(), name="enquiries-of-property"),
    path("enquiries", Enquiries.as_view(), name="enquiries"),
    path("enquiries/<uuid:id>", EnquiryDetail.as_view(), name="enquiry"),
    path("properties/<uuid:id>/similar", SimilarProperties.as_view(), name="similar-properties"),
]
