"""The databases of a product by what lives in them: for `using=` and `atomic(using=...)`.

People, keys and sessions are in AUTH, everything else in APP. A product with one database has
both in it, and AUTH and APP are the same alias.
"""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

APP = DEFAULT_DB_ALIAS
AUTH = "auth" if "auth" in settings.DATABASES else APP
