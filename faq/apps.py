from django.apps import AppConfig


class FaqConfig(AppConfig):
    name = "faq"

    def ready(self) -> None:
        from faq import checks  # noqa: F401  registers the start-up check
