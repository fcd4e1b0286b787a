"""Which absences say something."""

from __future__ import annotations

from seawall import Manifest
from seawall.coverage import Coverage

MANIFEST = Manifest.parse(
    'manifest_version = 1\n[database]\nname = "x"\n'
    '[tables.teams]\nowner = "feed"\nkey = ["name"]\nsources = ["players", "stats"]\n'
)
Files = set[tuple[str, str]]


EVERYWHERE = frozenset(("teams", scope) for scope in ("", "A", "B"))


def coverage(
    present: Files,
    before: Files = frozenset(),  # pyright: ignore
    known: set[str] = frozenset(),  # pyright: ignore
    fed: Files = EVERYWHERE,  # pyright: ignore
):
    return Coverage(MANIFEST, set(present), set(before), set(known), set(fed))


def test_a_scope_whose_every_kind_is_there():
    seen = coverage({("A", "players"), ("A", "stats")})
    assert seen.judged_scopes("teams") == {"A"}
    assert seen.missing("teams", "A") == []


def test_a_kind_that_was_there_before_and_is_missing():
    seen = coverage({("A", "players")}, {("A", "stats")})
    assert seen.judged_scopes("teams") == set()
    assert seen.missing("teams", "A") == ["stats"]


def test_a_kind_that_never_came_is_not_missing():
    assert coverage({("A", "players")}).judged_scopes("teams") == {"A"}


def test_another_scopes_files_say_nothing():
    seen = coverage({("A", "players")}, {("B", "players")})
    assert seen.judged_scopes("teams") == {"A"}
    assert not seen.judged_whole("teams")


def test_kinds_that_do_not_feed_the_table_do_not_matter():
    seen = coverage({("A", "players")}, {("A", "weather"), ("B", "weather")})
    assert seen.judged_whole("teams")


def test_rows_without_scope_need_every_known_scope():
    assert coverage({("A", "players")}, known={"A"}).judged_whole("teams")
    assert not coverage({("A", "players")}, known={"A", "B"}).judged_whole("teams")


def test_a_feed_without_the_tables_files_judges_nothing():
    assert not coverage({("A", "weather")}).judged_whole("teams")
    assert not coverage(set()).judged_whole("teams")


def test_files_without_scope_speak_of_everything():
    assert coverage({("", "players")}, known={"A", "B"}).judged_whole("teams")


def test_where_no_run_has_fed_a_table_nothing_is_judged():
    first = coverage({("A", "players")}, known={"A"}, fed=set())
    assert first.judged_scopes("teams") == set()
    assert not first.judged_whole("teams")
    elsewhere = coverage({("A", "players"), ("B", "players")}, fed={("teams", "A")})
    assert elsewhere.judged_scopes("teams") == {"A"}
    assert not elsewhere.judged_whole("teams")
