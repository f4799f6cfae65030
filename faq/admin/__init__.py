"""FAQs in the admin; what is imported here is registered there."""

from faq.admin import categories, documents

__all__ = ["categories", "documents"]
