from uuid import UUID

from core.databases import APP
from core.export import Kept, pages
from properties.models import Enquiry, Property

# Not what is derived from the rest for the search.
LISTING = [
    field.attname
    for field in Property._meta.concrete_fields
    if field.name not in ("source_hash", "content_hash", "search_text", "search_vector", "agent_id")
]

# Staff's note is about them too. Not the key, which is derived from the rest.
ENQUIRY = [
    field.attname
    for field in Enquiry._meta.concrete_fields
    if field.name not in ("sent_key", "user_id")
]


def kept(user_id: UUID) -> Kept:
    """The listings they look after, and the enquiries they sent."""
    theirs = Property.objects.using(APP).filter(agent_id=user_id)
    sent = Enquiry.objects.using(APP).sent_by(user_id)
    return {
        "listings": pages(theirs.values(*LISTING)),
        "enquiries": pages(sent.values(*ENQUIRY)),
    }
