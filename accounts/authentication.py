from rest_framework.authentication import BaseAuthentication


class ClerkAuthentication(BaseAuthentication):
    def authenticate(self, request):
        return None
