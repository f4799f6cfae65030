"""Who may call a view: `permission_classes = [IsAgent]`.

An anonymous request is answered 401, a person without the role 403. An API key is no person: it
opens the views that ask for one of its scopes and no other, public ones included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import APIKey, Role, Scope, User

if TYPE_CHECKING:  # the views import these
    from rest_framework.views import APIView

STAFF = frozenset({Role.ADMIN, Role.AGENT})


def has_role(user: AbstractBaseUser | AnonymousUser, roles: frozenset[Role]) -> bool:
    return isinstance(user, User) and user.role in roles


class IsAnybody(BasePermission):
    """Guests and people; what a view asks for that says nothing else."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return not isinstance(request.auth, APIKey)


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
        reads = request.method in SAFE_METHODS and not isinstance(request.auth, APIKey)
        return reads or super().has_permission(request, view)


class MayReadUsers(IsAdmin):
    """Admins, and keys with the scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        granted = isinstance(key, APIKey) and Scope.USERS_READ in key.scopes
        return granted or super().has_permission(request, view)
