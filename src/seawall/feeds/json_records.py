"""One JSON array of records, streamed: constant memory at close to the decoder's own speed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from seawall.errors import FeedError

_WHITE_SPACE = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"[\x00")
_QUICK_TRIES = 4
# Nesting beyond the interpreter's limit is a RecursionError.
_UNDECODABLE = (msgspec.DecodeError, RecursionError)

_array = msgspec.json.Decoder(list[msgspec.Raw])
_error_byte = re.compile(r"\(byte (\d+)\)")
_record_opening = re.compile(rb'[ \t\r\n]*(\{[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:)', re.DOTALL)
_Decoded: TypeAlias = tuple[bytes, list[msgspec.Raw]]

# A string that the end of the block cuts off must still swallow the braces that stand in it.
_structure = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[][{},]', re.DOTALL)


class Block(msgspec.Struct, frozen=True):
    """Some records of a file that follow one another."""

    first: int
    """The position of the first one, from 1."""
    records: list[msgspec.Raw]
    array: bytes
    """The same records as one JSON array, to decode them all at once; without content where one of
    them is bad JSON."""


def records(path: Path, *, block_bytes: int = 1 << 17) -> Iterator[tuple[int, msgspec.Raw]]:
    """Yield ``(position, record)`` for each element of a file that is one JSON array.

    As ``blocks``, one by one.
    """
    for block in blocks(path, block_bytes=block_bytes):
        yield from enumerate(block.records, block.first)


def blocks(path: Path, *, block_bytes: int = 1 << 17) -> Iterator[Block]:
    """Yield the elements of a file that is one JSON array, some thousands at a time.

    Positions are 1-based. Elements that are not objects are yielded too, and so are objects with
    bad JSON between their braces (NaN, half a surrogate pair): decoding them fails. A file without
    content (0 bytes, or white space only) counts as an array of none: it is there, and empty.

    A ``Raw`` keeps its whole block alive: copy (``bytes(raw)``) what is to be kept.

    Args:
        path: the file, in UTF-8, with or without a byte order mark.
        block_bytes: how much is read at a time; a single record may be larger.

    Raises:
        FeedError: the file cannot be read, is not one JSON array, or breaks off. Records before
            the damage may have been yielded by then.
    """
    read = 0
    try:
        with path.open("rb") as file:
            for array, elements in _decoded_blocks(path, file, block_bytes):
                if elements:
                    yield Block(read + 1, elements, array)
                    read += len(elements)
    except OSError as error:
        raise FeedError(
            f"{path} cannot be read: {error.strerror or error}",
            why="A file that is there and cannot be read is not a file without records.",
            fix="Check that it is a file and that you may read it.",
        ) from error


def _decoded_blocks(path: Path, file: BinaryIO, block_bytes: int) -> Iterator[_Decoded]:
    """Cut the file between top-level elements and decode each part as an array of its own."""
    text, start = _after_bracket(path, file, block_bytes)  # `start`: the offset where text begins
    if not start:
        return
    after_comma = False
    wanted_bytes = block_bytes
    while more := file.read(wanted_bytes):
        text += more
        cut, decoded = _complete_records(path, text, start)
        if cut:
            yield decoded
            text, start, after_comma = text[cut + 1 :], start + cut + 1, True
            wanted_bytes = block_bytes
        else:
            # One record fills the whole text. Doubling keeps the work linear in its size.
            wanted_bytes = max(block_bytes, len(text))
    if after_comma and text.lstrip(_WHITE_SPACE).startswith(b"]"):
        raise _broken(path, start, "a comma is followed by no record")
    array = b"[" + text
    try:
        yield array, _array.decode(array)
    except _UNDECODABLE as error:
        commas, end = _outline(text)
        if end is None or text[end + 1 :].strip(_WHITE_SPACE):
            raise _undecodable(path, error, start, len(text)) from None
        yield b"", _split(path, error, start, text, [*commas, end])


def _after_bracket(path: Path, file: BinaryIO, block_bytes: int) -> tuple[bytes, int]:
    """Read up to the bracket that opens the array: the text behind it and its offset.

    The offset is 0 where the file has no content at all.
    """
    text = file.read(max(block_bytes, 4))
    start = 0
    if text.startswith(_UTF8_MARK):
        text, start = text[3:], 3
    if text.startswith(_OTHER_MARKS):
        raise _broken(path, 0, "it is not UTF-8 (UTF-16 or UTF-32, by its first bytes)")
    while not (content := text.lstrip(_WHITE_SPACE)):
        start += len(text)
        if not (text := file.read(block_bytes)):
            return b"", 0
    start += len(text) - len(content)
    if not content.startswith(b"["):
        what = "a single object" if content.startswith(b"{") else "something else"
        raise _broken(path, start, f"a feed's file is one JSON array; this is {what}")
    return content[1:], start + 1


def _complete_records(path: Path, text: bytes, start: int) -> tuple[int, _Decoded]:
    """The records that are complete in ``text``, and where the comma behind them stands.

    ``text`` begins at a top-level element. What decodes as an array between brackets of our own is
    cut at top level, because JSON is read left to right. Commas before something that opens like
    the first record are tried first; a nested object may open alike, so after a few tries the
    structure is followed from the beginning. The comma is 0 where no record is complete.
    """
    first = _record_opening.match(text)
    opening = first.group(1) if first else b"{"
    at = len(text)
    for _ in range(_QUICK_TRIES):
        at = text.rfind(opening, 0, at)
        if at <= 0:
            break
        comma = at - 1
        while comma > 0 and text[comma] in _WHITE_SPACE:
            comma -= 1
        if text[comma] != 0x2C:
            continue
        array = b"[" + text[:comma] + b"]"
        try:
            if decoded := _array.decode(array):
                return comma, (array, decoded)
        except _UNDECODABLE:
            pass
    commas, _ = _outline(text)
    if not commas:
        return 0, (b"", [])
    array = b"[" + text[: commas[-1]] + b"]"
    try:
        return commas[-1], (array, _array.decode(array))
    except _UNDECODABLE as error:
        return commas[-1], (b"", _split(path, error, start, text, commas))


def _outline(text: bytes) -> tuple[list[int], int | None]:
    """Offsets of the commas outside every object, array and string, and of the closing bracket."""
    commas: list[int] = []
    depth = 0
    for match in _structure.finditer(text):
        sign = match.group()
        if sign == b",":
            if depth == 0:
                commas.append(match.start())
        elif sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth < 0:
                return commas, match.start()
    return commas, None


def _split(
    path: Path, error: Exception, start: int, text: bytes, ends: list[int]
) -> list[msgspec.Raw]:
    """Cut ``text`` at ``ends`` without decoding it: one record in it is bad JSON (NaN, say).

    Whoever decodes the records finds the bad one and can set it aside. Only what is one object
    from brace to brace is a record; anything else means that the file is broken.
    """
    elements: list[msgspec.Raw] = []
    begin = 0
    for end in ends:
        element = text[begin:end].strip(_WHITE_SPACE)
        is_object = element.startswith(b"{") and element.endswith(b"}")
        if not is_object or _outline(element[1:-1])[1] is not None:
            try:
                msgspec.json.decode(element)
            except _UNDECODABLE:
                raise _undecodable(path, error, start, end) from None
        elements.append(msgspec.Raw(element))
        begin = end + 1
    return elements


def _undecodable(path: Path, error: Exception, start: int, length_bytes: int) -> FeedError:
    message = str(error)
    found = _error_byte.search(message)
    # One byte less: the bracket put before the text is not in the file.
    offset = start + (int(found.group(1)) - 1 if found else length_bytes)
    return _broken(path, max(offset, 0), message.partition(" (byte")[0])


def _broken(path: Path, offset: int, what: str) -> FeedError:
    return FeedError(
        f"{path} is broken at byte {offset}: {what}",
        why="Where one record ends and the next begins cannot be told from here on, "
        "and a part of a file must not pass for the whole.",
        fix="Scrape the file again, or mend it at that place.",
    )
