from django.db import migrations

from core.privileges import runtime_role_may

# What an entry's hash is over; core/audit.py reads the same again to verify it. As JSON, so that
# no two entries have one text, and with the time as microseconds, whatever the session's zone.
CONTENT = """jsonb_build_array({entry}.id, (extract(epoch FROM {entry}.at) * 1000000)::bigint,
    {entry}.actor, {entry}.action, {entry}.subject_type, {entry}.subject_id, {entry}.before,
    {entry}.after, {entry}.request_id)::text"""

# At the commit, when the transaction has all its row locks: whoever waits for the log's lock then
# waits for a commit that waits for nobody. In READ COMMITTED each statement after the lock sees
# what the last holder committed; in a stricter isolation a stale head fails as a serialization
# error. As the owner, because the runtime role may not write the chain by itself.
CHAIN = f"""
CREATE FUNCTION core_audit_chain() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head core_audithead;
    own bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('core_audit'));
    SELECT * INTO head FROM core_audithead WHERE id = 1;
    own := sha256(coalesce(head.hash, '') || convert_to({CONTENT.format(entry="NEW")}, 'UTF8'));
    INSERT INTO core_auditlink (position, entry_id, hash)
        VALUES (coalesce(head.position, 0) + 1, NEW.id, own);
    INSERT INTO core_audithead (id, position, hash)
        VALUES (1, coalesce(head.position, 0) + 1, own)
        ON CONFLICT (id) DO UPDATE SET position = excluded.position, hash = excluded.hash;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER core_audit_chain AFTER INSERT ON core_auditentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_audit_chain();
"""
UNCHAIN = """
DROP TRIGGER core_audit_chain ON core_auditentry;
DROP FUNCTION core_audit_chain();
"""

# Against the owner's slips too; `flush` switches it off while it empties the database.
APPEND_ONLY = """
CREATE FUNCTION core_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_append_only();
CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_append_only();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER core_audit_append_only ON core_auditlink;
DROP TRIGGER core_audit_append_only ON core_auditentry;
DROP FUNCTION core_audit_append_only();
"""

class Migration(migrations.Migration):
    dependencies = [("core", "0003_audit")]

    operations = [
        migrations.RunSQL(CHAIN, UNCHAIN),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        runtime_role_may("SELECT, INSERT", "core_auditentry"),
        runtime_role_may("SELECT", "core_auditlink"),
        runtime_role_may("SELECT", "core_audithead"),
    ]
