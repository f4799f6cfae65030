import pgvector.django.halfvec
import pgvector.django.indexes
from django.contrib.postgres.indexes import OpClass
from django.db import migrations
from django.db.models import Q
from django.db.models.functions import Cast

from core.postgresql.operations import AddIndexBeside, RemoveIndexBeside


def rebuilt(size):
    half = Cast("v", pgvector.django.halfvec.HalfVectorField(dimensions=size))
    index = pgvector.django.indexes.HnswIndex(
        OpClass(half, name="halfvec_cosine_ops"),
        name=f"faq_embedding_hnsw{size}",
        m=16,
        ef_construction=128,
        condition=Q(dims=size),
    )
    return [
        AddIndexBeside("embedding", index),
        RemoveIndexBeside("embedding", f"faq_embedding_half{size}"),
    ]


class Migration(migrations.Migration):
    """A graph of vectors that is built with more care finds as much by fewer steps. Searches go on
    meanwhile, by the old ones (docs/search.md has both measured)."""

    atomic = False
    dependencies = [("faq", "0007_jobs")]

    operations = [
        operation for size in (384, 768, 1024, 1536) for operation in rebuilt(size)
    ]
