from django.contrib.auth.backends import ModelBackend


class PasswordBackend(ModelBackend):
    """Email (in any case) and password, for the admin. Visitors sign in with Clerk.

    The inherited rules hold: an inactive person is refused, at sign-in and at every request after
    it. What a person may do is asked of `User.has_perm`, never of a backend.
    """
