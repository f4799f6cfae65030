from django.urls import path

from chat import api, staff_api

urlpatterns = [
    path("llm/chat", api.Chat.as_view(), name="llm-chat"),
    path("llm/conversations", api.Conversations.as_view(), name="llm-conversations"),
    path("llm/conversations/<id:id>", api.ConversationDetail.as_view(), name="llm-conversation"),
    path("admin/chat/prompts", staff_api.Prompts.as_view(), name="chat-prompts"),
    path("admin/chat/prompts/<id:id>", staff_api.PromptDetail.as_view(), name="chat-prompt"),
    path(
        "admin/chat/prompts/<id:id>/activate",
        staff_api.PromptActivation.as_view(),
        name="chat-prompt-activate",
    ),
    path("admin/chat/tools", staff_api.Tools.as_view(), name="chat-tools"),
    path("admin/chat/tools/<str:name>", staff_api.ToolDetail.as_view(), name="chat-tool"),
]
