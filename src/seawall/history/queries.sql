-- name: begin_backup
INSERT INTO seawall.backups (run_id, who) VALUES (%(run_id)s, %(who)s) RETURNING id

-- name: column_numbers
SELECT attrelid::bigint, attname, attnum::integer FROM pg_catalog.pg_attribute
WHERE attrelid = ANY (%(tables)s::oid[]) AND attnum > 0 AND NOT attisdropped

-- name: add_shape
INSERT INTO seawall.row_shapes (table_name, table_oid, columns, numbers, types, key_columns)
VALUES (%(table_name)s, %(table_oid)s, %(columns)s, %(numbers)s, %(types)s, %(key_columns)s)
RETURNING id

-- name: previous
SELECT b.table_name, b.backup_id, b.shape_id, b.rows, b.digest
FROM unnest(%(tables)s::text[]) AS t (name)
CROSS JOIN LATERAL (SELECT * FROM seawall.backup_tables
                    WHERE table_name = t.name ORDER BY backup_id DESC LIMIT 1) AS b

-- name: close_other_shapes
UPDATE seawall.row_history SET last_backup = %(previous)s
WHERE last_backup IS NULL
  AND shape_id IN (SELECT id FROM seawall.row_shapes
                   WHERE table_name = %(table_name)s AND id <> %(shape_id)s)

-- name: drop_ownerless
DELETE FROM seawall.row_history
WHERE shape_id IN (SELECT id FROM seawall.row_shapes WHERE table_name = ANY (%(tables)s::text[]))

-- name: stored_now
SELECT shape_id, pg_catalog.count(*) AS rows,
       pg_catalog.sum(pg_catalog.hash_array_extended(row_values, 0)::numeric) AS digest
FROM seawall.row_history
WHERE shape_id = ANY (%(shapes)s::bigint[]) AND last_backup IS NULL GROUP BY shape_id

-- name: stored_then
SELECT pg_catalog.count(*) AS rows,
       coalesce(pg_catalog.sum(pg_catalog.hash_array_extended(row_values, 0)::numeric), 0) AS digest
FROM seawall.row_history
WHERE shape_id = %(shape_id)s AND first_backup <= %(backup_id)s
  AND (last_backup IS NULL OR last_backup >= %(backup_id)s)

-- name: altered_versions
SELECT row_key FROM seawall.row_history
WHERE shape_id = %(shape_id)s AND first_backup <= %(backup_id)s
  AND (last_backup IS NULL OR last_backup >= %(backup_id)s)
  AND pg_catalog.hash_array_extended(row_values, 0) <> row_hash
ORDER BY row_key LIMIT 20

-- name: record_table
INSERT INTO seawall.backup_tables (backup_id, table_name, shape_id, rows, digest, read_back_at)
VALUES (%(backup_id)s, %(table_name)s, %(shape_id)s, %(rows)s, %(digest)s, clock_timestamp())

-- name: of_run
SELECT id, run_id, taken_at FROM seawall.backups WHERE run_id = %(run_id)s

-- name: of_backup
SELECT id, run_id, taken_at FROM seawall.backups WHERE id = %(backup_id)s

-- name: latest
SELECT id, run_id, taken_at FROM seawall.backups ORDER BY id DESC LIMIT 1

-- name: tables_of
SELECT b.table_name, b.shape_id, b.rows, b.digest, b.read_back_at,
       s.table_oid, s.columns, s.numbers, s.types, s.key_columns
FROM seawall.backup_tables b JOIN seawall.row_shapes s ON s.id = b.shape_id
WHERE b.backup_id = %(backup_id)s ORDER BY b.table_name

-- name: shapes_of
SELECT id AS shape_id, table_name, table_oid, columns, numbers, types, key_columns
FROM seawall.row_shapes WHERE table_name = ANY (%(tables)s::text[]) ORDER BY id

-- name: oldest_kept
SELECT id FROM seawall.backups WHERE run_id IS NOT NULL
ORDER BY id DESC OFFSET %(keep_runs)s - 1 LIMIT 1

-- name: prune_versions
DELETE FROM seawall.row_history WHERE last_backup < %(oldest)s

-- name: prune_backups
DELETE FROM seawall.backups WHERE id < %(oldest)s

-- name: prune_left_out
DELETE FROM seawall.row_history h
WHERE h.shape_id IN (SELECT s.id FROM seawall.row_shapes s
                     WHERE NOT EXISTS (SELECT FROM seawall.backup_tables b WHERE b.shape_id = s.id))

-- name: prune_shapes
DELETE FROM seawall.row_shapes s
WHERE NOT EXISTS (SELECT FROM seawall.backup_tables b WHERE b.shape_id = s.id)
  AND NOT EXISTS (SELECT FROM seawall.row_history h WHERE h.shape_id = s.id)

-- name: forget_from_digests
UPDATE seawall.backup_tables b
SET rows = b.rows - gone.rows, digest = b.digest - gone.digest
FROM (SELECT b2.backup_id, b2.shape_id, pg_catalog.count(*) AS rows,
             pg_catalog.sum(h.row_hash::numeric) AS digest
      FROM seawall.row_history h
      JOIN seawall.backup_tables b2
        ON b2.shape_id = h.shape_id AND h.first_backup <= b2.backup_id
       AND (h.last_backup IS NULL OR h.last_backup >= b2.backup_id)
      WHERE h.shape_id = ANY (%(shapes)s::bigint[]) AND h.row_key = ANY (%(keys)s::text[])
      GROUP BY b2.backup_id, b2.shape_id) AS gone
WHERE b.backup_id = gone.backup_id AND b.shape_id = gone.shape_id

-- name: forget_versions
DELETE FROM seawall.row_history
WHERE shape_id = ANY (%(shapes)s::bigint[]) AND row_key = ANY (%(keys)s::text[])

-- name: count_versions
SELECT pg_catalog.count(*) AS versions, pg_catalog.count(DISTINCT row_key) AS rows
FROM seawall.row_history
WHERE shape_id = ANY (%(shapes)s::bigint[]) AND row_key = ANY (%(keys)s::text[])

-- name: record_forgetting
INSERT INTO seawall.forgettings (who, table_name, rows, versions)
VALUES (%(who)s, %(table_name)s, %(rows)s, %(versions)s) RETURNING id

-- name: intend_restore
INSERT INTO seawall.restores (backup_id, saved_as, who, plan_digest)
VALUES (%(backup_id)s, %(saved_as)s, %(who)s, %(plan_digest)s) RETURNING id

-- name: close_unfinished_restores
UPDATE seawall.restores
SET outcome = 'failed', ended_at = clock_timestamp(),
    report = '{"findings": [{"check": "restore-interrupted"}]}'
WHERE outcome IS NULL

-- name: close_restore
UPDATE seawall.restores
SET outcome = %(outcome)s, ended_at = clock_timestamp(), report = %(report)s
WHERE id = %(restore_id)s AND outcome IS NULL

-- name: make_candidates
CREATE TEMPORARY TABLE IF NOT EXISTS seawall_candidates (
    table_name text NOT NULL,
    row_key text COLLATE "C" NOT NULL,
    row_values text[] COLLATE "C" NOT NULL,
    status text NOT NULL,
    detail text NOT NULL DEFAULT '',
    live_hash bigint,
    live_values text[] COLLATE "C",
    planned_hash bigint,
    action text
) ON COMMIT DELETE ROWS

-- name: unique_indexes
SELECT c.relname AS name, i.indnullsnotdistinct AS nulls_not_distinct,
       array(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, true)
             FROM pg_catalog.generate_series(1, i.indnkeyatts) AS n ORDER BY n) AS expressions,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS condition,
       array(SELECT k::integer FROM pg_catalog.unnest(i.indkey::int2[]) AS k WHERE k > 0
             UNION
             SELECT d.refobjsubid FROM pg_catalog.pg_depend d
             WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
               AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
               AND d.refobjsubid > 0) AS numbers
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %(table)s::oid AND i.indisunique AND NOT i.indisprimary AND i.indisvalid
ORDER BY c.relname

-- name: ascends
SELECT seqincrement > 0 FROM pg_catalog.pg_sequence WHERE seqrelid = %(sequence)s::regclass

-- name: move_sequence
SELECT pg_catalog.setval(%(sequence)s::regclass, %(value)s)
WHERE coalesce(pg_catalog.pg_sequence_last_value(%(sequence)s::regclass), 0) < %(value)s

-- name: sequence_value
SELECT coalesce(pg_catalog.pg_sequence_last_value(%(sequence)s::regclass), 0)
