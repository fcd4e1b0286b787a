"""unclaimed-column, generated-column, type-without-equality: columns that are not the feed's."""

from __future__ import annotations

import pytest
from judging import found
from league_fixtures import MakeReload
from reload_case import Reload, checks_of

MANIFEST = '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n'


def clubs(make: MakeReload, columns: str, manifest: str = MANIFEST) -> Reload:
    return make(
        f"CREATE TABLE clubs (id serial PRIMARY KEY, name text UNIQUE, {columns})", manifest
    )


FEED = [{"name": "a", "city": "X"}, {"name": "b", "city": "Y"}]


@pytest.fixture
def with_logo(make: MakeReload) -> Reload:
    made = clubs(make, "city text, logo text, colour varchar(9) DEFAULT 'blue'::varchar(9)")
    made.load(clubs=FEED)
    return made


def test_values_that_no_feed_gave(with_logo: Reload):
    with_logo.execute("UPDATE clubs SET logo = 'a.png' WHERE name = 'a'")
    before = with_logo.image("clubs")
    report = with_logo.run(clubs=FEED)
    assert (report["outcome"], checks_of(report)) == ("refused", {"unclaimed-column"})
    (finding,) = [f for f in report["findings"] if f["refuses"]]
    assert "values in logo," in finding["message"]
    assert 'user_columns = ["logo"]' in finding["fix"]
    assert with_logo.image("clubs") == before


def test_once_they_are_the_users(with_logo: Reload):
    with_logo.execute("UPDATE clubs SET logo = 'a.png'")
    with_logo.declare(MANIFEST + 'user_columns = ["logo"]\n')
    assert with_logo.run(clubs=FEED)["outcome"] == "unchanged"


def test_accepted_by_the_columns_names(with_logo: Reload):
    with_logo.execute("UPDATE clubs SET logo = 'a.png'")
    hash = next(f.hash for f in with_logo.plan(clubs=FEED).refusals)
    with_logo.declare(
        f'[[accept]]\nfinding = "unclaimed-column:clubs"\nhash = "{hash}"\nreason = "a cache"\n'
        + MANIFEST
    )
    assert with_logo.run(clubs=FEED)["outcome"] == "unchanged"
    with_logo.execute("UPDATE clubs SET colour = 'red'")
    assert checks_of(with_logo.run(clubs=FEED)) == {"unclaimed-column"}


def test_a_default_explains_its_values(with_logo: Reload):
    with_logo.execute("ALTER TABLE clubs ADD seen timestamptz DEFAULT now(), ADD n serial")
    assert with_logo.run(clubs=FEED)["outcome"] == "unchanged"


def test_a_column_that_feeds_gave_is_theirs_when_one_does_not(with_logo: Reload):
    report = with_logo.run(clubs=[{"name": "a"}, {"name": "b"}])
    assert report["outcome"] == "unchanged"


def test_a_feed_that_begins_to_give_it_may(with_logo: Reload):
    assert with_logo.run(clubs=[{**row, "logo": "x.png"} for row in FEED])["outcome"] == "done"


@pytest.mark.parametrize("said", ['key = ["slug"]', 'key = ["name"]\nnulls_overwrite = ["slug"]'])
def test_a_generated_column_given_to_the_feed(make: MakeReload, said: str):
    made = clubs(
        make,
        "slug text GENERATED ALWAYS AS (lower(name)) STORED UNIQUE",
        MANIFEST.replace('key = ["name"]', said),
    )
    finding = found(made)["generated-column"]
    assert "clubs.slug" in finding.message
    assert not finding.acceptable


def test_a_generated_column_that_nobody_names_passes(make: MakeReload):
    made = clubs(make, "slug text GENERATED ALWAYS AS (lower(name)) STORED, city text")
    made.load(clubs=FEED)
    assert made.rows("SELECT slug FROM clubs ORDER BY 1") == [("a",), ("b",)]


@pytest.mark.parametrize("kind", ["json", "xml", "point", "money", "tsvector", "json[]"])
def test_a_key_that_cannot_be_recognised(make: MakeReload, kind: str):
    made = clubs(make, f"place {kind}", MANIFEST.replace('"name"', '"place"'))
    before = made.image("clubs")
    report = made.run(clubs=[{"place": "1"}])
    assert report["outcome"] == "refused"
    # A key of such a type cannot be counted either.
    assert checks_of(report) - {"key-not-unique"} == {"type-without-equality"}
    assert made.image("clubs") == before


@pytest.mark.parametrize("kind", ["date", "uuid", "numeric(5,2)", "inet", "int4range", "text[]"])
def test_a_key_that_can(make: MakeReload, kind: str):
    made = clubs(make, f"place {kind} NOT NULL UNIQUE", MANIFEST.replace('"name"', '"place"'))
    assert found(made) == {}


def test_other_columns_of_such_types_are_compared_as_text(make: MakeReload):
    made = clubs(make, "place point, notes json, city text")
    feed = [{"name": "a", "place": "(1,2)", "notes": {"x": 1}, "city": "X"}]
    made.load(clubs=feed)
    assert made.run(clubs=feed)["outcome"] == "unchanged"
