"""What the runtime role may do with a table, where that is less than to read and write its rows."""

from django.db.migrations import RunSQL


def runtime_role_may(privileges: str, table: str) -> RunSQL:
    """A migration's operation: "SELECT" or "SELECT, INSERT" and nothing else, from now on.

    The comment is for `docker/postgres/provision.sql`, which otherwise grants everything on every
    table each time that it is run. It takes heed of SELECT, INSERT, UPDATE and DELETE.
    The migration knows no name of the role: it is whoever was granted anything, but the owner.
    """
    return RunSQL(
        f"""
        COMMENT ON TABLE {table} IS 'runtime role: {privileges}';
        DO $$
        DECLARE role name;
        BEGIN
            FOR role IN
                SELECT DISTINCT pg_get_userbyid(granted.grantee)
                FROM pg_class, aclexplode(relacl) AS granted
                WHERE oid = '{table}'::regclass AND granted.grantee NOT IN (0, relowner)
            LOOP
                EXECUTE format('REVOKE ALL ON {table} FROM %I', role);
                EXECUTE format('GRANT {privileges} ON {table} TO %I', role);
            END LOOP;
        END $$;
        """,
        RunSQL.noop,
    )
