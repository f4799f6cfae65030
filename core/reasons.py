"""Why a call over the network failed, for a line in the log: without address or password."""

import os
import ssl
from collections.abc import Iterator


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, as a traceback shows them."""
    each: BaseException | None = error
    while each is not None:
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def was_silent(error: BaseException) -> bool:
    """Whether nothing came in time, however the library calls it."""
    return any(isinstance(each, TimeoutError) for each in chain(error))


def reason_of(error: BaseException) -> str:
    """What the system says at the bottom of it; libraries name a refused connection a timeout."""
    if was_silent(error):
        return "no answer in time"
    system = [each for each in chain(error) if isinstance(each, OSError)]
    if not system:
        return f"{type(error).__name__}: {error}"
    last = system[-1]
    if last.errno and last.errno > 0 and not isinstance(last, ssl.SSLError):
        return os.strerror(last.errno)
    return last.strerror or str(last) or type(last).__name__
