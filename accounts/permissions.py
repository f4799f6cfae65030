"""Who may call a view: `permission_classes = [IsAgent]`.

An anonymous request is answered 401, a person without the role 403.
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Role, User

STAFF = frozenset({Role.ADMIN, Role.AGENT})


def has_role(user: AbstractBaseUser | AnonymousUser, roles: frozenset[Role]) -> bool:
    return isinstance(user, User) and user.role in roles


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User)


class IsAgent(BasePermission):
    """Agents, and admins, who may do whatever an agent may."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_role(request.user, STAFF)


class IsAdmin(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_role(request.user, frozenset({Role.ADMIN}))


class IsAgentOrReadOnly(IsAgent):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)
