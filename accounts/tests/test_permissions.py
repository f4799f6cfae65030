import pytest
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsAdmin, IsAgent, IsAgentOrReadOnly, IsSignedIn


def view(*permissions):
    class View(APIView):
        permission_classes = permissions

        def get(self, request):
            return Response({})

        post = get

    return View.as_view()


urlpatterns = [
    path("api/signed-in", view(IsSignedIn)),
    path("api/agent", view(IsAgent)),
    path("api/admin", view(IsAdmin)),
    path("api/agent-or-read", view(IsAgentOrReadOnly)),
]

# (path, method) -> answers for nobody, user, agent, admin
TABLE = [
    ("signed-in", "get", (401, 200, 200, 200)),
    ("agent", "get", (401, 403, 200, 200)),
    ("agent", "post", (401, 403, 200, 200)),
    ("admin", "get", (401, 403, 403, 200)),
    ("agent-or-read", "get", (200, 200, 200, 200)),
    ("agent-or-read", "post", (401, 403, 200, 200)),
]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("place, method, expected", TABLE)
def test_who_may_call_a_view(users, api, sign_in, place, method, expected):
    clients = [api, *map(sign_in, (users.user, users.agent, users.admin))]
    answers = [getattr(client, method)(f"/api/{place}") for client in clients]
    assert tuple(answer.status_code for answer in answers) == expected
    codes = {401: "UNAUTHORIZED", 403: "FORBIDDEN"}
    for answer in answers:
        if answer.status_code >= 400:
            assert answer.json()["error"]["code"] == codes[answer.status_code]
            assert answer.has_header("WWW-Authenticate") == (answer.status_code == 401)
