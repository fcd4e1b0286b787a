"""Made-up feeds in four versions, with users who answer in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from reload_invariants import (
    assert_healthy,
    assert_users_untouched,
    teams_listed_twice,
    users_rows_stand,
)
from scenario_commands import Ended, execute, import_feed, query, run
from scenario_users import add_users, every_row

SIZE, VERSIONS = "3000", "4"

# One user is linked to everybody, so that whoever leaves is somebody's.
FOLLOW_EVERYBODY = """
INSERT INTO user_player_associations (user_id, player_id)
SELECT (SELECT min(id) FROM users), id FROM players ON CONFLICT DO NOTHING
"""


@pytest.fixture
def versions(tmp_path: Path) -> list[Path]:
    """Four scrapes, a week apart."""
    written = run(
        "courtside", "sample-feeds", tmp_path, "--date", "2026-01-15",
        "--size", SIZE, "--versions", VERSIONS, "--json",
    )  # fmt: skip
    return [Path(path) for path in written.report]


def reload(url: str, directory: Path) -> Ended:
    """A reload that needs no acceptance, with all that must hold for users."""
    with users_rows_stand(url):
        ended = import_feed(url, directory)
    assert (ended.exit_code, ended.outcome) == (0, "done"), ended.report["findings"]
    assert ended.refusals() == []
    assert_users_untouched(ended)
    assert teams_listed_twice(url) == []
    for name, table in ended.report["tables"].items():
        assert table["staged"] == table["same"] + table["changed"] + table["new"], name
    for name, file in ended.report["files"].items():
        assert file["read"] == file["used"] + file["repeated"] + file["set_aside"], name
    return ended


def retired(url: str, table: str) -> dict[int, str]:
    """id → key of each retired row of teams or players."""
    key = {"teams": "name", "players": "source_id"}[table]
    return dict(query(url, f"SELECT id, {key} FROM {table} WHERE retired_at IS NOT NULL"))


def test_users_rows_stand_through_the_versions_of_a_sample_feed(
    database_url: str, versions: list[Path]
) -> None:
    url = database_url
    first, second, third, fourth = versions
    assert import_feed(url, first).exit_code == 0
    add_users(url, users=80, answers=400)
    execute(url, FOLLOW_EVERYBODY)

    tables = reload(url, second).report["tables"]
    gone = retired(url, "teams")
    assert len(gone) == tables["teams"]["retired"] == tables["teams"]["held"] == 1
    left = retired(url, "players")
    assert len(left) == tables["players"]["retired"] == tables["players"]["held"] > 0

    add_users(url, first=1000, users=20, answers=80)
    tables = reload(url, third).report["tables"]
    assert tables["teams"]["reinstated"] == 1
    ((name,),) = query(url, "SELECT name FROM teams WHERE id = %s AND retired_at IS NULL", *gone)
    assert [name] == list(gone.values())

    add_users(url, first=2000, users=20, answers=80)
    before = every_row(url)
    reissued = import_feed(url, fourth)
    assert (reissued.exit_code, reissued.outcome) == (3, "refused")
    assert reissued.refusals() == [
        "impact-retired:user_player_associations",
        "key-churn:players@NSTF",
        "key-churn:rosters@NSTF",
        "vanished-share:players@NSTF",
        "vanished-share:rosters@NSTF",
    ]
    message = reissued.message("vanished-share", "players", "NSTF")
    assert "(100%) are not in this feed" in message
    assert "so the source probably changed its keys" in message
    assert every_row(url) == before
    assert_users_untouched(reissued)
    assert_healthy(url)
