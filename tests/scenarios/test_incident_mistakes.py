"""The mistake of the incident, in every way somebody could make it again: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scenario_commands import MANIFEST, Ended, apply_feed, execute, import_feed, query, run
from scenario_users import ANSWERS, every_row
from test_users_through_reloads import REPLAYED

pytestmark = pytest.mark.real_feeds

ANSWERS_TABLE = "[tables.player_availability]\n"
AS_THE_FEEDS = (
    'owner = "feed"\nkey = ["user_id", "match_date", "team_id"]\n'
    'sources = ["schedules"]\nvanished = "delete"\n'
)
WHO_USERS_ARE = '[users]\ntable = "users"\n'
DELETES_ANSWERS = """
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM player_availability WHERE team_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION forget();
"""


@contextmanager
def nothing_moves(url: str) -> Iterator[None]:
    before = every_row(url)
    assert len(before["player_availability"]) == ANSWERS
    yield
    assert every_row(url) == before


def with_answers_as_the_feeds(directory: Path, *, users_named: bool = True) -> Path:
    """A copy of courtside's manifest with the mistake in it."""
    said = MANIFEST.read_text(encoding="utf-8")
    wrong = said.replace(ANSWERS_TABLE + 'owner = "users"\n', ANSWERS_TABLE + AS_THE_FEEDS)
    assert wrong != said
    if not users_named:
        assert WHO_USERS_ARE in wrong
        wrong = wrong.replace(WHO_USERS_ARE, "")
    path = directory / "mistake.toml"
    path.write_text(wrong, encoding="utf-8")
    return path


def assert_user_table_named(ended: Ended, why: str) -> None:
    assert (ended.exit_code, ended.outcome) == (3, "refused")
    assert ended.refusals() == ["user-table-written:player_availability"]
    message = ended.message("user-table-written", "player_availability")
    assert message == f"player_availability is declared as the feed’s, but {why}"
    (finding,) = ended.report["findings"]
    assert finding["fix"].startswith(
        'In the manifest, write owner = "users" in [tables.player_availability]'
    )


@pytest.mark.parametrize("users_named", [True, False], ids=["users named", "users not named"])
def test_answers_declared_as_the_feeds_are_refused(
    answered_url: str, real_feeds: Path, tmp_path: Path, users_named: bool
) -> None:
    manifest = with_answers_as_the_feeds(tmp_path, users_named=users_named)
    with nothing_moves(answered_url):
        ended = apply_feed(answered_url, real_feeds / "2025-06-30", manifest)
    assert_user_table_named(ended, "this database has it on record as the users’ table")


def test_answers_declared_as_the_feeds_are_refused_on_a_first_run(
    answered_url: str, real_feeds: Path, tmp_path: Path
) -> None:
    """Nothing is on record yet: the rows say themselves whose they are."""
    execute(answered_url, "DROP SCHEMA seawall, seawall_stage CASCADE")
    with nothing_moves(answered_url):
        ended = apply_feed(
            answered_url, real_feeds / "2025-06-30", with_answers_as_the_feeds(tmp_path)
        )
    assert_user_table_named(ended, "its column user_id refers to users, so its rows are somebody’s")


@pytest.mark.parametrize(
    ("table", "constraint", "column", "target"),
    [
        ("player_availability", "player_availability_team_id_fkey", "team_id", "teams"),
        (
            "user_player_associations",
            "user_player_associations_player_id_fkey",
            "player_id",
            "players",
        ),
    ],
)
def test_a_cascade_into_users_rows_is_refused(
    answered_url: str, real_feeds: Path, table: str, constraint: str, column: str, target: str
) -> None:
    execute(
        answered_url,
        f"ALTER TABLE {table} DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint}"
        f" FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE CASCADE",
    )
    with nothing_moves(answered_url):
        ended = import_feed(answered_url, real_feeds / "2025-06-30")

    assert (ended.exit_code, ended.outcome) == (3, "refused")
    assert ended.refusals() == [f"cascade-to-users:{table}"]
    message = ended.message("cascade-to-users", table)
    assert message == f"{constraint} on {table} says ON DELETE CASCADE ({target} → {table})"
    (finding,) = ended.report["findings"]
    # The fix is a statement that mends it.
    execute(answered_url, finding["fix"])
    mended = run("seawall", "check", "--json", "--manifest", MANIFEST, "--database", answered_url)
    refusing = [each for each in mended.report["findings"] if each["refuses"]]
    assert (mended.exit_code, refusing) == (0, [])


def test_a_trigger_that_deletes_answers_is_rolled_back_and_the_rows_named(
    june_13_url: str, real_feeds: Path
) -> None:
    """Retiring the BYE teams fires it. The scrape's own acceptance is given, and the trigger's."""
    execute(june_13_url, DELETES_ANSWERS)
    lost = query(
        june_13_url,
        "SELECT a.id FROM player_availability a JOIN teams t ON t.id = a.team_id"
        " WHERE t.name LIKE 'BYE%' ORDER BY 1",
    )
    assert len(lost) > 8
    with nothing_moves(june_13_url):
        asked = import_feed(june_13_url, real_feeds / "2025-06-30", *REPLAYED)
        assert (asked.outcome, asked.refusals()) == ("refused", ["unknown-trigger:teams"])
        believed = ("--accept", "unknown-trigger:teams", *REPLAYED)
        ended = import_feed(june_13_url, real_feeds / "2025-06-30", *believed)

    assert (ended.exit_code, ended.outcome) == (1, "failed")
    assert ended.refusals() == ["user-rows-damaged:player_availability"]
    message = ended.message("user-rows-damaged", "player_availability")
    assert "the run would have changed users’ rows in player_availability" in message
    damage = ended.report["damage"]
    for (answer,) in lost:
        assert any(row.startswith(f"player_availability {answer} lost") for row in damage), answer
