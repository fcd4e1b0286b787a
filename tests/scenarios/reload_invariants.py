"""What holds for users' rows whatever a reload does, and for teams whatever a feed spells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from scenario_commands import Ended, health, query
from scenario_users import meanings, rows_of_users, writing_user

_NUMBERS = count(1)


@contextmanager
def users_rows_stand(url: str) -> Iterator[None]:
    """Around a reload, while one more user keeps writing: nobody's row moves or changes meaning."""
    with writing_user(url, f"during-reload-{next(_NUMBERS)}@example.org") as writer:
        others = [writer]
        before, meant = rows_of_users(url, others), meanings(url, others)
        yield
    assert rows_of_users(url, others) == before
    assert meanings(url, others) == meant
    assert all(None not in key[:3] for key in meant.values()), "a reference points at nothing"
    assert_healthy(url)


def assert_users_untouched(ended: Ended) -> None:
    """The run wrote nothing of anybody's, and took no user's own write for its doing."""
    for name, table in ended.report["users"].items():
        assert table["changed_by_run"] == 0, name
        assert table["orphans"] == 0, name
        assert table["retargeted"] == 0, name


def assert_healthy(url: str) -> None:
    seen = health(url)
    assert seen["healthy"]
    for name, table in seen["users"].items():
        assert table["stable_percent"] == 100, name
        assert table["orphans"] == {}, name


def teams_listed_twice(url: str) -> list[tuple[str, ...]]:
    """Active teams of one name that are not told apart by series of their own."""
    return query(
        url,
        """
        SELECT l.code, t.name, array_agg(t.series_key)
        FROM teams t JOIN leagues l ON l.id = t.league_id
        WHERE t.retired_at IS NULL
        GROUP BY 1, 2
        HAVING count(*) <> count(DISTINCT regexp_replace(
                   t.series_key, '^(Series|Chicago|Division) ', ''))
            OR (count(*) > 1 AND (l.code <> 'CITA' OR bool_or(t.series_key = '')))
        """,
    )
