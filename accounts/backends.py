from django.contrib.auth.backends import ModelBackend


class PasswordBackend(ModelBackend):
    """Email and password, for the admin. Visitors sign in with Clerk."""
