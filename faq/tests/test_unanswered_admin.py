import uuid

import pytest
from django.test import Client

from core.errors import ApiError
from core.models import AuditEntry
from faq import drafting
from faq.models import Document, UnansweredQuestion
from faq.unanswered import Surface, record

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local"),
    pytest.mark.any_product,
]
URL = "/admin/faq/unansweredquestion/"


@pytest.fixture
def staff(users):
    client = Client()
    client.force_login(users.agent, "accounts.backends.PasswordBackend")
    return client


@pytest.fixture
def asked(category):
    for text in ("is there a helipad", "is there a helipad", "можно с попугаем"):
        record(text, Surface.SEARCH)
    record("is there a casino", Surface.ASSISTANT)
    return {group.text: group for group in UnansweredQuestion.objects.all()}


def shown(client, **parameters):
    response = client.get(URL, parameters)
    return [row.text for row in response.context["cl"].result_list]


def test_a_question_is_read_aloud_in_its_language(staff, asked):
    question = asked["можно с попугаем"]
    for page in (URL, f"{URL}{question.id}/change/"):
        assert f'<span lang="ru">{question.text}</span>' in staff.get(page).content.decode()


def test_the_most_asked_come_first_at_the_same_cost(staff, asked, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert shown(staff)[0] == "is there a helipad"
    for number in range(8):
        record(f"is there a {'abcdefgh'[number] * 7}", Surface.SEARCH)
    with django_assert_max_num_queries(6):
        assert len(shown(staff)) == 11


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"language__exact": "ru"}, {"можно с попугаем"}),
        ({"surface": "turns"}, {"is there a casino"}),
        ({"surface": "searches"}, {"is there a helipad", "можно с попугаем"}),
        ({"q": "casino"}, {"is there a casino"}),
        ({"state": "drafted"}, set()),
        ({"state": "dismissed"}, set()),
    ],
)
def test_filters_and_search(staff, asked, parameters, expected):
    assert set(shown(staff, **parameters)) == expected


def test_a_filter_that_is_none_filters_nothing(staff, asked):
    assert set(shown(staff, surface="text")) == set(shown(staff))


def test_a_draft_is_made_once(staff, asked):
    group = asked["is there a helipad"]
    first, second = (staff.post(f"{URL}{group.id}/draft/") for _ in range(2))
    draft = Document.objects.get()
    assert first.url == second.url == f"/admin/faq/document/{draft.id}/change/"
    assert (draft.question, draft.language, draft.status, draft.answer) == (
        "is there a helipad", "en", "draft", ""
    )  # fmt: skip
    assert draft.slug.startswith("is-there-a-helipad-")
    assert shown(staff, state="drafted") == ["is there a helipad"]
    assert "is there a helipad" not in shown(staff)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["document.created", "unanswered_question.changed"]


def test_a_draft_has_to_be_answered_before_it_is_published(staff, asked, sign_in, users):
    draft = drafting.make_draft(asked["можно с попугаем"].id)
    url = f"/admin/faq/document/{draft.id}/change/"
    given = {
        "slug": draft.slug, "category": str(draft.category_id), "language": "ru",
        "question": draft.question, "answer": "", "status": "published", "position": 0,
    }  # fmt: skip
    assert staff.post(url, given).status_code == 200
    assert staff.post(url, given | {"answer": "\u200b"}).status_code == 200
    assert staff.post(url, given | {"status": "draft", "position": 5}).status_code == 302
    draft.refresh_from_db()
    assert (draft.position, draft.answer) == (5, "")
    listed = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "_save": "Save"}
    listed |= {"form-0-id": str(draft.id), "form-0-status": "published", "form-0-position": 0}
    page = staff.post("/admin/faq/document/", listed).content.decode()
    assert "Without an answer it cannot be published." in page
    api = sign_in(users.agent)
    answer = api.patch(f"/api/v1/faq/documents/{draft.id}", {"status": "published"}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert staff.post(url, given | {"answer": "Можно."}).status_code == 302
    assert Document.objects.published().get().answer == "Можно."


def test_a_draft_that_was_deleted_opens_its_question_again(staff, asked):
    group = asked["is there a casino"]
    drafting.make_draft(group.id).delete()
    assert group.text in shown(staff)
    assert drafting.make_draft(group.id).question == group.text


def act(client, action, *groups, reason=""):
    chosen = [str(group.id) for group in groups]
    given = {"action": action, "_selected_action": chosen, "reason": reason}
    return client.post(URL, given, follow=True).content.decode()


def test_it_is_dismissed_with_a_reason_and_opened_again(staff, asked, users):
    group = asked["is there a casino"]
    assert "Give a reason" in act(staff, "dismiss", group)
    assert group.text in shown(staff)
    assert "1 dismissed." in act(staff, "dismiss", group, reason="Not our business.")
    assert shown(staff, state="dismissed") == [group.text]
    assert "None of them is open" in act(staff, "dismiss", group, reason="Again.")
    record(group.text, Surface.SEARCH)
    group.refresh_from_db()
    assert (group.reason, group.asked, group.state) == ("Not our business.", 2, "dismissed")
    entry = AuditEntry.objects.get(action="unanswered_question.changed")
    assert (entry.actor, entry.after) == (users.agent.pk, {"reason": "Not our business."})
    staff.post(f"{URL}?state=dismissed", {"action": "open_again", "_selected_action": [group.id]})
    group.refresh_from_db()
    assert group.state == "open"


def test_one_can_be_read_but_not_rewritten(staff, asked):
    group = asked["is there a casino"]
    page = staff.get(f"{URL}{group.id}/change/").content.decode()
    assert "is there a casino" in page and f"{URL}{group.id}/draft/" in page
    assert staff.post(f"{URL}{group.id}/change/", {"reason": "x"}).status_code == 403
    assert staff.get(f"{URL}add/").status_code == 403


def test_one_that_tells_who_asked_is_deleted_and_the_log_does_not_keep_it(staff, asked, users):
    one, other, third = asked.values()
    page = staff.get(f"{URL}{one.id}/change/").content.decode()
    assert f"{URL}{one.id}/delete/" in page
    staff.post(f"{URL}{one.id}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [other.id], "post": "yes"}
    staff.post(URL, chosen)
    assert list(UnansweredQuestion.objects.all()) == [third]
    entries = AuditEntry.objects.filter(action="unanswered_question.deleted")
    assert {entry.subject_id for entry in entries} == {str(one.id), str(other.id)}
    for entry in entries:
        assert entry.actor == users.agent.pk
        assert entry.before == {"reason": "", "draft_id": None}


def test_drafting_is_for_staff_by_post(users, staff, asked):
    url = f"{URL}{asked['is there a casino'].id}/draft/"
    assert staff.get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert staff.post(f"{URL}{uuid.uuid4()}/draft/").status_code == 404
    assert not Document.objects.exists()


def test_without_a_category_there_is_no_draft(staff, category):
    category.delete()
    record("is there a casino", Surface.SEARCH)
    group = UnansweredQuestion.objects.get()
    with pytest.raises(ApiError, match="Make a category first"):
        drafting.make_draft(group.id)
    assert (
        "Make a category first."
        in staff.post(f"{URL}{group.id}/draft/", follow=True).content.decode()
    )
