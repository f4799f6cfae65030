from uuid import UUID

from core import audit
from core.databases import APP
from properties.enquiries import service as enquiries
from properties.models import Property


def erase(user_id: UUID) -> dict[str, int]:
    """Their listings stay, with no agent, until an admin hands them over: what is offered and
    published is the company's, and visitors may be about to book it. So do the enquiries they sent,
    emptied of them. In a transaction."""
    listings = Property.objects.using(APP).filter(agent_id=user_id).update(agent_id=None)
    if listings:
        before, after = {"agent_id": user_id}, {"agent_id": None, "listings": listings}
        audit.record("listing.agent_erased", Property(id=None), before=before, after=after)
    return {
        "properties.listings_without_agent": listings,
        "properties.enquiries_anonymised": enquiries.erase(user_id),
    }
