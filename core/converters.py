from django.urls.converters import UUIDConverter


class IdConverter(UUIDConverter):
    """A UUID in any case, as everywhere else that one is read (RFC 9562, section 4)."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
