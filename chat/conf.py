from dataclasses import dataclass, field


@dataclass(frozen=True)
class ChatConfig:
    """How one product's assistant speaks, before staff change it in the admin.

    `models` maps a role to a model's name: "chat" writes the answer, "search" runs the cheap
    tool-calling rounds, "fallback" is tried when the first fails. `tools` are dotted paths of
    `core.tools.Tool` objects. `topics` says by language what may be asked about, for answers
    without a model. `timeout` is in seconds, for the whole call.
    """

    system_prompt: str
    tools: tuple[str, ...]
    topics: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    max_tokens: int = 2000
    temperature: float = 0.7
    timeout: float = 30.0
    max_tool_rounds: int = 4
