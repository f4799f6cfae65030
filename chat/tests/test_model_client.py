"""What is loaded by whom."""

import subprocess
import sys

import pytest

LOADED = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("check", stdout=sys.stderr)
print("chat.assistant" in sys.modules, "openai" in sys.modules)
"""


@pytest.mark.any_product
@pytest.mark.any_databases
def test_a_command_does_not_wait_for_the_library_of_a_model():
    said = subprocess.check_output([sys.executable, "-c", LOADED], text=True)
    assert said.split() == ["True", "False"]
