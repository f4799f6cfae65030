"""An answer with no model: every tool is asked for itself, and what they know is put together."""

import logging
from collections.abc import Iterable, Sequence

from django.conf import settings

from chat import small_talk
from chat.models import MessageRole
from core.errors import as_api_error
from core.tools import Source, Tool, ToolContext, ToolResult

logger = logging.getLogger("chat.offline")
MODEL = "offline"
# A result is left out when its tool is this much less sure than the surest one.
RELATIVE_CONFIDENCE = 0.6
NOTHING_FOUND = {
    "en": "I could not find anything about that here. Please ask in other words, or write to our "
    "team, who will be glad to help.",
    "th": "ขออภัย ไม่พบข้อมูลเกี่ยวกับเรื่องนี้ กรุณาลองถามด้วยคำอื่น หรือติดต่อทีมงานของเรา ซึ่งยินดีช่วยเหลือคุณ",
    "ru": "К сожалению, я ничего об этом не нашёл. Попробуйте спросить другими словами или "
    "напишите нашей команде: она с радостью поможет.",
}
NOT_FOUND_TOO = {
    "en": "About this I could not find anything: “{asked}”",
    "th": "ส่วนเรื่องนี้ ไม่พบข้อมูล: “{asked}”",
    "ru": "А об этом ничего не нашлось: «{asked}»",
}
TOPICS = {
    "en": "You can ask me about {topics}.",
    "th": "คุณสามารถสอบถามเกี่ยวกับ{topics}",
    "ru": "Меня можно спросить, например, про {topics}.",
}


def small_talk_reply(text: str, language: str) -> str | None:
    """A friendly word to a greeting, thanks or a goodbye; None: the tools are to be asked."""
    language, topics = spoken(small_talk.language_said(text, language))
    if not topics:
        return None
    return small_talk.reply(text, language, settings.PRODUCT.name, topics)


def spoken(language: str) -> tuple[str, str | None]:
    """The visitor's language, or else the product's first, with its topics: who greets it in one
    that it does not speak has asked nothing that could not be found."""
    known = language if language in settings.CHAT.topics else settings.PRODUCT.languages[0]
    return known, settings.CHAT.topics.get(known)


def said_before(history: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The visitor's own messages of a history, without greetings and thanks."""
    own = (content for role, content in history if role == MessageRole.USER)
    return tuple(content for content in own if small_talk.kind_of(content) is None)


def replied_last(history: Iterable[tuple[str, str]]) -> str:
    return next((content for role, content in reversed([*history]) if role != MessageRole.USER), "")


def ask_tools(
    tools: Iterable[Tool], text: str, context: ToolContext
) -> tuple[list[ToolResult], bool]:
    """What each tool says to the visitor's own words, if only by a question back, and whether one
    failed: to the visitor, that is one that knows nothing."""
    results: list[ToolResult] = []
    failed = False
    for tool in tools:
        try:
            result = tool.offline(text, context)
        except Exception as error:
            logger.error("tool %s failed: %s", tool.name, as_api_error(error).code, exc_info=error)
            failed = True
            continue
        if result and (result.answer or result.suggestion):
            results.append(result)
    return results, failed


def compose(results: Sequence[ToolResult], language: str) -> tuple[str, tuple[Source, ...]]:
    """The surest results, surest first, as one text with its sources; or that nothing was found.

    One that took in all that was said leaves the others out; one that knows nothing of some of the
    words, none. What one left to the others is said to be unanswered where none of them knows it.
    """
    answers = [result for result in results if result.answer]
    if not answers:
        return nothing_found(language, [result.suggestion for result in results]), ()
    results = [result for result in answers if result.whole] or answers
    ordered = sorted(results, key=lambda result: result.confidence, reverse=True)
    least = 0 if ordered[0].partly else ordered[0].confidence * RELATIVE_CONFIDENCE
    kept = [result for result in ordered if result.confidence >= least or result.left]
    sources = (source for result in kept for source in result.sources)
    told = [result.answer for result in kept]
    left = [part for part in kept[0].left if all(part in result.left for result in kept)]
    return "\n\n".join([*told, *said_of_left(left, language)]), unique(sources)


def said_of_left(parts: Sequence[str], language: str) -> list[str]:
    """To each question that no tool knows: who is asked may be the assistant itself."""
    replies = {part: small_talk_reply(part, language) or person(part, language) for part in parts}
    said = [reply for reply in replies.values() if reply]
    if unknown := " ".join(part for part in parts if not replies[part]):
        said.append(NOT_FOUND_TOO.get(language, NOT_FOUND_TOO["en"]).format(asked=unknown))
    return said


def person(text: str, language: str) -> str | None:
    language, topics = spoken(language)
    if not topics:
        return None
    return small_talk.way_to_a_person(text, language, settings.PRODUCT.name, topics)


def answer(
    text: str, results: Sequence[ToolResult], language: str
) -> tuple[str, tuple[Source, ...]]:
    """What the tools know, behind an apology to who complains; where they know nothing, that and
    the way to a person stand alone."""
    told, sources = compose(results, language)
    if any(source.kind == "listing" for source in sources):
        return told, sources
    apology = small_talk.apology(text, language, settings.PRODUCT.name)
    if any(result.answer for result in results):
        return "\n\n".join(filter(None, [apology, told])), sources
    if apology:
        return " ".join([apology, *(result.suggestion for result in results)]), sources
    return (not results and person(text, language)) or told, sources


def nothing_found(language: str, suggestions: Sequence[str] = ()) -> str:
    """With what may have been meant, or else a hint of what may be asked, when the product's
    settings tell it."""
    known = language if language in NOTHING_FOUND else "en"
    topics = settings.CHAT.topics.get(known)
    hints = suggestions or ([TOPICS[known].format(topics=topics)] if topics else [])
    return " ".join([NOTHING_FOUND[known], *hints])


def unique(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Each thing once, where it was first named."""
    named: dict[tuple[str, str], Source] = {}
    for source in sources:
        named.setdefault((source.kind, source.id), source)
    return tuple(named.values())
