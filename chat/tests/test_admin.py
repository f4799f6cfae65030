import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from chat.models import ChatPrompt, ChatTool, Conversation, Message
from core.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(users):
    client = Client()
    client.force_login(users.admin)
    return client


def url(name, *args):
    return reverse(f"admin:chat_{name}", args=args)


def page(staff, name, *args, **query):
    response = staff.get(url(name, *args), query)
    assert response.status_code == 200
    return response.content.decode()


def conversations(users, count):
    for number in range(count):
        conversation = Conversation.objects.create(
            user_id=[users.user.id, users.agent.id][number % 2], title=f"Question {number}"
        )
        Message.objects.create(conversation=conversation, role="user", content="Hello")


def test_conversations_name_their_people_in_one_query(
    staff, users, django_assert_max_num_queries, ask
):
    ask("A guest's question")
    conversations(users, 30)
    with django_assert_max_num_queries(8):
        text = page(staff, "conversation_changelist")
    assert all(name in text for name in ("User Example", "Agent Example", "guest", "Question 7"))


def test_conversations_are_searched_and_filtered(staff, users):
    conversations(users, 2)
    assert "Question 1" not in page(staff, "conversation_changelist", q="Question 0")
    assert "Question 0" not in page(staff, "conversation_changelist", user_id__isempty=1)


def test_a_conversation_is_shown_with_its_latest_messages_and_no_buttons(staff, ask):
    ask("When is check-out?")
    conversation = Conversation.objects.get()
    Message.objects.bulk_create(
        Message(conversation=conversation, role="user", content=f"[{number}]")
        for number in range(120)
    )
    text = page(staff, "conversation_change", conversation.id)
    assert text.count('<td class="field-content">') == 100
    assert "_save" not in text
    assert "guest" in text
    assert staff.post(url("conversation_change", conversation.id), {}).status_code == 403
    assert staff.get(url("conversation_add")).status_code == 403


def test_a_new_version_of_the_prompt_is_live_at_once(staff, users):
    answer = staff.post(
        url("chatprompt_add"), {"text": "Be brief.", "note": "Shorter", "make_live": "on"}
    )
    assert answer.status_code == 302
    prompt = ChatPrompt.objects.live().get()
    assert (prompt.text, prompt.created_by) == ("Be brief.", users.admin.id)
    assert "Admin Example" in page(staff, "chatprompt_changelist")


def test_a_new_version_begins_with_the_words_of_the_live_one(staff, settings):
    def begun():
        return staff.get(url("chatprompt_add")).context["adminform"].form["text"].value()

    assert begun() == settings.CHAT.system_prompt
    ChatPrompt.objects.create(text="One.", live=True)
    ChatPrompt.objects.create(text="Two.")
    assert begun() == "One."


def test_a_new_version_sent_twice_is_one(staff):
    (new_id,) = re.findall(r'name="new_id" value="([^"]+)"', page(staff, "chatprompt_add"))
    given = {"text": "Be brief.", "note": "", "make_live": "on", "new_id": new_id}
    assert staff.post(url("chatprompt_add"), given).status_code == 302
    again = staff.post(url("chatprompt_add"), given)
    assert "This chat prompt was saved already: see the list." in again.content.decode()
    assert str(ChatPrompt.objects.live().get().id) == new_id
    assert ChatPrompt.objects.count() == 1
    assert AuditEntry.objects.filter(action="chat_prompt.created").count() == 1


def test_a_version_can_be_made_live_but_not_changed(staff):
    first = ChatPrompt.objects.create(text="One.", live=True)
    staff.post(url("chatprompt_add"), {"text": "Two.", "note": ""})
    second = ChatPrompt.objects.get(live=False)
    make_live = {"action": "make_live", "_selected_action": [str(second.id)]}
    staff.post(url("chatprompt_changelist"), make_live)
    assert ChatPrompt.objects.live().get() == second
    entry = AuditEntry.objects.get(action="chat_prompt.made_live")
    assert (entry.subject_id, entry.before) == (str(second.id), {"live_id": str(first.id)})
    make_live["_selected_action"] = [str(first.id), str(second.id)]
    answer = staff.post(url("chatprompt_changelist"), make_live, follow=True)
    assert "Choose one version." in answer.content.decode()
    text = page(staff, "chatprompt_change", first.id)
    assert "One." in text
    assert "_save" not in text
    assert staff.post(url("chatprompt_change", first.id), {"text": "Three."}).status_code == 403


def test_a_tool_is_chosen_from_those_of_the_settings(staff):
    text = page(staff, "chattool_add")
    assert "house_rules" in text and "A tool that is not in the list is on." in text
    unknown = staff.post(url("chattool_add"), {"name": "x", "description": ""})
    assert "Select a valid choice" in unknown.content.decode()
    staff.post(url("chattool_add"), {"name": "houses", "description": ""})
    tool = ChatTool.objects.get()
    assert (tool.name, tool.enabled) == ("houses", False)
    text = page(staff, "chattool_changelist", q="house", enabled__exact=0)
    assert "the tool&#x27;s own" in text
    staff.post(url("chattool_change", tool.id), {"name": "houses", "enabled": "on"})
    assert ChatTool.objects.get().enabled
    created, changed = AuditEntry.objects.order_by("id")
    assert (created.action, created.after["name"]) == ("chat_tool.created", "houses")
    assert (changed.before, changed.after) == ({"enabled": False}, {"enabled": True})


def test_what_a_row_is_called():
    prompt = ChatPrompt(text="x", note="First")
    message = Message(role="user", content="Hello")
    names = [str(Conversation(title="A title")), str(message), str(ChatTool(name="t"))]
    assert names == ["A title", "user: Hello", "t"]
    prompt.save()
    prompt.created_at = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
    assert str(prompt) == "2026-05-02 06:30 First"  # the clock of the lists
