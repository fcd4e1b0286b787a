"""vanished-refused: rows vanished from a table whose rows must not vanish."""

from __future__ import annotations

from league_fixtures import MakeReload
from reload_case import checks_of

MANIFEST = '[tables.things]\nowner = "feed"\nkey = ["code"]\nvanished = "refuse"\n'


def test_it_refuses_and_keeps_when_accepted(make: MakeReload):
    made = make("CREATE TABLE things (id serial PRIMARY KEY, code text UNIQUE NOT NULL)", MANIFEST)
    both = [{"code": "a"}, {"code": "b"}]
    made.load(things=both)
    assert made.run(things=[*both, {"code": "c"}])["outcome"] == "done"
    before = made.image("things")
    refused = made.run(things=both)
    assert (refused["outcome"], checks_of(refused)) == ("refused", {"vanished-refused"})
    accepted = made.run(things=both, accept={"vanished-refused:things": "known"})
    assert accepted["outcome"] == "unchanged"
    assert made.image("things") == before
