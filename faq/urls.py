from django.urls import path

from faq.api.categories import FaqCategories, FaqCategory
from faq.api.documents import FaqDocument, FaqDocuments
from faq.api.search import FaqSearch
from faq.api.versions import FaqRestore, FaqVersions

urlpatterns = [
    path("faq/search", FaqSearch.as_view(), name="faq-search"),
    path("faq/documents", FaqDocuments.as_view(), name="faq-documents"),
    path("faq/documents/<id:id>", FaqDocument.as_view(), name="faq-document"),
    path("faq/documents/<id:id>/versions", FaqVersions.as_view(), name="faq-versions"),
    path(
        "faq/documents/<id:id>/versions/<int:number>/restore",
        FaqRestore.as_view(),
        name="faq-restore",
    ),
    path("faq/categories", FaqCategories.as_view(), name="faq-categories"),
    path("faq/categories/<id:id>", FaqCategory.as_view(), name="faq-category"),
]
