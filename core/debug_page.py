"""What Django's page of a failure shows to whoever develops."""

import re

from django.views.debug import SafeExceptionReporterFilter


class Filter(SafeExceptionReporterFilter):
    """Anybody who reaches the port is shown the settings: Redis's URL holds its password."""

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|LOCATION", flags=re.IGNORECASE
    )
