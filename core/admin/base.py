"""What every model's admin stands on, and the audit log to look at."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, IntegrityError, connections, router, transaction
from django.db.models import Model, Q, QuerySet
from django.forms import SplitDateTimeField
from django.http import Http404, HttpRequest, QueryDict
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst

from core import audit
from core.admin.lists import StandingRows, show_what_was_posted
from core.admin.once import sent_once
from core.admin.stale import refuse_later_change, watchful
from core.databases import APP, AUTH
from core.models import AuditEntry, Outbox

# Entries that one list of the admin leads to; a filter or a search leads to others.
SHOWN_ENTRIES = 1000
SHOWN_HISTORY = 100


class ForgivingSelect(AutocompleteSelect):
    """Shows nothing chosen where what was sent is no key at all; the form says what is wrong."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        try:
            return super().optgroups(name, value, attr)
        except ValidationError:  # of a UUID
            return super().optgroups(name, [], attr)


class ModelAdmin(admin.ModelAdmin):
    """Records changes in the audit log, in their transaction, in place of Django's own log.

    That one is in the database of people: where the changed row lives in another one, the two would
    not hold or fail together.
    """

    object_history_template = "core/admin_history.html"
    # A row of the FAQs sends five fields, and Django takes 1,000 (DATA_UPLOAD_MAX_NUMBER_FIELDS).
    list_max_show_all = 150

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Of two who save the same at once (or one who clicks twice), the second is told by the
        form, as if they had come later."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Raises BadRequest for what no row can have: Django hands it to the database as it is."""
        filters = (values for name, values in request.GET.lists() if name != SEARCH_VAR)
        if any("\0" in value for values in filters for value in values):
            raise BadRequest("a NUL in a filter")
        try:
            for key in posted_keys(request.POST, self.opts.pk.name):
                self.opts.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("no key of a row") from error
        try:
            response = super().changelist_view(request, extra_context)
        except IntegrityError:
            response = super().changelist_view(request, extra_context)
        if changelist := (getattr(response, "context_data", None) or {}).get("cl"):
            show_what_was_posted(changelist)
        return response

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What Django finds wrong with a filter only as it asks the database (the year 99999, a
        value that an enum does not have) leads back to the list, as any other wrong filter does."""
        try:
            return super().get_changelist_instance(request)
        except (DataError, OverflowError, ValueError) as error:
            if not request.GET:
                raise
            raise IncorrectLookupParameters from error

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **{"formset": StandingRows} | kwargs)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """The form of a list has refused a NUL; a field that suggests rows has no form."""
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """A filter would tell a secret letter by letter (`?secret_hash__startswith=a`)."""
        masked = getattr(self.model, "AUDIT_MASKED", ())
        return lookup.split("__")[0] not in masked and super().lookup_allowed(
            lookup, value, request
        )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        obj = super().save_form(request, form, change)
        if change:
            obj.before_form = audit.stored(obj)
            refuse_later_change(obj)
        return obj

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return sent_once(form, self.opts.pk) if obj is None else watchful(form)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return watchful(super().get_changelist_form(request, **kwargs))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ForgivingSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The label of a time, and what is wrong with it, belong to neither of its two fields."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, SplitDateTimeField):
            for widget, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                widget.attrs["aria-label"] = f"{capfirst(field.label)}: {part}"
                widget.attrs["aria-describedby"] = f"id_{db_field.name}_error"
        return field

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        audit.created(obj, actor=request.user.pk)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.changed(obj, obj.before_form, actor=request.user.pk)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Of two who delete the same at once, the second is told that it is not there."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except IntegrityError:
            return super().delete_view(request, *args, **kwargs)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Raises IntegrityError for a row that was changed or deleted since it was read: the admin
        then begins again."""
        for obj in queryset:
            if audit.stored(obj) != audit.values(obj):
                raise IntegrityError(f"{obj._meta.label} {obj.pk} was changed meanwhile")
            audit.deleted(obj, actor=request.user.pk)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django runs actions, such as to delete the chosen rows, in no transaction."""
        with transaction.atomic(using=router.db_for_write(self.model)):
            return super().response_action(request, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = AuditEntry.objects.using(obj._state.db or APP).about(obj)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {obj}",
            "entries": with_names(entries[:SHOWN_HISTORY]),
            "shown": SHOWN_HISTORY,
            "module_name": capfirst(self.opts.verbose_name_plural),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


def with_names(found: Iterable[AuditEntry]) -> list[Any]:
    """`entry.person`: who did it, by one query for all; None is also somebody who is here no more.

    The admin is only where the people are kept.
    """
    entries: list[Any] = list(found)
    people = get_user_model()._default_manager.in_bulk({entry.actor for entry in entries})
    for entry in entries:
        entry.person = people.get(entry.actor)
    return entries


def posted_keys(data: QueryDict, key: str) -> list[Any]:
    """Of the rows chosen for an action, and of those edited in the list."""
    edited = [data[name] for name in data if re.fullmatch(rf"form-\d+-{key}", name)]
    return [*data.getlist(ACTION_CHECKBOX_NAME), *edited]


class ReadOnlyAdmin(ModelAdmin):
    """To look at: what is in it comes and goes by itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LatestPaginator(Paginator):
    """Counts no further than it shows: the log only grows."""

    @cached_property
    def count(self) -> int:
        return cast(QuerySet[Any], self.object_list)[:SHOWN_ENTRIES].count()


# Each value once, by jumps along its index: DISTINCT would read the whole log.
VALUES = """
WITH RECURSIVE found AS (
    (SELECT {column} AS value FROM core_auditentry ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM core_auditentry WHERE {column} > found.value
            ORDER BY {column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL)
SELECT value FROM found WHERE value IS NOT NULL"""


class ByColumn(admin.SimpleListFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        with connections[database_of(request)].cursor() as cursor:
            cursor.execute(VALUES.format(column=self.parameter_name))
            return [(value, value) for (value,) in cursor.fetchall()]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class ByAction(ByColumn):
    title = parameter_name = "action"


class BySubjectType(ByColumn):
    title, parameter_name = "subject type", "subject_type"


class ByDatabase(admin.SimpleListFilter):
    """A change is recorded in its own database; one list shows one of them."""

    title = parameter_name = "database"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        others = [alias for alias in settings.DATABASES if alias != APP]
        return [(alias, alias) for alias in others]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": APP}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset


def database_of(request: HttpRequest) -> str:
    """From the list's own address, or from the one that an entry's page leads back to."""
    back = dict(parse_qsl(request.GET.get("_changelist_filters", "")))
    alias = request.GET.get(ByDatabase.parameter_name) or back.get(ByDatabase.parameter_name, APP)
    return alias if alias in settings.DATABASES else APP


class NamedEntries(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = with_names(self.result_list)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "subject_type", "subject_id", "person", "request_id")
    list_filter = (ByDatabase, "at", ByAction, BySubjectType)
    search_fields = ("subject_id",)  # shows the box; `get_search_results` searches
    search_help_text = "A subject's id, a person's id or a request's id, in full"
    ordering = ("-at", "-id")
    sortable_by = ()
    list_per_page = 50
    paginator = LatestPaginator
    show_full_result_count = False
    fields = (*list_display, "before", "after")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.using(database_of(request)).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(subject_id=term) | Q(request_id=term)
        try:
            id = UUID(term)
        except ValueError:
            return queryset.filter(wanted), False
        return queryset.filter(wanted | Q(actor=id) | Q(subject_id=str(id))), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedEntries

    @admin.display(description="actor")
    def person(self, entry: Any) -> Any:
        """The id stands below the name: it is what is searched for."""
        if not hasattr(entry, "person"):  # on the page of one entry
            with_names([entry])
        if entry.person is None:
            return entry.actor or "the system"
        return format_html("{}<br>{}", entry.person.get_full_name(), entry.actor)


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin):
    """What is still to be done (core.outbox); what was done is in it no more."""

    list_display = ("id", "topic", "created_at", "due_at", "attempts", "error")
    list_filter = ("topic",)
    search_fields = ("=id",)
    ordering = ("due_at", "id")
    fields = (*list_display, "payload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outbox]:
        return Outbox.objects.using(AUTH).order_by(*self.ordering)
