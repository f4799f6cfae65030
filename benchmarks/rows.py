"""The made-up rows: number -> model instances, always the same. Needs Django set up."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from benchmarks import words
from core.search.embeddings import HashedEmbedder
from faq.models import Category, Document, Embedding, Status as DocumentStatus
from properties.models import Property, Status, Transaction, Type

SOURCE = "benchmark"
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(minutes=7)
UNKNOWN = 0.05  # share of the listings without a price, or without bedrooms
DRAFTS = 0.04
BUILDINGS = (Type.VILLA, Type.HOUSE, Type.BUNGALOW, Type.CONDO, Type.APARTMENT, Type.TOWNHOUSE)
CATEGORIES = 40
EMBEDDER = HashedEmbedder()


def new_uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def known(rng: random.Random, value: Callable[[], int]) -> int | None:
    return None if rng.random() < UNKNOWN else value()


def listing(number: int) -> Property:
    rng = words.generator("listing", number)
    rent = rng.random() < 0.7
    bedrooms = known(rng, lambda: min(12, int(rng.expovariate(0.4)) + 1))
    city, district = words.place(rng)
    made = Property(
        id=new_uuid(rng),
        title=words.sentence(rng, rng.randint(3, 7))[:200],
        description=words.answer(rng),
        type=rng.choice(BUILDINGS if rng.random() < 0.9 else (Type.LAND, Type.COMMERCIAL)),
        transaction=Transaction.RENT if rent else Transaction.SALE,
        price=price(rng, rent),
        currency="THB",
        bedrooms=bedrooms,
        bathrooms=bedrooms and Decimal(max(1, bedrooms - rng.randint(0, 1))),
        max_guests=bedrooms and bedrooms * 2,
        area=Decimal(rng.randint(25, 600)),
        land_area=Decimal(rng.randint(100, 4000)),
        city=city,
        district=district,
        latitude=round(rng.uniform(6, 20), 5),
        longitude=round(rng.uniform(97, 105), 5),
        amenities=words.some_amenities(rng),
        status=Status.DRAFT if rng.random() < DRAFTS else Status.PUBLISHED,
        source=SOURCE,
        external_id=str(number),
        created_at=NEWEST - APART * number,
        updated_at=NEWEST - APART * number,
    )
    made.derive()
    return made


def price(rng: random.Random, rent: bool) -> Decimal | None:
    """A night's rent or a sale price, in steps of 100, or None."""
    if rng.random() < UNKNOWN:
        return None
    return Decimal(round(rng.lognormvariate(8.3 if rent else 15.5, 0.8), -2))


def category(number: int) -> Category:
    rng = words.generator("category", number)
    return Category(
        id=new_uuid(rng),
        slug=f"{SOURCE}-{number}",
        name=words.sentence(rng, 2),
        position=number,
        created_at=NEWEST,
        updated_at=NEWEST,
    )


def document(number: int) -> Document:
    rng = words.generator("document", number)
    made = Document(
        id=new_uuid(rng),
        slug=f"{SOURCE}-{number}",
        category_id=category(number % CATEGORIES).id,
        language="en",
        question=words.question(rng),
        answer=words.answer(rng),
        status=DocumentStatus.PUBLISHED,
        created_at=NEWEST - APART * number,
        updated_at=NEWEST - APART * number,
    )
    made.segment()
    return made


def embedding(of: Document) -> Embedding:
    return Embedding(
        document_id=of.id,
        model=EMBEDDER.model,
        dims=EMBEDDER.dimensions,
        content_hash=of.content_hash,
        v=EMBEDDER.vector(of.embedded_text),
        created_at=of.created_at,
    )


def clerk_user_id(number: int) -> str:
    return f"user_{SOURCE}{number}"


def person(number: int) -> User:
    rng = words.generator("person", number)
    first, last = words.some_words(rng, 2)
    return User(
        id=new_uuid(rng),
        clerk_user_id=clerk_user_id(number),
        email=f"{first}.{last}.{number}@example.com",
        first_name=first.capitalize(),
        last_name=last.capitalize(),
        password="!",
        created_at=NEWEST,
        updated_at=NEWEST,
    )
