"""FAQs over HTTP."""
