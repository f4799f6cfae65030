import pytest

from faq.models import Status
from faq.statuses import ALLOWED, refusal

DRAFT, PUBLISHED, ARCHIVED = Status.DRAFT, Status.PUBLISHED, Status.ARCHIVED


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        (DRAFT, DRAFT, True),
        (DRAFT, PUBLISHED, True),
        (DRAFT, ARCHIVED, True),
        (PUBLISHED, DRAFT, True),
        (PUBLISHED, PUBLISHED, True),
        (PUBLISHED, ARCHIVED, True),
        (ARCHIVED, DRAFT, True),
        (ARCHIVED, PUBLISHED, False),
        (ARCHIVED, ARCHIVED, True),
    ],
)
def test_steps(before, after, allowed):
    assert (refusal(before, after) == "") is allowed


def test_every_status_leads_somewhere():
    assert set(ALLOWED) == set(Status.values)
    assert all(ALLOWED.values())


def test_a_refusal_says_what_to_do():
    reason = refusal("archived", "published")
    assert reason == "A FAQ that is archived cannot become published: make it draft first."
