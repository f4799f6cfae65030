from django.urls import path

from accounts.api import Me, UserDetail, Users
from accounts.erasures_api import Erasure, Export
from accounts.webhooks_api import ClerkWebhook

urlpatterns = [
    path("users/me", Me.as_view(), name="me"),
    path("webhooks/clerk", ClerkWebhook.as_view(), name="clerk-webhook"),
    path("users/me/export", Export.as_view(), name="export"),
    path("erasures/<id:id>", Erasure.as_view(), name="erasure"),
    path("users", Users.as_view(), name="users"),
    path("users/<id:id>", UserDetail.as_view(), name="user"),
]
