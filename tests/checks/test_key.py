"""key-not-unique and key-null: the key does not tell the imported rows apart."""

from __future__ import annotations

import pytest
from judging import found
from league import MANIFEST
from reload_case import Reload

from seawall.errors import ManifestError


def test_a_key_with_a_constraint(league: Reload):
    assert found(league) == {}


def test_a_key_without_a_constraint_whose_rows_differ(league: Reload):
    league.execute("ALTER TABLE clubs DROP CONSTRAINT clubs_name_key")
    assert found(league) == {}


def test_a_key_that_stands_on_several_rows(league: Reload):
    league.execute(
        "ALTER TABLE clubs DROP CONSTRAINT clubs_name_key;"
        "INSERT INTO clubs (name) VALUES ('Tennaqua')"
    )
    finding = found(league)["key-not-unique"]
    assert (finding.table, finding.acceptable) == ("clubs", False)
    assert "1 keys" in finding.message


def test_null_in_a_key(league: Reload):
    league.execute(
        "ALTER TABLE clubs ALTER name DROP NOT NULL; INSERT INTO clubs (name) VALUES (NULL)"
    )
    finding = found(league)["key-null"]
    assert (finding.table, finding.acceptable) == ("clubs", False)


def test_a_unique_index_on_some_rows_only_proves_nothing(league: Reload):
    league.execute(
        "ALTER TABLE clubs DROP CONSTRAINT clubs_name_key;"
        "INSERT INTO clubs (name) VALUES ('Tennaqua');"
        "CREATE UNIQUE INDEX ON clubs (name) WHERE id < 3"
    )
    assert "key-not-unique" in found(league)


def test_a_key_column_that_is_not_there(league: Reload):
    league.declare(MANIFEST.replace('key = ["day", "home_id"]', 'key = ["date", "home_id"]'))
    with pytest.raises(ManifestError, match="no column date"):
        league.engine.check()
