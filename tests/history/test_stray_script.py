"""The incident's case: a script deletes all but 2 of a few hundred answers; they come back."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner
from commands import seawall, seawall_json
from league import FEED
from reload_case import Reload, said

from seawall.cli import app


@pytest.fixture
def answered(league: Reload) -> Reload:
    league.execute(
        "DELETE FROM answers; ALTER TABLE answers ADD day date, ADD UNIQUE (user_id, day)"
    )
    league.execute(
        "INSERT INTO answers (user_id, team_id, answer, day) SELECT u.id, t.id, 'yes',"
        " date '2024-01-01' + g FROM users u, generate_series(1, 150) g,"
        " (SELECT min(id) AS id FROM teams) t"
    )
    return league


def test_health_shouts_and_restore_puts_back_exactly_the_missing(answered: Reload):
    run = answered.run(**FEED)["run"]
    everything = "SELECT a::text FROM answers a ORDER BY 1"
    before = answered.rows(everything)
    assert seawall(answered, "health").exit_code == 0
    answered.execute("DELETE FROM answers WHERE day > '2024-01-02'")
    assert answered.value("SELECT count(*) FROM answers") == 2

    code, health = seawall_json(answered, "health")
    assert (code, health["healthy"]) == (5, False)
    assert health["backup"]["tables"]["answers"] == {"rows": 300, "gone": 298}
    assert any("298 of the 300 rows" in warning for warning in health["warnings"])
    assert f"seawall restore {run} --table answers" in said(seawall(answered, "health").stdout)

    # One user has noticed, and answered again.
    answered.execute(
        "INSERT INTO answers (user_id, team_id, answer, day)"
        " SELECT 1, min(id), 'no', '2024-03-01' FROM teams"
    )
    code, shown = seawall_json(answered, "restore", str(run), "--table", "answers")
    assert (code, shown["error"]["code"]) == (2, "usage")
    planned = shown["plan"]["tables"]["answers"]
    assert (planned["missing"], planned["reentered"], planned["same"]) == (297, 1, 2)
    assert answered.value("SELECT count(*) FROM answers") == 3

    code, done = seawall_json(answered, "restore", str(run), "--table", "answers", "--yes")
    assert (code, done["report"]["outcome"]) == (0, "done")
    assert done["report"]["tables"]["answers"] == {
        "inserted": 297,
        "overwritten": 0,
        "kept_meanwhile": 0,
    }
    now = answered.rows(everything)
    assert len(now) == 300
    assert len(set(before) - set(now)) == 1
    assert answered.rows("SELECT answer FROM answers WHERE user_id = 1 AND day = '2024-03-01'") == [
        ("no",)
    ]
    assert seawall(answered, "health").exit_code == 0
    assert answered.run(**FEED)["outcome"] == "unchanged"


def test_in_words(answered: Reload):
    run = answered.run(**FEED)["run"]
    answered.execute("DELETE FROM answers WHERE day = '2024-01-02' AND user_id = 1")
    answered.execute("UPDATE answers SET answer = 'no' WHERE day = '2024-01-03'")
    asked = seawall(answered, "restore", str(run))
    assert asked.exit_code == 2
    for words in ("answers: missing", "answers: changed since", "answer no ← yes", "--overwrite"):
        assert words in said(asked.stdout), words
    done = seawall(answered, "restore", str(run), "--yes")
    assert done.exit_code == 0
    assert "1 inserted, 0 overwritten" in said(done.stdout)
    again = seawall(answered, "restore", str(run))
    assert (again.exit_code, "nothing to put back" in again.stdout) == (0, True)


def test_backup_and_forget_as_commands(answered: Reload):
    code, made = seawall_json(answered, "backup")
    assert code == 0
    assert (made["run"], made["tables"]["answers"], made["read_back"]) == (None, 300, True)
    assert f"backup {made['id'] + 1} read back, 306 rows" in said(
        seawall(answered, "backup").stdout
    )
    code, shown = seawall_json(answered, "forget", "answers", "--where", "user_id = 1")
    assert (code, shown["plan"]["rows"]) == (2, 150 + 1)
    code, done = seawall_json(answered, "forget", "answers", "--where", "user_id = 1", "--yes")
    assert (code, done["rows"]) == (0, 151)
    code, done = seawall_json(answered, "forget", "answers", "--where", "user_id = 99", "--yes")
    assert (code, done["versions"]) == (0, 0)
    code, restored = seawall_json(answered, "restore", "--backup", str(made["id"]), "--yes")
    assert (code, restored["report"]) == (0, None)


def test_a_person_is_asked(answered: Reload, monkeypatch: pytest.MonkeyPatch):
    made = answered.engine.backup()
    answered.execute("DELETE FROM answers WHERE user_id = 1")
    command = ["restore", "--backup", str(made.id), "--database", answered.url]
    command += ["--manifest", str(answered.manifest_path)]
    runner = CliRunner()
    for answer, code, rows in (("n\n", 2, 150), ("y\n", 0, 300)):
        with runner.isolation(input=answer):
            monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
            with pytest.raises(SystemExit) as ended:
                app.main(command, standalone_mode=False)
        assert ended.value.code == code
        assert answered.value("SELECT count(*) FROM answers") == rows


def test_a_run_says_that_its_backup_was_read_back(answered: Reload):
    shown = seawall(answered, "apply", answered.feed(**FEED), "--yes")
    assert "read back, 306 rows" in said(shown.stdout)
    _, report = seawall_json(answered, "apply", answered.feed(**FEED), "--yes")
    assert json.dumps(report["backup"]["tables"], sort_keys=True) == json.dumps(
        {"answers": 300, "clubs": 2, "favourites": 2, "users": 2}
    )
