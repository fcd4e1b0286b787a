-- seawall's own bookkeeping. Truths are constraints: one active run is a unique index.
CREATE SCHEMA seawall;
COMMENT ON SCHEMA seawall IS 'seawall: who owns which table, what every run did, and the proof';

CREATE TABLE seawall.schema_version (
    version integer PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO seawall.schema_version (version) VALUES (1);

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
    report json,
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON COLUMN seawall.runs.outcome IS 'NULL is an intent: the run is under way, or its process died';
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
    run_id bigint NOT NULL REFERENCES seawall.runs,
    PRIMARY KEY (table_name, row_id, key_columns)
);
COMMENT ON TABLE seawall.referenced_identity IS
    'what an imported row meant when users'' rows were first seen to refer to it, under the key '
    'that the manifest had then';
