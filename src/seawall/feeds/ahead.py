"""Reads a feed in a process of its own, so that reading and storing use two processors."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from seawall.errors import FeedError, SeawallError
from seawall.feeds.reading import Item

# A process costs some hundredths of a second; a feed of this size takes longer than that to read.
_WORTHWHILE_BYTES = 4_000_000


def is_worthwhile(directory: Path) -> bool:
    """Whether a feed is so large that a second process makes it faster, and one can be forked.

    Elsewhere than on Linux, libraries of the system do not survive a fork.
    """
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:
        return False
    sizes = (path.stat().st_size for path in directory.rglob("*") if path.is_file())
    return sum(sizes) >= _WORTHWHILE_BYTES


def read_ahead(read: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    """Yield what ``read()`` yields, from a forked process.

    The pipe between them is short, so the reader is never far ahead and memory stays flat. The
    process ends with this iterator, and also when its parent is killed.

    Args:
        read: called in the new process; it must open connections of its own.

    Raises:
        SeawallError: as ``read()`` raised it.
        FeedError: the reader's process ended before its feed, or yields what cannot be sent.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_send_all, args=(read, receiver, sender), daemon=True
    )
    process.start()
    sender.close()
    try:
        while True:
            try:
                said = pickle.loads(receiver.recv_bytes())
            except EOFError:
                process.join()
                raise FeedError(
                    f"the reader’s process ended before its feed, with code {process.exitcode}",
                    why="A part of a feed must not pass for the whole.",
                    fix="Was it killed, or is memory short? Run it again.",
                ) from None
            if said is None:
                return
            if isinstance(said, SeawallError):
                raise said
            yield said
    finally:
        receiver.close()
        process.kill()
        process.join()


def _send_all(read: Callable[[], Iterator[Item]], receiver: Connection, sender: Connection) -> None:
    # While this end is open here too, a dead parent would not be noticed.
    receiver.close()
    # The parent hears an interrupt as well, and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            for item in read():
                sender.send_bytes(_pickled(item))
            sender.send_bytes(pickle.dumps(None))
        except SeawallError as error:
            sender.send_bytes(pickle.dumps(error))
    except BrokenPipeError:
        pass
    # Nothing of the parent's may be tidied up from here: its connections are still in use.
    os._exit(0)


def _pickled(item: Item) -> bytes:
    try:
        return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise FeedError(
            f"the reader yields what cannot be stored: {error}",
            why="A cell is text, a number, a day or time, true, false, a list, an object or NULL.",
            fix="Mend the reader that the manifest names.",
        ) from error
