from core.admin.base import LatestPaginator, ModelAdmin, ReadOnlyAdmin
from core.admin.jobs import JobAdmin, UnembeddedAdmin

__all__ = ["JobAdmin", "LatestPaginator", "ModelAdmin", "ReadOnlyAdmin", "UnembeddedAdmin"]
