from collections.abc import Callable
from itertools import count

import pytest

from properties import market
from properties.models import Property

Make = Callable[..., Property]
numbers = count(1)


@pytest.fixture
def make(db: None) -> Make:
    """A published listing; the given fields differ from a plain one."""

    def make(**fields: object) -> Property:
        number = next(numbers)
        plain = {
            "title": f"Home {number}",
            "description": "A home with palms.",
            "type": "villa",
            "transaction": "rent",
            "price": 5000,
            "currency": "THB",
            "status": "published",
        }
        listing = Property.objects.create(**plain | fields)
        market.forget()
        return listing

    return make
