"""What keeps faq_catalogue and faq_lexeme true, whoever writes: the API, the admin, COPY or psql."""

from django.db import migrations

# Before any row is locked: the catalogue's row is the first lock of every write.
VERSION = """
CREATE FUNCTION faq_change_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO faq_catalogue (id, version, documents) VALUES (1, gen_random_uuid(), 0)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$;
CREATE TRIGGER faq_catalogue_changes BEFORE INSERT OR UPDATE OR DELETE ON faq_document
    FOR EACH STATEMENT EXECUTE FUNCTION faq_change_version();
CREATE TRIGGER faq_catalogue_changes BEFORE INSERT OR UPDATE OR DELETE ON faq_category
    FOR EACH STATEMENT EXECUTE FUNCTION faq_change_version();
CREATE TRIGGER faq_catalogue_changes BEFORE INSERT OR UPDATE OR DELETE ON faq_embedding
    FOR EACH STATEMENT EXECUTE FUNCTION faq_change_version();
"""

DROP_VERSION = """
DROP TRIGGER faq_catalogue_changes ON faq_embedding;
DROP TRIGGER faq_catalogue_changes ON faq_category;
DROP TRIGGER faq_catalogue_changes ON faq_document;
DROP FUNCTION faq_change_version();
"""

# Once a statement, not a row: a bulk load of 100,000 documents counts each lexeme once.
LEXEMES = """
CREATE FUNCTION faq_count_lexemes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        WITH gone AS (
            SELECT lexeme, count(*) AS documents
            FROM removed, unnest(tsvector_to_array(removed.search)) AS lexeme
            WHERE removed.status = 'published' GROUP BY lexeme
        )
        UPDATE faq_lexeme AS kept SET documents = kept.documents - gone.documents
        FROM gone WHERE kept.lexeme = gone.lexeme;
        UPDATE faq_catalogue SET documents = documents
            - (SELECT count(*) FROM removed WHERE removed.status = 'published');
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO faq_lexeme AS kept (lexeme, documents)
        SELECT lexeme, count(*)
        FROM added, unnest(tsvector_to_array(added.search)) AS lexeme
        WHERE added.status = 'published' GROUP BY lexeme
        ON CONFLICT (lexeme) DO UPDATE SET documents = kept.documents + excluded.documents;
        UPDATE faq_catalogue SET documents = documents
            + (SELECT count(*) FROM added WHERE added.status = 'published');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER faq_lexemes_added AFTER INSERT ON faq_document
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION faq_count_lexemes();
CREATE TRIGGER faq_lexemes_removed AFTER DELETE ON faq_document
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION faq_count_lexemes();
CREATE TRIGGER faq_lexemes_changed AFTER UPDATE ON faq_document
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION faq_count_lexemes();
"""

DROP_LEXEMES = """
DROP TRIGGER faq_lexemes_changed ON faq_document;
DROP TRIGGER faq_lexemes_removed ON faq_document;
DROP TRIGGER faq_lexemes_added ON faq_document;
DROP FUNCTION faq_count_lexemes();
"""

# A usual FAQ stays whole in its row: ranking must not unpack its tsvector from elsewhere.
WHOLE_ROWS = "ALTER TABLE faq_document SET (toast_tuple_target = 4080)"
USUAL_ROWS = "ALTER TABLE faq_document RESET (toast_tuple_target)"


class Migration(migrations.Migration):

    dependencies = [("faq", "0001_initial")]

    operations = [
        migrations.RunSQL(VERSION, DROP_VERSION),
        migrations.RunSQL(LEXEMES, DROP_LEXEMES),
        migrations.RunSQL(WHOLE_ROWS, USUAL_ROWS),
    ]
