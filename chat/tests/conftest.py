from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from chat import llm
from core.providers import Endpoint
from core.testing.model_server import ModelServer

TOOLS = ("chat.tests.tools.rules", "chat.tests.tools.houses")
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_model(settings):
    """Tools of the tests' own, and no model unless a test asks for one."""
    settings.LLM = None
    settings.CHAT = replace(settings.CHAT, tools=TOOLS, models={}, timeout=3.0)
    llm.breaker_of.cache_clear()


@pytest.fixture
def model(settings, model_server: ModelServer) -> ModelServer:
    """One model, "main", for all that there is to do."""
    settings.LLM = Endpoint(model_server.url, "main", "key-of-the-tests")
    settings.CHAT = replace(settings.CHAT, models={"chat": "main", "search": "main"})
    return model_server


@pytest.fixture
def ask(api: APIClient) -> Ask:
    def post(content: str = "Hello", client: APIClient = api, **body: Any) -> Any:
        return client.post("/api/v1/llm/chat", {"content": content, **body}, format="json")

    return post
