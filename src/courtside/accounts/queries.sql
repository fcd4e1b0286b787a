-- name: person
SELECT
    u.id AS user_id,
    u.email,
    u.display_name,
    EXISTS (SELECT FROM operators AS o WHERE o.user_id = u.id) AS is_operator,
    c.team_id AS chosen_team_id
FROM users AS u
LEFT JOIN chosen_teams AS c ON c.user_id = u.id
WHERE u.id = %s

-- name: person_of_session
SELECT
    u.id AS user_id,
    u.email,
    u.display_name,
    EXISTS (SELECT FROM operators AS o WHERE o.user_id = u.id) AS is_operator,
    c.team_id AS chosen_team_id
FROM sessions AS s
JOIN users AS u ON u.id = s.user_id
LEFT JOIN chosen_teams AS c ON c.user_id = u.id
WHERE s.id_hash = %s AND s.expires_at > now()

-- name: teams_of_user
SELECT
    t.id AS team_id,
    t.name,
    coalesce(sl.label, '') AS label,
    l.name AS league,
    coalesce(c.name, '') AS club,
    c.time_zone,
    p.id AS player_id,
    coalesce(r.captain IN ('captain', 'co-captain') AND r.retired_at IS NULL, false) OR EXISTS (
        SELECT FROM named_captains AS n
        WHERE n.user_id = a.user_id AND n.team_id = t.id AND n.ended_at IS NULL
    ) AS is_captain,
    r.retired_at IS NULL AS is_current,
    t.retired_at IS NOT NULL AS is_retired
FROM user_player_associations AS a
JOIN players AS p ON p.id = a.player_id
JOIN rosters AS r ON r.player_id = p.id
JOIN teams AS t ON t.id = r.team_id
JOIN leagues AS l ON l.id = t.league_id
LEFT JOIN clubs AS c ON c.id = t.club_id
LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
WHERE a.user_id = %s
ORDER BY r.retired_at IS NOT NULL, t.retired_at IS NOT NULL, l.name, t.name, t.id

-- name: add_user
WITH added AS (
    INSERT INTO users (email, display_name) VALUES (%(email)s, %(name)s)
    ON CONFLICT (email) DO NOTHING
    RETURNING id
)
INSERT INTO user_passwords (user_id, hash) SELECT id, %(hash)s FROM added
RETURNING user_id

-- name: password_of
SELECT p.user_id, p.hash FROM users AS u JOIN user_passwords AS p ON p.user_id = u.id WHERE u.email = %s

-- name: set_password
INSERT INTO user_passwords (user_id, hash) VALUES (%s, %s)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now()

-- name: revoke_all_tokens
UPDATE api_tokens SET revoked_at = now() WHERE user_id = %s AND revoked_at IS NULL

-- name: remove_sessions_that_ran_out
DELETE FROM sessions WHERE user_id = %s AND expires_at <= now()

-- name: start_session
INSERT INTO sessions (id_hash, user_id, expires_at) VALUES (%s, %s, now() + make_interval(days => %s))

-- name: end_session
DELETE FROM sessions WHERE id_hash = %s

-- name: end_all_sessions
DELETE FROM sessions WHERE user_id = %s

-- name: user_by_email
SELECT id FROM users WHERE email = %s

-- name: make_operator
INSERT INTO operators (user_id) VALUES (%s) ON CONFLICT DO NOTHING

-- name: void_resets
UPDATE password_resets SET used_at = now() WHERE user_id = %s AND used_at IS NULL

-- name: add_reset
INSERT INTO password_resets (token_hash, user_id, expires_at)
VALUES (%s, %s, now() + make_interval(hours => %s))

-- name: user_of_reset
SELECT u.email FROM password_resets AS r JOIN users AS u ON u.id = r.user_id
WHERE r.token_hash = %s AND r.used_at IS NULL AND r.expires_at > now()

-- name: use_reset
UPDATE password_resets SET used_at = now()
WHERE token_hash = %s AND used_at IS NULL AND expires_at > now()
RETURNING user_id

-- name: choose_team
INSERT INTO chosen_teams (user_id, team_id) VALUES (%s, %s)
ON CONFLICT (user_id) DO UPDATE SET team_id = excluded.team_id, chosen_at = now()

-- name: leagues
SELECT l.id, l.name FROM leagues AS l
WHERE l.retired_at IS NULL AND EXISTS (SELECT FROM players AS p WHERE p.league_id = l.id)
ORDER BY l.name

-- name: clubs_of_league
SELECT c.name FROM club_leagues AS cl JOIN clubs AS c ON c.id = cl.club_id
WHERE cl.league_id = %s AND cl.retired_at IS NULL AND c.retired_at IS NULL
ORDER BY lower(c.name)

-- name: series_of_league
SELECT label FROM series_leagues WHERE league_id = %s AND retired_at IS NULL
ORDER BY length(label), label

-- name: candidates
-- Players of one league whose name holds all words asked for, with the teams that they are on. patterns: a word
-- each. The name is looked at first: it leaves few players to join.
WITH named AS MATERIALIZED (
    SELECT p.id, concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS name
    FROM players AS p
    WHERE p.league_id = %(league_id)s
        AND p.retired_at IS NULL
        AND lower(p.first_name || ' ' || p.last_name) LIKE ALL (
            array(SELECT lower(pattern) FROM unnest(%(patterns)s::text[]) AS pattern)
        )
), found AS (
    SELECT p.* FROM named AS p
    WHERE EXISTS (
        SELECT FROM rosters AS r
        JOIN teams AS t ON t.id = r.team_id
        LEFT JOIN clubs AS c ON c.id = t.club_id
        LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
        WHERE r.player_id = p.id
            AND r.retired_at IS NULL
            AND (%(club)s = '' OR lower(c.name) = lower(%(club)s))
            AND (%(series)s = '' OR lower(sl.label) = lower(%(series)s))
    )
    ORDER BY p.name, p.id
    LIMIT %(limit)s
)
SELECT
    f.id AS player_id,
    f.name,
    array(
        SELECT concat_ws(', ', t.name, sl.label)
        FROM rosters AS r
        JOIN teams AS t ON t.id = r.team_id
        LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
        WHERE r.player_id = f.id AND r.retired_at IS NULL
        ORDER BY 1
    ) AS teams,
    (SELECT a.user_id FROM user_player_associations AS a WHERE a.player_id = f.id) AS user_id
FROM found AS f
ORDER BY f.name, f.id

-- name: same_name_on_same_teams
-- How many other players of the league carry the same name and are on a team of the same club.
SELECT count(DISTINCT other.id) AS count
FROM players AS p
JOIN rosters AS r ON r.player_id = p.id AND r.retired_at IS NULL
JOIN teams AS t ON t.id = r.team_id
JOIN players AS other ON other.league_id = p.league_id AND other.id <> p.id
    AND lower(concat_ws(' ', other.first_name, other.last_name))
        = lower(concat_ws(' ', p.first_name, p.last_name))
JOIN rosters AS other_place ON other_place.player_id = other.id AND other_place.retired_at IS NULL
JOIN teams AS other_team ON other_team.id = other_place.team_id
    AND other_team.club_id IS NOT DISTINCT FROM t.club_id
WHERE p.id = %s

-- name: link
INSERT INTO user_player_associations (user_id, player_id) VALUES (%s, %s)
ON CONFLICT DO NOTHING

-- name: ask_for_link
INSERT INTO link_requests (user_id, player_id, reason) VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING

-- name: open_requests_of_user
SELECT
    q.player_id,
    q.reason,
    concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS name,
    l.name AS league
FROM link_requests AS q
JOIN players AS p ON p.id = q.player_id
JOIN leagues AS l ON l.id = p.league_id
WHERE q.user_id = %s AND q.decided_at IS NULL
ORDER BY q.id

-- name: players_of_user
SELECT
    p.id AS player_id,
    concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS name,
    l.name AS league
FROM user_player_associations AS a
JOIN players AS p ON p.id = a.player_id
JOIN leagues AS l ON l.id = p.league_id
WHERE a.user_id = %s
ORDER BY l.name, name

-- name: open_requests_to_decide
-- Requests that a user may decide: an operator all, a captain those for players of their teams.
SELECT
    q.id,
    q.reason,
    q.created_at,
    u.email,
    u.display_name,
    concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS player,
    l.name AS league,
    array(
        SELECT concat_ws(', ', t.name, sl.label) FROM rosters AS r
        JOIN teams AS t ON t.id = r.team_id
        LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
        WHERE r.player_id = p.id AND r.retired_at IS NULL
        ORDER BY 1
    ) AS teams,
    (SELECT a.user_id FROM user_player_associations AS a WHERE a.player_id = p.id) AS taken_by
FROM link_requests AS q
JOIN users AS u ON u.id = q.user_id
JOIN players AS p ON p.id = q.player_id
JOIN leagues AS l ON l.id = p.league_id
WHERE q.decided_at IS NULL AND q.user_id <> %(user_id)s AND (
    %(is_operator)s
    OR EXISTS (
        SELECT FROM rosters AS r
        WHERE r.player_id = p.id AND r.retired_at IS NULL AND r.team_id = ANY (%(team_ids)s)
    )
)
ORDER BY q.id

-- name: decide_request
UPDATE link_requests SET decided_at = now(), decided_by = %s, approved = %s
WHERE id = %s AND decided_at IS NULL
RETURNING user_id, player_id
