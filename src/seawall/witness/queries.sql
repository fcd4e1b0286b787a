-- name: structure
-- Raw columns of the catalogue, so that no search path changes how they read.
WITH asked AS (
    SELECT n.nspname AS schema, c.relname AS name, c.*
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
)
SELECT a.schema, a.name, a.oid::bigint AS oid, a.relfilenode::bigint AS file_node,
       concat_ws(' ', a.relkind, a.relispartition, a.relrowsecurity, a.relforcerowsecurity, a.relhasrules) AS security,
       coalesce((SELECT md5(string_agg(concat_ws(' ', t.attnum, t.attname, t.atttypid, t.atttypmod,
                                                 t.attnotnull, t.attisdropped), ';' ORDER BY t.attnum))
                 FROM pg_catalog.pg_attribute t WHERE t.attrelid = a.oid AND t.attnum > 0), '') AS columns,
       coalesce((SELECT md5(string_agg(concat_ws(' ', k.oid, k.conname, k.contype, k.convalidated,
                                                 k.condeferrable, k.condeferred, k.confdeltype,
                                                 k.confupdtype, k.confrelid, k.conkey::text,
                                                 k.confkey::text, k.conbin::text), ';' ORDER BY k.oid))
                 FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.oid), '') AS constraints,
       coalesce((SELECT md5(string_agg(concat_ws(' ', t.oid, t.tgrelid, t.tgname, t.tgenabled, t.tgtype,
                                                 t.tgfoid, t.tgattr::text, encode(t.tgargs, 'hex'),
                                                 t.tgqual::text, md5(p.prosrc), p.proconfig::text),
                                       ';' ORDER BY t.oid))
                 FROM pg_catalog.pg_trigger t
                 JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                 WHERE t.tgrelid = a.oid OR t.tgconstrrelid = a.oid), '') AS triggers
FROM asked a

-- name: switched_off
SELECT DISTINCT n.nspname AS schema, c.relname AS name, k.conname AS constraint
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (schema, name)
JOIN pg_catalog.pg_namespace n ON n.nspname = a.schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
JOIN pg_catalog.pg_trigger t ON t.tgconstraint = k.oid AND t.tgenabled IN ('D', 'R')
ORDER BY n.nspname, c.relname, k.conname

-- name: storage
SELECT n.nspname, c.relname, c.oid::bigint, c.relfilenode::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'seawall_stage')

-- name: sequences
-- Sequences are of no snapshot: users' own inserts only move them on. One that may cycle, or runs
-- backwards, says nothing.
SELECT n.name, CASE WHEN pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT')
    THEN pg_catalog.pg_sequence_last_value(s.seqrelid) END
FROM unnest(%(names)s::text[]) AS n (name)
JOIN pg_catalog.pg_sequence s ON s.seqrelid = pg_catalog.to_regclass(n.name)
WHERE s.seqincrement > 0 AND NOT s.seqcycle
