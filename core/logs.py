"""Structured JSON logs: one object a line, each with the product and the request id."""

import logging
import re
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from pythonjsonlogger.orjson import OrjsonFormatter

# No line shows them, and each costs every record a call
# (https://docs.python.org/3/howto/logging.html#optimization): threads, processes (gunicorn's lines
# show them) and the place in the code that logged.
logging.logThreads = logging.logMultiprocessing = False
logging._srcfile = None

current_request_id: ContextVar[str] = ContextVar("request_id", default="")
# Who acts in the place of the person who is signed in, if somebody does.
current_impersonator: ContextVar[UUID | None] = ContextVar("impersonator", default=None)

# What PostgreSQL tells besides the error itself holds values of a row, such as an email that is
# there already: nobody could erase those from a log.
VALUES = re.compile(r"\n(?:DETAIL|CONTEXT|LINE \d+):.*?(?=\n\n(?:The above|During)|\Z)", re.DOTALL)


def request_id() -> str:
    """Id of the request being served, or "" outside of one."""
    return current_request_id.get()


class ProductFormatter(OrjsonFormatter):
    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["product"] = settings.PRODUCT.id
        if isinstance(request := log_data.get("request"), HttpRequest):
            # Django's own lines hold all of it: a query string may tell of people, or let one in.
            log_data["request"] = f"{request.method} {request.path}"
        log_data["request_id"] = request_id()
        if impersonator := current_impersonator.get():
            log_data["impersonator"] = str(impersonator)

    def formatException(self, ei: Any) -> str:
        return VALUES.sub("", str(super().formatException(ei)))


class OfClients(logging.Filter):
    """What a client sent, such as a `Host` that is not ours, is no error of the product: Django
    logs it as one, with a traceback (`django.security`)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = None
        return True


class HasTraceback(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def formatter() -> logging.Formatter:
    return ProductFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
    )
