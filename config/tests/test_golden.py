"""The golden questions of each product's sample, over its sample FAQs."""

import json

import pytest
from django.core.management import call_command

from faq.seed import seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample(settings):
    settings.EMBEDDING = None
    seed()


def evaluated(capsys):
    call_command("faq_eval", "--json")
    return json.loads(capsys.readouterr().out)


def test_search_answers_them_well_enough(sample, capsys):
    call_command("faq_eval")
    print(capsys.readouterr().out)
