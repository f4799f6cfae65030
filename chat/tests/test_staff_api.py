import re
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, connections, transaction

from chat.models import ChatPrompt, ChatTool, ImmutablePrompt
from core.databases import APP
from core.models import AuditEntry
from core.testing.model_server import Reply, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)
PROMPTS, TOOLS = "/api/v1/admin/chat/prompts", "/api/v1/admin/chat/tools"


@pytest.fixture
def admin(sign_in, users):
    return sign_in(users.admin)


def add(admin, text, **body):
    return admin.post(PROMPTS, {"text": text, **body}, format="json")


def prompt_told(model):
    return model.chat_requests[-1]["messages"][0]["content"]


def test_the_next_turn_uses_a_new_version(admin, users, ask, model):
    ask()
    assert prompt_told(model).startswith(django_settings.CHAT.system_prompt)
    response = add(admin, "Speak like a pirate.", note="For the fair")
    assert response.status_code == 201
    body = response.json()
    assert (body["live"], body["note"]) == (True, "For the fair")
    assert body["created_by"] == str(users.admin.id)
    ask()
    assert prompt_told(model).startswith("Speak like a pirate.\n")
    assert "never an instruction" in prompt_told(model)


def test_a_version_sent_again_is_the_same_one(admin, users, sign_in):
    first = add(admin, "One.", live=False)
    again = add(admin, "One.", live=False)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert add(admin, "One.").json() == first.json() | {"live": True}
    assert ChatPrompt.objects.count() == 1
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["chat_prompt.created", "chat_prompt.made_live"]
    users.user.role = "admin"
    users.user.save()
    others = [
        (sign_in(users.user), "One.", ""),
        (admin, "One.", ""),
        (admin, "One.", "Why"),
        (admin, "Two.", "Why"),
        (admin, "One.", "Why"),
    ]
    assert [add(who, text, note=note).status_code for who, text, note in others] == [201] * 5


def test_a_version_sent_twice_at_once_is_one(users, sign_in):
    clients, start = [sign_in(users.admin) for _ in range(4)], threading.Barrier(4)

    def send(client):
        try:
            start.wait()
            return add(client, "One.").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(send, clients)) == [200, 200, 200, 201]
    assert ChatPrompt.objects.get().live


def test_a_text_that_shows_nothing_is_none(admin):
    refused = add(admin, "\u200b")
    assert (refused.status_code, ChatPrompt.objects.count()) == (400, 0)
    name = admin.get(TOOLS).json()["results"][0]["name"]
    told = admin.patch(f"{TOOLS}/{name}", {"description": "\u200b"}, format="json").json()
    assert (told["reworded"], told["description"]) == (False, told["default_description"])


def test_a_version_can_wait_and_be_made_live_later(admin, ask, model):
    first = add(admin, "One.").json()
    second = add(admin, "Two.", live=False).json()
    assert (first["live"], second["live"]) == (True, False)
    ask()
    assert prompt_told(model).startswith("One.")
    activated = admin.post(f"{PROMPTS}/{second['id']}/activate", {}, format="json")
    assert (activated.status_code, activated.json()["live"]) == (200, True)
    assert admin.get(f"{PROMPTS}/{first['id']}").json()["live"] is False
    ask()
    assert prompt_told(model).startswith("Two.")


def test_a_box_that_is_not_ticked_keeps_a_version_waiting(admin):
    form = admin.get(PROMPTS, headers={"accept": "text/html"}).content.decode()
    (box,) = re.findall(r'<input[^>]*name="live"[^>]*>', form)
    assert "checked" in box
    unticked = admin.post(PROMPTS, {"text": "One.", "note": ""})
    ticked = admin.post(PROMPTS, {"text": "Two.", "note": "", "live": "true"})
    assert (unticked.json()["live"], ticked.json()["live"]) == (False, True)


def test_versions_are_listed_newest_first_in_pages(admin):
    for number in range(3):
        add(admin, str(number))
    first = admin.get(PROMPTS, {"limit": 2}).json()
    assert [row["text"] for row in first["results"]] == ["2", "1"]
    second = admin.get(PROMPTS, {"limit": 2, "cursor": first["next"]}).json()
    assert ([row["text"] for row in second["results"]], second["next"]) == (["0"], None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": 7},
        {"text": "x" * 20_001},
        {"text": "a", "live": "yes"},
        {"text": "a", "id": str(uuid4())},
        {"text": "a", "note": "x" * 201},
    ],
)
def test_a_bad_version_is_refused(admin, body):
    assert admin.post(PROMPTS, body, format="json").status_code == 400
    assert not ChatPrompt.objects.exists()


def test_a_versions_text_never_changes(db):
    prompt = ChatPrompt.objects.create(text="One.")
    prompt.text = "Two."
    with pytest.raises(ImmutablePrompt):
        prompt.save()
    with pytest.raises(IntegrityError, match="add a version"), transaction.atomic(using=APP):
        ChatPrompt.objects.update(text="Two.")
    assert ChatPrompt.objects.get().text == "One."


def test_no_two_versions_are_live(db):
    ChatPrompt.objects.create(text="One.", live=True)
    with pytest.raises(IntegrityError, match="chat_prompt_one_live"):
        ChatPrompt.objects.create(text="Two.", live=True)


def test_versions_made_live_at_once_leave_one_live(db):
    prompts = [ChatPrompt.objects.create(text=str(number)) for number in range(4)]
    failures = []

    def activate(prompt):
        try:
            for _ in range(5):
                prompt.activate()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=(prompt,)) for prompt in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ChatPrompt.objects.live().count() == 1


def test_the_first_versions_made_at_once_leave_one_live(users, sign_in):
    """There is no row yet whose lock the second could wait for."""

    def post(number):
        try:
            return add(sign_in(users.admin), str(number)).status_code
        finally:
            connections.close_all()

    for _ in range(3):
        ChatPrompt.objects.all().delete()
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(post, range(6))) == {201}
        assert ChatPrompt.objects.live().count() == 1


def test_tools_are_shown_as_the_settings_list_them(admin):
    rows = admin.get(TOOLS).json()["results"]
    assert rows[0] == {
        "name": "house_rules",
        "enabled": True,
        "description": "Looks up the rules of the house.",
        "reworded": False,
        "default_description": "Looks up the rules of the house.",
    }
    assert [row["name"] for row in rows] == ["house_rules", "houses"]


def test_a_tool_that_is_switched_off_is_not_offered(admin, ask, model):
    response = admin.patch(f"{TOOLS}/house_rules", {"enabled": False}, format="json")
    assert response.json()["enabled"] is False
    call = ToolCall("house_rules", {"about": "check-out"})
    model.script(Reply(tool_calls=(call,)), "Not known.")
    ask()
    offered = [tool["function"]["name"] for tool in model.chat_requests[0]["tools"]]
    assert offered == ["houses"]
    assert "There is no tool" in model.chat_requests[1]["messages"][-1]["content"]


def test_a_tool_that_is_switched_off_does_not_answer_offline_either(admin, ask):
    admin.patch(f"{TOOLS}/house_rules", {"enabled": False}, format="json")
    assert ask("When is check-out?").json()["sources"] == []


def test_a_reworded_tool_and_back(admin, ask, model):
    admin.patch(f"{TOOLS}/houses", {"description": "Only for houses."}, format="json")
    ask()
    told = {t["function"]["name"]: t["function"] for t in model.chat_requests[0]["tools"]}
    assert told["houses"]["description"] == "Only for houses."
    back = admin.put(f"{TOOLS}/houses", {}, format="json").json()
    assert (back["description"], back["reworded"]) == (back["default_description"], False)


def test_a_form_that_rewords_a_tool_leaves_it_on(admin):
    told = admin.patch(f"{TOOLS}/houses", {"description": "Houses."}, format="multipart").json()
    assert (told["enabled"], told["description"]) == (True, "Houses.")


def test_a_row_of_a_tool_that_is_not_listed_changes_nothing(admin):
    ChatTool.objects.create(name="gone", enabled=True)
    assert len(admin.get(TOOLS).json()["results"]) == 2
    assert admin.get(f"{TOOLS}/gone").status_code == 404


@pytest.mark.parametrize(
    "body", [{"enabled": "no"}, {"enabled": 1}, {"description": 7}, {"name": "x"}, {"on": True}]
)
def test_a_bad_change_of_a_tool(admin, body):
    assert admin.patch(f"{TOOLS}/houses", body, format="json").status_code == 400
    assert not ChatTool.objects.exists()


def test_missing_ones_are_404(admin):
    for path in (f"{PROMPTS}/{uuid4()}", f"{PROMPTS}/x", f"{TOOLS}/x"):
        assert admin.get(path).json()["error"]["code"] == "NOT_FOUND"
    assert admin.post(f"{PROMPTS}/{uuid4()}/activate", {}, format="json").status_code == 404
    assert admin.patch(f"{TOOLS}/x", {}, format="json").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", PROMPTS),
        ("post", PROMPTS),
        ("get", f"{PROMPTS}/{UUID(int=7)}"),
        ("post", f"{PROMPTS}/{UUID(int=7)}/activate"),
        ("get", TOOLS),
        ("get", f"{TOOLS}/houses"),
        ("put", f"{TOOLS}/houses"),
        ("patch", f"{TOOLS}/houses"),
    ],
)
def test_admins_only(api, sign_in, users, method, path):
    assert getattr(api, method)(path).status_code == 401
    for person in (users.agent, users.user):
        response = getattr(sign_in(person), method)(path)
        assert response.json()["error"]["code"] == "FORBIDDEN"


def test_the_browsable_pages_have_forms(admin):
    for path in (PROMPTS, f"{TOOLS}/houses"):
        page = admin.get(path, HTTP_ACCEPT="text/html")
        assert b"<form" in page.content
        assert b"<textarea" in page.content


def told():
    return [(e.action, e.before, e.after) for e in AuditEntry.objects.order_by("id")]


def test_what_is_done_with_versions_is_recorded(admin, users):
    first, second = add(admin, "One.").json()["id"], add(admin, "Two.").json()["id"]
    for _ in range(2):  # the second time changes nothing
        admin.post(f"{PROMPTS}/{first}/activate", {}, format="json")
    assert told() == [
        ("chat_prompt.created", None, {"text": "One.", "note": ""}),
        ("chat_prompt.made_live", {"live_id": None}, {"live_id": first}),
        ("chat_prompt.created", None, {"text": "Two.", "note": ""}),
        ("chat_prompt.made_live", {"live_id": first}, {"live_id": second}),
        ("chat_prompt.made_live", {"live_id": second}, {"live_id": first}),
    ]
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {users.admin.id}


def test_a_changed_tool_is_recorded(admin):
    for _ in range(2):
        admin.patch(f"{TOOLS}/houses", {"enabled": False}, format="json")
    assert told() == [("chat_tool.changed", {"enabled": True}, {"enabled": False})]
