"""What the worker does, and the texts that it could not embed."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from procrastinate.contrib.django.models import ProcrastinateJob

from core import audit
from core.admin.base import LatestPaginator, ModelAdmin, ReadOnlyAdmin
from core.admin.spoken import spoken_by_script
from core.databases import APP
from core.models import Unembedded
from core.search import indexing


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Unembedded.State.choices)

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not dismissed"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value():
            return queryset.filter(state=self.value())
        return queryset.exclude(state=Unembedded.State.DISMISSED)


class WithTexts(ChangeList):
    """The texts of a page's rows, by one query for each collection."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        for name, collection in indexing.collections().items():
            found = collection.texts([row.row_id for row in rows if row.collection == name])
            first_lines = {text.id: text.text.partition("\n")[0][:120] for text in found}
            for row in rows:
                if row.collection == name:
                    row.first_line = first_lines.get(row.row_id)
        self.result_list = rows


@admin.register(Unembedded)
class UnembeddedAdmin(ModelAdmin):
    """Texts that an embedding model refuses. Until they have a vector, words alone find them."""

    list_display = ("what", "why", "attempts", "state", "first_at", "last_at")
    list_display_links = None
    list_filter = (StateFilter, "collection", "model")
    show_facets = admin.ShowFacets.ALWAYS  # how many there are of each
    sortable_by = ("attempts", "first_at", "last_at")
    show_full_result_count = False
    actions = ("try_again", "dismiss")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unembedded]:
        """Of texts that the person sees: not those of another agent's listings."""
        rows = Unembedded.objects.using(APP)
        user: Any = request.user
        if user.is_superuser:
            return rows
        seen = Q(pk__in=[])
        for name in indexing.collections():
            texts = self.admin_site.get_model_admin(apps.get_model(name)).get_queryset(request)
            seen |= Q(collection=name, row_id__in=texts.order_by().values("pk"))
        return rows.filter(seen)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithTexts

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change such a text."""
        labels = [name.split(".") for name in indexing.collections()]
        user: Any = request.user
        return any(user.has_perm(f"{app}.change_{model}") for app, model in labels)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="text")
    def what(self, row: Any) -> str:
        """Links to where the text may be changed."""
        first_line = getattr(row, "first_line", None)
        if first_line is None:
            return f"deleted ({row.collection})"
        line = spoken_by_script(first_line)
        try:
            name = row.collection.replace(".", "_")
            url = reverse(f"admin:{name}_change", args=[row.row_id])
        except NoReverseMatch:
            return line
        return format_html('<a href="{}">{}</a>', url, line)

    @admin.display(description="why it has no vector")
    def why(self, row: Unembedded) -> str:
        return f"{row.model}: {row.reason}"

    @admin.action(description="Try again", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Unembedded]) -> None:
        number = self.set_state(request, queryset, Unembedded.State.TRYING)
        self.message_user(request, f"{number} will be tried again within seconds.")

    @admin.action(description="Dismiss until the text changes", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Unembedded]) -> None:
        number = self.set_state(request, queryset, Unembedded.State.DISMISSED)
        self.message_user(request, f"{number} dismissed.")

    def set_state(
        self, request: HttpRequest, queryset: QuerySet[Unembedded], state: Unembedded.State
    ) -> int:
        """In the transaction of `response_action`."""
        rows = list(queryset.select_for_update())
        for row in rows:
            before, row.state = row.state, state
            if state == Unembedded.State.TRYING:
                row.attempts = 0
                indexing.enqueue_again(row)
            row.save(using=APP)
            audit.record(
                f"unembedded.{state}",
                row,
                actor=request.user.pk,
                before={"state": before},
                after={"state": state},
            )
        return len(rows)


# Procrastinate's own pages change jobs and leave no trace in the audit log.
admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """What the worker has to do, is doing and has done; finished jobs go after three days."""

    list_display = ("id", "task_name", "status", "attempts", "scheduled_at", "args")
    list_filter = ("status", "task_name")
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    paginator = LatestPaginator
    show_full_result_count = False
    fields = (*list_display, "queue_name", "priority", "queueing_lock")
