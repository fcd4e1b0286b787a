-- seawall's own bookkeeping. Truths are constraints: one active run is a unique index.
CREATE SCHEMA seawall;
COMMENT ON SCHEMA seawall IS 'seawall: who owns which table, what every run did, and the proof';

CREATE TABLE seawall.schema_version (
    version integer PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO seawall.schema_version (version) VALUES (4);

CREATE TABLE seawall.database_identity (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name text NOT NULL,
    environment text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE seawall.manifests (
    digest text PRIMARY KEY,
    said text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE seawall.manifests IS 'every manifest that was checked or applied here, as JSON';

CREATE TABLE seawall.catalogues (
    digest text PRIMARY KEY,
    said text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE seawall.catalogues IS
    'the database''s structure as runs found it, as JSON, so that what changed since can be named';

CREATE TABLE seawall.ownership (
    table_name text PRIMARY KEY,
    owner text NOT NULL CHECK (owner IN ('feed', 'users', 'ignored')),
    recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE seawall.ownership IS
    'what the manifest said when it was first checked; taking a line out of it does not end the protection';

CREATE TABLE seawall.protected_columns (
    table_name text NOT NULL,
    columns text[] NOT NULL,
    refers_to text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, columns, refers_to)
);
COMMENT ON TABLE seawall.protected_columns IS
    'users'' own columns of imported tables (refers_to is empty), and columns of user tables that were declared to mean an imported row';

CREATE TABLE seawall.runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'unchanged', 'refused', 'failed', 'unverified')),
    certified boolean NOT NULL DEFAULT false,
    feed text NOT NULL,
    as_of date,
    feed_digest text NOT NULL,
    plan_digest text NOT NULL,
    manifest_digest text NOT NULL,
    catalogue_digest text NOT NULL,
    who jsonb NOT NULL,
    versions jsonb NOT NULL,
    acceptances jsonb NOT NULL,
    evidence jsonb NOT NULL,
    equal_tables jsonb NOT NULL DEFAULT '{}',
    report json,
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON COLUMN seawall.runs.outcome IS 'NULL is an intent: the run is under way, or its process died';
COMMENT ON COLUMN seawall.runs.equal_tables IS
    'tables that the run left equal to the feed, and a digest of what would have to be the same for them to equal it still';
CREATE UNIQUE INDEX one_active_run ON seawall.runs ((true)) WHERE outcome IS NULL;

CREATE TABLE seawall.files (
    run_id bigint NOT NULL REFERENCES seawall.runs,
    file text NOT NULL,
    scope text NOT NULL,
    kind text NOT NULL,
    read bigint NOT NULL,
    used bigint NOT NULL,
    repeated bigint NOT NULL,
    set_aside bigint NOT NULL,
    notes jsonb NOT NULL,
    PRIMARY KEY (run_id, file)
);
COMMENT ON TABLE seawall.files IS 'every record accounted for: read = used + repeated + set_aside';

CREATE TABLE seawall.fed_scopes (
    table_name text NOT NULL,
    scope text NOT NULL,
    run_id bigint NOT NULL REFERENCES seawall.runs,
    PRIMARY KEY (table_name, scope)
);
COMMENT ON TABLE seawall.fed_scopes IS
    'where a feed has spoken of a table, and since which run; elsewhere no row of it can vanish';

CREATE TABLE seawall.fed_columns (
    table_name text NOT NULL,
    column_name text NOT NULL,
    run_id bigint NOT NULL REFERENCES seawall.runs,
    PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE seawall.fed_columns IS
    'staged columns for which a feed has given a value, and since which run';

CREATE TABLE seawall.set_aside (
    run_id bigint NOT NULL REFERENCES seawall.runs,
    file text NOT NULL,
    position bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    expected boolean NOT NULL,
    record text NOT NULL
);
CREATE INDEX ON seawall.set_aside (run_id, file, position);

CREATE TABLE seawall.guards (
    table_name text NOT NULL,
    trigger_name text NOT NULL,
    protects text NOT NULL,
    definition_digest text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (table_name, trigger_name)
);
COMMENT ON TABLE seawall.guards IS
    'guards as they were installed; one that is gone or differs makes a run unverified';

CREATE TABLE seawall.retired (
    table_name text NOT NULL,
    row_id text NOT NULL,
    run_id bigint NOT NULL REFERENCES seawall.runs,
    retired_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, row_id)
);
COMMENT ON TABLE seawall.retired IS 'vanished rows of tables that have no retired_column of their own';

CREATE TABLE seawall.referenced_identity (
    table_name text NOT NULL,
    row_id text NOT NULL,
    key_columns text NOT NULL,
    identity text NOT NULL,
    run_id bigint REFERENCES seawall.runs,
    PRIMARY KEY (table_name, row_id, key_columns)
);
COMMENT ON TABLE seawall.referenced_identity IS
    'what an imported row meant when users'' rows were first seen to refer to it, under the key '
    'that the manifest had then';

-- The history of users' rows. A row of row_history is one version of one row: it was so in every
-- backup from first_backup to last_backup. Rows that do not change write nothing.
CREATE TABLE seawall.backups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint UNIQUE REFERENCES seawall.runs,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who jsonb NOT NULL
);
COMMENT ON COLUMN seawall.backups.run_id IS 'the run before which it was made; NULL: made by hand';

CREATE TABLE seawall.row_shapes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    table_oid bigint NOT NULL,
    columns text[] NOT NULL,
    numbers integer[] NOT NULL,
    types text[] NOT NULL,
    key_columns text[] NOT NULL
);
COMMENT ON TABLE seawall.row_shapes IS
    'which column each value of row_history.row_values is: name, number in pg_attribute, type';

CREATE TABLE seawall.backup_tables (
    backup_id bigint NOT NULL REFERENCES seawall.backups ON DELETE CASCADE,
    table_name text NOT NULL,
    shape_id bigint NOT NULL REFERENCES seawall.row_shapes,
    rows bigint NOT NULL,
    digest numeric NOT NULL,
    read_back_at timestamptz NOT NULL,
    PRIMARY KEY (backup_id, table_name)
);
COMMENT ON COLUMN seawall.backup_tables.digest IS
    'sum of the hashes of the rows that this backup holds, so that an altered version is found';

-- No foreign keys: they would be asked once a row, and whole tables are written at once.
CREATE TABLE seawall.row_history (
    shape_id bigint NOT NULL,
    row_key text COLLATE "C" NOT NULL,
    row_values text[] COLLATE "C" NOT NULL,
    row_hash bigint NOT NULL,
    first_backup bigint NOT NULL,
    last_backup bigint,
    CHECK (last_backup >= first_backup)
);
COMMENT ON COLUMN seawall.row_history.last_backup IS 'NULL: the row is still so';
CREATE UNIQUE INDEX one_open_version ON seawall.row_history (shape_id, row_key)
    WHERE last_backup IS NULL;
CREATE INDEX ended_versions ON seawall.row_history (last_backup) WHERE last_backup IS NOT NULL;

CREATE TABLE seawall.restores (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backup_id bigint NOT NULL,
    saved_as bigint,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'refused', 'failed', 'unverified')),
    who jsonb NOT NULL,
    plan_digest text NOT NULL,
    report json,
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON COLUMN seawall.restores.saved_as IS
    'the backup of what stood before, made by the restore itself';

CREATE TABLE seawall.forgettings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forgotten_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who jsonb NOT NULL,
    table_name text NOT NULL,
    rows bigint NOT NULL,
    versions bigint NOT NULL
);
COMMENT ON TABLE seawall.forgettings IS 'that rows were taken out of the history, and not whose';
