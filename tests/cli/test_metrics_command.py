"""``seawall metrics``, and health as people read it."""

from __future__ import annotations

from pathlib import Path

from commands import seawall, seawall_json
from reload_case import Reload


def test_metrics_on_standard_output(league: Reload):
    result = seawall(league, "metrics")
    assert result.exit_code == 0
    assert 'seawall_user_rows{table="answers"} 2\n' in result.stdout
    assert result.stdout.endswith("# EOF\n")
    assert seawall_json(league, "metrics")[1]["metrics"].startswith("# TYPE seawall_healthy gauge")


def test_metrics_end_with_0_where_something_is_at_fault(league: Reload):
    league.execute("UPDATE favourites SET club_id = 999")
    result = seawall(league, "metrics")
    assert (result.exit_code, "seawall_healthy 0\n" in result.stdout) == (0, True)


def test_a_file_for_the_textfile_collector(league: Reload, tmp_path: Path):
    directory = tmp_path / "collector"
    directory.mkdir()
    file = directory / "seawall.prom"
    file.write_text("old")
    result = seawall(league, "metrics", "--out", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.read_text(encoding="utf-8").endswith("# EOF\n")
    assert [path.name for path in directory.iterdir()] == ["seawall.prom"]


def test_a_file_that_cannot_be_written(league: Reload, tmp_path: Path):
    result = seawall(league, "metrics", "--out", tmp_path / "nowhere" / "seawall.prom")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


def test_health_lines_up(league: Reload):
    league.engine.install_guards()
    league.execute("ALTER TABLE answers ADD mood text; UPDATE favourites SET club_id = 999")
    result = seawall(league, "health")
    assert result.exit_code == 5
    lines = result.stdout.splitlines()
    facts = lines[lines.index("") + 1 :]
    assert facts[-1] == "unhealthy"
    assert [line[:10].strip() for line in facts[:-1]] == [
        *("last run", "backup", "guards", "structure", "", "sequences", "staging", "unfinished"),
        *("fault", "warning"),
    ]
    assert all(line[10:12] == "  " and line[12] != " " for line in facts[:-1])
    assert facts[4].strip() == "column mood of answers added: text"
