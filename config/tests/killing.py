"""What `test_erasure` lists in settings in the place of the product's own, to die there."""

import os
import signal
import sys
from uuid import UUID

from django.conf import settings


def die(*args: object) -> dict[str, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def erase_and_die(user_id: UUID) -> dict[str, int]:
    """Within the app's transaction."""
    from properties.erasure import erase

    erase(user_id)
    return die()


def carry_out_and_die(entry):
    """All that the apps do is done; the receipt is not written."""
    from accounts.erasure import carry_out

    carry_out(entry)
    return die


HERE = "config.tests.killing"
SETTINGS = {
    "after the commit": {"OUTBOX": {"erasure": f"{HERE}.die"}},
    "between the apps": {"ERASURES": ["chat.erasure.erase", f"{HERE}.die"]},
    "in an app": {"ERASURES": ["chat.erasure.erase", f"{HERE}.erase_and_die"]},
    "before the receipt": {"OUTBOX": {"erasure": f"{HERE}.carry_out_and_die"}},
}


def main(place: str, id: str) -> None:
    import django

    django.setup()
    for name, value in SETTINGS[place].items():
        setattr(settings, name, value)

    from accounts import erasure

    erasure.erase(UUID(id))


if __name__ == "__main__":
    main(*sys.argv[1:])
