import os
import sys

from django.core.wsgi import get_wsgi_application

from config import missing_product_sentence

if not os.environ.get("DJANGO_SETTINGS_MODULE"):
    sys.exit(missing_product_sentence())

application = get_wsgi_application()
