"""From which status a FAQ may go to which. A new one may begin in any."""

from core.errors import ApiError, ErrorCode
from faq.models import Status

# What was archived comes back as a draft: somebody looks at it again before visitors see it.
ALLOWED: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.PUBLISHED, Status.ARCHIVED}),
    Status.PUBLISHED: frozenset({Status.DRAFT, Status.ARCHIVED}),
    Status.ARCHIVED: frozenset({Status.DRAFT}),
}


def refusal(before: str, after: str) -> str:
    """Why a FAQ may not go from one status to the other, as a sentence; "" if it may."""
    if before == after or after in ALLOWED[before]:
        return ""
    allowed = " or ".join(sorted(ALLOWED[before]))
    return f"A FAQ that is {before} cannot become {after}: make it {allowed} first."


def refuse(before: str, after: str) -> None:
    """Raises CONFLICT for a step that is not allowed."""
    if reason := refusal(before, after):
        raise ApiError(ErrorCode.CONFLICT, reason, details={"status": [reason]})
