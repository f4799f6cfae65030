from uuid import UUID

from core.databases import APP
from core.export import Kept, pages
from properties.models import Property

# Not what is derived from the rest for the search.
LISTING = [
    field.attname
    for field in Property._meta.concrete_fields
    if field.name not in ("source_hash", "content_hash", "search_text", "search_vector", "agent_id")
]


def kept(user_id: UUID) -> Kept:
    """The listings they look after."""
    theirs = Property.objects.using(APP).filter(agent_id=user_id)
    return {"listings": pages(theirs.values(*LISTING))}
