"""Tells whom the settings name of questions that no tool knew an answer to."""

import logging

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger("chat.unanswered")


def tell(content: str) -> None:
    """`content` is what the visitor wrote. The answer is stored: what fails here is only logged."""
    for path in settings.UNANSWERED:
        try:
            import_string(path)(content)
        except Exception as error:
            logger.error("%s failed", path, exc_info=error)
