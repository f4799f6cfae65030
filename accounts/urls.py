from django.urls import path

from accounts.api import Me, UserDetail, Users
from accounts.webhooks_api import ClerkWebhook

urlpatterns = [
    path("webhooks/clerk", ClerkWebhook.as_view(), name="clerk-webhook"),
    path("users/me", Me.as_view(), name="me"),
    path("users", Users.as_view(), name="users"),
    path("users/<uuid:id>", UserDetail.as_view(), name="user"),
]
