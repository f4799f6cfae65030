from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        # These register the start-up checks.
        from core import checks  # noqa: F401
        from core.search import checks as search_checks  # noqa: F401
