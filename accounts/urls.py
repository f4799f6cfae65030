from django.urls import path

from accounts.api import Me, UserDetail, Users

urlpatterns = [
    path("users/me", Me.as_view(), name="me"),
    path("users", Users.as_view(), name="users"),
    path("users/<uuid:id>", UserDetail.as_view(), name="user"),
]
