"""Acceptances in the manifest: with a reason, of something that there is, and no more than that."""

from __future__ import annotations

import pytest
from league import FEED, GAMES, MANIFEST, without
from league import TEAMS as TEAMS_OF_LEAGUE
from reload_case import HEADING, Reload, checks_of

from seawall import Engine, Manifest
from seawall.errors import ManifestError

FEWER = {**FEED, "games": []}


def accept(finding: str, more: str = 'reason = "the season has not begun"') -> str:
    return f'[[accept]]\nfinding = "{finding}"\n{more}\n' + MANIFEST


def refused(manifest: str) -> str:
    with pytest.raises(ManifestError) as caught:
        Engine(Manifest.parse(HEADING + manifest), "postgresql://nowhere")
    return f"{caught.value.what} {caught.value.fix}"


def test_a_standing_acceptance_lets_every_run_go_on_and_is_on_record(league: Reload):
    league.declare(accept("empty-feed:games"))
    report = league.run(**FEWER)
    assert report["outcome"] == "done"
    (finding,) = [f for f in report["findings"] if f["check"] == "empty-feed"]
    assert (finding["accepted"], finding["acceptance"]) == ("the season has not begun", "standing")
    kept = league.value("SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1")
    assert kept == {"empty-feed:games": {"kind": "standing", "reason": "the season has not begun"}}
    assert league.run(**FEWER)["outcome"] == "unchanged"


def test_one_that_fits_nothing_is_not_used(league: Reload):
    league.declare(accept("empty-feed:games"))
    assert league.run(**FEED)["outcome"] == "unchanged"
    assert league.value("SELECT acceptances FROM seawall.runs ORDER BY id DESC LIMIT 1") == {}


def test_it_accepts_no_other_table(league: Reload):
    league.declare(accept("empty-feed:teams"))
    assert checks_of(league.run(**FEWER)) == {"empty-feed"}


def test_what_can_never_be_accepted_stays_so(league: Reload):
    league.execute(
        "ALTER TABLE answers DROP CONSTRAINT answers_team_id_fkey, ADD FOREIGN KEY (team_id)"
        " REFERENCES teams ON DELETE CASCADE"
    )
    league.declare(accept("cascade-to-users:answers"))
    less = {**FEED, "teams": without(TEAMS_OF_LEAGUE, club="Tennaqua"), "games": GAMES}
    assert checks_of(league.run(**less)) == {"cascade-to-users"}


@pytest.mark.parametrize(
    ("manifest", "hint"),
    [
        (accept("empty-fed:games"), "empty-feed"),
        (accept("nonsense:games"), "Checks: "),
        (accept("empty-feed:gams"), "games"),
        (accept("empty-feed"), "CHECK:TABLE"),
        (accept("empty-feed:games", 'reason = " "'), "reason"),
        (accept("empty-feed:games") + accept("empty-feed:games").partition("[limits]")[0], "twice"),
        (accept("empty-feed:games", 'raison = "x"'), "reason"),
    ],
)
def test_a_misspelt_one_is_an_error(manifest: str, hint: str):
    assert hint in refused(manifest)


def test_a_readers_own_notices_can_be_accepted():
    text = '[feed]\nreader = "some.reader:it"\n' + accept("odd-thing:games")
    Engine(Manifest.parse(HEADING + text), "postgresql://nowhere")
    assert "empty-feed" in refused(
        '[feed]\nreader = "some.reader:it"\n' + accept("empty-fed:games")
    )
