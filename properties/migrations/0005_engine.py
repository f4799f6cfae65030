"""Listings get the search engine that FAQs have: weighted fields, the rarity of words, vectors."""

import pgvector.django.vector
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Lower
from pgvector.django import HalfVectorField, HnswIndex

from core.search.vectors import content_hash
from properties.vocabulary import indexed, named

SIZES = (384, 768, 1024, 1536)
BATCH = 500


def line_vector(line, weight):
    text = Func(
        "search_text", Value("\n"), Value(line), function="split_part", output_field=TextField()
    )
    return SearchVector(text, weight=weight, config=Value("russian"))


def derive(apps, schema_editor):
    """`search_text` in three lines, and the hash of what is embedded, as the model makes them."""
    Property = apps.get_model("properties", "Property")
    listings = Property.objects.using(schema_editor.connection.alias)
    batch = []
    for listing in listings.iterator(chunk_size=BATCH):
        kind = named([listing.type, listing.transaction, *listing.amenities])
        place = f"{listing.city} {listing.district}"
        lines = listing.title, f"{place} {kind}", listing.description
        listing.search_text = "\n".join(map(indexed, lines))
        place = ", ".join(filter(None, [listing.district, listing.city]))
        told = ", ".join(filter(None, [listing.type, place, *listing.amenities]))
        listing.content_hash = content_hash(f"{listing.title}\n{told}\n{listing.description}")
        batch.append(listing)
        if len(batch) == BATCH:
            listings.bulk_update(batch, ["search_text", "content_hash"])
            batch = []
    listings.bulk_update(batch, ["search_text", "content_hash"])


# Once a statement, not a row: an import counts each lexeme once a batch. '' counts the listings.
# What a write changed goes in as rows of its own, so that no write waits for another; whoever
# gets the lock folds the rows of these lexemes into one.
COUNT_LEXEMES = """
CREATE FUNCTION properties_count_lexemes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names text[];
    changes bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(c.lexeme), array_agg(c.change) INTO names, changes FROM (
            SELECT lexeme, count(*) AS change
            FROM added a, unnest(array_append(tsvector_to_array(a.search_vector), '')) AS lexeme
            GROUP BY lexeme
        ) c;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(c.lexeme), array_agg(c.change) INTO names, changes FROM (
            SELECT lexeme, -count(*) AS change
            FROM removed r, unnest(array_append(tsvector_to_array(r.search_vector), '')) AS lexeme
            GROUP BY lexeme
        ) c;
    ELSE
        SELECT array_agg(c.lexeme), array_agg(c.change) INTO names, changes FROM (
            SELECT each.lexeme, sum(each.change) AS change
            FROM removed r JOIN added a ON a.id = r.id AND a.search_vector <> r.search_vector
            CROSS JOIN LATERAL (
                SELECT unnest(tsvector_to_array(a.search_vector)), 1 UNION ALL
                SELECT unnest(tsvector_to_array(r.search_vector)), -1
            ) AS each (lexeme, change)
            GROUP BY each.lexeme HAVING sum(each.change) <> 0
        ) c;
    END IF;
    IF names IS NULL THEN
        RETURN NULL;
    END IF;
    IF pg_try_advisory_xact_lock('properties_lexeme'::regclass::oid::integer, 0) THEN
        WITH folded AS (
            DELETE FROM properties_lexeme WHERE lexeme = ANY(names) RETURNING lexeme, documents
        )
        SELECT array_agg(c.lexeme), array_agg(c.change) INTO names, changes FROM (
            SELECT each.lexeme, sum(each.change) AS change FROM (
                SELECT unnest(names), unnest(changes) UNION ALL SELECT * FROM folded
            ) AS each (lexeme, change)
            GROUP BY each.lexeme HAVING sum(each.change) <> 0
        ) c;
    END IF;
    INSERT INTO properties_lexeme (lexeme, documents) SELECT unnest(names), unnest(changes);
    RETURN NULL;
END $$;
CREATE TRIGGER properties_lexemes_added AFTER INSERT ON properties_property
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION properties_count_lexemes();
CREATE TRIGGER properties_lexemes_removed AFTER DELETE ON properties_property
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION properties_count_lexemes();
CREATE TRIGGER properties_lexemes_changed AFTER UPDATE ON properties_property
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION properties_count_lexemes();
INSERT INTO properties_lexeme (lexeme, documents)
SELECT lexeme, count(*)
FROM properties_property, unnest(array_append(tsvector_to_array(search_vector), '')) AS lexeme
GROUP BY lexeme;
"""
DROP_COUNT_LEXEMES = """
DROP TRIGGER properties_lexemes_changed ON properties_property;
DROP TRIGGER properties_lexemes_removed ON properties_property;
DROP TRIGGER properties_lexemes_added ON properties_property;
DROP FUNCTION properties_count_lexemes();
"""

# What a question is looked up by: how many listings there are, and how many hold each of its
# lexemes. A function, so that PostgreSQL keeps the plan for each of its sessions.
WORDS = """
CREATE FUNCTION properties_words(
    asked text, OUT documents bigint, OUT lexemes text[], OUT held bigint[]
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT coalesce(sum(l.documents), 0) INTO documents
    FROM properties_lexeme l WHERE l.lexeme = '';
    SELECT array_agg(word.lexeme ORDER BY word.lexeme),
        array_agg(coalesce(counted.held, 0) ORDER BY word.lexeme) INTO lexemes, held
    FROM unnest(tsvector_to_array(to_tsvector('russian', asked))) AS word (lexeme)
    CROSS JOIN LATERAL (
        SELECT sum(l.documents) AS held FROM properties_lexeme l WHERE l.lexeme = word.lexeme
    ) counted;
END $$;
"""

# A usual listing stays whole in its row: ranking must not unpack its tsvector from elsewhere.
WHOLE_ROWS = "ALTER TABLE properties_property SET (toast_tuple_target = 4080)"
USUAL_ROWS = "ALTER TABLE properties_property RESET (toast_tuple_target)"


def vector_index(size):
    half = OpClass(Cast("v", HalfVectorField(dimensions=size)), name="halfvec_cosine_ops")
    index = HnswIndex(
        half,
        name=f"properties_embedding_half{size}",
        m=16,
        ef_construction=64,
        condition=Q(dims=size),
    )
    return migrations.AddIndex("embedding", index)


class Migration(migrations.Migration):

    dependencies = [("properties", "0004_enquiries")]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS vector", migrations.RunSQL.noop),
        migrations.RemoveIndex("property", "properties_search"),
        migrations.RemoveField("property", "search_vector"),
        migrations.RemoveConstraint("property", "properties_language_known"),
        migrations.RemoveField("property", "language"),
        migrations.AddField(
            "property",
            "content_hash",
            models.CharField(default="", editable=False, max_length=32),
        ),
        migrations.RunPython(derive, migrations.RunPython.noop),
        migrations.RunSQL(WHOLE_ROWS, USUAL_ROWS),
        migrations.AddField(
            "property",
            "search_vector",
            models.GeneratedField(
                db_persist=True,
                expression=line_vector(1, "A") + line_vector(2, "B") + line_vector(3, "D"),
                output_field=SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            "property",
            GinIndex(
                fields=["search_vector"], gin_pending_list_limit=512, name="properties_search"
            ),
        ),
        migrations.AddIndex(
            "property",
            models.Index(
                F("transaction"),
                F("type"),
                F("currency"),
                F("price"),
                condition=Q(status="published"),
                name="properties_kind",
            ),
        ),
        migrations.AddIndex(
            "property",
            models.Index(
                F("transaction"),
                F("type"),
                Lower("city"),
                F("currency"),
                F("price"),
                condition=Q(status="published"),
                name="properties_kind_city",
            ),
        ),
        migrations.CreateModel(
            "Lexeme",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lexeme", models.TextField()),
                ("documents", models.IntegerField()),
            ],
            {
                "indexes": [
                    models.Index(
                        fields=["lexeme"], include=["documents"], name="properties_lexeme_counts"
                    )
                ]
            },
        ),
        migrations.RunSQL(COUNT_LEXEMES, DROP_COUNT_LEXEMES),
        migrations.RunSQL(WORDS, "DROP FUNCTION properties_words"),
        migrations.CreateModel(
            "Embedding",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                ("dims", models.PositiveSmallIntegerField()),
                ("content_hash", models.CharField(max_length=32)),
                ("v", pgvector.django.vector.VectorField()),
                ("created_at", models.DateTimeField(auto_now=True)),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="embeddings",
                        to="properties.property",
                    ),
                ),
            ],
            {
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(dims__in=SIZES), name="properties_embedding_dims"
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            dims=Func(
                                "v",
                                function="vector_dims",
                                output_field=models.IntegerField(),
                            )
                        ),
                        name="properties_embedding_dims_of_v",
                    ),
                    models.UniqueConstraint(
                        fields=["listing", "model"], name="properties_embedding_unique"
                    ),
                ]
            },
        ),
        *map(vector_index, SIZES),
    ]
