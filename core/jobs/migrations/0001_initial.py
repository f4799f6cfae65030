"""Procrastinate's tables and functions, of its release 3.10 (settings: MIGRATION_MODULES).

Its own migrations cannot be undone. These run the same statements, out of the package, and drop
what they made. A release that brings more of them needs a migration here: a test says so.

Each file is a transaction of its own, because PostgreSQL 16 lets none use a value that it has added
to an enum. So a run that was killed leaves some of them behind, and the next one begins by dropping
those. (The package's schema.sql is one transaction, but that of a later release has more in it.)
"""

from django.db import migrations, models
from procrastinate.contrib.django.migrations_utils import list_migration_files

LAST = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
STATEMENTS = [text for name, text in sorted(list_migration_files().items()) if name <= LAST]

# With the tables go their triggers; a function goes before the types in its signature.
DROP = """
DROP TABLE IF EXISTS procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
    procrastinate_job_locks, procrastinate_version, procrastinate_workers CASCADE;
DO $$
DECLARE made regprocedure;
BEGIN
    FOR made IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('DROP FUNCTION %s', made);
    END LOOP;
END $$;
DROP TYPE IF EXISTS procrastinate_job_to_defer_v1, procrastinate_job_status,
    procrastinate_job_event_type;
"""

# Django makes no table of these, and compares no more than that they are there.
MODELS = {
    "ProcrastinateEvent": {"db_table": "procrastinate_events", "get_latest_by": "at"},
    "ProcrastinateJob": {"db_table": "procrastinate_jobs"},
    "ProcrastinatePeriodicDefer": {"db_table": "procrastinate_periodic_defers"},
    "ProcrastinateWorker": {"db_table": "procrastinate_workers"},
}


class Migration(migrations.Migration):
    initial = True
    atomic = False

    dependencies = []

    operations = [
        migrations.RunSQL(DROP, DROP),
        *(migrations.RunSQL(text, migrations.RunSQL.noop) for text in STATEMENTS),
        *(
            migrations.CreateModel(
                name,
                [("id", models.BigAutoField(primary_key=True))],
                {**options, "managed": False},
            )
            for name, options in MODELS.items()
        ),
    ]
