"""row-security: a policy that binds the role hides rows from it."""

from __future__ import annotations

import os

import psycopg
import pytest
from judging import found
from psycopg import sql
from psycopg.conninfo import make_conninfo
from reload_case import Reload

from seawall import Engine, Manifest

POLICY = "ALTER TABLE answers ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON answers USING (true)"


@pytest.fixture
def role(league: Reload):
    """A role without powers that may read and write everything of the league."""
    name, password = f"loader_{os.getpid()}", "secret"
    league.connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), password)
    )
    for what in (
        "ALL ON ALL TABLES IN SCHEMA public TO",
        "ALL ON ALL SEQUENCES IN SCHEMA public TO",
        "ALL ON SCHEMA seawall, seawall_stage TO",
        "ALL ON ALL TABLES IN SCHEMA seawall, seawall_stage TO",
        "ALL ON ALL SEQUENCES IN SCHEMA seawall TO",
    ):
        league.connection.execute(
            sql.SQL("GRANT {} {}").format(sql.SQL(what), sql.Identifier(name))  # pyright: ignore
        )
    yield make_conninfo(league.url, user=name, password=password)
    with psycopg.connect(league.url, autocommit=True) as connection:
        for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))  # pyright: ignore


def findings(league: Reload, url: str) -> dict[str, str]:
    engine = Engine(Manifest.parse(league.manifest_text), url)
    return {f.check: f.table for f in engine.check() if f.refuses}


def test_a_role_that_no_policy_binds(league: Reload, role: str):
    assert findings(league, role) == {}


def test_a_policy_on_a_user_table(league: Reload, role: str):
    league.execute(POLICY)
    assert findings(league, role) == {"row-security": "answers"}
    assert found(league) == {}  # the owner is not bound


def test_a_policy_on_an_imported_table(league: Reload, role: str):
    league.execute(POLICY.replace("answers", "teams"))
    assert findings(league, role)["row-security"] == "teams"


def test_a_role_that_bypasses_policies(league: Reload, role: str):
    league.execute(POLICY)
    name = psycopg.conninfo.conninfo_to_dict(role)["user"]
    league.connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(str(name))))
    assert findings(league, role) == {}
