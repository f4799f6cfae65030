import os
import sys

from django.core.asgi import get_asgi_application

from config import missing_product_sentence

if not os.environ.get("DJANGO_SETTINGS_MODULE"):
    sys.exit(missing_product_sentence())

application = get_asgi_application()
