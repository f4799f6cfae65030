from django.urls import path

from properties.api import Properties, PropertyDetail, SimilarProperties
from properties.enquiries.api import Enquiries, EnquiryDetail, SendEnquiry

urlpatterns = [
    path("properties", Properties.as_view(), name="properties"),
    path("properties/<id:id>", PropertyDetail.as_view(), name="property"),
    path("properties/<id:id>/enquiries", SendEnquiry.as_view(), name="enquiries-of-property"),
    path("enquiries", Enquiries.as_view(), name="enquiries"),
    path("enquiries/<id:id>", EnquiryDetail.as_view(), name="enquiry"),
    path("properties/<id:id>/similar", SimilarProperties.as_view(), name="similar-properties"),
]
