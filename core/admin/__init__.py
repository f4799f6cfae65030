from core.admin.base import LatestPaginator, ModelAdmin, ReadOnlyAdmin
from core.admin.jobs import JobAdmin, UnembeddedAdmin
from core.admin.spoken import spoken, spoken_by_script

__all__ = [
    "JobAdmin",
    "LatestPaginator",
    "ModelAdmin",
    "ReadOnlyAdmin",
    "UnembeddedAdmin",
    "spoken",
    "spoken_by_script",
]
