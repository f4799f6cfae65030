import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from core.privileges import runtime_role_may

# What an edit is: a change in one of these.
FIELDS = ("slug", "category_id", "language", "question", "answer", "status", "position")
EDITED = ", ".join(FIELDS)
OLD, NEW = (", ".join(f"{row}.{name}" for name in FIELDS) for row in ("r", "a"))

# By the database, so that no way of writing goes past it. As the owner, because the runtime role
# may not write versions by itself. Every write of documents holds the catalogue's row by now
# (migration 0002), so that two of them never take the same number.
KEEP = f"""
CREATE FUNCTION faq_keep_version() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    editor uuid := nullif(current_setting('faq.editor', true), '')::uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO faq_version (document_id, number, category, {EDITED}, made_by)
        SELECT a.id, 1, coalesce(c.slug, ''), {NEW}, editor
        FROM added a LEFT JOIN faq_category c ON c.id = a.category_id;
    ELSE
        INSERT INTO faq_version (document_id, number, category, {EDITED}, made_by)
        SELECT a.id,
            (SELECT coalesce(max(v.number), 0) + 1 FROM faq_version v WHERE v.document_id = a.id),
            coalesce(c.slug, ''), {NEW}, editor
        FROM added a JOIN removed r ON r.id = a.id
        LEFT JOIN faq_category c ON c.id = a.category_id
        WHERE ({NEW})
            IS DISTINCT FROM ({OLD});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER faq_version_added AFTER INSERT ON faq_document
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION faq_keep_version();
CREATE TRIGGER faq_version_changed AFTER UPDATE ON faq_document
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION faq_keep_version();
"""
DROP_KEEP = """
DROP TRIGGER faq_version_changed ON faq_document;
DROP TRIGGER faq_version_added ON faq_document;
DROP FUNCTION faq_keep_version();
"""

# Removed by PostgreSQL, as the owner, where their document is: the runtime role may not.
WITH_DOCUMENT = """
ALTER TABLE faq_version ADD CONSTRAINT faq_version_document
    FOREIGN KEY (document_id) REFERENCES faq_document (id) ON DELETE CASCADE;
"""
WITHOUT_DOCUMENT = "ALTER TABLE faq_version DROP CONSTRAINT faq_version_document"

# But for a person's name, which goes with the person.
IMMUTABLE = """
CREATE FUNCTION faq_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version does not change: edit the document' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER faq_version_immutable BEFORE UPDATE ON faq_version FOR EACH ROW
    WHEN (NEW.made_by IS NOT NULL
        OR to_jsonb(NEW) - 'made_by' IS DISTINCT FROM to_jsonb(OLD) - 'made_by')
    EXECUTE FUNCTION faq_version_is_immutable();
"""
MUTABLE = """
DROP TRIGGER faq_version_immutable ON faq_version;
DROP FUNCTION faq_version_is_immutable();
"""

FIRST_VERSIONS = f"""
INSERT INTO faq_version (document_id, number, category, {EDITED}, at)
SELECT a.id, 1, c.slug, {NEW}, a.updated_at
FROM faq_document a JOIN faq_category c ON c.id = a.category_id
"""


class Migration(migrations.Migration):

    dependencies = [("faq", "0003_ranking")]

    operations = [
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("format", models.CharField(max_length=10)),
                ("content", models.BinaryField()),
                ("sent_by", models.UUIDField()),
                ("sent_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"indexes": [models.Index(fields=["sent_at"], name="faq_importfile_sent")]},
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("slug", models.CharField(max_length=120)),
                ("category_id", models.UUIDField()),
                ("category", models.CharField(max_length=80)),
                ("language", models.CharField(max_length=2)),
                ("question", models.CharField(max_length=500)),
                ("answer", models.TextField()),
                ("status", models.CharField(max_length=10)),
                ("position", models.PositiveSmallIntegerField()),
                ("made_by", models.UUIDField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("document", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="versions", to="faq.document")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("made_by__isnull", False)), fields=["made_by"], name="faq_version_maker")],
                "constraints": [models.UniqueConstraint(fields=("document", "number"), name="faq_version_number")],
            },
        ),
        migrations.RunSQL(WITH_DOCUMENT, WITHOUT_DOCUMENT),
        migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, DROP_KEEP),
        migrations.RunSQL(IMMUTABLE, MUTABLE),
        runtime_role_may("SELECT, UPDATE", "faq_version"),
    ]
