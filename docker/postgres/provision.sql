-- Makes a database of a product and its roles, or puts them right again. Run it as a superuser:
--
--   OWNER_PASSWORD=... USER_PASSWORD=... psql -X -d postgres \
--       -v roles=bestays -v database=bestays_db -f provision.sql
--
-- A product with two databases runs it once for each: roles=bestays_app with
-- database=bestays_app_db, and roles=bestays_auth with database=bestays_auth_db.
--
-- PostgreSQL 16 to 18 with pgvector at hand; nothing else. Running it again sets the passwords
-- and the grants anew and loses nothing. The cluster is taken to be the platform's own:
-- PUBLIC loses CONNECT on every database in it.
--
-- {roles}_owner  owns the database and runs its migrations
-- {roles}_user   reads and writes rows, and can run no DDL

\set ON_ERROR_STOP on
-- From the environment, because other users of the machine can read a command line.
\getenv owner_password OWNER_PASSWORD
\getenv user_password USER_PASSWORD
\if :{?roles} \else \set roles '' \endif
\if :{?database} \else \set database '' \endif
\set owner :roles '_owner'
\set user :roles '_user'

-- A password must not reach the server's log, whatever is logged there otherwise.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';
SET password_encryption = 'scram-sha-256';

SELECT '' IN (:'roles', :'database') AS without_names \gset
\if :without_names
    DO $$ BEGIN RAISE 'name both: -v roles=... -v database=...'; END $$;
\endif

\if :{?owner_password} \else \set owner_password '' \endif
\if :{?user_password} \else \set user_password '' \endif
SELECT '' IN (:'owner_password', :'user_password') AS without_password \gset
\if :without_password
    DO $$ BEGIN RAISE 'OWNER_PASSWORD and USER_PASSWORD must not be empty'; END $$;
\endif

-- Roles and database grants are rows all databases share, and two sessions that change one of
-- them at the same time fail. The lock is held until this session connects elsewhere.
\o /dev/null
SELECT pg_advisory_lock(hashtext('provision'));
\o

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY[:'owner', :'user']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'owner_password';
ALTER ROLE :"user" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'user_password';

-- template0 and C.UTF-8: a cluster made with the locale C would not know that Ж is upper case ж.
SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER libc LOCALE ''C.UTF-8''',
    :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec

ALTER DATABASE :"database" OWNER TO :"owner";

-- PUBLIC may connect to every database, also to one made by hand, until it is taken away.
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', datname)
FROM pg_database
WHERE datallowconn
\gexec

REVOKE ALL ON DATABASE :"database" FROM :"user";
GRANT CONNECT ON DATABASE :"database" TO :"owner", :"user";

-- A query that outlives the request that asked holds a pooled connection for nobody.
ALTER ROLE :"user" IN DATABASE :"database" SET statement_timeout = '30s';
ALTER ROLE :"user" IN DATABASE :"database" SET idle_in_transaction_session_timeout = '60s';
-- For data that is in memory, or on an SSD: a page costs little beside the work on its rows. With
-- the default of 4, made for disks that seek, the planner walked through 70,000 listings rather than
-- ask an index for a rare word: 157 ms instead of 1. With pages at 1 it joined two bitmaps of
-- indexes where a walk along the newest listings was quicker.
ALTER ROLE :"user" IN DATABASE :"database" SET seq_page_cost = 0.2;
ALTER ROLE :"user" IN DATABASE :"database" SET random_page_cost = 0.22;
-- Values stand in the text of each statement, and in the DETAIL of an error: a person's email, name
-- and Clerk id, which nobody could erase from the server's log. Only a superuser can set these two.
ALTER ROLE :"user" IN DATABASE :"database" SET log_min_error_statement = 'panic';
ALTER ROLE :"user" IN DATABASE :"database" SET log_error_verbosity = 'terse';

\connect :"database"
SET client_min_messages = 'warning';

-- vector is not a trusted extension: only a superuser creates it, so a migration cannot.
CREATE EXTENSION IF NOT EXISTS vector;

ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC, :"user";
GRANT USAGE ON SCHEMA public TO :"user";

-- Tables that migrations are still to make, then those that are here already.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"user";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO :"user";
BEGIN;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"user";
-- A table's comment may say that it is less: "runtime role: SELECT" (core/privileges.py). The
-- owner writes it and a superuser acts upon it here, hence no word but these.
SELECT format(
    'REVOKE ALL ON public.%1$I FROM %2$I; GRANT %3$s ON public.%1$I TO %2$I',
    relname, :'user', substring(obj_description(oid, 'pg_class') FROM '^runtime role: (.+)$'))
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
    AND obj_description(oid, 'pg_class')
        ~ '^runtime role: (SELECT|INSERT|UPDATE|DELETE)(, (SELECT|INSERT|UPDATE|DELETE))*$'
\gexec
COMMIT;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"user";
