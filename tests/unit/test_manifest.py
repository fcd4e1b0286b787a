"""The manifest: what it says, what it may not say, and what it suggests instead."""

from __future__ import annotations

import pytest

from seawall import Manifest
from seawall.errors import ManifestError

HEADING = 'manifest_version = 1\n[database]\nname = "x"\n'
CLUBS = '[tables.clubs]\nowner = "feed"\nkey = ["name"]\n'
TEAMS = """
[tables.teams]
owner = "feed"
key = ["club_id", "name"]
[tables.teams.parents.club_id]
table = "clubs"
by = { name = "club" }
"""
USERS = '[tables.users]\nowner = "users"\n'


def parse(text: str) -> Manifest:
    return Manifest.parse(HEADING + text)


def refused(text: str) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        parse(text)
    assert caught.value.fix
    assert int(caught.value.exit_code) == 2
    return caught.value


def test_what_is_not_said_has_a_careful_default():
    said = parse(CLUBS).tables["clubs"]
    assert (said.vanished, said.user_columns, said.nulls_overwrite) == ("retire", (), ())
    assert parse(CLUBS).limits.vanished_share == 0.10
    assert parse(CLUBS).feed.set_aside_budget == 0.01
    assert parse(CLUBS).health.stable_share == 0.90


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[tables.clubs]\nonwer = 'feed'", "owner"),
        ("[tables.clubs]\nowner = 'feed'\nkeys = ['name']", "key"),
        ("[tables.clubs]\nowner = 'feed'\nuser_column = ['a']", "user_columns"),
        ("[tabels.clubs]\nowner = 'feed'", "tables"),
        ("[limits]\nvanish_share = 0.1", "vanished_share"),
        ("[feed]\nset_aside_buget = 0.1", "set_aside_budget"),
        (CLUBS + TEAMS.replace("table =", "tabel ="), "table"),
        ("[tables.a]\nowner = 'users'\nreferences = [{ column = ['x'], table = 'b' }]", "columns"),
    ],
)
def test_did_you_mean(text: str, meant: str):
    assert f"Did you mean “{meant}”?" in refused(text).fix


def test_a_key_that_resembles_nothing_lists_what_is_known():
    assert "Known keys: " in refused("[tables.clubs]\nzzzzzz = 1").fix


@pytest.mark.parametrize(
    "text",
    [
        '[tables.clubs]\nowner = "feed"',
        '[tables.clubs]\nowner = "me"\nkey = ["name"]',
        CLUBS + 'vanished = "drop"',
        CLUBS + 'vanished = "delete"\nuser_columns = ["note"]',
        CLUBS + 'user_columns = ["name"]',
        CLUBS + 'allow = ["insert"]',
        CLUBS + TEAMS.replace("name = ", "id = "),
        TEAMS,
        USERS + 'key = ["id"]',
        USERS + 'references = [{ columns = ["a"], table = "nowhere" }]',
        '[tables.cache]\nowner = "ignored"',
        '[users]\ntable = "nobody"',
        CLUBS + '[scope]\ntable = "clubs"\ncolumn = "id"',
        "[limits]\nvanished_share = 1.5",
        "[feed]\nset_aside_budget = -0.1",
        "not TOML",
    ],
)
def test_contradictions(text: str):
    refused(text)


def test_another_version():
    with pytest.raises(ManifestError, match="manifest_version 2"):
        Manifest.parse(HEADING.replace("1", "2", 1) + "[tables]\n")


def test_public_may_be_said_or_not():
    assert list(parse(CLUBS.replace("tables.clubs", 'tables."public.clubs"')).tables) == ["clubs"]


def test_the_digest_is_of_what_is_said_and_not_of_its_spelling():
    spelled = "# a comment\n" + CLUBS.replace(' = "feed"', "='feed'  # theirs")
    assert parse(spelled).digest == parse(CLUBS).digest
    assert parse(CLUBS + 'vanished = "keep"\n').digest != parse(CLUBS).digest


def test_the_staged_key_names_parents_by_their_keys():
    manifest = parse(CLUBS + TEAMS)
    assert manifest.staged_key("teams") == ("club", "name")


def test_a_file_that_is_not_there():
    with pytest.raises(ManifestError, match="cannot read"):
        Manifest.load("nowhere.toml")
