from uuid import UUID

from core.databases import APP
from core.export import Kept, pages
from faq.models import ImportFile, Version

VERSION = (
    "id",
    "document_id",
    "number",
    "slug",
    "language",
    "question",
    "answer",
    "alternate_questions",
    "status",
    "at",
)


def kept(user_id: UUID) -> Kept:
    """What they wrote, as they wrote it, and the files that they have sent and not imported yet."""
    versions = Version.objects.using(APP).filter(made_by=user_id)
    files = ImportFile.objects.using(APP).filter(sent_by=user_id)
    return {
        "faq_versions": pages(versions.values(*VERSION)),
        "faq_import_files": pages(files.values("id", "name", "sent_at")),
    }
