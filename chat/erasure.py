from uuid import UUID

from chat.models import ChatPrompt, Conversation, Message
from core import audit
from core.databases import APP


def erase(user_id: UUID) -> dict[str, int]:
    """Their conversations with all messages; prompts stay, with nobody as their author.

    In a transaction. Locked first: no message is added to what is being removed.
    """
    theirs = Conversation.objects.using(APP).of_user(user_id)
    ids = list(theirs.select_for_update().order_by("id").values_list("id", flat=True))
    # As SQL: Django would read every message to remove it. It says None where it asked nothing.
    messages = Message.objects.using(APP).filter(conversation_id__in=ids)._raw_delete(APP) or 0
    conversations = Conversation.objects.using(APP).filter(id__in=ids)._raw_delete(APP) or 0
    prompts = ChatPrompt.objects.using(APP).filter(created_by=user_id).update(created_by=None)
    counts = {"conversations": conversations, "messages": messages, "prompts": prompts}
    if any(counts.values()):
        audit.record("conversation.erased", Conversation(id=None), after=counts)
    return {f"chat.{name}": count for name, count in counts.items()}
