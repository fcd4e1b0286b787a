-- Staging commits on its own, before the one transaction, and can be dropped at any time.
CREATE SCHEMA IF NOT EXISTS seawall_stage;

CREATE TABLE IF NOT EXISTS seawall_stage.loads (
    load_id text PRIMARY KEY,
    feed text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS seawall_stage.set_aside (
    load_id text NOT NULL,
    file text NOT NULL,
    position bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    expected boolean NOT NULL,
    record text NOT NULL
);
CREATE INDEX IF NOT EXISTS set_aside_load_id ON seawall_stage.set_aside (load_id);
