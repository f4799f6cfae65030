from django.urls import path

from accounts.api import Me

urlpatterns = [path("users/me", Me.as_view(), name="me")]
