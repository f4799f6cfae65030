from django.urls import path

urlpatterns = [path("faq/documents/<uuid:pk>", lambda r: None, name="faq-document")]
