-- name: tables
SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.relispartition AS is_partition,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       pg_get_userbyid(c.relowner) AS owner, c.relfilenode::bigint AS file_node,
       array(SELECT i.inhparent::bigint FROM pg_inherits i WHERE i.inhrelid = c.oid) AS ancestors
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'seawall', 'seawall_stage')
ORDER BY n.nspname, c.relname

-- name: columns
SELECT a.attrelid::bigint AS table_oid, a.attname AS name, a.attnum AS number,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN t.typbasetype = 0 THEN t.typname ELSE (
            WITH RECURSIVE base (oid, typname, typbasetype) AS (
                SELECT t.oid, t.typname, t.typbasetype
                UNION ALL
                SELECT b.oid, b.typname, b.typbasetype FROM pg_type b
                JOIN base ON b.oid = base.typbasetype)
            SELECT typname FROM base WHERE typbasetype = 0) END AS type_name,
       t.typtype::text AS type_kind, t.typcategory::text AS type_category,
       CASE WHEN NOT l.collisdeterministic THEN array[ln.nspname, l.collname]::text[] END
           AS generous_collation,
       a.attnotnull AS not_null, a.attgenerated <> '' AS generated,
       a.attidentity::text AS identity,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default_expression,
       pg_get_serial_sequence(format('%%I.%%I', n.nspname, c.relname), a.attname) AS sequence
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%(tables)s::bigint[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum

-- name: enum_labels
SELECT e.oid::bigint AS oid, e.enumlabel AS label FROM pg_enum e ORDER BY e.oid

-- name: keys
SELECT i.indrelid::bigint AS table_oid, ic.relname AS name, i.indisprimary AS is_primary,
       i.indimmediate AS is_immediate,
       array(SELECT a.attname::text
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             WHERE k.position <= i.indnkeyatts
             ORDER BY k.position) AS columns
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid
WHERE i.indrelid = ANY (%(tables)s::bigint[])
  AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indrelid, i.indisprimary DESC, ic.relname

-- name: foreign_keys
SELECT k.oid::bigint AS oid, k.conname AS name,
       k.conrelid::bigint AS table_oid, k.confrelid::bigint AS target_oid,
       array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, position)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
             ORDER BY u.position) AS columns,
       array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, position)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
             ORDER BY u.position) AS target_columns,
       k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
       k.convalidated AS validated,
       -- The column is PostgreSQL 18's; to_jsonb() asks for it without naming it.
       coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced,
       EXISTS (
           WITH RECURSIVE family (oid) AS (
               SELECT k.oid
               UNION ALL
               SELECT p.oid FROM pg_constraint p JOIN family ON p.conparentid = family.oid)
           SELECT FROM family JOIN pg_trigger t ON t.tgconstraint = family.oid
           WHERE t.tgenabled IN ('D', 'R')) AS disabled,
       EXISTS (
           SELECT FROM pg_index i
           WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
             AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey) AS indexed
FROM pg_constraint k
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (%(tables)s::bigint[])
ORDER BY k.conrelid, k.conname

-- name: constraints
SELECT k.conrelid::bigint AS table_oid, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k
WHERE k.contype IN ('c', 'x') AND k.conrelid = ANY (%(tables)s::bigint[])
ORDER BY k.conrelid, k.conname

-- name: rules
SELECT r.ev_class::bigint AS table_oid, r.rulename AS name, pg_get_ruledef(r.oid) AS definition
FROM pg_rewrite r
WHERE r.ev_class = ANY (%(tables)s::bigint[]) AND r.ev_enabled <> 'D'
ORDER BY r.ev_class, r.rulename

-- name: triggers
SELECT t.tgrelid::bigint AS table_oid, t.tgname AS name, t.tgenabled::text AS enabled,
       -- Bits of tgtype: 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE.
       t.tgtype & 28 <> 0 AS on_write,
       pg_get_triggerdef(t.oid) AS definition,
       n.nspname || '.' || p.proname AS function,
       md5(pg_get_functiondef(t.tgfoid)) AS function_digest
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal AND t.tgrelid = ANY (%(tables)s::bigint[])
  -- Guards are judged by their own record: putting them up must not make plans stale.
  AND NOT (p.proname IN ('refuse_write', 'refuse_truncate')
           AND p.pronamespace IS NOT DISTINCT FROM to_regnamespace('seawall'))
ORDER BY t.tgrelid, t.tgname
