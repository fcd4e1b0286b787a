"""The roles of docs/operate.md: its own SQL, and every job done by the role meant for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from league import FEED, MANIFEST, SCHEMA, TEAMS, changed, without
from psycopg import sql
from psycopg.conninfo import make_conninfo
from reload_case import Reload

from seawall import Engine, Manifest, metrics

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operate.md"
ROLES = ("owner", "reload", "watch", "app")


def blocks() -> dict[str, str]:
    """The document's SQL, by the role that is to run it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return dict(re.findall(r"^```sql\n-- role: ([^\n]+)\n(.*?)^```$", text, re.M | re.S))


class League(Reload):
    """The league whose tables, jobs and application each have a role."""

    def __init__(self, url: str, directory: Path) -> None:
        self.mark = f"t{uuid4().hex[:8]}"
        self.superuser = psycopg.connect(url, autocommit=True)
        self._said = blocks()
        self._database = self.superuser.info.dbname
        self.run_block("administrator", self.superuser)
        self.urls = {role: make_conninfo(url, user=f"{self.mark}_{role}") for role in ROLES}
        super().__init__(self.urls["owner"], directory, SCHEMA, MANIFEST)
        self.run_block("league_owner", self.connection)
        manifest = Manifest.parse(self.manifest_text)
        self.engines = {role: Engine(manifest, self.urls[role]) for role in ROLES}
        self.engine = self.engines["reload"]

    def run_block(self, role: str, connection: psycopg.Connection) -> None:
        """The document's SQL, with this test's names for database and roles."""
        text = self._said.pop(role).replace("DATABASE league ", f"DATABASE {self._database} ")
        connection.execute(text.replace("league_", f"{self.mark}_").encode())

    @property
    def blocks_left(self) -> list[str]:
        return list(self._said)

    def as_role(self, role: str, statement: str) -> None:
        with psycopg.connect(self.urls[role], autocommit=True) as connection:
            connection.execute(statement.encode())

    def close(self) -> None:
        self.connection.close()
        name = sql.Identifier(self._database)
        run = self.superuser.execute
        run(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
        for role in reversed(ROLES):
            identifier = sql.Identifier(f"{self.mark}_{role}")
            run(sql.SQL("DROP OWNED BY {} CASCADE").format(identifier))
        for role in ROLES:
            run(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{self.mark}_{role}")))
        self.superuser.close()


@pytest.fixture
def league(database_url: str, tmp_path: Path) -> Iterator[League]:
    with psycopg.connect(database_url) as asked:
        if not asked.execute("SELECT rolsuper FROM pg_roles WHERE rolname = user").fetchone():
            pytest.skip("needs a superuser to make the roles")
    league = League(database_url, tmp_path)
    try:
        yield league
    finally:
        league.close()


def denied(work: Callable[[], object]) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        work()


def test_every_job_by_the_role_that_is_meant_for_it(league: League):
    assert league.rows(
        "SELECT count(*) FROM pg_roles WHERE rolname LIKE %s AND NOT rolsuper", f"{league.mark}%"
    ) == [(4,)]

    # league_reload: the first check, and the grants that follow it.
    assert not [f for f in league.engine.check() if f.stops]
    with psycopg.connect(league.urls["reload"], autocommit=True) as connection:
        league.run_block("league_reload", connection)
    league.run_block("league_owner, after check", league.connection)
    assert league.blocks_left == []
    assert league.load(**FEED)["outcome"] == "done"

    # league_owner: guards. Nobody else can.
    assert league.engines["reload"].install_guards().failed
    assert league.engines["owner"].install_guards().failed == {}

    # league_app: users answer.
    league.as_role(
        "app",
        "INSERT INTO users (name) VALUES ('Ann'), ('Bob');"
        "INSERT INTO answers (user_id, team_id, answer)"
        " SELECT u.id, t.id, 'yes' FROM users u, teams t;"
        "INSERT INTO favourites SELECT u.id, c.id FROM users u, clubs c",
    )

    # league_reload: reloads with the guards armed, deletes what nobody refers to, backs up.
    report = league.run(
        **{
            **FEED,
            "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=9),
            "games": FEED["games"][:1],
        }
    )
    assert report["outcome"] == "done", report["findings"]
    assert report["guards"]["state"] == "armed"
    assert report["tables"]["games"]["deleted"] == 1
    assert league.engine.backup().tables["answers"] == 4
    assert league.engine.health().healthy

    # The database itself refuses it users' rows.
    for statement in (
        "DELETE FROM answers",
        "UPDATE users SET name = 'x'",
        "INSERT INTO favourites VALUES (1, 1)",
        "TRUNCATE answers",
        "DROP TABLE answers",
        'ALTER TABLE answers DISABLE TRIGGER "0_seawall_guard_rows"',
    ):
        denied(lambda s=statement: league.as_role("reload", s))

    # league_app deletes by mistake; the owner puts back.
    league.as_role("app", "DELETE FROM answers")
    assert not league.engines["watch"].health().healthy
    plan = league.engines["owner"].plan_restore(report["run"], tables=["answers"])
    assert league.engines["owner"].restore(plan).outcome == "done"
    assert league.value("SELECT count(*) FROM answers") == 4

    # league_watch: looks, and writes nothing.
    seen = league.engines["watch"].health()
    assert (seen.healthy, seen.faults, seen.guards.state) == (True, [], "in force")
    assert {room.column for room in seen.sequences if room.used_percent is not None} == {
        *("clubs.id", "teams.id", "users.id", "answers.id")
    }
    assert "seawall_healthy 1\n" in metrics.exposition(seen)
    assert league.engines["watch"].run(report["run"])
    for statement in ("DELETE FROM answers", "DELETE FROM seawall.backups", "CREATE TABLE x ()"):
        denied(lambda s=statement: league.as_role("watch", s))

    # What guards refused is counted, whoever asks: TRUNCATE by the owner is refused too.
    with pytest.raises(psycopg.Error, match="seawall refuses TRUNCATE"):
        league.execute("TRUNCATE answers")
    assert {r: league.engines[r].health().guards.tried["answers"] for r in ("reload", "watch")} == {
        "reload": 1,
        "watch": 1,
    }

    # And the next night goes on as before.
    assert league.run(**{**FEED, "teams": without(TEAMS, club="Tennaqua")})["outcome"] == "done"


def test_staging_that_another_role_left_behind_stops_nobody(league: League):
    """Here the owner made the schemas: then only it can drop what it staged."""
    league.engines["owner"].check()
    for schema in ("seawall", "seawall_stage"):
        league.execute(
            f"GRANT ALL ON SCHEMA {schema} TO {league.mark}_reload;"
            f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {league.mark}_reload"
        )
    league.engines["owner"].plan(league.feed(**FEED))
    league.execute("UPDATE seawall_stage.loads SET made_at = now() - interval '2 days'")
    assert league.load(**FEED)["outcome"] == "done"
    left = "SELECT count(*) FROM seawall_stage.loads"
    assert league.value(left) == 1
    league.engines["owner"].discard(league.engines["owner"].plan(league.feed(**FEED)))
    assert league.value(left) == 0
