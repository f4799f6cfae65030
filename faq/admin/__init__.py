"""FAQs in the admin; what is imported here is registered there."""

from faq.admin import categories, documents, golden, unanswered

__all__ = ["categories", "documents", "golden", "unanswered"]
