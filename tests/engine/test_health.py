"""Health: not whether users' rows are there, but whether each still means what it meant."""

from __future__ import annotations

from league import FEED, MANIFEST, TEAMS, without
from reload_case import Reload


def test_everything_stands(league: Reload):
    health = league.engine.health()
    assert health.healthy
    assert health.warnings == []
    assert {name: (t.total, t.stable) for name, t in health.users.items()} == {
        "users": (2, 2),
        "answers": (2, 2),
        "favourites": (2, 2),
    }


def test_a_reference_that_points_at_nothing(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999 WHERE user_id = 1")
    table = league.engine.health().users["favourites"]
    assert (table.stable, table.stable_percent) == (1, 50.0)
    assert table.orphans == {"favourites.club_id → clubs": 1}


def test_a_reference_behind_which_another_key_stands(league: Reload):
    """Ids were issued anew by somebody else's script: every row is there, and means another."""
    league.execute(
        "UPDATE clubs SET name = name || '!'; UPDATE clubs SET name ="
        " CASE name WHEN 'Tennaqua!' THEN 'Valley Lo' ELSE 'Tennaqua' END"
    )
    health = league.engine.health()
    table = health.users["favourites"]
    assert not health.healthy
    assert (table.stable, table.orphans) == (0, {})
    assert table.retargeted == {"favourites.club_id → clubs": 2}
    assert any("favourites" in warning for warning in health.warnings)


def test_nothing_said_is_no_orphan(league: Reload):
    league.execute("UPDATE favourites SET club_id = NULL; UPDATE answers SET game_id = NULL")
    assert league.engine.health().healthy


def test_a_retired_row_is_not_an_orphans_row(league: Reload):
    league.run(**{**FEED, "teams": without(TEAMS, club="Tennaqua")})
    assert league.engine.health().users["answers"].stable_percent == 100.0


def test_the_limit_can_be_set(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999 WHERE user_id = 1")
    assert not league.engine.health().healthy
    league.declare("[health]\nstable_share = 0.5\n" + MANIFEST)
    assert league.engine.health().healthy


def test_orphans_that_were_there_before_do_not_fail_a_run(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999 WHERE user_id = 1")
    report = league.run(**FEED)
    assert report["outcome"] == "unchanged"
    assert report["users"]["favourites"]["orphans"] == 1


def test_staging_that_nobody_applied(league: Reload):
    league.plan(**FEED)
    assert league.engine.health().stale_staging == 0
    league.execute("UPDATE seawall_stage.loads SET made_at = now() - interval '2 hours'")
    assert league.engine.health().stale_staging == 1
    league.execute("UPDATE seawall_stage.loads SET made_at = now() - interval '2 days'")
    league.plan(**FEED)
    assert league.engine.health().stale_staging == 0
    assert league.value("SELECT count(*) FROM seawall_stage.loads") == 1


def test_looking_writes_nothing(league: Reload):
    before = league.image("seawall.runs", "seawall.referenced_identity", "answers")
    league.engine.health()
    assert league.image("seawall.runs", "seawall.referenced_identity", "answers") == before
