"""Texts in another language than the page's: by its `lang` a screen reader chooses the voice."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.search.text import language_of


def spoken(text: str, language: str) -> SafeString:
    return format_html('<span lang="{}">{}</span>', language, text)


def spoken_by_script(text: str) -> str:
    """Of a text whose language nobody has said: Thai and Russian show. Latin letters are of any."""
    language = language_of(text)
    return text if language == "en" else spoken(text, language)
