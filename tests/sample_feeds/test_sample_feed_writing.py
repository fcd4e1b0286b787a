"""Size, determinism, memory, arguments."""

from __future__ import annotations

import datetime
import tracemalloc
from pathlib import Path

import pytest
from sample_feed_keys import LEAGUES, files, load

from courtside.sample_feeds import KINDS, write_sample_feeds
from seawall.errors import UsageError

DATE = datetime.date(2026, 11, 22)


def record_count(path: Path) -> int:
    return path.read_bytes().count(b"\n") - 2


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("size", [500, 1000, 2000, 5000, 20000])
def test_size_is_kept(tmp_path: Path, size: int, seed: int) -> None:
    versions = 4 if size >= 1000 else 1
    for feed in write_sample_feeds(tmp_path, date=DATE, size=size, versions=versions, seed=seed):
        total = sum(record_count(path) for path in files(feed))
        assert abs(total - size) <= 0.02 * size


def test_kinds_have_the_real_shares(tmp_path: Path) -> None:
    (feed,) = write_sample_feeds(tmp_path, date=DATE, size=20000)
    shares = {
        kind: sum(record_count(path) for path in feed.glob(f"*/{kind}.json")) / 20000
        for kind in KINDS
    }
    expected = {
        "players": 0.29,
        "match_history": 0.38,
        "schedules": 0.20,
        "series_stats": 0.03,
        "player_history": 0.09,
    }
    for kind, share in expected.items():
        assert shares[kind] == pytest.approx(share, abs=0.03), kind
    with_matches = sum(
        bool(record["matches"]) for record in load(feed, "APTA_CHICAGO", "player_history")
    )
    assert with_matches > 0.7 * shares["player_history"] * 20000


def test_smallest_feed_has_teams_in_every_league(tmp_path: Path) -> None:
    (feed,) = write_sample_feeds(tmp_path, date=DATE, size=500)
    for league in LEAGUES:
        stats = load(feed, league, "series_stats")
        assert len({record["team"] for record in stats}) >= 4
        assert load(feed, league, "match_history")
        locations = {record["location"] for record in load(feed, league, "schedules")[3:]}
        assert league == "CITA" or len(locations) >= 2


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    one = write_sample_feeds(tmp_path / "one", date=DATE, size=3000, versions=2)
    other = write_sample_feeds(tmp_path / "other", date=DATE, size=3000, versions=3)
    for first, second in zip(one, other, strict=False):
        assert [path.relative_to(first) for path in files(first)] == [
            path.relative_to(second) for path in files(second)
        ]
        for path in files(first):
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_another_seed_another_cast(tmp_path: Path) -> None:
    ids = [
        {
            record["Player ID"]
            for league in LEAGUES
            for record in load(
                write_sample_feeds(tmp_path / str(seed), date=DATE, size=600, seed=seed)[0],
                league,
                "players",
            )
        }
        for seed in (1, 2)
    ]
    assert not ids[0] & ids[1]


def test_no_person_is_in_two_leagues(tmp_path: Path) -> None:
    (feed,) = write_sample_feeds(tmp_path, date=DATE, size=3000)
    seen: set[str] = set()
    for league in LEAGUES:
        ids = {record["Player ID"] for record in load(feed, league, "players")}
        assert not ids & seen
        seen |= ids


def test_memory_does_not_grow_with_the_feed(tmp_path: Path) -> None:
    write_sample_feeds(tmp_path, date=DATE, size=500)  # whatever is made only once
    peaks: list[int] = []
    for size in (5000, 50000):
        tracemalloc.start()
        write_sample_feeds(tmp_path, date=DATE, size=size)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Ten times the records: 18 MB more JSON on disk, less than half a megabyte more in memory.
    assert peaks[1] - peaks[0] < 512 * 1024


def test_too_small_a_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="499 records is too small"):
        write_sample_feeds(tmp_path, date=DATE, size=499)
    assert not list(tmp_path.iterdir())


def test_no_versions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 versions"):
        write_sample_feeds(tmp_path, date=DATE, size=500, versions=0)
