"""Reads a feed in a process of its own, so that reading and storing use two processors."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from seawall.errors import FeedError, SeawallError
from seawall.feeds.reading import Item

# A process costs some hundredths of a second; a feed of this size takes longer than that to read.
_WORTHWHILE_BYTES = 4_000_000
_BUFFER_BYTES = 1 << 18
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
# As much as Linux lets anybody have: the reader works on while the first tables are made.
_PIPE_BYTES = 1 << 20


def is_worthwhile(directory: Path) -> bool:
    """Whether a feed is so large that a second process makes it faster, and one can be forked.

    Elsewhere than on Linux, libraries of the system do not survive a fork.
    """
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:
        return False
    sizes = (path.stat().st_size for path in directory.rglob("*") if path.is_file())
    return sum(sizes) >= _WORTHWHILE_BYTES


@contextmanager
def read_ahead(read: Callable[[], Iterator[Item]]) -> Iterator[Iterator[Item]]:
    """What ``read()`` yields, from a forked process, which begins at once.

    The pipe between them is short, so the reader is never far ahead and memory stays flat. The
    process ends with this context, and also when its parent is killed.

    Args:
        read: called in the new process; it must open connections of its own.
    """
    reading, writing = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        os.close(reading)
        _send_all(read, writing)
    os.close(writing)
    with suppress(OSError):  # others may have taken what a user's pipes may hold together
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    try:
        with os.fdopen(reading, "rb", _BUFFER_BYTES) as source:
            yield _received(source, process_id)
    finally:
        with suppress(ChildProcessError):  # it has ended, and was waited for
            if os.waitpid(process_id, os.WNOHANG) == (0, 0):
                os.kill(process_id, signal.SIGKILL)
                os.waitpid(process_id, 0)


def _received(source: BinaryIO, process_id: int) -> Iterator[Item]:
    """The items as they come.

    Raises:
        SeawallError: as ``read()`` raised it.
        FeedError: the reader's process ended before its feed, or yields what cannot be sent.
    """
    while True:
        try:
            said = pickle.load(source)
        except (EOFError, pickle.UnpicklingError):
            code = os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])
            raise FeedError(
                f"the reader’s process ended before its feed, with code {code}",
                why="A part of a feed must not pass for the whole.",
                fix="Was it killed, or is memory short? Run it again.",
            ) from None
        if said is None:
            return
        if isinstance(said, SeawallError):
            raise said
        yield said


def _send_all(read: Callable[[], Iterator[Item]], writing: int) -> NoReturn:
    """The forked process: read, send, end. Nothing of the parent's may be tidied up from here, for
    its connections are still in use; hence no return and no exception."""
    code = 1
    try:
        # The parent hears an interrupt as well, and ends this process.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Rows are tuples of plain values, in which no cycle can be; looking for them costs a tenth.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        with os.fdopen(writing, "wb", _BUFFER_BYTES) as sink:
            try:
                for item in read():
                    sink.write(_pickled(item))
                sink.write(pickle.dumps(None))
            except SeawallError as error:
                sink.write(pickle.dumps(error))
        code = 0
    except BrokenPipeError:
        pass  # the parent listens no more
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _pickled(item: Item) -> bytes:
    try:
        return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise FeedError(
            f"the reader yields what cannot be stored: {error}",
            why="A cell is text, a number, a day or time, true, false, a list, an object or NULL.",
            fix="Mend the reader that the manifest names.",
        ) from error
