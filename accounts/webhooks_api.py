import time
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.clerk import signatures, webhooks
from core.errors import ApiError, ErrorCode
from core.formats import JSONRenderer, NegotiationOfRawBodies, bounded

NOT_SET_UP = "This product takes no webhooks: CLERK_WEBHOOK_SECRET is not set."


@extend_schema(exclude=True)
class ClerkWebhook(APIView):
    """Called by Clerk alone. The signature is what it is let in by: no sign-in, CSRF or throttle.

    Anything but 2xx is sent again, for a little more than a day (https://docs.svix.com/retries).
    """

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = NegotiationOfRawBodies

    def post(self, request: Request) -> Response:
        secrets = settings.CLERK.webhook_secrets
        if not secrets:
            details = {"reason": "not_configured"}
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, NOT_SET_UP, details)
        body = bounded(raw_body(request))
        delivery = signatures.verify(request.headers, body, secrets, time.time())
        return Response({"outcome": webhooks.receive(delivery, body)})


def raw_body(request: Request) -> Any:
    """The stream of the body. Under WSGI Django takes one that comes in chunks for empty; gunicorn
    marks where such a one ends."""
    if "HTTP_TRANSFER_ENCODING" in request.META and request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]
    return request
