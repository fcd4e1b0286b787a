-- name: is_installed
SELECT to_regclass('seawall.schema_version') IS NOT NULL

-- name: is_stage_there
SELECT to_regclass('seawall_stage.loads') IS NOT NULL
   AND to_regclass('seawall_stage.set_aside') IS NOT NULL

-- name: installed_version
SELECT max(version) FROM seawall.schema_version

-- name: identity
SELECT name, environment FROM seawall.database_identity

-- name: record_identity
INSERT INTO seawall.database_identity (name, environment) VALUES (%(name)s, %(environment)s)
ON CONFLICT (only_one) DO NOTHING

-- name: record_manifest
INSERT INTO seawall.manifests (digest, said) VALUES (%(digest)s, %(said)s)
ON CONFLICT (digest) DO NOTHING

-- name: has_manifest
SELECT said FROM seawall.manifests WHERE digest = %(digest)s

-- name: manifest
SELECT m.said FROM seawall.manifests m
LEFT JOIN seawall.runs r ON r.manifest_digest = m.digest
ORDER BY r.id DESC NULLS LAST, m.recorded_at DESC LIMIT 1

-- name: has_catalogue
SELECT FROM seawall.catalogues WHERE digest = %(digest)s

-- name: record_catalogue
INSERT INTO seawall.catalogues (digest, said) VALUES (%(digest)s, %(said)s)
ON CONFLICT (digest) DO NOTHING

-- name: applied_catalogue
SELECT r.id, c.said FROM seawall.runs r
LEFT JOIN seawall.catalogues c ON c.digest = r.catalogue_digest
WHERE r.outcome IN ('done', 'unchanged', 'unverified')
ORDER BY r.id DESC LIMIT 1

-- name: outcomes
SELECT outcome, pg_catalog.count(*) AS runs FROM seawall.runs
WHERE outcome IS NOT NULL GROUP BY outcome ORDER BY outcome

-- name: ownership
SELECT table_name, owner FROM seawall.ownership

-- name: record_ownership
INSERT INTO seawall.ownership (table_name, owner)
SELECT * FROM unnest(%(tables)s::text[], %(owners)s::text[])
ON CONFLICT (table_name) DO UPDATE SET owner = 'users' WHERE excluded.owner = 'users'

-- name: protected_columns
SELECT table_name, columns, refers_to FROM seawall.protected_columns
ORDER BY table_name, columns, refers_to

-- name: protect_columns
INSERT INTO seawall.protected_columns (table_name, columns, refers_to)
VALUES (%(table_name)s, %(columns)s, %(refers_to)s)
ON CONFLICT DO NOTHING

-- name: last_applied
SELECT id, as_of, feed, evidence FROM seawall.runs
WHERE outcome IN ('done', 'unchanged', 'unverified')
ORDER BY id DESC LIMIT 1

-- name: equal_tables
SELECT equal_tables FROM seawall.runs
WHERE outcome IN ('done', 'unchanged', 'unverified')
ORDER BY id DESC LIMIT 1

-- name: newest_as_of
SELECT max(as_of) FROM seawall.runs WHERE outcome IN ('done', 'unchanged', 'unverified')

-- name: carried
SELECT DISTINCT f.scope, f.kind FROM seawall.files f
JOIN seawall.runs r ON r.id = f.run_id
WHERE r.outcome IN ('done', 'unchanged', 'unverified')

-- name: last_read
SELECT DISTINCT ON (f.scope, f.kind) f.scope, f.kind, sum(f.read)::bigint AS read
FROM seawall.files f
JOIN seawall.runs r ON r.id = f.run_id
WHERE r.outcome IN ('done', 'unchanged', 'unverified')
GROUP BY f.run_id, f.scope, f.kind
ORDER BY f.scope, f.kind, f.run_id DESC

-- name: fed_scopes
SELECT table_name, scope FROM seawall.fed_scopes

-- name: fed_columns
SELECT table_name, column_name FROM seawall.fed_columns

-- name: record_fed_scopes
INSERT INTO seawall.fed_scopes (table_name, scope, run_id)
SELECT t.table_name, t.scope, %(run_id)s
FROM unnest(%(tables)s::text[], %(scopes)s::text[]) AS t (table_name, scope)
ON CONFLICT DO NOTHING

-- name: record_fed_columns
INSERT INTO seawall.fed_columns (table_name, column_name, run_id)
SELECT t.table_name, t.column_name, %(run_id)s
FROM unnest(%(tables)s::text[], %(columns)s::text[]) AS t (table_name, column_name)
ON CONFLICT DO NOTHING

-- name: intend
INSERT INTO seawall.runs (feed, as_of, feed_digest, plan_digest, manifest_digest, catalogue_digest,
                          who, versions, acceptances, evidence)
VALUES (%(feed)s, %(as_of)s, %(feed_digest)s, %(plan_digest)s, %(manifest_digest)s,
        %(catalogue_digest)s, %(who)s, %(versions)s, %(acceptances)s, %(evidence)s)
RETURNING id

-- name: keep_file
INSERT INTO seawall.files (run_id, file, scope, kind, read, used, repeated, set_aside, notes)
VALUES (%(run_id)s, %(file)s, %(scope)s, %(kind)s, %(read)s, %(used)s, %(repeated)s, %(set_aside)s, %(notes)s)

-- name: keep_set_aside
INSERT INTO seawall.set_aside (run_id, file, position, reason, detail, expected, record)
SELECT %(run_id)s, file, position, reason, detail, expected, record
FROM seawall_stage.set_aside WHERE load_id = %(load_id)s

-- name: close
UPDATE seawall.runs
SET outcome = %(outcome)s, certified = %(certified)s, report = %(report)s,
    equal_tables = %(equal_tables)s, ended_at = clock_timestamp()
WHERE id = %(run_id)s AND outcome IS NULL

-- name: amend
UPDATE seawall.runs SET report = %(report)s WHERE id = %(run_id)s

-- name: unfinished
SELECT id, feed, started_at, who FROM seawall.runs WHERE outcome IS NULL

-- name: runs
SELECT id, started_at, ended_at, outcome, certified, feed, as_of, report
FROM seawall.runs WHERE %(before)s::bigint IS NULL OR id < %(before)s
ORDER BY id DESC LIMIT %(limit)s

-- name: last_success
SELECT id, started_at, ended_at, outcome, certified, feed, as_of, report
FROM seawall.runs WHERE outcome IN ('done', 'unchanged') ORDER BY id DESC LIMIT 1

-- name: run
SELECT id, started_at, ended_at, outcome, certified, feed, as_of, feed_digest, plan_digest,
       manifest_digest, catalogue_digest, who, versions, acceptances, evidence, report
FROM seawall.runs WHERE id = %(run_id)s

-- name: run_set_aside
SELECT file, position, reason, detail, expected, record
FROM seawall.set_aside WHERE run_id = %(run_id)s ORDER BY file, position LIMIT %(limit)s
