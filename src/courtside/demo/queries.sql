-- name: comment_of_database
SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = %s

-- name: roster_spots
SELECT p.id, concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')), t.id, t.name
FROM rosters AS r
JOIN players AS p ON p.id = r.player_id
JOIN teams AS t ON t.id = r.team_id
JOIN leagues AS l ON l.id = r.league_id
WHERE l.code = %s
ORDER BY row_number() OVER (PARTITION BY t.id ORDER BY p.source_id), t.name

-- name: add_user
INSERT INTO users (email, display_name) VALUES (%s, %s) RETURNING id

-- name: link_to_player
INSERT INTO user_player_associations (user_id, player_id) VALUES (%s, %s)

-- name: answer_the_next_five_days
INSERT INTO player_availability (user_id, match_date, team_id, availability_status, notes)
SELECT
    %(user_id)s,
    match_date,
    %(team_id)s,
    1 + (row_number() OVER (ORDER BY match_date) + %(user_id)s) %% 3,
    CASE WHEN %(user_id)s %% 7 = 0 THEN 'by train, may be late' END
FROM (
    SELECT DISTINCT match_date FROM schedule
    WHERE %(team_id)s IN (home_team_id, away_team_id) AND match_date >= %(today)s
    ORDER BY match_date LIMIT 5
) AS next_days

-- name: enter_practice
INSERT INTO practices (team_id, practice_date, start_time, location, created_by)
VALUES (%s, %s, '19:00', 'court 3', %s)

-- name: enter_address
UPDATE clubs SET address = '1 Lake Road', time_zone = 'America/Chicago'
WHERE id = (SELECT club_id FROM teams WHERE id = %s)

-- name: answer
INSERT INTO player_availability (user_id, match_date, team_id, availability_status, notes)
VALUES (%s, %s, %s, %s, %s)

-- name: change_answer
UPDATE player_availability SET availability_status = %s, version = version + 1, updated_at = now()
WHERE user_id = %s AND match_date = %s AND team_id = %s

-- name: withdraw_answer
DELETE FROM player_availability WHERE user_id = %s AND match_date = %s AND team_id = %s

-- name: answers_of
SELECT match_date, team_id, availability_status FROM player_availability WHERE user_id = %s

-- name: incident_answer
SELECT a.match_date, s.match_time, s.home_team, s.away_team, u.id, u.email, t.name,
    a.availability_status, a.notes
FROM player_availability AS a
JOIN users AS u ON u.id = a.user_id
JOIN teams AS t ON t.id = a.team_id
JOIN schedule AS s ON s.match_date = a.match_date AND t.id IN (s.home_team_id, s.away_team_id)
WHERE a.user_id = %s AND a.match_date = %s

-- name: every_row_of_users
SELECT 'users', users::text FROM users
UNION ALL SELECT 'user_player_associations', l::text FROM user_player_associations AS l
UNION ALL SELECT 'player_availability', a::text FROM player_availability AS a WHERE user_id <> %(except)s
UNION ALL SELECT 'practices', practices::text FROM practices
UNION ALL SELECT 'clubs', (id, address, logo, time_zone)::text FROM clubs
ORDER BY 1, 2

-- name: team_and_what_refers_to_it
SELECT
    retired_at IS NOT NULL,
    (SELECT count(*) FROM player_availability WHERE team_id = teams.id AND user_id <> %(except)s),
    (SELECT count(DISTINCT user_id) FROM player_availability
     WHERE team_id = teams.id AND user_id <> %(except)s)
FROM teams WHERE id = %(team_id)s

-- name: give_everybody_a_password
INSERT INTO user_passwords (user_id, hash) SELECT id, %s FROM users

-- name: add_operator
WITH made AS (
    INSERT INTO users (email, display_name) VALUES ('operator@example.org', 'Olive Operator') RETURNING id
)
INSERT INTO operators (user_id) SELECT id FROM made

-- name: captain_among_users
SELECT u.email
FROM users AS u
JOIN user_player_associations AS a ON a.user_id = u.id
JOIN rosters AS r ON r.player_id = a.player_id
JOIN teams AS t ON t.id = r.team_id
WHERE r.captain IN ('captain', 'co-captain') AND t.retired_at IS NULL AND r.retired_at IS NULL
ORDER BY t.name <> %s, u.id
LIMIT 1
