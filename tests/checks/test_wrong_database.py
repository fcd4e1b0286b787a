"""wrong-database: the target is another database than the manifest was written for."""

from __future__ import annotations

import pytest
from judging import EVERY_TABLE, found
from league import FEED
from reload_case import Reload, checks_of

from seawall import Engine, Manifest


def test_the_database_of_the_manifest(league: Reload):
    assert found(league) == {}


@pytest.mark.parametrize(
    "identity", ['name = "other"', 'name = "league"\nenvironment = "production"']
)
def test_another_name_or_environment(league: Reload, identity: str):
    text = league.manifest_text.replace('name = "league"', identity, 1)
    league.engine = Engine(Manifest.parse(text), league.url)
    before = league.image(*EVERY_TABLE)
    finding = found(league)["wrong-database"]
    assert not finding.acceptable
    assert "“league”" in finding.message
    report = league.run(**{**FEED, "clubs": []})
    assert (report["outcome"], checks_of(report)) == ("refused", {"wrong-database"})
    assert league.image(*EVERY_TABLE) == before
