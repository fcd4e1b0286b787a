-- name: sequences
-- A sequence serves a column that owns it, or whose default draws from it.
WITH serving (sequence, relation, attribute) AS (
    SELECT d.objid, d.refobjid, d.refobjsubid
    FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    UNION
    SELECT d.refobjid, a.adrelid, a.adnum
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
      AND d.refclassid = 'pg_catalog.pg_class'::regclass
)
SELECT tn.nspname AS table_schema, t.relname AS table_name, c.attname AS column_name,
       sn.nspname AS sequence_schema, r.relname AS sequence_name,
       s.seqmin AS smallest, s.seqmax AS largest, s.seqincrement AS increment,
       -- PostgreSQL 15 raises where a role may not look; later ones say NULL.
       pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT') AS readable,
       CASE WHEN pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT')
            THEN pg_catalog.pg_sequence_last_value(s.seqrelid) END AS last_value
FROM serving
JOIN pg_catalog.pg_sequence s ON s.seqrelid = serving.sequence
JOIN pg_catalog.pg_class r ON r.oid = s.seqrelid
JOIN pg_catalog.pg_namespace sn ON sn.oid = r.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = serving.relation
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_attribute c ON c.attrelid = t.oid AND c.attnum = serving.attribute
WHERE NOT c.attisdropped
ORDER BY tn.nspname, t.relname, c.attname, sn.nspname, r.relname

-- name: stale_loads
SELECT pg_catalog.count(*) FROM seawall_stage.loads
WHERE made_at < pg_catalog.now() - interval '1 hour'
