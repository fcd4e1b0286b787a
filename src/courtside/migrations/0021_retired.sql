-- What a run retired: few rows of large tables. No other import touches these indexes.
CREATE INDEX teams_retired_at ON teams (retired_at) WHERE retired_at IS NOT NULL;
CREATE INDEX players_retired_at ON players (retired_at) WHERE retired_at IS NOT NULL;
CREATE INDEX schedule_retired_at ON schedule (retired_at) WHERE retired_at IS NOT NULL;
