"""A user in a process of their own: fifty writes a second until standard input closes.

Run as ``python background_user.py URL USER_ID``. Prints ``writing`` after the first write and, at
the end, one JSON object: answers as they must stand, writes, errors, latencies in milliseconds.
"""

from __future__ import annotations

import datetime
import json
import select
import sys
import time

import psycopg

WRITES_PER_SECOND = 50
DAYS = 300
FIRST_DAY = datetime.date(2026, 1, 1)

Answers = dict[tuple[str, int], tuple[int, str]]


def main(url: str, user_id: int) -> None:
    answers: Answers = {}
    errors: list[str] = []
    taken: list[float] = []
    with psycopg.connect(url, autocommit=True) as connection:
        teams = [row[0] for row in connection.execute(b"SELECT id FROM teams ORDER BY name, id")]
        due = time.monotonic()
        while not taken or not is_told_to_stop(due - time.monotonic()):
            started = time.perf_counter()
            try:
                write(connection, user_id, teams, len(taken), answers)
            except psycopg.Error as error:
                errors.append(str(error))
            taken.append((time.perf_counter() - started) * 1000)
            due = max(due + 1 / WRITES_PER_SECOND, time.monotonic() - 1)
            if len(taken) == 1:
                say("writing")
    taken.sort()
    result = {
        "answers": [[day, team, *content] for (day, team), content in sorted(answers.items())],
        "writes": len(taken),
        "errors": errors,
        "p99": taken[int(len(taken) * 0.99)],
        "slowest": taken[-1],
    }
    say(json.dumps(result))


def is_told_to_stop(wait_seconds: float) -> bool:
    return bool(select.select([sys.stdin], [], [], max(0.0, wait_seconds))[0])


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write(
    connection: psycopg.Connection, user_id: int, teams: list[int], number: int, answers: Answers
) -> None:
    """Of five writes three are new answers, one changes an answer, one takes one back."""
    step = number % 5
    slot = number - (0, 0, 0, 1, 3)[step]
    day = (FIRST_DAY + datetime.timedelta(days=slot % DAYS)).isoformat()
    team = teams[(slot // DAYS * 131 + slot * 7) % len(teams)]
    status, note = 1 + number % 3, f"answer {number}"
    values = [status, note, user_id, day, team]
    if step == 4:
        connection.execute(
            "DELETE FROM player_availability"
            " WHERE user_id = %s AND match_date = %s AND team_id = %s",
            values[2:],
        )
        del answers[day, team]
        return
    if step == 3:
        connection.execute(
            "UPDATE player_availability SET availability_status = %s, notes = %s,"
            " version = version + 1, updated_at = now()"
            " WHERE user_id = %s AND match_date = %s AND team_id = %s",
            values,
        )
    else:
        connection.execute(
            "INSERT INTO player_availability (availability_status, notes, user_id, match_date,"
            " team_id) VALUES (%s, %s, %s, %s, %s)",
            values,
        )
    answers[day, team] = (status, note)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
