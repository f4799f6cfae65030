from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import ResolverMatch, URLPattern, path
from django.utils.text import Truncator

from accounts import directory
from accounts.people import Person
from chat import toolbox, usage
from chat.models import ChatPrompt, ChatTool, Conversation, Message, Usage
from chat.period import PeriodForm
from chat.usage import Figures
from core.admin import ModelAdmin, ReadOnlyAdmin

# Messages shown with a conversation, the latest.
SHOWN_MESSAGES = 100


class NamedChangeList(ChangeList):
    """A page of rows with the names of the people in them, by one query for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        person_id = cast(NamedAdmin, self.model_admin).person_id
        people = directory.names(person_id(row) for row in rows)
        for row in rows:
            row.person = people.get(person_id(row))
        self.result_list = rows


class NamedAdmin(ModelAdmin):
    """`person_field` holds the UUID of the person whom a row is about."""

    person_field: str
    show_full_result_count = False

    def person_id(self, row: Any) -> Any:
        return getattr(row, self.person_field)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedChangeList

    def name_of(self, row: Any, nobody: str) -> str:
        id = self.person_id(row)
        if id is None:
            return nobody
        person: Person = getattr(row, "person", None) or directory.names([id])[id]
        return person.shown


class ReadOnly:
    """To be looked at: what was said is not rewritten."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MessageInline(ReadOnly, admin.TabularInline):
    model = Message
    fields = ("created_at", "role", "content", "status", "model", "tokens", "named")
    readonly_fields = fields
    ordering = ("created_at", "id")
    extra = 0
    verbose_name_plural = f"messages (the latest {SHOWN_MESSAGES})"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        id = cast(ResolverMatch, request.resolver_match).kwargs["object_id"]
        latest = Message.objects.filter(conversation_id=id).order_by("-created_at", "-id")
        return super().get_queryset(request).filter(id__in=latest.values("id")[:SHOWN_MESSAGES])

    @admin.display(description="tokens")
    def tokens(self, message: Message) -> int:
        return message.prompt_tokens + message.completion_tokens

    @admin.display(description="sources")
    def named(self, message: Message) -> str:
        return ", ".join(source["title"] for source in message.sources)


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, NamedAdmin):
    person_field = "user_id"
    list_display = ("__str__", "visitor", "created_at", "updated_at")
    list_filter = (("user_id", admin.EmptyFieldListFilter), "updated_at")
    search_fields = ("=id", "title", "=user_id")
    ordering = ("-updated_at", "-id")
    fields = ("id", "title", "visitor", "created_at", "updated_at")
    readonly_fields = fields
    inlines = (MessageInline,)

    @admin.display(description="visitor")
    def visitor(self, conversation: Conversation) -> str:
        return self.name_of(conversation, nobody="guest")


class PromptForm(forms.ModelForm):
    make_live = forms.BooleanField(
        initial=True, required=False, help_text="Use it from the next turn on."
    )

    class Meta:
        model = ChatPrompt
        fields = ("text", "note")


@admin.register(ChatPrompt)
class ChatPromptAdmin(NamedAdmin):
    """Versions are added and made live, never changed or removed."""

    person_field = "created_by"
    form = PromptForm
    list_display = ("created_at", "live", "note", "beginning", "author")
    list_filter = ("live", "created_at")
    search_fields = ("text", "note")
    actions = ("make_live",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("text", "note")
        return (*shown, "live", "author", "created_at") if obj else (*shown, "make_live")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the assistant is told now: a version is another one with some words changed."""
        live = ChatPrompt.objects.live().first()
        text = live.text if live else settings.CHAT.system_prompt
        return {"text": text, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("live", "author", "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ChatPrompt, form: Any, change: bool) -> None:
        obj.created_by = request.user.pk
        obj.save()
        if form.cleaned_data["make_live"]:
            obj.activate(request.user.pk)

    @admin.display(description="text")
    def beginning(self, prompt: ChatPrompt) -> str:
        return Truncator(prompt.text).chars(80)

    @admin.display(description="by")
    def author(self, prompt: ChatPrompt) -> str:
        return self.name_of(prompt, nobody="-")

    @admin.action(description="Make this version live", permissions=["add"])
    def make_live(self, request: HttpRequest, chosen: QuerySet[ChatPrompt]) -> None:
        if chosen.count() != 1:
            self.message_user(request, "Choose one version.", messages.ERROR)
            return
        prompt = chosen.get()
        prompt.activate(request.user.pk)
        self.message_user(request, f"Live from the next turn on: {prompt}", messages.SUCCESS)


class ToolForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [*toolbox.every_tool({}), *filter(None, [self.instance.name])]
        self.fields["name"] = forms.ChoiceField(choices=[(n, n) for n in dict.fromkeys(names)])

    class Meta:
        model = ChatTool
        fields = ("name", "enabled", "description")
        help_texts: ClassVar[dict[str, str]] = {
            "enabled": "From the next turn on. A tool that is not in the list is on."
        }


@admin.register(ChatTool)
class ChatToolAdmin(ModelAdmin):
    """A tool without a row is used as the settings list it."""

    form = ToolForm
    list_display = ("name", "enabled", "told", "updated_at")
    list_filter = ("enabled",)
    search_fields = ("name", "description")

    @admin.display(description="description")
    def told(self, tool: ChatTool) -> str:
        return Truncator(tool.description).chars(80) or "the tool's own"


@admin.register(Usage)
class UsageAdmin(ReadOnlyAdmin):
    """One page, of sums; the messages themselves are shown with their conversations."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.changelist_view)
        return [path("", page, name="chat_usage_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """`?format=csv` is the same as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form, prices = PeriodForm(request.GET), settings.CHAT.prices
        context = {
            **self.admin_site.each_context(request),
            "title": "Usage",
            "opts": self.opts,
            "form": form,
            "currency": prices.currency,
            "zone": settings.TIME_ZONE,
        }
        if form.is_valid():
            found = usage.report(form.first, form.last, prices)
            if request.GET.get("format") == "csv":
                return usage_file(form, usage.as_csv(found, prices.currency))
            bounds = {"since": form.first, "until": form.last}
            context |= {
                "form": PeriodForm(initial={**form.cleaned_data, **bounds}),
                "chosen": form.cleaned_data,
                "period": f"{form.first} to {form.last}",
                "heads": heads(prices.currency),
                "models": [
                    (model, cells(figures, prices.currency))
                    for model, figures in found.models.items()
                ],
                "total": cells(found.total, prices.currency),
                "days": [
                    (day, model, cells(figures, prices.currency))
                    for (day, model), figures in found.days.items()
                ],
                "unpriced": sorted(found.total.unpriced),
                "file": urlencode({**bounds, "format": "csv"}),
            }
        return TemplateResponse(request, "admin/chat/usage/change_list.html", context)


def heads(currency: str) -> list[str]:
    counts = ["Answers", "Offline", "Failed", "Partial"]
    tokens = ["Prompt tokens", "Completion tokens", "All tokens"]
    return [*([f"Cost, {currency}"] if currency else []), *counts, *tokens]


def cells(figures: Figures, currency: str) -> list[str]:
    """Below these heads. Written here, since the template's filters took seconds for a year."""
    counts = (figures.answers, figures.offline, figures.failed, figures.partial)
    tokens = (figures.prompt_tokens, figures.completion_tokens, figures.total_tokens)
    numbers = [f"{number:,}" for number in (*counts, *tokens)]
    return [money(figures), *numbers] if currency else numbers


def money(figures: Figures) -> str:
    if figures.unpriced and not figures.cost:
        return "no price"
    return f"{'at least ' if figures.unpriced else ''}{figures.cost:,.4f}"


def usage_file(form: PeriodForm, text: str) -> HttpResponse:
    name = f"{settings.PRODUCT.id}-usage-{form.first}-{form.last}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
