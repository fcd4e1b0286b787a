-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('courtside_migrations', 0))

-- name: search_path
SET LOCAL search_path = public

-- name: create_ledger
CREATE TABLE IF NOT EXISTS public.courtside_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: has_ledger
SELECT to_regclass('public.courtside_migrations') IS NOT NULL

-- name: has_relations
SELECT EXISTS (
    SELECT FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)

-- name: applied
SELECT version, name, sha256 FROM public.courtside_migrations ORDER BY version

-- name: record
INSERT INTO public.courtside_migrations (version, name, sha256) VALUES (%s, %s, %s)
