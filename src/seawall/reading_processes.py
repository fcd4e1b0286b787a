"""Processes that read parts of a feed at the same time, forked from this one."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

import msgspec

from seawall.errors import FeedError, SeawallError
from seawall.feeds.reading import Part

# A process costs some hundredths of a second; a feed of this size takes longer than that to read.
_WORTHWHILE_BYTES = 4_000_000
# Each has two connections; and the server needs processors as well.
_MAXIMUM_PROCESSES = 4
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def shared_out(parts: Sequence[Part]) -> list[list[int]]:
    """Which process reads which parts, by their numbers; of a feed that is not worth it, none.

    Elsewhere than on Linux, libraries of the system do not survive a fork.
    """
    if sys.platform != "linux" or sum(part.size_bytes for part in parts) < _WORTHWHILE_BYTES:
        return []
    processors = len(os.sched_getaffinity(0))
    if processors < 2:
        return []
    shares: list[list[int]] = [[] for _ in range(min(processors, _MAXIMUM_PROCESSES, len(parts)))]
    sizes = [0] * len(shares)
    for number in sorted(range(len(parts)), key=lambda number: -parts[number].size_bytes):
        lightest = sizes.index(min(sizes))
        shares[lightest].append(number)
        sizes[lightest] += parts[number].size_bytes
    return [sorted(share) for share in shares]


class ReadingProcess(msgspec.Struct, frozen=True):
    """One of them, and the line to it."""

    process_id: int
    line: Connection


@contextmanager
def forked(works: Iterable[Callable[[Connection], None]]) -> Iterator[list[ReadingProcess]]:
    """A process for each piece of work, which begins at once.

    They end with this context, and also when their parent is killed: the next word to it fails.

    Args:
        works: each is called in a process of its own with the line to this one; it must open
            connections to the database of its own.
    """
    processes: list[ReadingProcess] = []
    try:
        for work in works:
            # In the middle of a fork Python would pass over an interrupt. The process keeps it
            # blocked: its parent hears it as well, and ends it.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            try:
                processes.append(_fork(work, [process.line for process in processes]))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        yield processes
    finally:
        for process in processes:
            with suppress(ChildProcessError):  # it has ended, and was waited for
                if os.waitpid(process.process_id, os.WNOHANG) == (0, 0):
                    os.kill(process.process_id, signal.SIGKILL)
                    os.waitpid(process.process_id, 0)
            process.line.close()


def tell(processes: Iterable[ReadingProcess], said: Any) -> None:
    """Say something to each; of one that has ended, ``received`` hears why."""
    for process in processes:
        with suppress(OSError):
            process.line.send(said)


def received(processes: Iterable[ReadingProcess]) -> Iterator[Any]:
    """What the processes say, as it comes, until each has done its work.

    Raises:
        SeawallError: as one of them raised it.
        FeedError: one of them ended before its work was done, or yields what cannot be sent.
    """
    open_lines = {process.line: process.process_id for process in processes}
    while open_lines:
        for line in wait(list(open_lines)):
            assert isinstance(line, Connection)
            try:
                said = line.recv()
            except (EOFError, OSError):
                code = os.waitstatus_to_exitcode(os.waitpid(open_lines[line], 0)[1])
                raise FeedError(
                    f"the reader’s process ended before its feed, with code {code}",
                    why="A part of a feed must not pass for the whole.",
                    fix="Was it killed, or is memory short? Run it again.",
                ) from None
            if isinstance(said, SeawallError):
                raise said
            if said is None:
                del open_lines[line]
            else:
                yield said


def send(line: Connection, said: Any) -> None:
    """Say something to the parent.

    Raises:
        FeedError: it cannot be sent.
    """
    try:
        line.send(said)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        raise FeedError(
            f"the reader yields what cannot be stored: {error}",
            why="A cell is text, a number, a day or time, true, false, a list, an object or NULL.",
            fix="Mend the reader that the manifest names.",
        ) from error


def _fork(work: Callable[[Connection], None], inherited: Sequence[Connection]) -> ReadingProcess:
    ours, theirs = Pipe()
    assert isinstance(ours, Connection)  # only Windows has others
    assert isinstance(theirs, Connection)
    process_id = os.fork()
    if process_id == 0:
        # A line ends where nobody holds its other end; this process must not hold another's.
        for line in (ours, *inherited):
            line.close()
        _perform(work, theirs)
    theirs.close()
    return ReadingProcess(process_id, ours)


def _perform(work: Callable[[Connection], None], line: Connection) -> NoReturn:
    """The forked process: work, say so, end. Nothing of the parent's may be tidied up from here,
    for its connections are still in use; hence no return and no exception."""
    code = 1
    try:
        # Rows are tuples of plain values, in which no cycle can be; looking for them costs a tenth.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        try:
            work(line)
            line.send(None)
        except SeawallError as error:
            line.send(error)
        code = 0
    except (BrokenPipeError, ConnectionResetError, EOFError):
        pass  # the parent listens no more
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
