"""What one caller learned of a server that gives no answer, for the others of the process."""

from threading import Lock
from time import monotonic


class Breaker:
    """After a failure, or `after` of them in a row, callers are refused, all but one every `pause`
    seconds, until one succeeds.

    Without it each request would wait out the same timeout, holding a thread meanwhile, and those
    that do not need the silent server would wait for a thread.
    """

    def __init__(self, pause: float, after: int = 1) -> None:
        self.pause = pause
        self.after = after
        self._failures = 0
        self._next_try: float | None = None  # None while all is well
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether `refuses` may say so, without taking the try from somebody else."""
        return self._next_try is not None and monotonic() < self._next_try

    def refuses(self) -> bool:
        """Whether to give up at once. The caller who is told no tries for all the others."""
        if self._next_try is None:
            return False
        with self._lock:
            now = monotonic()
            if self._next_try is None:
                return False
            if now < self._next_try:
                return True
            self._next_try = now + self.pause
            return False

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self.after:
                self._next_try = monotonic() + self.pause

    def succeeded(self) -> None:
        if self._failures:
            with self._lock:
                self._failures, self._next_try = 0, None
