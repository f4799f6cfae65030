"""Vectors of texts in the database, whatever model made them."""

import hashlib

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Func, IntegerField, Q
from django.db.models.functions import Cast
from pgvector.django import HalfVectorField, HnswIndex, VectorField

from core.search.dimensions import SUPPORTED_DIMENSIONS


def content_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def vector_index(dimensions: int) -> HnswIndex:
    """Of half-precision numbers: half as large as one of the whole ones, and quicker to search
    (docs/search.md has both measured)."""
    half = Cast("v", HalfVectorField(dimensions=dimensions))
    return HnswIndex(
        OpClass(half, name="halfvec_cosine_ops"),
        name=f"%(app_label)s_%(class)s_hnsw{dimensions}",
        m=16,
        ef_construction=128,
        condition=Q(dims=dimensions),
    )


class StoredVector(models.Model):
    """One model's vector of one text. What it is of, the app's own model says.

    The column has no dimensions, so that another model needs no migration. A vector whose
    `content_hash` is not the text's is of a text that changed, and is never searched.
    """

    model = models.CharField(max_length=200)
    dims = models.PositiveSmallIntegerField()
    content_hash = models.CharField(max_length=32)
    v = VectorField()
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(dims__in=SUPPORTED_DIMENSIONS), name="%(app_label)s_%(class)s_dims"
            ),
            models.CheckConstraint(
                condition=Q(dims=Func("v", function="vector_dims", output_field=IntegerField())),
                name="%(app_label)s_%(class)s_dims_of_v",
            ),
        ]
        indexes = [vector_index(dimensions) for dimensions in SUPPORTED_DIMENSIONS]
