"""Processes that read parts of a feed: what they say arrives, and nothing of them is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import DatabaseError, FeedError
from seawall.feeds.reading import Part
from seawall.reading_processes import forked, received, send, shared_out, tell

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="feeds are read by several processes on Linux only"
)
LARGE = 10_000_000
PATIENCE_SECONDS = 30


def say(*words: Any) -> Callable[[Connection], None]:
    def work(line: Connection) -> None:
        for word in words:
            send(line, word)

    return work


def say_who(line: Connection) -> None:
    send(line, os.getpid())


def say_much(line: Connection) -> None:
    say_who(line)
    while True:
        send(line, "x" * 100_000)


def heard(*works: Callable[[Connection], None]) -> list[Any]:
    with forked(works) as processes:
        return list(received(processes))


def until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def is_there(process_id: int) -> bool:
    """Whether it runs; one that has ended and that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_everything_arrives_and_what_one_says_stays_in_order() -> None:
    arrived = heard(say(*range(100)), say(*range(1000, 1100)))
    assert [word for word in arrived if word < 1000] == list(range(100))
    assert [word for word in arrived if word >= 1000] == list(range(1000, 1100))


def test_each_has_a_process_of_its_own() -> None:
    process_ids = heard(say_who, say_who)
    assert len({os.getpid(), *process_ids}) == 3


def test_each_hears_what_it_is_told() -> None:
    def repeat(line: Connection) -> None:
        send(line, line.recv())

    with forked([repeat, repeat]) as processes:
        tell(processes, "where to")
        assert list(received(processes)) == ["where to"] * 2


def test_they_begin_before_anybody_listens(tmp_path: Path) -> None:
    def begin(name: str, line: Connection) -> None:
        (tmp_path / name).touch()
        send(line, name)

    with forked([partial(begin, "a"), partial(begin, "b")]) as processes:
        until(lambda: len(list(tmp_path.iterdir())) == 2, "they wait to be asked")
        assert sorted(received(processes)) == ["a", "b"]


def test_an_error_arrives_with_its_parts_though_others_have_more_to_say() -> None:
    def fail(line: Connection) -> None:
        send(line, "begun")
        raise FeedError("teams.json is broken", why="It ends too early.", fix="Scrape it again.")

    with pytest.raises(FeedError) as caught:
        heard(say_much, fail)
    assert caught.value.as_dict() == {
        "code": "feed-unreadable",
        "what": "teams.json is broken",
        "why": "It ends too early.",
        "fix": "Scrape it again.",
    }


def test_an_error_that_came_before_anything_was_told() -> None:
    def fail(_: Connection) -> None:
        raise DatabaseError("gone")

    with forked([fail]) as processes:
        until(lambda: not is_there(processes[0].process_id), "it lives on")
        tell(processes, "where to")
        with pytest.raises(DatabaseError, match="gone"):
            list(received(processes))


@pytest.mark.parametrize("end", [lambda: os._exit(7), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_one_that_dies_is_no_end_of_the_feed(end: Any) -> None:
    def die(line: Connection) -> None:
        send(line, "begun")
        end()

    with pytest.raises(FeedError, match="ended before its feed"):
        heard(say("whole"), die)


def test_an_error_that_is_not_foreseen_is_no_end_of_the_feed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(_: Connection) -> None:
        raise KeyError("surprise")

    with pytest.raises(FeedError, match="ended before its feed, with code 1"):
        heard(fail)
    assert "surprise" in capfd.readouterr().err


def test_what_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(FeedError, match="cannot be stored"):
        heard(say(lambda: None))


def test_whoever_stops_listening_ends_them() -> None:
    with forked([say_much, say_much]) as processes:
        process_ids = {next(received(processes))}
        process_ids |= {process.process_id for process in processes}
    for process_id in process_ids:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)


@pytest.mark.parametrize("work", [say_much, lambda line: line.recv()])
def test_they_end_when_their_parent_is_killed(work: Any, tmp_path: Path) -> None:
    known = tmp_path / "processes"
    parent = os.fork()
    if parent == 0:
        try:
            with forked([work, work]) as processes:
                known.write_text(" ".join(str(process.process_id) for process in processes))
                signal.pause()
        finally:
            os._exit(1)
    until(lambda: known.exists() and len(known.read_text().split()) == 2, "they do not begin")
    process_ids = [int(number) for number in known.read_text().split()]
    assert all(map(is_there, process_ids))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    until(lambda: not any(map(is_there, process_ids)), "they live on")


def test_work_is_shared_out_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    parts = [Part(str(size), size * LARGE) for size in (5, 1, 9, 2, 4)]
    assert shared_out(parts) == [[2, 3], [0, 1, 4]]
    assert shared_out(parts[:1]) == [[0]]


def test_there_are_never_more_than_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    shares = shared_out([Part(str(number), LARGE) for number in range(10)])
    assert len(shares) == 4
    assert sorted(number for share in shares for number in share) == list(range(10))


def test_a_small_feed_or_a_single_processor_is_not_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    halves = [Part("a", 2_000_000), Part("b", 1_999_999)]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert shared_out(halves) == []
    assert shared_out([*halves, Part("c", 1)]) == [[0], [1, 2]]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert shared_out([*halves, Part("c", 1)]) == []


INTERRUPTED_AT_THE_FORK = """
import os, signal, sys, time
from seawall.reading_processes import forked

# Python calls this in the middle of a fork, and passes over what it raises.
os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGINT))
try:
    with forked([lambda line: time.sleep(60)]):
        print("went on")
except KeyboardInterrupt:
    print("interrupted")
try:
    os.waitpid(-1, os.WNOHANG)
    print("a process is left")
except ChildProcessError:
    pass
"""


def test_an_interrupt_in_the_middle_of_a_fork_is_heard():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_THE_FORK],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
