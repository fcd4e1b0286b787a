-- name: teams_named
-- Teams of current leagues whose name or club holds a text, for operators.
SELECT t.id AS team_id, t.name, l.name AS league, coalesce(sl.label, '') AS label
FROM teams AS t
JOIN leagues AS l ON l.id = t.league_id
LEFT JOIN clubs AS c ON c.id = t.club_id
LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
WHERE position(lower(%(text)s) IN lower(concat_ws(' ', t.name, c.name))) > 0
ORDER BY t.retired_at IS NOT NULL, l.name, length(t.name), t.name, t.id
LIMIT %(limit)s

-- name: members
-- Users who play, or played, for a team; what the feed and operators say of them as captains.
SELECT
    a.user_id,
    min(concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, ''))) AS name,
    bool_or(r.retired_at IS NULL) AS is_current,
    bool_or(r.captain IN ('captain', 'co-captain') AND r.retired_at IS NULL) AS is_marked,
    EXISTS (
        SELECT FROM named_captains AS n
        WHERE n.user_id = a.user_id AND n.team_id = r.team_id AND n.ended_at IS NULL
    ) AS is_named
FROM rosters AS r
JOIN players AS p ON p.id = r.player_id
JOIN user_player_associations AS a ON a.player_id = p.id
WHERE r.team_id = %s
GROUP BY a.user_id, r.team_id
ORDER BY name, a.user_id

-- name: last_changes
-- The last change of each player's status on a day: what stood before, and who made it.
SELECT DISTINCT ON (h.user_id)
    h.user_id, h.old_status, h.changed_by, u.display_name AS author
FROM availability_history AS h
JOIN users AS u ON u.id = h.changed_by
WHERE h.team_id = %s AND h.match_date = %s AND h.old_status IS DISTINCT FROM h.new_status
ORDER BY h.user_id, h.id DESC

-- name: name_captain
INSERT INTO named_captains (team_id, user_id, named_by) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING

-- name: end_captain
UPDATE named_captains SET ended_at = now(), ended_by = %s
WHERE team_id = %s AND user_id = %s AND ended_at IS NULL

-- name: practices
SELECT p.id, p.practice_date AS day, p.start_time AS time, p.location AS place, coalesce(p.notes, '') AS notes,
    p.version, p.series_id, p.cancelled_at IS NOT NULL AS is_cancelled, moved.practice_date AS moved_to
FROM practices AS p
LEFT JOIN practices AS moved ON moved.id = p.moved_to_id
WHERE p.team_id = %s AND p.practice_date >= %s
ORDER BY p.practice_date, p.start_time, p.id

-- name: practice
SELECT p.id, p.practice_date AS day, p.start_time AS time, p.location AS place, coalesce(p.notes, '') AS notes,
    p.version, p.series_id, p.cancelled_at IS NOT NULL AS is_cancelled, moved.practice_date AS moved_to,
    u.display_name AS author
FROM practices AS p
LEFT JOIN practices AS moved ON moved.id = p.moved_to_id
JOIN users AS u ON u.id = coalesce(p.changed_by, p.created_by)
WHERE p.team_id = %s AND p.id = %s
FOR UPDATE OF p

-- name: practice_shown
SELECT p.id, p.practice_date AS day, p.start_time AS time, p.location AS place, coalesce(p.notes, '') AS notes,
    p.version, p.series_id, p.cancelled_at IS NOT NULL AS is_cancelled, moved.practice_date AS moved_to,
    u.display_name AS author
FROM practices AS p
LEFT JOIN practices AS moved ON moved.id = p.moved_to_id
JOIN users AS u ON u.id = coalesce(p.changed_by, p.created_by)
WHERE p.team_id = %s AND p.id = %s

-- name: add_practices
-- One a day; where the team has one at that time already, none is added. The first one's id names the series.
WITH added AS (
    INSERT INTO practices (team_id, practice_date, start_time, location, notes, created_by)
    SELECT %(team_id)s, day, %(time)s, %(place)s, nullif(%(notes)s, ''), %(user_id)s
    FROM unnest(%(days)s::date[]) AS day ORDER BY day
    ON CONFLICT (team_id, practice_date, start_time) WHERE cancelled_at IS NULL DO NOTHING
    RETURNING id
)
SELECT id FROM added ORDER BY id

-- name: set_series
UPDATE practices SET series_id = %s WHERE id = ANY (%s)

-- name: change_practice
UPDATE practices
SET start_time = %(time)s, location = %(place)s, notes = nullif(%(notes)s, ''), version = version + 1,
    changed_by = %(user_id)s, updated_at = now()
WHERE id = %(id)s

-- name: came_from
-- The practice of a day that was moved to where this one stands: moving back there takes it up again.
SELECT id FROM practices WHERE moved_to_id = %s AND practice_date = %s FOR UPDATE

-- name: take_up
UPDATE practices
SET cancelled_at = NULL, moved_to_id = NULL, start_time = %(time)s, location = %(place)s,
    notes = nullif(%(notes)s, ''), version = version + 1, changed_by = %(user_id)s, updated_at = now()
WHERE id = %(id)s

-- name: add_moved
INSERT INTO practices (team_id, practice_date, start_time, location, notes, created_by, series_id)
VALUES (%(team_id)s, %(day)s, %(time)s, %(place)s, nullif(%(notes)s, ''), %(user_id)s, %(series_id)s)
RETURNING id

-- name: cancel_practice
UPDATE practices
SET cancelled_at = now(), moved_to_id = %s, version = version + 1, changed_by = %s, updated_at = now()
WHERE id = %s AND cancelled_at IS NULL

-- name: cancel_series
UPDATE practices
SET cancelled_at = now(), version = version + 1, changed_by = %s, updated_at = now()
WHERE team_id = %s AND series_id = %s AND practice_date >= %s AND cancelled_at IS NULL

-- name: put_on_again
UPDATE practices
SET cancelled_at = NULL, version = version + 1, changed_by = %s, updated_at = now()
WHERE id = %s AND cancelled_at IS NOT NULL AND moved_to_id IS NULL
