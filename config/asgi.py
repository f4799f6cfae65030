import os
import sys

import django

from config import missing_product_sentence

if not os.environ.get("DJANGO_SETTINGS_MODULE"):
    sys.exit(missing_product_sentence())

django.setup(set_prefix=False)

from core.asgi import OneHopHandler  # noqa: E402  needs the settings

application = OneHopHandler()
