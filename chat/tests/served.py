"""Settings of the product under test, for a real server: its own, with the tests' tools."""

import os
from dataclasses import replace
from importlib import import_module

product = import_module(os.environ["SERVED_SETTINGS"])
globals().update({name: getattr(product, name) for name in dir(product) if name.isupper()})
CHAT = replace(product.CHAT, tools=("chat.tests.tools.rules", "chat.tests.tools.houses"))
