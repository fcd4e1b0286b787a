"""An owner of database and tables who is no superuser can do everything."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from league import FEED, GAMES, TEAMS, changed, small_league
from psycopg import sql
from psycopg.conninfo import make_conninfo
from reload_case import checks_of


def test_an_owner_who_is_no_superuser(database_url: str, tmp_path: Path):
    role = sql.Identifier("seawall_test_owner")
    with psycopg.connect(database_url, autocommit=True) as superuser:
        if not superuser.execute("SELECT rolsuper FROM pg_roles WHERE rolname = user").fetchone():
            pytest.skip("needs a superuser to make the role")
        name = sql.Identifier(superuser.info.dbname)
        superuser.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(role))
        try:
            superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, role))
            url = make_conninfo(database_url, options="-c role=seawall_test_owner")
            league = small_league(url, tmp_path)
            assert not league.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            report = league.run(
                **{
                    **FEED,
                    "teams": changed(TEAMS, {"club": "Tennaqua"}, wins=4),
                    "games": GAMES[:1],
                }
            )
            assert report["outcome"] == "done"
            league.execute("CREATE RULE r AS ON UPDATE TO teams DO ALSO DELETE FROM answers")
            assert checks_of(league.run(**FEED)) == {"user-rows-damaged"}
            assert league.engine.health().healthy
            assert league.engine.runs()
            league.execute(
                "DROP RULE r ON teams; DELETE FROM answers;"
                "DELETE FROM favourites; DELETE FROM users"
            )
            plan = league.engine.plan_restore(report["run"])
            assert league.engine.restore(plan).outcome == "done"
            assert plan.writes >= 4
            forgotten = league.engine.plan_forget("answers", "user_id = 1")
            assert league.engine.forget(forgotten).rows == 1
            league.connection.close()
        finally:
            superuser.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
            superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
            superuser.execute(sql.SQL("DROP ROLE {}").format(role))
