from django.urls import path

from accounts.api import Me
from accounts.webhooks_api import ClerkWebhook

urlpatterns = [
    path("users/me", Me.as_view(), name="me"),
    path("webhooks/clerk", ClerkWebhook.as_view(), name="clerk-webhook"),
]
