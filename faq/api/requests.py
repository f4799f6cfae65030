"""What every view of FAQs reads of a request: who asks, for what, with which fields."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from accounts.permissions import STAFF, has_role
from core.api import limit_parameter, query_parameters
from core.errors import ApiError, ErrorCode, ErrorEnvelopeSerializer
from faq import writing
from faq.models import Document, Language, Status

PAGING = frozenset({"cursor", "limit"})

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = limit_parameter("Rows")
LANGUAGE = OpenApiParameter("language", str, enum=Language.values)
ACCEPT_WORSE = OpenApiParameter(
    "accept_worse",
    bool,
    description="Write it although the golden questions fall under their floor by it.",
)
CONFLICTS = OpenApiResponse(
    ErrorEnvelopeSerializer,
    description=(
        "Nothing was written: it conflicts with what is there, or the golden questions would fall "
        "under their floor. Then `details` has `fallen`, a list of `{measure, language, before, "
        "after, floor}`, and `later`, a list of `{question, language, expected, before, after}` "
        "with the places of the expected document (its slug)."
    ),
)


def invalid(name: str, message: str) -> ApiError:
    return ApiError(ErrorCode.VALIDATION_ERROR, details={name: [message]})


def choice(parameters: dict[str, str], name: str, choices: list[str]) -> str | None:
    value = parameters.get(name)
    if value is not None and value not in choices:
        raise invalid(name, f"One of {', '.join(choices)}.")
    return value


def accepts_worse(request: Request) -> bool:
    """Of a write, which takes no other parameter."""
    parameters = query_parameters(request, {"accept_worse"})
    return choice(parameters, "accept_worse", ["true", "false"]) == "true"


def validated(
    view: GenericAPIView[Any], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    serializer = view.get_serializer(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def is_staff(request: Request) -> bool:
    return has_role(request.user, STAFF)


def not_for(request: Request) -> ApiError:
    """What is for staff was asked for by somebody else."""
    signed_in = request.user.is_authenticated
    return ApiError(ErrorCode.FORBIDDEN if signed_in else ErrorCode.UNAUTHORIZED)


def visible_to(request: Request, wanted: str | None) -> QuerySet[Document]:
    """Raises UNAUTHORIZED or FORBIDDEN when others than staff ask for drafts or archived ones."""
    rows = Document.objects.select_related("category").defer(*writing.DERIVED)
    if is_staff(request):
        return rows.filter(status=wanted) if wanted else rows
    if wanted not in (None, Status.PUBLISHED):
        raise not_for(request)
    return rows.published()
