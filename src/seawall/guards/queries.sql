-- name: on_record
SELECT table_name, trigger_name, protects, definition_digest, installed_at
FROM seawall.guards ORDER BY table_name, trigger_name

-- name: standing
SELECT n.nspname AS schema, c.relname AS name, t.tgname AS trigger_name, t.tgenabled::text AS enabled,
       t.tgtype::integer AS type_bits, pg_get_triggerdef(t.oid) AS definition,
       md5(pg_get_triggerdef(t.oid) || pg_get_functiondef(p.oid)) AS definition_digest
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal
  AND (t.tgname ~ '^(0_)?seawall_guard_' OR (p.pronamespace = to_regnamespace('seawall')
       AND p.proname IN ('refuse_write', 'refuse_truncate')))
ORDER BY n.nspname, c.relname, t.tgname

-- name: record
INSERT INTO seawall.guards (table_name, trigger_name, protects, definition_digest)
VALUES (%(table_name)s, %(trigger_name)s, %(protects)s, %(definition_digest)s)
ON CONFLICT (table_name, trigger_name) DO UPDATE
SET protects = excluded.protects, definition_digest = excluded.definition_digest,
    installed_at = excluded.installed_at

-- name: forget
DELETE FROM seawall.guards WHERE table_name = %(table_name)s AND trigger_name = %(trigger_name)s

-- name: tries
SELECT s.sequencename AS sequence, coalesce(s.last_value, 0) AS tries
FROM pg_catalog.pg_sequences s
WHERE s.schemaname = 'seawall' AND s.sequencename LIKE 'guard\_tries\_%%'

-- name: drop_functions
DROP FUNCTION IF EXISTS seawall.refuse_write(), seawall.refuse_truncate()
