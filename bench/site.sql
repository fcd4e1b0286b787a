-- name: add_users
-- One user for each of the first players who are on a roster of a current team, with a session each.
WITH players AS (
    SELECT p.id, concat_ws(' ', p.first_name, p.last_name) AS name, row_number() OVER (ORDER BY p.id) AS number
    FROM players AS p
    WHERE p.retired_at IS NULL AND EXISTS (
        SELECT FROM rosters AS r WHERE r.player_id = p.id AND r.retired_at IS NULL
            AND EXISTS (SELECT FROM schedule AS s WHERE r.team_id IN (s.home_team_id, s.away_team_id))
    )
    LIMIT %(users)s
), added AS (
    INSERT INTO users (email, display_name)
    SELECT 'player' || number || '@example.org', name FROM players
    RETURNING id, email
)
INSERT INTO user_player_associations (user_id, player_id)
SELECT a.id, p.id FROM added AS a JOIN players AS p ON a.email = 'player' || p.number || '@example.org'

-- name: add_idle_users
-- Accounts that are no player, where the feed has too few.
INSERT INTO users (email, display_name)
SELECT 'idle' || n || '@example.org', 'Idle ' || n FROM generate_series(1, %(users)s::integer) AS n

-- name: add_answers_for_matches
INSERT INTO player_availability (user_id, match_date, team_id, availability_status)
SELECT DISTINCT ON (a.user_id, s.match_date, r.team_id) a.user_id, s.match_date, r.team_id, 1 + a.user_id %% 3
FROM user_player_associations AS a
JOIN rosters AS r ON r.player_id = a.player_id AND r.retired_at IS NULL
JOIN schedule AS s ON r.team_id IN (s.home_team_id, s.away_team_id)
LIMIT %(answers)s

-- name: add_answers_of_the_past
-- The rest of the answers: of earlier seasons, on days before all matches.
INSERT INTO player_availability (user_id, match_date, team_id, availability_status)
SELECT a.user_id, (SELECT min(match_date) FROM schedule) - d, min(r.team_id), 1 + d %% 3
FROM generate_series(1, 400) AS d
CROSS JOIN user_player_associations AS a
JOIN rosters AS r ON r.player_id = a.player_id AND r.retired_at IS NULL
GROUP BY a.user_id, d
ORDER BY d
LIMIT %(answers)s

-- name: add_history
INSERT INTO availability_history (user_id, match_date, team_id, version, new_status, events, changed_by)
SELECT user_id, match_date, team_id, version, availability_status, '[]', user_id FROM player_availability

-- name: today
-- A day in the middle of the season, so that pages show past and coming days.
SELECT percentile_disc(0.4) WITHIN GROUP (ORDER BY match_date) FROM schedule WHERE match_date IS NOT NULL

-- name: players_with_a_coming_match
SELECT DISTINCT ON (a.user_id) a.user_id, r.team_id, s.match_date AS day,
    coalesce(
        (
            SELECT v.version FROM player_availability AS v
            WHERE v.user_id = a.user_id AND v.team_id = r.team_id AND v.match_date = s.match_date
        ), 0
    ) AS version,
    (SELECT count(*) FROM rosters AS m WHERE m.team_id = r.team_id AND m.retired_at IS NULL) AS team_size
FROM user_player_associations AS a
JOIN rosters AS r ON r.player_id = a.player_id AND r.retired_at IS NULL
JOIN schedule AS s ON r.team_id IN (s.home_team_id, s.away_team_id) AND s.retired_at IS NULL
WHERE s.match_date > %(today)s::date + 2
ORDER BY a.user_id, s.match_date

-- name: standing
SELECT user_id, team_id, match_date AS day, availability_status AS status, version FROM player_availability
WHERE user_id = ANY (%(users)s)
