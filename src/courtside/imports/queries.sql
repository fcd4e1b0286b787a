-- name: started_by
-- Who began an import on the site; a run of the command line has no such row.
SELECT u.id AS user_id, u.display_name AS name
FROM operator_actions AS a
JOIN users AS u ON u.id = a.operator_id
WHERE a.action = 'import' AND a.plan_digest = %(plan_digest)s
ORDER BY a.id DESC
LIMIT 1

-- name: held_teams
-- Teams that the feed no longer has and users refer to, with these users.
SELECT
    t.name,
    l.name AS league,
    t.retired_at,
    t.retired_at BETWEEN %(started_at)s AND %(ended_at)s AS by_this_run,
    (
        SELECT json_agg(json_build_object('id', u.id, 'name', u.display_name) ORDER BY u.display_name, u.id)
        FROM users AS u
        WHERE u.id IN (
            SELECT a.user_id FROM player_availability AS a WHERE a.team_id = t.id
            UNION SELECT h.user_id FROM availability_history AS h WHERE h.team_id = t.id
            UNION SELECT p.created_by FROM practices AS p WHERE p.team_id = t.id
            UNION SELECT c.user_id FROM chosen_teams AS c WHERE c.team_id = t.id
            UNION SELECT n.user_id FROM named_captains AS n WHERE n.team_id = t.id
        )
    ) AS users
FROM teams AS t
JOIN leagues AS l ON l.id = t.league_id
WHERE t.retired_at IS NOT NULL AND (
    EXISTS (SELECT FROM player_availability AS a WHERE a.team_id = t.id)
    OR EXISTS (SELECT FROM availability_history AS h WHERE h.team_id = t.id)
    OR EXISTS (SELECT FROM practices AS p WHERE p.team_id = t.id)
    OR EXISTS (SELECT FROM chosen_teams AS c WHERE c.team_id = t.id)
    OR EXISTS (SELECT FROM named_captains AS n WHERE n.team_id = t.id)
)
ORDER BY t.retired_at DESC, l.name, t.name
LIMIT %(limit)s

-- name: held_players
-- Players whom the feed no longer has and who are users.
SELECT
    concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS name,
    l.name AS league,
    p.retired_at,
    p.retired_at BETWEEN %(started_at)s AND %(ended_at)s AS by_this_run,
    json_agg(json_build_object('id', u.id, 'name', u.display_name) ORDER BY u.display_name, u.id) AS users
FROM players AS p
JOIN leagues AS l ON l.id = p.league_id
JOIN user_player_associations AS a ON a.player_id = p.id
JOIN users AS u ON u.id = a.user_id
WHERE p.retired_at IS NOT NULL
GROUP BY p.id, l.name
ORDER BY p.retired_at DESC, l.name, name
LIMIT %(limit)s

-- name: retired_matches
-- Matches that this run retired and users had answered for: their answers stand.
SELECT
    s.match_date AS day,
    concat_ws(' – ', s.home_team, s.away_team) AS name,
    l.name AS league,
    json_agg(DISTINCT jsonb_build_object('id', u.id, 'name', u.display_name)) AS users
FROM schedule AS s
JOIN leagues AS l ON l.id = s.league_id
JOIN player_availability AS a
    ON a.team_id IN (s.home_team_id, s.away_team_id) AND a.match_date = s.match_date
    AND a.availability_status IS NOT NULL
JOIN users AS u ON u.id = a.user_id
WHERE s.retired_at BETWEEN %(started_at)s AND %(ended_at)s
GROUP BY s.id, l.name
ORDER BY s.match_date, s.id
LIMIT %(limit)s

-- name: retired_in_this_run
-- Rows that this run retired and that are still retired, table by table, some of each by name.
SELECT kind, name, league, count FROM (
    SELECT all_retired.*, row_number() OVER (PARTITION BY kind ORDER BY league, name) AS place,
        count(*) OVER (PARTITION BY kind) AS count
    FROM (
        SELECT 'teams' AS kind, t.name, l.name AS league FROM teams AS t JOIN leagues AS l ON l.id = t.league_id
        WHERE t.retired_at BETWEEN %(started_at)s AND %(ended_at)s
        UNION ALL
        SELECT 'players', concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')), l.name
        FROM players AS p JOIN leagues AS l ON l.id = p.league_id
        WHERE p.retired_at BETWEEN %(started_at)s AND %(ended_at)s
        UNION ALL
        SELECT 'matches', concat_ws(' ', s.match_date, concat_ws(' – ', s.home_team, s.away_team)), l.name
        FROM schedule AS s JOIN leagues AS l ON l.id = s.league_id
        WHERE s.retired_at BETWEEN %(started_at)s AND %(ended_at)s
    ) AS all_retired
) AS counted
WHERE place <= %(limit)s
ORDER BY kind, place
