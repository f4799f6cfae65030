from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from core.api import query_parameters
from core.throttling import ScopedThrottle
from faq import unanswered
from faq.api.requests import is_staff, not_for
from faq.models import Document
from faq.search import search
from faq.serializers import FaqQuestionSerializer, FaqSearchSerializer

# One for all searches: to make its fields anew for each cost a fifteenth of its time in Python.
QUESTION = FaqQuestionSerializer()
ASKED = ("query", "limit", "language", "explain")


class FaqSearch(GenericAPIView[Document]):
    """Published FAQs that answer a question, best first.

    `matched` is false when none of them answers it; the results are then only the nearest there
    are. With `explain` staff see how each result came by its place. POST asks the same of a
    question that is too long for an address.
    """

    serializer_class = FaqQuestionSerializer
    throttle_classes = [ScopedThrottle]
    throttle_scope = "search"

    def get_throttles(self) -> list[BaseThrottle]:
        """OPTIONS, and a method that is none, cost nothing. An answer out of the cache counts too:
        what is there is known only after the question's words were looked up."""
        asks = self.request.method in ("GET", "HEAD", "POST")
        return super().get_throttles() if asks else []

    @extend_schema(
        operation_id="faq_search",
        parameters=[FaqQuestionSerializer],
        responses=FaqSearchSerializer,
    )
    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ASKED)
        return self.answer({name: parameters[name] for name in ASKED if name in parameters})

    @extend_schema(
        operation_id="faq_search_long",
        request=FaqQuestionSerializer,
        responses=FaqSearchSerializer,
    )
    def post(self, request: Request) -> Response:
        return self.answer(request.data)

    def answer(self, asked: Any) -> Response:
        values = QUESTION.run_validation(asked)
        query = values["query"]
        explain = values.get("explain", False)
        if explain and not is_staff(self.request):
            raise not_for(self.request)
        found = search(
            query, limit=values.get("limit"), language=values.get("language"), explain=explain
        )
        if not (found.matched or found.degraded or is_staff(self.request)):
            unanswered.record(query, unanswered.Surface.SEARCH)
        body: dict[str, Any] = {
            "query": query,
            "matched": found.matched,
            "results": found.results,
            "degraded": found.degraded,
            "cached": found.cached,
            "embedding_model": found.model,
        }
        if explain:
            body["explanation"] = found.explanation
        return Response(body)
