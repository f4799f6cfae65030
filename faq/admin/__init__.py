"""FAQs in the admin; what is imported here is registered there."""

from faq import golden_admin, unanswered_admin
from faq.admin import categories, documents

__all__ = ["categories", "documents", "golden_admin", "unanswered_admin"]
