from django.urls import path

from faq import api

urlpatterns = [
    path("faq/search", api.FaqSearch.as_view(), name="faq-search"),
    path("faq/documents", api.FaqDocuments.as_view(), name="faq-documents"),
    path("faq/documents/<uuid:id>", api.FaqDocument.as_view(), name="faq-document"),
    path("faq/categories", api.FaqCategories.as_view(), name="faq-categories"),
    path("faq/categories/<uuid:id>", api.FaqCategory.as_view(), name="faq-category"),
]
