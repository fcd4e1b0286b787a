-- name: register
INSERT INTO seawall_stage.loads (load_id, feed) VALUES (%(load_id)s, %(feed)s)

-- name: copy_set_aside
COPY seawall_stage.set_aside (load_id, file, position, reason, detail, expected, record) FROM STDIN

-- name: count_set_aside
SELECT file, reason, expected, count(*)
FROM (SELECT DISTINCT ON (file, position) file, position, reason, expected
      FROM seawall_stage.set_aside WHERE load_id = %(load_id)s
      ORDER BY file, position, expected, reason) AS record
GROUP BY file, reason, expected ORDER BY file, reason

-- name: tables_of_load
SELECT c.relname FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'seawall_stage'::regnamespace AND c.relkind = 'r'
  AND left(c.relname, 13) = %(load_id)s || '_'

-- name: forget_set_aside
DELETE FROM seawall_stage.set_aside WHERE load_id = %(load_id)s

-- name: forget
DELETE FROM seawall_stage.loads WHERE load_id = %(load_id)s

-- name: stale_loads
SELECT load_id FROM seawall_stage.loads WHERE made_at < now() - interval '1 day'
