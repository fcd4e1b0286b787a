-- name: add_action
INSERT INTO operator_actions (operator_id, action, user_id, plan_digest, reason, details)
VALUES (%(operator_id)s, %(action)s, %(user_id)s, %(plan_digest)s, %(reason)s, %(details)s)

-- name: actions
SELECT a.id, a.at, a.action, a.reason, a.details, a.plan_digest, a.user_id,
    o.display_name AS operator, u.display_name AS name
FROM operator_actions AS a
JOIN users AS o ON o.id = a.operator_id
LEFT JOIN users AS u ON u.id = a.user_id
WHERE (%(user_id)s::bigint IS NULL OR a.user_id = %(user_id)s)
    AND (%(before)s::bigint IS NULL OR a.id < %(before)s)
ORDER BY a.id DESC
LIMIT %(limit)s

-- name: search
-- Users whose email and name, or a player's name of theirs, hold all words; without words, the newest. patterns: a
-- word each.
WITH asked AS (
    SELECT array(SELECT lower(pattern) FROM unnest(%(patterns)s::text[]) AS pattern) AS patterns
), found AS (
    SELECT u.id, u.email, u.display_name, u.created_at
    FROM users AS u
    WHERE lower(u.email || ' ' || u.display_name) LIKE ALL ((SELECT patterns FROM asked)::text[])
        OR u.id IN (
            SELECT a.user_id
            FROM user_player_associations AS a
            JOIN players AS p ON p.id = a.player_id
            WHERE lower(p.first_name || ' ' || p.last_name) LIKE ALL ((SELECT patterns FROM asked)::text[])
        )
    ORDER BY u.id DESC
    LIMIT %(limit)s
)
SELECT u.id, u.email, u.display_name, u.created_at,
    EXISTS (SELECT FROM operators AS o WHERE o.user_id = u.id) AS is_operator,
    coalesce(
        (
            SELECT string_agg(
                concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) || ' (' || l.name || ')', ', '
                ORDER BY l.name, p.id
            )
            FROM user_player_associations AS a
            JOIN players AS p ON p.id = a.player_id
            JOIN leagues AS l ON l.id = p.league_id
            WHERE a.user_id = u.id
        ), ''
    ) AS players
FROM found AS u
ORDER BY u.id DESC

-- name: sessions_of_user
SELECT count(*) AS count, max(created_at) AS latest FROM sessions WHERE user_id = %s AND expires_at > now()

-- name: make_operator
INSERT INTO operators (user_id, made_by) VALUES (%s, %s) ON CONFLICT DO NOTHING

-- name: end_operator
DELETE FROM operators WHERE user_id = %s

-- name: lock_operators
-- Two operators who end each other's role at one moment must not both succeed.
SELECT user_id FROM operators ORDER BY user_id FOR UPDATE

-- name: named_captain_of
SELECT team_id FROM named_captains WHERE user_id = %s AND ended_at IS NULL

-- name: answer
SELECT availability_status AS status, notes, version, updated_at FROM player_availability
WHERE user_id = %s AND team_id = %s AND match_date = %s

-- name: answers_by_id
SELECT id, user_id, match_date AS day, team_id, availability_status AS status, notes, version
FROM player_availability WHERE id = ANY (%s) ORDER BY id

-- name: add_restored_to_history
INSERT INTO availability_history (
    user_id, match_date, team_id, version, old_status, old_notes, new_status, new_notes, changed_by, reason
) VALUES (
    %(user_id)s, %(day)s, %(team_id)s, %(version)s, %(old_status)s, %(old_notes)s, %(new_status)s, %(new_notes)s,
    %(changed_by)s, %(reason)s
)
