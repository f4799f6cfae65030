from uuid import UUID

from core import audit
from core.databases import APP
from faq.models import ImportFile, Version


def erase(user_id: UUID) -> dict[str, int]:
    """Versions stay, with nobody as their author: they say what the company told its visitors. What
    was sent to be imported and was not goes. In a transaction."""
    versions = Version.objects.using(APP).filter(made_by=user_id).update(made_by=None)
    files, _ = ImportFile.objects.using(APP).filter(sent_by=user_id).delete()
    counts = {"versions": versions, "import_files": files}
    if any(counts.values()):
        audit.record("faqs.editor_erased", Version(id=None), after=counts)
    return {f"faq.{name}": count for name, count in counts.items()}
