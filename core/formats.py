"""JSON in and out, and the browsable page around it.

Apart from `core.api`, since DRF imports these while it defines the views that `core.api` needs.
"""

import re
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, QueryDict
from django.utils.safestring import mark_safe
from rest_framework import exceptions, metadata, negotiation, parsers, renderers
from rest_framework.utils.serializer_helpers import ReturnDict

# Answers to a form that may be put right and sent again.
REFUSALS = frozenset({400, 409})
LEVELS_MAX = 64  # of a body; nothing that is taken here has more than a few
CODE = re.compile(r"`([^`]+)`")


class JSONRenderer(renderers.BaseRenderer):
    """orjson; a body that PostgreSQL already wrote as JSON (`bytes`) is passed on as it is."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None:
            return b""
        if isinstance(data, bytes):
            return data
        return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class PageRenderer(renderers.TemplateHTMLRenderer):
    def render(self, *args: Any, **kwargs: Any) -> Any:
        return in_english(super().render(*args, **kwargs))


def in_english(page: str) -> str:
    """The packages' pages do not say in what language they are, and have no block for it."""
    return page.replace("<html>", '<html lang="en">', 1)


class BrowsableRenderer(renderers.BrowsableAPIRenderer):
    template = "core/api.html"
    renderer_context: dict[str, Any]

    def render(self, *args: Any, **kwargs: Any) -> Any:
        return in_english(super().render(*args, **kwargs))

    def get_breadcrumbs(self, request: Any) -> list[tuple[str, str]]:
        """Without addresses that `UnknownPath` answers, such as `/api/` and `/api/v1`."""
        return [crumb for crumb in super().get_breadcrumbs(request) if crumb[0]]

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """One that was refused comes back as it was sent, with what is wrong beside its fields."""
        if request.method == method and self.renderer_context["response"].status_code in REFUSALS:
            with suppress(exceptions.APIException, SuspiciousOperation):  # a body nobody has read
                if isinstance(request.data, QueryDict) and hasattr(view, "get_serializer"):
                    data = ReturnDict(data, serializer=refused(view, request, data["error"]))
        return super().get_rendered_html_form(data, view, method, request)

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """JSON that was refused comes back as it was typed. PUT and PATCH share a field."""
        form = super().get_raw_data_form(data, view, method, request)
        is_own = request.method == method or {request.method, method} == {"PUT", "PATCH"}
        sent = request.parser_context.get(JSONParser.BODY)
        if form and sent and is_own and self.renderer_context["response"].status_code in REFUSALS:
            form.initial["_content"] = sent.decode(errors="replace")
        return form

    def get_description(self, view: Any, status_code: int) -> str:
        """`names` of a docstring as code. The text is HTML by now."""
        return mark_safe(CODE.sub(r"<code>\1</code>", super().get_description(view, status_code)))

    def get_default_renderer(self, view: Any) -> renderers.BaseRenderer:
        return IndentedJSONRenderer()


def refused(view: Any, request: Any, error: dict[str, Any]) -> Any:
    """A serializer that shows what was sent; DRF shows what it has read where there is no error."""
    serializer = view.get_serializer(data=request.data)
    serializer.is_valid()
    serializer._errors = error.get("details") or {"non_field_errors": [error["message"]]}
    return serializer


class IndentedJSONRenderer(JSONRenderer):
    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        compact = super().render(data)
        return orjson.dumps(orjson.loads(compact), option=orjson.OPT_INDENT_2) if compact else b""


class JSONParser(parsers.BaseParser):
    media_type = "application/json"
    renderer_class = JSONRenderer
    BODY = "body"  # in the parser's context: what was sent, to be shown again

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = bounded(stream)
        if parser_context is not None:
            parser_context[self.BODY] = body
        try:
            data = orjson.loads(body)
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise exceptions.ParseError(f"The body is not JSON: {error}") from error
        if body.count(b"[") + body.count(b"{") > LEVELS_MAX and is_deep(data):
            raise exceptions.ParseError(f"The body is nested more than {LEVELS_MAX} levels deep.")
        return data


def is_deep(data: Any) -> bool:
    """Whether whoever walks it level by level might run out of them."""
    level = [data]
    for _ in range(LEVELS_MAX):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for one in inner for each in one if isinstance(each, list | dict)]
    return bool(level)


class FormParser(parsers.FormParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """curl sends JSON as a form where nobody says that it is JSON."""
        body = bounded(stream)
        if body.lstrip().startswith((b"{", b"[")):
            told = "The body is JSON, not a form: send Content-Type: application/json with it."
            raise exceptions.UnsupportedMediaType(self.media_type, told)
        refuse_other_encodings(unquote_to_bytes(body))
        return QueryDict(body)


class MultiPartParser(parsers.MultiPartParser):
    """What the forms of the browsable API send. Django bounds the fields, but not the files, and
    passes over a body in which it finds neither: a PATCH of it would seem to be written."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = bounded(stream)
        refuse_other_encodings(body)
        form: Any = super().parse(BytesIO(body), media_type, parser_context)
        if not (form.data or form.files):
            raise exceptions.ParseError("The body is no form: no field was found in it.")
        return form


def refuse_other_encodings(text: bytes) -> None:
    """Django would put U+FFFD for what it cannot read, and that would be stored."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise exceptions.ParseError("The body is not UTF-8.") from error


def bounded(stream: Any) -> bytes:
    """The whole body. Raises RequestDataTooBig: Django looks at the size of `request.body` only,
    which DRF goes past. ParseError: the client broke off, or sent chunks that are none, for which
    each server has errors of its own."""
    try:
        body: bytes = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    except Exception as error:
        raise exceptions.ParseError("The body could not be read to its end.") from error
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    return body


class LengthRequired(exceptions.APIException):
    status_code = 411


class Negotiation(negotiation.DefaultContentNegotiation):
    """`?format=` of a format that is not offered is NOT_ACCEPTABLE, as it is in `Accept`; DRF says
    that there is nothing at the address.

    A body in chunks is refused, unless the view reads the raw one: DRF takes it for none, as does
    Django under WSGI, and a write without its body may be another write. nginx puts the chunks
    together.
    """

    takes_chunks = False

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """At once for what programs send, which need not be weighed against anything."""
        is_in_chunks = "HTTP_TRANSFER_ENCODING" in request.META
        if is_in_chunks and not self.takes_chunks and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        first = renderers[0]
        asked = request.META.get("HTTP_ACCEPT", "*/*")
        is_asked_by_url = format_suffix or (
            request.META.get("QUERY_STRING")  # most calls have none, and to read it takes longer
            and settings.REST_FRAMEWORK["URL_FORMAT_OVERRIDE"] in request.query_params
        )
        if asked in ("*/*", first.media_type) and not is_asked_by_url:
            return first, first.media_type
        chosen: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            raise exceptions.NotAcceptable from None


class NegotiationOfRawBodies(Negotiation):
    takes_chunks = True


class Metadata(metadata.SimpleMetadata):
    """What OPTIONS answers, without the fields of each write: DRF would look up the view's object
    by a queryset, which our views have no need of. The fields stand in the API reference."""

    def determine_actions(self, request: Any, view: Any) -> dict[str, Any]:
        return {}
