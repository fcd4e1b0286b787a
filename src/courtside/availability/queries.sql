-- name: matches_of_team
-- Each match once, with the club where it is played, and where it went if it was moved. Home and away are
-- the teams who really play there; where a name is no team that is known, the text as scraped stands.
-- A match was moved when it vanished before it was played, and of the same pair exactly this one vanished
-- and exactly one came with the same run or the next that brought any. Nothing of this is looked up for a match
-- that stands: both conditions on s come first.
SELECT
    s.id,
    s.match_date AS day,
    s.match_time AS time,
    coalesce(ht.name, CASE WHEN s.home_away_swapped THEN s.away_team ELSE s.home_team END) AS home,
    coalesce(at.name, CASE WHEN s.home_away_swapped THEN s.home_team ELSE s.away_team END) AS away,
    s.home_team_id IS NOT DISTINCT FROM %(team_id)s AS is_home,
    coalesce(nullif(trim(s.location), ''), place.name, host.name, '') AS place,
    coalesce(place.address, CASE WHEN place.id IS NULL THEN host.address END, '') AS address,
    s.retired_at IS NOT NULL AS is_retired,
    moved.day AS moved_to
FROM schedule AS s
LEFT JOIN teams AS ht ON ht.id = s.home_team_id
LEFT JOIN teams AS at ON at.id = s.away_team_id
LEFT JOIN clubs AS host ON host.id = ht.club_id
LEFT JOIN clubs AS place ON place.name_key = lower(regexp_replace(trim(s.location), '\s+', ' ', 'g'))
LEFT JOIN LATERAL (
    SELECT min(n.match_date) AS day
    FROM schedule AS n
    WHERE s.retired_at IS NOT NULL AND s.match_date >= (s.retired_at AT TIME ZONE 'UTC')::date - 1
        AND n.league_id = s.league_id AND n.home_name = s.home_name AND n.away_name = s.away_name
        AND n.first_seen_at = (
            SELECT min(w.first_seen_at) FROM schedule AS w
            WHERE w.league_id = s.league_id AND w.home_name = s.home_name AND w.away_name = s.away_name
                AND w.first_seen_at >= s.retired_at
        )
    HAVING count(*) = 1 AND 1 = (
        SELECT count(*) FROM schedule AS v
        WHERE v.league_id = s.league_id AND v.home_name = s.home_name AND v.away_name = s.away_name
            AND v.retired_at <= min(n.first_seen_at)
            AND v.match_date >= (v.retired_at AT TIME ZONE 'UTC')::date - 1
            AND NOT EXISTS (
                SELECT FROM schedule AS e
                WHERE e.league_id = v.league_id AND e.home_name = v.home_name AND e.away_name = v.away_name
                    AND e.first_seen_at >= v.retired_at AND e.first_seen_at < min(n.first_seen_at)
            )
    )
) AS moved ON true
WHERE (s.home_team_id = %(team_id)s OR s.away_team_id = %(team_id)s)
    AND s.match_date BETWEEN %(first)s AND %(last)s
ORDER BY s.match_date, s.match_time NULLS LAST, s.id

-- name: practices_of_team
-- A cancelled one too, so that those who answered see what became of it.
SELECT p.id, p.practice_date AS day, p.start_time AS time, p.location AS place, coalesce(p.notes, '') AS notes,
    coalesce(c.address, '') AS address, coalesce(c.name, '') AS club, p.cancelled_at IS NOT NULL AS is_retired,
    moved.practice_date AS moved_to
FROM practices AS p
LEFT JOIN practices AS moved ON moved.id = p.moved_to_id
JOIN teams AS t ON t.id = p.team_id
LEFT JOIN clubs AS c ON c.id = t.club_id
WHERE p.team_id = %(team_id)s AND p.practice_date BETWEEN %(first)s AND %(last)s
ORDER BY p.practice_date, p.start_time, p.id

-- name: team
SELECT t.id, t.name, coalesce(sl.label, '') AS label, l.name AS league, coalesce(c.name, '') AS club,
    c.time_zone, t.retired_at IS NOT NULL AS is_retired
FROM teams AS t
JOIN leagues AS l ON l.id = t.league_id
LEFT JOIN clubs AS c ON c.id = t.club_id
LEFT JOIN series_leagues AS sl ON sl.series_id = t.series_id AND sl.league_id = t.league_id
WHERE t.id = %s

-- name: players_of_team
-- Everyone on the roster, linked to an account or not.
SELECT p.id AS player_id, a.user_id,
    concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')) AS name
FROM rosters AS r
JOIN players AS p ON p.id = r.player_id
LEFT JOIN user_player_associations AS a ON a.player_id = p.id
WHERE r.team_id = %s AND r.retired_at IS NULL
ORDER BY p.last_name, p.first_name, p.id

-- name: answers_of_team
SELECT a.user_id, a.match_date AS day, a.availability_status AS status, a.notes, a.version, a.updated_at,
    u.display_name AS name
FROM player_availability AS a
JOIN users AS u ON u.id = a.user_id
WHERE a.team_id = %(team_id)s AND a.match_date BETWEEN %(first)s AND %(last)s

-- name: last_changes_of_user
-- The last change of each day's status: what stood before, who made it, and which events it was given for.
-- Changes of notes alone have no events.
SELECT DISTINCT ON (h.match_date)
    h.match_date AS day, h.old_status, h.new_status, h.old_notes, h.new_notes, h.events, h.changed_at,
    h.changed_by, h.version, u.display_name AS author
FROM availability_history AS h
JOIN users AS u ON u.id = h.changed_by
WHERE h.user_id = %(user_id)s AND h.team_id = %(team_id)s AND h.match_date BETWEEN %(first)s AND %(last)s
    AND h.events IS NOT NULL
ORDER BY h.match_date, h.id DESC

-- name: history_of_user
SELECT h.id, h.match_date AS day, h.changed_at, h.old_status, h.new_status, h.old_notes, h.new_notes, h.changed_by,
    coalesce(h.reason, '') AS reason, u.display_name AS author, t.name AS team, c.time_zone
FROM availability_history AS h
JOIN users AS u ON u.id = h.changed_by
JOIN teams AS t ON t.id = h.team_id
LEFT JOIN clubs AS c ON c.id = t.club_id
WHERE h.user_id = %(user_id)s
    AND (%(team_id)s::bigint IS NULL OR h.team_id = %(team_id)s)
    AND (%(day)s::date IS NULL OR h.match_date = %(day)s)
    AND (%(before)s::bigint IS NULL OR h.id < %(before)s)
ORDER BY h.id DESC
LIMIT %(limit)s

-- name: answer_to_change
SELECT id, availability_status AS status, notes, version, updated_at FROM player_availability
WHERE user_id = %s AND match_date = %s AND team_id = %s
FOR UPDATE

-- name: was_written
SELECT true FROM availability_history WHERE changed_by = %s AND request_key = %s

-- name: add_answer
INSERT INTO player_availability (user_id, match_date, team_id, availability_status, notes)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
RETURNING version, updated_at

-- name: change_answer
UPDATE player_availability
SET availability_status = %s, notes = %s, version = version + 1, updated_at = now()
WHERE id = %s
RETURNING version, updated_at

-- name: add_history
INSERT INTO availability_history (
    user_id, match_date, team_id, version, old_status, old_notes, new_status, new_notes, events, changed_by,
    reason, request_key
) VALUES (
    %(user_id)s, %(day)s, %(team_id)s, %(version)s, %(old_status)s, %(old_notes)s, %(new_status)s,
    %(new_notes)s, %(events)s, %(changed_by)s, %(reason)s, %(request_key)s
)
